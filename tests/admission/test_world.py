"""What rules may look up: named beforehand, fetched in at most three steps, and nothing else."""

from __future__ import annotations

import pytest

from tests.admission.asking import WORLD, ask, image, thing, vm
from vmportal.admission import Admitting, MemoryWorld, Want, look_up
from vms.admission import VIRTUAL_MACHINE


def test_objects_are_found_by_name_label_and_field():
    marked = thing("EncryptionClass", "keys", "team-a", meta={"labels": {"default": "true"}})
    other = thing("EncryptionClass", "other", "team-a", meta={"labels": {"default": "no"}})
    world = MemoryWorld([marked, other, image("vmi-1", "photon")])
    assert world.get("EncryptionClass", "team-a", "keys") == marked
    assert world.get("EncryptionClass", "team-b", "keys") is None
    assert world.get("EncryptionClass", "team-a", "") is None
    assert world.find(Want("EncryptionClass", "team-a", label="default", value="true")) == [marked]
    assert world.find(Want("EncryptionClass", "team-a", label="default")) == [marked, other]
    assert world.find(Want("EncryptionClass", "team-a")) == [marked, other]
    found = world.find(Want("VirtualMachineImage", "team-a", field="status.name", equals="photon"))
    assert [obj["metadata"]["name"] for obj in found] == ["vmi-1"]


def test_a_question_that_was_not_announced_is_a_defect():
    """A rule that asks for what its kind's references do not name must not read it as absent."""
    request = look_up(ask(vm()), lambda _: [Want("Zone", "team-a", "zone-a")], lambda wants: [])
    assert request.world.get("Zone", "team-a", "zone-a") is None
    with pytest.raises(LookupError, match="zone-b"):
        request.world.get("Zone", "team-a", "zone-b")


def test_what_a_found_object_leads_to_is_fetched_in_a_second_step():
    """A StorageClass leads to its StoragePolicy (MC-15), an image to its cache (VK-14): two statements."""
    steps = []
    everything = MemoryWorld(WORLD)

    def fetch(wants):
        steps.append({want.kind for want in wants})
        return [obj for want in wants for obj in everything.find(want)]

    request = ask(vm(storageClass="gold-encrypted"))
    look_up(request, VIRTUAL_MACHINE.references, fetch)
    assert len(steps) == 2
    assert "StorageClass" in steps[0]
    assert steps[1] == {"StoragePolicy", "StoragePolicyQuota", "VirtualMachineImageCache", "ConfigMap"}


def test_a_claim_leads_to_its_storage_class_and_that_to_its_policy():
    """VV-24: three statements."""
    claim = thing("PersistentVolumeClaim", "c", "team-a", spec={"storageClassName": "gold-encrypted"})
    everything = MemoryWorld([*WORLD, claim])
    steps = []

    def fetch(wants):
        steps.append({want.kind for want in wants})
        return [obj for want in wants for obj in everything.find(want)]

    request = ask(vm(storageClass=None, volumes=[{"name": "a", "persistentVolumeClaim": {"claimName": "c"}}]))
    look_up(request, VIRTUAL_MACHINE.references, fetch)
    assert "PersistentVolumeClaim" in steps[0]
    assert {"StorageClass"} <= steps[1]
    assert steps[2:] == [{"StoragePolicy"}]


def test_nothing_is_fetched_twice_or_for_nothing():
    def never(wants):
        raise AssertionError(wants)

    look_up(ask(vm()), lambda _: (), never)

    asked: list[frozenset[Want]] = []

    def once(request: Admitting) -> list[Want]:
        return [Want("Zone", "team-a", "zone-a")]

    def fetch(wants):
        asked.append(wants)
        return []

    look_up(ask(vm()), once, fetch)
    assert asked == [frozenset({Want("Zone", "team-a", "zone-a")})]
