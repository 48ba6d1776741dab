"""What the portal asks of a VM's volumes and disks beyond VM Operator."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import (
    OPERATOR,
    PRIVILEGED,
    WORLD,
    Object,
    changed,
    judge,
    refused,
    stored,
    thing,
    vm,
)
from vmportal.admission import User

FIRST = "spec.volumes[0]"
VM_OPERATOR = User(f"system:serviceaccount:{OPERATOR}:vmoperator-service-account")
PLACES = [{"controllerType": "SCSI", "controllerBusNumber": 0, "unitNumber": unit} for unit in range(3)]
DISKS = [{"name": f"disk-{n}", **PLACES[n]} for n in range(2)]
IMAGE = thing("VirtualMachineImage", "vmi-0001", "team-a", status={"name": "shown", "disks": DISKS})
CLAIMS = tuple(
    thing("PersistentVolumeClaim", name, "team-a", spec={"accessModes": [mode]})
    for name, mode in (("rwo", "ReadWriteOnce"), ("rwx", "ReadWriteMany"))
)
SEEN = (*(obj for obj in WORLD if obj["metadata"]["name"] != "vmi-0001"), IMAGE, *CLAIMS)
HARDWARE = {
    "ideControllers": [{"busNumber": 0}, {"busNumber": 1}],
    "scsiControllers": [{"busNumber": 0, "sharingMode": "None"}],
}


def errors(new: Object, old: Object | None = None, **request: Any) -> list[tuple[str, str, str]]:
    return refused(new, old, policy=True, world=SEEN, **request)


def warned(new: Object, old: Object | None = None) -> list[str]:
    outcome = judge(new, old, policy=True, world=SEEN)
    assert outcome.errors == ()
    return [text.partition(":")[0] for text in outcome.warnings]


def volume(claim: str = "to-come", name: str = "disk", **fields: Any) -> Object:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}, **fields}


def kept(claim: str = "to-come", place: int = 2, **fields: Any) -> Object:
    """A volume as it is stored."""
    return {**volume(claim), **PLACES[place], "diskMode": "Persistent", "sharingMode": "None", **fields}


def bare(place: Object) -> Object:
    """A disk of the image as it is stored, without claim."""
    return {"name": "disk", **place, "diskMode": "Persistent", "sharingMode": "None"}


@pytest.mark.parametrize(
    ("obj", "is_refused"),
    [
        (volume("rwo", sharingMode="MultiWriter"), True),
        (volume("rwo"), False),
        (volume("rwx", sharingMode="MultiWriter"), False),
        (volume("to-come", sharingMode="MultiWriter"), False),
    ],
)
def test_many_writers_need_a_shared_claim(obj, is_refused):
    """D-05, STO-35: with an application type it is VV-26 that says so."""
    new = vm(volumes=[obj])
    assert errors(new) == ([(f"{FIRST}.sharingMode", "Invalid", "D-05")] if is_refused else [])
    assert errors(new, policy_off=("D-05",)) == errors(new, user=VM_OPERATOR) == []
    oracle = vm(volumes=[volume("rwo", applicationType="OracleRAC")])
    assert errors(oracle) == [(f"{FIRST}.sharingMode", "Invalid", "VV-26")]
    old = stored(volumes=[kept("rwo", sharingMode="MultiWriter")], hardware=HARDWARE)
    assert errors(changed(old, powerState="PoweredOff"), old) == []


def test_a_windows_cluster_with_many_writers_is_warned():
    """D-32, STO-42: once."""
    mode = {"applicationType": "MicrosoftWSFC", "diskMode": "IndependentPersistent"}
    assert warned(vm(volumes=[volume(sharingMode="MultiWriter", **mode)])) == [f"{FIRST}.sharingMode"]
    assert warned(vm(volumes=[volume(**mode)])) == []
    hardware = {**HARDWARE, "scsiControllers": [{"busNumber": 0, "sharingMode": "Physical"}]}
    old = stored(volumes=[kept(sharingMode="MultiWriter", **mode)], hardware=hardware)
    assert warned(changed(old, powerState="PoweredOff"), old) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [("data-1", ""), ("d" * 63, ""), ("a.b", "D-42"), ("-a", "D-42"), ("d" * 64, "D-42"), ("a_b", "VV-04")],
)
def test_a_volume_is_named_by_a_label(name, rule):
    """D-42, STO-17, STO-18: what has such a name already keeps it."""
    expected = [(f"{FIRST}.name", "Invalid", rule)] if rule else []
    assert errors(vm(volumes=[volume(name=name)])) == expected
    if rule == "D-42":
        assert errors(vm(volumes=[volume(name=name)]), policy_off=("D-42",)) == []
        old = stored(volumes=[{**kept(), "name": name}], hardware=HARDWARE)
        assert errors(changed(old, powerState="PoweredOff"), old) == []


def test_another_claim_under_the_same_name_is_warned():
    """QRK-18."""
    old = stored(volumes=[kept("rwo")], hardware=HARDWARE)
    path = f"{FIRST}.persistentVolumeClaim.claimName"
    assert warned(changed(old, volumes=[kept("rwx")]), old) == [path]
    assert warned(changed(old, volumes=[kept("rwo", removable=False)]), old) == []
    old = stored(volumes=[bare(PLACES[0])], hardware=HARDWARE)
    assert warned(changed(old, volumes=[{**kept("rwo"), **PLACES[0]}]), old) == []


@pytest.mark.parametrize(
    ("place", "is_disk"),
    [
        (PLACES[0], True),
        (PLACES[1], True),
        (PLACES[2], False),
        ({}, False),
    ],
)
def test_a_volume_without_claim_is_a_disk_of_the_image(place, is_disk):
    """D-41, STO-72, STO-73, STO-78: by whatever name the image is found."""
    missing = [(f"{FIRST}.persistentVolumeClaim", "Required", "D-41")]
    for name in ("vmi-0001", "shown"):
        new = vm(imageName=name, volumes=[{"name": "disk", **place}])
        assert errors(new) == ([] if is_disk else missing)
        assert errors(new, policy_off=("D-41",)) == errors(new, user=VM_OPERATOR) == []
    old = stored(volumes=[], hardware=HARDWARE)
    new = changed(old, volumes=[{"name": "disk", **place}])
    assert errors(new, old) == ([] if is_disk else missing)
    old = stored(volumes=[bare(PLACES[2])], hardware=HARDWARE)
    assert errors(changed(old, powerState="PoweredOff"), old) == []


def test_nothing_is_said_of_an_image_whose_disks_are_unknown():
    """D-41: but all of the place is needed."""
    assert refused(vm(volumes=[{"name": "disk", **PLACES[2]}]), policy=True) == []
    errors_now = refused(vm(volumes=[{"name": "disk"}]), policy=True)
    assert errors_now == [(f"{FIRST}.persistentVolumeClaim", "Required", "D-41")]


@pytest.mark.parametrize(
    ("disk", "rules"),
    [
        (kept(place=0), ["STO-86"]),
        (kept(place=1), []),
        (kept(place=0, removable=False), ["VV-01"]),
        (bare(PLACES[0]), ["VV-09"]),
    ],
)
def test_the_boot_disk_stays(disk, rules):
    """STO-86, D-29; other disks of the image go once they have a claim and are removable (STO-87)."""
    old = stored(volumes=[disk], hardware=HARDWARE)
    new = changed(old, volumes=[])
    found = errors(new, old)
    assert [rule for *_, rule in found] == rules
    if rules == ["STO-86"]:
        assert found[0][:2] == (FIRST, "Forbidden")
        assert errors(new, old, policy_off=("STO-86",)) == errors(new, old, user=PRIVILEGED) == []
