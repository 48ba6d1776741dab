"""A portal of its own in a process of its own, as `make run` starts it, and kubectl to talk to it.

Called by tests that try it from outside; they carry the marker `peers`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

CHECKOUT = Path(__file__).resolve().parents[2]
STARTUP_SECONDS = 60
STOP_SECONDS = 20
ELSEWHERE = ("DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL")  # what would lead it away from its folder


class PortalProcess:
    """The portal with its demo while the block runs, on free ports, with its data in `folder`.

    vSphere's tasks end at once; `settings` are further settings of the environment.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port, self.tls_port = _free_port(), _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
        self.environment = {
            **inherited,
            "PORTAL_DATA": str(folder / "data"),
            "PORTAL_PORT": str(self.port),
            "PORTAL_TLS_PORT": str(self.tls_port),
            "PORTAL_SIMULATOR_INSTANT": "1",
            "HOME": str(folder),  # kubectl keeps what it discovered there
            **settings,
        }

    def __enter__(self) -> PortalProcess:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "portal"],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C must reach the tests first
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        return self.folder / "portal.log"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def manage(self, *words: str) -> str:
        """What `manage.py` prints for these words, on the same data."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kubeconfig(self, user: str) -> Path:
        """The path of a kubeconfig with a new token of `user`, as `manage.py kubeconfig` prints it."""
        path = self.folder / f"{user}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(self.manage("kubeconfig", user))
        return path

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except urllib.error.HTTPError as error:  # not ready yet
                error.close()
            except OSError:  # nobody listens yet
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the portal is not ready:\n{self.log.read_text(errors='replace')[-4000:]}")


class Kubectl:
    """A kubectl that is one of the portal's users."""

    def __init__(self, binary: Path, portal: PortalProcess, user: str) -> None:
        self.binary, self.environment = binary, portal.environment
        self.kubeconfig = portal.kubeconfig(user)

    def run(self, *words: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """The finished process, whatever came of it."""
        return subprocess.run(
            [self.binary, "--kubeconfig", self.kubeconfig, *words],
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def __call__(self, *words: str | Path, given: str | None = None) -> str:
        """What it prints; fails the test with what it complains of."""
        done = self.run(*words, given=given)
        assert done.returncode == 0, f"kubectl {' '.join(map(str, words))}: {done.stderr or done.stdout}"
        return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
