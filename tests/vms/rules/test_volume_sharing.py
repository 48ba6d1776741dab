"""Disks that VMs share (section 6.8 of the catalogue, VV-17 to VV-28)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import (
    MASTER,
    OPERATOR,
    WORLD,
    Object,
    changed,
    judge,
    refused,
    seen,
    stored,
    thing,
    vm,
)
from vmportal.admission import User

FIRST = "spec.volumes[0]"
VM_OPERATOR = User(f"system:serviceaccount:{OPERATOR}:vmoperator-service-account")
FLAGS_OFF = {"VMSharedDisks": False, "AllDisksArePVCs": False}
RAC = {"applicationType": "OracleRAC"}
WSFC = {"applicationType": "MicrosoftWSFC"}


def claim(name: str, *modes: str, storage_class: str = "gold") -> Object:
    spec = {"accessModes": [*modes], "storageClassName": storage_class}
    return thing("PersistentVolumeClaim", name, "team-a", spec=spec)


CLAIMS = (
    *WORLD,
    claim("rwo", "ReadWriteOnce"),
    claim("rwx", "ReadWriteMany"),
    claim("both", "ReadWriteOnce", "ReadWriteMany"),
    claim("secret", "ReadWriteMany", storage_class="gold-encrypted"),
    claim("secret-rwo", "ReadWriteOnce", storage_class="gold-encrypted"),
    claim("odd", "ReadWriteOnce", storage_class="nowhere"),
)
HARDWARE = {
    "ideControllers": [{"busNumber": 0}, {"busNumber": 1}],
    "sataControllers": [{"busNumber": 0}],
    "nvmeControllers": [{"busNumber": 0, "sharingMode": "Physical"}],
    "scsiControllers": [
        {"busNumber": 0, "sharingMode": "None"},
        {"busNumber": 1, "sharingMode": "Physical"},
        {"busNumber": 2, "sharingMode": "Virtual"},
    ],
}
NONE, PHYSICAL, VIRTUAL = ({"controllerType": "SCSI", "controllerBusNumber": bus} for bus in range(3))
NVME = {"controllerType": "NVME", "controllerBusNumber": 0}
NOWHERE = {"controllerType": "SCSI", "controllerBusNumber": 3}
MANY = {"sharingMode": "MultiWriter"}


def volume(name: str = "", **fields: Any) -> Object:
    claimed = {"persistentVolumeClaim": {"claimName": name}} if name else {}
    return {"name": "disk", **claimed, **fields}


def sharing(obj: Object, **request: Any) -> list[tuple[str, str, str]]:
    return refused(vm(volumes=[obj], hardware=HARDWARE), world=CLAIMS, **request)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (RAC, []),
        (WSFC, []),
        ({**RAC, "sharingMode": "None"}, [("sharingMode", "VV-17")]),
        ({**RAC, "diskMode": "Persistent"}, [("diskMode", "VV-18")]),
        ({**WSFC, "diskMode": "Persistent"}, [("diskMode", "VV-19")]),
        ({**WSFC, "sharingMode": "MultiWriter"}, []),
        ({**WSFC, **PHYSICAL}, []),
        ({**WSFC, **NVME}, []),
        ({**WSFC, **NOWHERE}, []),
        ({**WSFC, "controllerType": "SATA", "controllerBusNumber": 0}, [("applicationType", "VV-20")]),
        ({**WSFC, **NONE}, [("applicationType", "VV-20")]),
        ({**WSFC, **VIRTUAL}, [("applicationType", "VV-20")]),
    ],
)
def test_what_applications_demand(fields, errors):
    """VV-17 to VV-20."""
    obj = volume("to-come", **fields)
    assert sharing(obj, user=MASTER) == [(f"{FIRST}.{key}", "Invalid", rule) for key, rule in errors]
    assert sharing(obj, user=VM_OPERATOR) == sharing(obj, **FLAGS_OFF) == []


def test_an_application_spells_its_modes_out_without_shared_disks():
    """QRK-20: with AllDisksArePVCs alone nothing has been filled in."""
    rules = [rule for *_, rule in sharing(volume("to-come", **RAC), VMSharedDisks=False)]
    assert rules == ["VV-17", "VV-18"]


@pytest.mark.parametrize(
    ("obj", "errors"),
    [
        (volume("secret", **NONE), []),
        (volume("secret", **NONE, **MANY), [("sharingMode", "VV-24")]),
        (volume("secret-rwo", **PHYSICAL), [("controllerBusNumber", "VV-25")]),
        (volume("secret-rwo", **VIRTUAL), [("controllerBusNumber", "VV-25")]),
        (volume("secret-rwo", **NVME), []),
        (volume("secret-rwo", **NOWHERE), []),
        (volume("secret", **PHYSICAL, **MANY), [("sharingMode", "VV-24"), ("controllerBusNumber", "VV-25")]),
        (volume("odd", **PHYSICAL, **MANY), []),
        (volume("rwo", **PHYSICAL, **MANY), []),
        (volume("rwo", **NONE, **RAC), [("sharingMode", "VV-26")]),
        (volume("rwo", **PHYSICAL, **RAC), [("sharingMode", "VV-26"), ("controllerBusNumber", "VV-27")]),
        (volume("rwo", **PHYSICAL, **WSFC), [("controllerBusNumber", "VV-27")]),
        (volume("rwo", **NOWHERE, **WSFC), [("controllerBusNumber", "VV-27")]),
        (volume("rwo", **WSFC), []),
        (volume(**RAC), [("sharingMode", "VV-26")]),
        (volume("to-come", **RAC), []),
        (volume("both", **NONE, **RAC), []),
        (volume("rwx", **PHYSICAL, **WSFC), []),
        (volume("rwx", **NVME, **WSFC), [("sharingMode", "VV-28")]),
        (volume("rwx", **WSFC), [("sharingMode", "VV-28")]),
        (volume("rwx", **WSFC, **MANY), []),
        (volume("rwx", **NONE), []),
    ],
)
def test_what_claims_allow(obj, errors):
    """VV-22 to VV-28: without application type only encryption counts, and a claim to come allows all."""
    assert sharing(obj) == [(f"{FIRST}.{key}", "Invalid", rule) for key, rule in errors]
    assert sharing(obj, user=VM_OPERATOR) == sharing(obj, **FLAGS_OFF) == []


def test_a_shared_volume_without_bus_is_told_so():
    """QRK-02: the reference crashes there."""
    errors = sharing(volume("rwo", controllerType="SCSI", **WSFC))
    assert (f"{FIRST}.controllerBusNumber", "Required", "VV-32") in errors


def test_a_volume_is_judged_again_when_it_or_the_hardware_changes():
    """VV-21: what was stored before its claim came about stays."""
    disk = volume("rwo", **NONE, **RAC, unitNumber=1, diskMode="IndependentPersistent", **MANY)
    old = stored(volumes=[disk], hardware=HARDWARE)
    assert refused(changed(old, powerState="PoweredOff"), old, world=CLAIMS) == []
    other = {**disk, "removable": False}
    hardware = {**HARDWARE, "sataControllers": []}
    for new in (changed(old, volumes=[other]), changed(old, hardware=hardware)):
        assert (f"{FIRST}.sharingMode", "Invalid", "VV-26") in refused(new, old, world=CLAIMS)
    unmarked = {**old, "metadata": {**old["metadata"], "annotations": {}}}
    assert refused(changed(unmarked, volumes=[other]), unmarked, world=CLAIMS) == []


def test_a_claim_of_another_namespace_is_not_seen():
    """A claim of that name elsewhere says nothing."""
    foreign = thing("PersistentVolumeClaim", "there", "team-b", spec={"accessModes": ["ReadWriteOnce"]})
    outcome = judge(vm(volumes=[volume("there", **RAC)]), world=(*CLAIMS, foreign))
    assert [seen(error) for error in outcome.errors] == []
