"""Every `kubectl` line of the specification, as it stands there, with names in the place of its blanks."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.shared import PLACE, shared

pytestmark = pytest.mark.peers

SPECIFICATION = "spec/virtualmachine.md"
TEAM = "team-a"
VM, CLAIM, DISK, REGISTERED = "my-vm", "spec-claim", "disk-8d0e5e53", "spec-volume"
BLANKS = {
    "namespace": TEAM,
    "vm-name": VM,
    "pvc-name": CLAIM,
    "uuid": DISK.removeprefix("disk-"),
    "index": "0",
    "crv-name": REGISTERED,
    "storage-class-name": "gold",
}
NOT_OURS = ("kubectl logs ", "kubectl apply -n <NAMESPACE> -f $")  # pods of the CSI driver; a file on the web


@dataclass(frozen=True)
class Line:
    number: int
    text: str  # up to the pipe

    @property
    def is_taking_away(self) -> bool:
        return " delete " in self.text


def lines() -> Iterator[Line]:
    """Those that are ours; nothing where the specification is missing, which a test says aloud."""
    path = PLACE / SPECIFICATION
    for number, text in enumerate(path.read_text().splitlines() if path.exists() else (), 1):
        if text.strip().startswith("kubectl ") and not text.strip().startswith(NOT_OURS):
            yield Line(number, text.strip().split(" | ")[0])


LINES = tuple(lines())


def claim(name: str) -> dict:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "gold",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def images(alice, admin) -> Iterator[dict[str, str]]:
    """What the lines speak of is there; the names of an image of each kind."""
    machine = {
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachine",
        "metadata": {"name": VM},
        "spec": {
            "className": "small",
            "imageName": "ubuntu-24.04",
            "storageClass": "gold",
            "powerState": "PoweredOff",
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": CLAIM}}],
        },
    }
    volume = {
        "apiVersion": "cns.vmware.com/v1alpha1",
        "kind": "CnsRegisterVolume",
        "metadata": {"name": REGISTERED},
        "spec": {"pvcName": "registered", "volumeID": "1234", "accessMode": "ReadWriteOnce"},
    }
    for obj in (claim(CLAIM), claim(DISK), machine):
        alice("apply", "-f", "-", given=json.dumps(obj))
    admin("apply", "-n", TEAM, "-f", "-", given=json.dumps(volume))
    yield {kind: alice("get", kind, "-o", "name").split()[0].partition("/")[2] for kind in ("vmi", "cvmi")}
    alice("delete", f"vm/{VM}", f"pvc/{CLAIM}", f"pvc/{DISK}", "--ignore-not-found")
    admin("delete", "-n", TEAM, f"cnsregistervolume/{REGISTERED}", "--ignore-not-found")


def filled(line: Line, images: dict[str, str]) -> list[str]:
    image = images["cvmi" if "clustervmimage" in line.text else "vmi"]
    blanks = {**BLANKS, "image-name": image}
    text = re.sub(r"<([\w-]+)>", lambda found: blanks[found[1].lower()], line.text)
    return shlex.split(text)[1:]


def test_the_lines_are_there():
    shared(SPECIFICATION)
    assert len(LINES) > 20


@pytest.mark.parametrize(
    "line", sorted(LINES, key=lambda line: line.is_taking_away), ids=lambda line: str(line.number)
)
def test_a_line_works(alice, images, line):
    done = alice.run(*filled(line, images))
    assert done.returncode == 0, f"{line.text}: {done.stderr}"
    assert done.stdout.strip() or "No resources found" in done.stderr or "jsonpath" in line.text
