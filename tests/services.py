"""Start a PostgreSQL or Redis server for one command: `python -m tests.services postgres -- pytest …`.

Called by `make test-all` and `.ci/run`; the command finds the server's address in its environment.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

Environment = dict[str, str]
Command = Sequence[str | Path]
STARTUP_SECONDS = 60


@contextlib.contextmanager
def postgres() -> Iterator[Environment]:
    """A fresh cluster on loopback, without care for a power cut. Root may not run it: another user does."""
    programs = _postgres_programs()
    owner = _unprivileged_user()
    with _scratch("portal-postgres-", owner) as folder:
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        _own(folder / "password", owner)
        port = free_port()
        data = folder / "data"
        command: Command = [
            programs / "initdb", "--pgdata", data, "--username=portal", f"--pwfile={folder / 'password'}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync",
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, user=owner)
        settings = {
            "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "",
            "max_connections": "200", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
        }  # fmt: skip
        command = [
            programs / "postgres",
            "-D",
            data,
            *(f"--{key}={value}" for key, value in settings.items()),
        ]
        ready: Command = [programs / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"]
        with _running(command, folder, lambda: subprocess.run(ready).returncode == 0, user=owner):
            yield {"DATABASE_URL": f"postgres://portal:{password}@127.0.0.1:{port}/postgres"}


@contextlib.contextmanager
def redis() -> Iterator[Environment]:
    """A server on loopback that keeps nothing on disk."""
    program = _program("redis-server", "redis-server")
    with _scratch("portal-redis-", None) as folder:
        port = free_port()
        command: Command = [
            program,
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--save",
            "",
            "--dir",
            folder,
        ]
        with _running(command, folder, lambda: _answers_ping(port)):
            yield {"CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0"}


SERVICES = {"postgres": postgres, "redis": redis}


def _program(name: str, package: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"NOT RUN: there is no {name} on PATH; on Debian and Ubuntu: apt install {package}")
    return Path(found)


def _postgres_programs() -> Path:
    """Debian keeps a server's programs off PATH, in a folder of its version: the newest counts."""
    debian = Path("/usr/lib/postgresql")
    versions = sorted(debian.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else _program("initdb", "postgresql").parent


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _own(path: Path, owner: str | None) -> None:
    if owner is not None:
        shutil.chown(path, owner)


@contextlib.contextmanager
def _scratch(prefix: str, owner: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        _own(Path(name), owner)
        yield Path(name)


@contextlib.contextmanager
def _running(
    command: Command, folder: Path, is_ready: Callable[[], bool], user: str | None = None
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(word) for word in command], cwd=folder, stdout=output, stderr=output, user=user,
            start_new_session=True,  # Ctrl-C ends the tests first
        )  # fmt: skip
    try:
        deadline = time.monotonic() + STARTUP_SECONDS
        while not is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL: end the sessions, then stop
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def main(arguments: list[str]) -> int:
    """Run what stands behind `--` with the addresses of the services named before it."""
    split = arguments.index("--")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as services:
        environment = dict(os.environ)
        for name in arguments[:split]:
            environment |= services.enter_context(SERVICES[name]())
        return subprocess.call(arguments[split + 1 :], env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
