"""The portal as it stands in production: gunicorn, worker and clock, watcher, and Redis between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.peers.portal import CHECKOUT
from tests.services import free_port

pytestmark = pytest.mark.redis

MACHINES = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines"
PATIENCE_SECONDS = 60


class Production:
    """Three processes on one database, started as an administrator would start them."""

    def __init__(self, folder: Path, broker: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = folder / "log"
        self.environment = {
            **os.environ,
            "PORTAL_DATA": str(folder),
            "HOME": str(folder),  # gunicorn keeps a socket there
            "PORTAL_SIMULATOR_INSTANT": "1",
            "CELERY_BROKER_URL": broker,
        }
        self.environment.pop("DATABASE_URL", None)

    def __enter__(self) -> Production:
        self.manage("migrate", "--verbosity=0")
        self.manage("shell", "-c", "from vmportal import demo; demo.seed_once()")
        address = self.url.removeprefix("http://")
        commands = (
            ("-m", "gunicorn", "--worker-class=gthread", "--threads=4", f"--bind={address}", "vmportal.wsgi"),
            ("-m", "celery", "--app=vmportal", "worker", "--pool=threads", "--concurrency=2", "--beat"),
            ("manage.py", "watch"),
        )
        with self.log.open("ab") as log:
            self.processes = [
                subprocess.Popen(
                    [sys.executable, *command],
                    cwd=CHECKOUT,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                )
                for command in commands
            ]
        self.token = self.manage("token", "alice").split()[-1]
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, path: str, body: object = None) -> dict:
        """The answer to a GET, or to a POST of `body`."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, sent, headers), timeout=20
        ) as answer:
            return json.load(answer)

    def wait_until(self, is_so) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return True
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        return False


def test_a_machine_asked_of_gunicorn_is_made_by_the_worker(tmp_path):
    broker = os.environ.get("CELERY_BROKER_URL", "")
    if not broker.startswith("redis"):
        pytest.skip("CELERY_BROKER_URL names no Redis: `make test-redis` starts one")
    with Production(tmp_path, broker) as portal:
        portal.wait_until(portal.is_ready)
        wish = {
            "apiVersion": "vmoperator.vmware.com/v1alpha5",
            "kind": "VirtualMachine",
            "metadata": {"name": "shop-1"},
            "spec": {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold"},
        }
        portal.ask(MACHINES, wish)
        portal.wait_until(
            lambda: portal.ask(f"{MACHINES}/shop-1").get("status", {}).get("powerState") == "PoweredOn"
        )
