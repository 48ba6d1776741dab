"""Each manifest, applied by kubectl to a portal that runs: the VM comes up, or is refused as the text says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.manifests.reading import CATALOGUE, FOLDER, MANIFESTS, Manifest, read
from tests.peers.portal import Kubectl, PortalProcess

pytestmark = pytest.mark.peers

RUNNING = [manifest for manifest in MANIFESTS if manifest.outcome == "runs"]
REFUSED = [manifest for manifest in MANIFESTS if manifest.outcome == "refused"]
STORED = [manifest for manifest in MANIFESTS if manifest.outcome == "stored"]


def _stem(manifest: Manifest) -> str:
    return manifest.path.stem


@dataclass(frozen=True)
class Cast:
    admin: Kubectl
    alice: Kubectl  # editor of my-namespace

    def wait(self, manifest: Manifest, until: str) -> None:
        """Wait for the manifest's VM; where it does not come, tell how it stands."""
        done = self.alice.run("wait", *the_vm_of(manifest), f"--for={until}", "--timeout=30s")
        if done.returncode != 0:
            pytest.fail(f"{until} did not come:\n{self.alice('get', *the_vm_of(manifest), '-o', 'yaml')}")

    def shown(self, manifest: Manifest, path: str, awaited: str) -> str:
        """What kubectl shows there, once it is what is awaited or five seconds are over."""
        deadline = time.monotonic() + 5
        while True:
            shown = self.alice("get", *the_vm_of(manifest), "-o", f"jsonpath={{{path}}}")
            if shown == awaited or time.monotonic() > deadline:
                return shown


@pytest.fixture(scope="module")
def cast(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with PortalProcess(tmp_path_factory.mktemp("portal")) as portal:
        people = Cast(Kubectl(kubectl, portal, "admin"), Kubectl(kubectl, portal, "alice"))
        offer_catalogue(people.admin)
        yield people


def offer_catalogue(admin: Kubectl) -> None:
    """Put the catalogue there, or put it right again; statuses have a door of their own."""
    admin("apply", "-f", CATALOGUE)
    with_status = [obj for obj in yaml.safe_load_all(CATALOGUE.read_text()) if "status" in obj]
    admin("replace", "--subresource=status", "-f", "-", given=yaml.safe_dump_all(with_status))


def offer_needs(admin: Kubectl, manifest: Manifest) -> None:
    for name in manifest.needs:
        admin("apply", *in_namespace(read(FOLDER / name)), "-f", FOLDER / name)


def in_namespace(manifest: Manifest) -> tuple[str, str]:
    return ("-n", manifest.namespace)


def the_vm_of(manifest: Manifest) -> tuple[str, ...]:
    return (*in_namespace(manifest), f"vm/{manifest.objects[-1]['metadata']['name']}")


@pytest.fixture
def apply(cast: Cast):
    """Applies a manifest as the user who may: what an administrator offers is put right again afterwards."""
    applied: list[Manifest] = []

    def apply(manifest: Manifest) -> None:
        applied.append(manifest)
        offer_needs(cast.admin, manifest)
        who = cast.alice if manifest.kinds == {"VirtualMachine"} else cast.admin
        who("apply", *in_namespace(manifest), "-f", manifest.path)

    yield apply
    for manifest in applied:
        if "VirtualMachine" in manifest.kinds:
            cast.alice("delete", *the_vm_of(manifest), "--timeout=30s")
        if manifest.needs or manifest.kinds != {"VirtualMachine"}:
            offer_catalogue(cast.admin)


@pytest.mark.parametrize("manifest", RUNNING, ids=_stem)
def test_it_runs(cast, apply, manifest):
    apply(manifest)
    cast.wait(manifest, "condition=VirtualMachineCreated")
    cast.wait(manifest, f"jsonpath={{.status.powerState}}={manifest.power_state}")
    for path, shown in manifest.shows:
        assert cast.shown(manifest, path, shown) == shown, path


@pytest.mark.parametrize("manifest", REFUSED, ids=_stem)
def test_it_is_refused(cast, manifest):
    offer_needs(cast.admin, manifest)
    done = cast.alice.run("apply", *in_namespace(manifest), "-f", manifest.path)
    assert done.returncode == 1
    for path, _ in manifest.refusals:
        assert f"{path}: " in done.stderr
    assert cast.alice("get", *in_namespace(manifest), "vm", "-o", "name") == ""


@pytest.mark.parametrize("manifest", STORED, ids=_stem)
def test_it_is_stored(cast, apply, manifest):
    apply(manifest)
    assert "unchanged" in cast.admin("apply", *in_namespace(manifest), "-f", manifest.path)
