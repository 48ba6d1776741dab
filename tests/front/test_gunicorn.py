"""In production gunicorn reads the requests: what holds for bodies and lengths holds there, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front.raw import chunked, post
from tests.peers.portal import CHECKOUT
from tests.services import free_port

pytestmark = pytest.mark.slow

READY_SECONDS = 60


class Gunicorn:
    """One process with threads; there is no broker, which no request waits for."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.environment = {
            **os.environ,
            "PORTAL_DATA": str(folder),
            "HOME": str(folder),  # gunicorn keeps a socket there
            "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        }
        self.environment.pop("DATABASE_URL", None)

    def __enter__(self) -> Gunicorn:
        self.manage("migrate", "--verbosity=0")
        self.manage("shell", "-c", "from vmportal import demo; demo.seed_once()")
        self.token = self.manage("token", "alice").split()[-1]
        words = ["--worker-class=gthread", "--threads=4", f"--bind=127.0.0.1:{self.port}", "vmportal.wsgi"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--no-control-socket", *words],
            cwd=CHECKOUT,
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(30)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return True
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        return False

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory) -> Iterator[Gunicorn]:
    with Gunicorn(tmp_path_factory.mktemp("gunicorn")) as server:
        yield server


def config_map(name: str, size: int) -> bytes:
    data = {"k": "x" * size}
    return json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    ).encode()


def test_a_chunked_body_is_stored(gunicorn):
    body = chunked(config_map("chunked", 50_000))
    status, answer = post(gunicorn.port, gunicorn.token, body, "Transfer-Encoding: chunked")
    assert status == 201
    assert len(json.loads(answer)["data"]["k"]) == 50_000


def test_a_chunked_body_beyond_the_limit_is_told_as_a_status(gunicorn):
    body = chunked(config_map("large", 4 * 1024 * 1024), 65536)
    status, answer = post(gunicorn.port, gunicorn.token, body, "Transfer-Encoding: chunked")
    assert (status, json.loads(answer)["reason"]) == (413, "RequestEntityTooLarge")


def test_two_lengths_are_refused(gunicorn):
    headers = ("Content-Length: 4", "Transfer-Encoding: chunked")
    assert post(gunicorn.port, gunicorn.token, b"0\r\n\r\n", *headers)[0] == 400
