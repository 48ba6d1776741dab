"""Ansible with the collection `kubernetes.core`, in an environment of its own beside the peers.

Called by tests/clients/test_ansible.py: the portal's environment keeps free of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tests.peers.build import cache

REQUIREMENTS = Path(__file__).parents[1] / "clients" / "ansible" / "requirements.txt"
PATIENCE = 300  # seconds: 55 MB are fetched, 390 MB unpacked


def environment() -> Path:
    """The folder of the environment, made now if the cache lacks it: three seconds when all has been fetched."""
    digest = hashlib.sha256(sys.version.encode() + REQUIREMENTS.read_bytes()).hexdigest()
    place = cache() / f"ansible-{digest[:16]}"
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / ".ansible.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two runs at once the second waits, then finds it
        if not (place / "made").exists():
            shutil.rmtree(place, ignore_errors=True)  # begun, and not finished
            _uv("venv", str(place))
            # Named: else uv would install into the environment that the tests run in.
            _uv(
                "pip",
                "install",
                "--python",
                str(place),
                "--require-hashes",
                "--requirement",
                str(REQUIREMENTS),
            )
            (place / "made").touch()
    return place


def _uv(*words: str) -> None:
    command = [sys.executable, "-m", "uv", "--quiet", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"uv {words[0]} failed:\n{done.stderr[-4000:]}")
