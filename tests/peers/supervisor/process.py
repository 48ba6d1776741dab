"""Starts what the other side of the Supervisor backend is made of: API server, kinds, actor.

Called by the fixture `supervisor` and by `python -m tests.peers.supervisor`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.peers.build import build
from tests.peers.crds import reduced
from tests.peers.kube import ControlPlane
from tests.peers.supervisor.knobs import OPERATOR_NAMESPACE

CHECKOUT = Path(__file__).resolve().parents[3]
OPERATOR = f"system:serviceaccount:{OPERATOR_NAMESPACE}:vmoperator-service-account"
PATIENCE = 120  # seconds: the kinds of a fresh server take a while on a busy machine


class Supervisor:
    """A Supervisor while the block runs: `plane` is its API server, `log` what the actor says.

    `crds` is YAML; `speed` divides the actor's delays, 0 leaves none.
    """

    def __init__(self, crds: str, speed: float = 0, users: Mapping[str, Sequence[str]] | None = None) -> None:
        self.crds, self.speed = crds, speed
        self.plane = ControlPlane(users={OPERATOR: ["system:masters"], **(users or {})})

    def __enter__(self) -> Supervisor:
        self.plane.__enter__()
        try:
            self.kubectl("apply", "--server-side", "-f", "-", given=self.crds)
            self._await_kinds()
            self.start_actor()
        except BaseException:
            self.plane.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_actor()
        self.plane.stop()

    @property
    def log(self) -> Path:
        return self.plane.folder / "actor.log"

    def start_actor(self) -> None:
        words = ["--kubeconfig", str(self.plane.kubeconfig(OPERATOR)), "--speed", str(self.speed)]
        with self.log.open("ab") as log:
            self.actor = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.supervisor.actor", *words],
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,  # its end tells the actor that the tests are gone
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                text=True,
            )
        assert self.actor.stdout
        if self.actor.stdout.readline() != "ready\n":
            self.actor.wait()
            raise RuntimeError(f"the actor ended:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop_actor(self) -> None:
        self.actor.kill()  # all that it knows stands in the API server
        self.actor.communicate()

    def kubectl(self, *words: str, given: str | None = None) -> str:
        """What kubectl prints for the administrator; fails with what it complains of."""
        done = self.run(*words, given=given)
        if done.returncode:
            raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    def run(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """The finished kubectl, whatever came of it."""
        command = [str(build("kubectl")), "--kubeconfig", str(self.plane.kubeconfig()), *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=PATIENCE)

    def turn(self, **knobs: object) -> None:
        """Set the actor's knobs: `turn(speed=10, stuck=[{"name": "web-*", "condition": "…"}])`; none turns all back."""
        config = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "actor", "namespace": OPERATOR_NAMESPACE},
            "data": {"knobs": json.dumps(knobs)},
        }
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", given=json.dumps(config))

    def change(
        self, kind: str, name: str, namespace: str, patch: object, manager: str = "kubectl-edit"
    ) -> None:
        """Change an object as another person would: a merge patch under `manager`."""
        self.kubectl(
            "patch", kind, name, "-n", namespace, "--type=merge", f"--field-manager={manager}", "-p", json.dumps(patch)
        )  # fmt: skip

    def namespace(self, name: str) -> str:
        """Make a namespace and wait until the actor has put the catalogue there."""
        self.kubectl("create", "namespace", name)
        self.kubectl("wait", "--for=create", "vmclass/my-vm-class", "-n", name, "--timeout=30s")
        return name

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kubectl("get", kind, name, "-n", namespace, "-o", "json", "--show-managed-fields")
        )
        return found

    def _await_kinds(self) -> None:
        """Until the server serves them; a question right after they came may fail."""
        deadline = time.monotonic() + PATIENCE
        while True:
            done = self.run("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
            if not done.returncode:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"the kinds are not there: {done.stderr}")
            time.sleep(0.2)


def portal_crds() -> str:
    """What `manage.py crds` prints."""
    command = [sys.executable, "manage.py", "crds"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"manage.py crds failed:\n{done.stderr}")
    return done.stdout


def operator_crds(files: Iterable[Path]) -> str:
    """VM Operator's own, with one version left, as no webhook converts them."""
    return reduced(files, "v1alpha5")
