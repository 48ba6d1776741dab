"""Build the servers and clients that the portal is tried against from their public Go modules.

Called by the fixtures beside it and by `python -m tests.peers.build NAME...`, which prints the paths.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = {
    "kubectl": "kube",
    "etcd": "kube",
    "kube-apiserver": "kube",
    "vcsim": "vcsim",
    "govc": "govc",
    "clients": "clients",
    "helm3": "helm",
    "helm4": "helm",
}
# Programs of others that are built as they are: a module beside this file only says which version.
PACKAGES = {"helm3": "helm.sh/helm/v3/cmd/helm", "helm4": "helm.sh/helm/v4/cmd/helm"}
LEAST_GO = (1, 26)
SETTINGS = {"CGO_ENABLED": "0", "GOWORK": "off", "GOTOOLCHAIN": "local"}
FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false")


class NoGo(Exception):
    """This machine has no Go, or an old one; the text says what is needed."""


def cache() -> Path:
    """Where binaries stay between runs: outside the checkout, so that a clean checkout keeps them."""
    return Path(os.environ.get("PORTAL_PEERS_CACHE") or Path.home() / ".cache" / "vmportal-peers")


def build(name: str) -> Path:
    """The path of the binary called `name`, built now if the cache lacks it. Raises NoGo.

    A cold build takes from half a minute (kubectl) to six minutes (kube-apiserver) on two cores.
    """
    if shutil.which("go") is None or _go_version() < LEAST_GO:
        raise NoGo(f"{name} is built from source: Go {'.'.join(map(str, LEAST_GO))} or later must be on PATH")
    place = _place(name)
    place.mkdir(parents=True, exist_ok=True)
    with open(place / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two runs at once the second waits, then finds all built
        if not (place / name).exists():
            _compile(name, place)
    return place / name


def _place(name: str) -> Path:
    """One folder for each state of a module's sources and of Go: a changed tree never gets an old binary."""
    digest = hashlib.sha256(_go("env", "GOVERSION", "GOOS", "GOARCH").encode())
    source = HERE / "go" / MODULES[name]
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(file.read_bytes())
    return cache() / f"{MODULES[name]}-{digest.hexdigest()[:16]}"


def _compile(name: str, place: Path) -> None:
    source = HERE / "go" / MODULES[name]
    package = PACKAGES.get(name) or (f"./cmd/{name}" if (source / "cmd").is_dir() else ".")
    print(f"building {name} ...", file=sys.stderr, flush=True)
    new = place / f".{name}.new"
    _go("build", *FLAGS, "-ldflags", f"-s -w {_version_flags(source)}", "-o", str(new), package, cwd=source)
    new.rename(place / name)  # never a half-written binary


def _version_flags(source: Path) -> str:
    """What Kubernetes' programs say in /version; without it they say v0.0.0-master."""
    for line in (source / "go.mod").read_text().splitlines():
        if line.strip().startswith("k8s.io/kubernetes v"):
            version = line.split()[1]
            values = {"gitVersion": version, "gitMajor": "1", "gitMinor": version.split(".")[1]}
            return " ".join(
                f"-X k8s.io/component-base/version.{key}={value}" for key, value in values.items()
            )
    return ""


def _go_version() -> tuple[int, ...]:
    """`go1.26.8` and `go1.27rc1` are (1, 26) and (1, 27)."""
    return tuple(int(number) for number in re.findall(r"\d+", _go("env", "GOVERSION"))[:2])


def _go(*arguments: str, cwd: Path = HERE) -> str:
    environment = {**os.environ, **SETTINGS}
    done = subprocess.run(["go", *arguments], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"go {arguments[0]} failed in {cwd}:\n{done.stderr[-4000:]}")
    return done.stdout


if __name__ == "__main__":
    for wanted in sys.argv[1:] or MODULES:
        print(build(wanted), flush=True)
