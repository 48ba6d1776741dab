"""What the portal asks of a VM beyond VM Operator, and what it takes that VM Operator would not."""

from __future__ import annotations

import uuid

import pytest

from tests.admission.asking import (
    PRIVILEGED,
    WORLD,
    admitted,
    changed,
    judge,
    refused,
    seen,
    stored,
    thing,
    vm,
)

ON, OFF, SUSPENDED = "PoweredOn", "PoweredOff", "Suspended"


def errors(*arguments, **request):
    return refused(*arguments, policy=True, **request)


def only(rule_id: str, new, old=None, **request):
    """The policy refuses, alone, and no longer when it is switched off."""
    found = errors(new, old, **request)
    assert {rule for *_, rule in found} == {rule_id}
    assert errors(new, old, policy_off=(rule_id,), **request) == []
    return [(path, kind) for path, kind, _ in found]


def test_an_image_is_known_by_its_object_name():
    """D-43, CAT-08: without the prefix, as long as no image is shown under that name."""
    spec = admitted(vm(imageName="golden"), policy=True)["spec"]
    assert spec["image"] == {"kind": "VirtualMachineImage", "name": "golden"}
    assert spec["imageName"] == "golden"
    outcome = judge(vm(imageName="golden"), policy=True, policy_off=("D-43",))
    assert [seen(error) for error in outcome.errors] == [("spec.imageName", "NotFound", "MC-11")]


def test_an_object_name_of_another_namespace_stays_unknown():
    assert errors(vm(imageName="secret")) == [("spec.imageName", "NotFound", "MC-11")]


def test_an_iso_is_known_by_its_object_name_too():
    """CAT-10 with D-43."""
    cdrom = {"name": "cd1", "image": {"name": "dvd"}}
    dvd = thing("VirtualMachineImage", "dvd", "team-a", status={"name": "a DVD", "type": "ISO"})
    sent = vm(imageName=None, guestID="x", hardware={"cdrom": [cdrom]})
    spec = admitted(sent, policy=True, world=(*WORLD, dvd))["spec"]
    assert (spec["imageName"], spec["image"]["name"]) == ("dvd", "dvd")


def test_an_object_name_and_another_image_do_not_agree():
    other = {"kind": "VirtualMachineImage", "name": "vmi-0001"}
    assert errors(vm(imageName="golden", image=other)) == [("spec.imageName", "NotFound", "MC-11")]


def test_only_privileged_users_choose_the_bios_uuid():
    """D-01."""
    chosen = vm(biosUUID=str(uuid.uuid4()))
    assert only("D-01", chosen) == [("spec.biosUUID", "Forbidden")]
    assert errors(chosen, user=PRIVILEGED) == []


def test_a_storage_class_is_named():
    """D-17, CAT-11, CAT-13."""
    assert only("D-17", vm(storageClass=None)) == [("spec.storageClass", "Required")]


def test_the_class_exists():
    """CAT-06: on create and when it changes."""
    assert only("CAT-06", vm(className="nowhere")) == [("spec.className", "NotFound")]
    old = stored(className="gone")
    assert errors(changed(old, guestID="x", powerState=OFF), old) == []
    assert only("CAT-06", changed(old, className="nowhere"), old) == [("spec.className", "NotFound")]


def test_an_image_without_name_exists():
    """CAT-07."""
    image = {"kind": "ClusterVirtualMachineImage", "name": "vmi-0002"}
    assert errors(vm(imageName=None, image=image)) == []
    unknown = {**image, "name": "vmi-0001"}  # there is one, but in a namespace
    assert only("CAT-07", vm(imageName=None, image=unknown)) == [("spec.image.name", "NotFound")]


def seen_as(state: str | None, **spec):
    return stored(status={"powerState": state} if state else None, **spec)


@pytest.mark.parametrize(
    "old", [seen_as(SUSPENDED, powerState=SUSPENDED), seen_as(SUSPENDED), seen_as(None, powerState=SUSPENDED)]
)
def test_a_suspended_vm_is_powered_off_hard(old):
    """D-06, PWR-17: as seen, or as wanted while nothing is seen."""
    assert only("D-06", changed(old, powerState=OFF), old) == [("spec.powerState", "Invalid")]
    assert errors(changed(old, powerState=OFF, powerOffMode="Hard"), old) == []
    assert errors(changed(old, powerState=ON), old) == []


def test_a_running_vm_is_powered_off_as_it_likes():
    old = seen_as(ON)
    assert errors(changed(old, powerState=OFF), old) == []


def test_a_vm_seen_off_is_not_suspended():
    """D-07, PWR-14; what was wanted off is VW-03's."""
    old = seen_as(OFF)
    assert only("D-07", changed(old, powerState=SUSPENDED), old) == [("spec.powerState", "Invalid")]
    old = seen_as(OFF, powerState=OFF)
    assert errors(changed(old, powerState=SUSPENDED), old) == [("spec.powerState", "Invalid", "VW-03")]
    old = seen_as(None)
    assert errors(changed(old, powerState=SUSPENDED), old) == []


@pytest.mark.parametrize("state", [OFF, SUSPENDED])
def test_a_vm_seen_off_or_suspended_is_not_restarted(state):
    """D-08, PWR-15, PWR-19."""
    old = seen_as(state)
    assert only("D-08", changed(old, nextRestartTime="now"), old) == [("spec.nextRestartTime", "Invalid")]
    old = seen_as(ON)
    assert errors(changed(old, nextRestartTime="now"), old) == []
