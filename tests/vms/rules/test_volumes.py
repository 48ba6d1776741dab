"""Volumes: names, claims, places, and what stays (section 6.8 of the catalogue)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import MASTER, OPERATOR, PRIVILEGED, Object, changed, refused, stored, vm
from vmportal.admission import User

PATH = "spec.volumes"
VM_OPERATOR = User(f"system:serviceaccount:{OPERATOR}:vmoperator-service-account")
FLAGS_OFF = {"VMSharedDisks": False, "AllDisksArePVCs": False}


def claimed(name: str = "new", claim: str = "to-come", **fields: Any) -> Object:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}, **fields}


def placed(name: str = "data", unit: int = 1, **fields: Any) -> Object:
    """A volume as it is stored, without claim."""
    place = {"controllerType": "SCSI", "controllerBusNumber": 0, "unitNumber": unit}
    return {"name": name, **place, "diskMode": "Persistent", "sharingMode": "None", **fields}


BOOT = placed("boot", 0, removable=False)
DATA = placed(persistentVolumeClaim={"claimName": "data-1"})
HARDWARE = {
    "ideControllers": [{"busNumber": 0}, {"busNumber": 1}],
    "scsiControllers": [{"busNumber": 0, "type": "ParaVirtual", "sharingMode": "None"}],
}


def having(*volumes: Object, meta: Object | None = None) -> Object:
    return stored(volumes=[*volumes], hardware=HARDWARE, meta=meta)


def not_upgraded(obj: Object) -> Object:
    return {**obj, "metadata": {**obj["metadata"], "annotations": {}}}


@pytest.mark.parametrize(
    ("volume", "error"),
    [
        (claimed("a.b"), None),
        (claimed("d" * 247), None),  # with "web-1-" 253
        (claimed("-data"), None),
        ({"name": "bare"}, None),
        (claimed(""), ("name", "Required", "VV-03")),
        (claimed("data_1"), ("name", "Invalid", "VV-04")),
        (claimed("Data"), ("name", "Invalid", "VV-04")),
        (claimed("d" * 248), ("name", "Invalid", "VV-04")),
        (claimed(claim=""), ("persistentVolumeClaim.claimName", "Required", "VV-06")),
        (
            {"name": "a", "persistentVolumeClaim": {"claimName": "c", "readOnly": True}},
            ("persistentVolumeClaim.readOnly", "NotSupported", "VV-07"),
        ),
        ({"name": "a", "persistentVolumeClaim": {"claimName": "c", "readOnly": False}}, None),
    ],
)
def test_names_and_claims(volume, error):
    """VV-03, VV-04, VV-06 to VV-08: VM Operator alone is exempt, and a VM that is not upgraded is let be."""
    expected = [(f"{PATH}[0].{error[0]}", *error[1:])] if error else []
    assert refused(vm(volumes=[volume]), user=MASTER) == expected
    assert refused(vm(volumes=[volume]), user=VM_OPERATOR) == []
    old = having(DATA)
    errors = refused(changed(old, volumes=[DATA, volume]), old)
    assert errors == [(path.replace("[0]", "[1]"), *rest) for path, *rest in expected]
    old = not_upgraded(old)
    assert refused(changed(old, volumes=[DATA, volume]), old) == []


def test_a_name_comes_once():
    """VV-02: the schema sees it first."""
    assert refused(vm(volumes=[claimed("a"), claimed("a", "b")])) == [(f"{PATH}[1]", "Duplicate", "SCHEMA")]


def test_a_claim_is_used_once():
    """VV-05; a claim without name is VV-06's alone."""
    volumes = [claimed("a", "x"), claimed("b", "y"), claimed("c", "x"), claimed("d", ""), claimed("e", "")]
    assert refused(vm(volumes=volumes)) == [
        (f"{PATH}[2].persistentVolumeClaim.claimName", "Duplicate", "VV-05"),
        (f"{PATH}[3].persistentVolumeClaim.claimName", "Required", "VV-06"),
        (f"{PATH}[4].persistentVolumeClaim.claimName", "Required", "VV-06"),
    ]


KEPT = claimed("kept", "kept") | placed("kept", 2, removable=False)
FREE = claimed("free", "free") | placed("free", 3)
IMAGE_DISK = placed("image", 4)
UNPLACED = {"name": "image", "controllerType": "SCSI", "controllerBusNumber": 0}


@pytest.mark.parametrize(
    ("before", "now", "errors"),
    [
        ([DATA, KEPT], [DATA], [(f"{PATH}[1]", "VV-01")]),
        ([DATA, KEPT], [DATA, {**KEPT, "removable": True}], []),
        ([DATA, FREE], [DATA], []),
        ([DATA, IMAGE_DISK], [DATA], [(PATH, "VV-09")]),
        ([DATA, IMAGE_DISK], [DATA, {**IMAGE_DISK, "name": "other"}], [(PATH, "VV-09")]),
        ([DATA, IMAGE_DISK], [DATA, {**IMAGE_DISK, "persistentVolumeClaim": {"claimName": "c"}}], []),
        ([DATA, UNPLACED], [DATA], []),
        ([BOOT, DATA], [], [(f"{PATH}[0]", "VV-01"), (PATH, "VV-09")]),
    ],
)
def test_which_volumes_stay(before, now, errors):
    """VV-01, VV-09, VV-16: the index is the one it had before (QRK-10)."""
    old = having(*before)
    new = changed(old, volumes=now)
    expected = [(path, "Forbidden", rule) for path, rule in errors]
    assert refused(new, old, user=MASTER) == expected
    assert refused(new, old, **FLAGS_OFF) == expected
    assert refused(new, old, user=VM_OPERATOR) == []
    assert refused(not_upgraded(new), not_upgraded(old)) == []


def test_which_volumes_stay_is_asked_of_the_old_object():
    """UPG(old): losing the marks of the upgrade in the same request frees nothing."""
    old = having(DATA, KEPT)
    new = not_upgraded(changed(old, volumes=[DATA]))
    assert (f"{PATH}[1]", "Forbidden", "VV-01") in refused(new, old)


@pytest.mark.parametrize(
    ("key", "values", "rule"),
    [
        ("applicationType", [None, "OracleRAC"], "VV-10"),
        ("controllerBusNumber", [0, 1], "VV-11"),
        ("controllerType", ["SCSI", "NVME"], "VV-12"),
        ("diskMode", ["Persistent", "NonPersistent"], "VV-13"),
        ("sharingMode", ["None", "MultiWriter"], "VV-14"),
        ("unitNumber", [1, 0], "VV-15"),
    ],
)
def test_what_of_a_volume_stays(key, values, rule):
    """VV-10 to VV-15: from a value to another, and from none to one."""
    error = (f"{PATH}[0].{key}", "Invalid", rule)
    for was, now in (values, [None, values[1]]):
        hardware = {**HARDWARE, "nvmeControllers": [{"busNumber": 0}]}
        hardware["scsiControllers"] = [*HARDWARE["scsiControllers"], {"busNumber": 1}]
        old = stored(volumes=[{**DATA, key: was}], hardware=hardware)
        new = changed(old, volumes=[{**DATA, key: now}])
        assert error in refused(new, old, user=MASTER)
        assert refused(new, old, user=VM_OPERATOR) == []
        assert refused(new, old, **FLAGS_OFF) == []
        assert refused(not_upgraded(new), not_upgraded(old)) == []
        moved = changed(old, volumes=[{**DATA, "name": "moved", key: now}])
        assert rule not in [found for *_, found in refused(moved, old)]


@pytest.mark.parametrize(
    ("place", "missing"),
    [
        ({}, []),
        ({"controllerType": "SCSI", "controllerBusNumber": 0}, []),
        ({"controllerType": "SCSI", "controllerBusNumber": 0, "unitNumber": 0}, []),
        ({"controllerType": "SCSI"}, [("controllerBusNumber", "VV-32")]),
        ({"controllerBusNumber": 0}, [("controllerType", "VV-31")]),
        ({"controllerBusNumber": 0, "unitNumber": 0}, [("controllerType", "VV-31")]),
        ({"controllerType": "SCSI", "unitNumber": 0}, [("controllerBusNumber", "VV-32")]),
        ({"unitNumber": 0}, [("controllerType", "VV-31"), ("controllerBusNumber", "VV-32")]),
    ],
)
def test_the_place_of_a_new_volume(place, missing):
    """VV-31, VV-32: at create."""
    new = vm(volumes=[claimed(**place)])
    expected = [(f"{PATH}[0].{key}", "Required", rule) for key, rule in missing]
    assert refused(new, user=PRIVILEGED) == expected
    assert refused(new, user=VM_OPERATOR) == refused(new, **FLAGS_OFF) == []
    assert refused(new, VMSharedDisks=False) == expected


def test_a_volume_gets_a_place_or_is_refused():
    """VV-29, VV-30: where nothing is free, and of a negative bus."""
    old = having(DATA)
    assert refused(changed(old, volumes=[DATA, claimed("new")]), old) == []
    new = changed(old, volumes=[DATA, claimed("new", controllerType="SCSI", controllerBusNumber=-1)])
    assert refused(new, old) == [(f"{PATH}[1].unitNumber", "Required", "VV-29")]
    ide = [claimed(f"i{n}", f"c{n}", controllerType="IDE") for n in range(5)]
    assert refused(changed(old, volumes=[DATA, *ide]), old) == [
        (f"{PATH}[5].unitNumber", "Required", "VV-29"),
        (f"{PATH}[5].controllerBusNumber", "Required", "VV-30"),
    ]


def instance(name: str = "inst") -> Object:
    claim = {"claimName": name, "instanceVolumeClaim": {"storageClass": "gold", "size": "10Gi"}}
    return placed(name, 5, persistentVolumeClaim=claim)


@pytest.mark.parametrize(
    ("before", "now", "is_refused"),
    [
        ([], [instance()], True),
        ([instance()], [instance()], False),
        ([instance()], [], True),
        ([instance()], [{**instance(), "removable": False}], True),
        ([instance()], [DATA, instance()], False),
        ([instance("a"), {**instance("b"), "unitNumber": 6}], [{**instance("b"), "unitNumber": 6}, instance("a")], True),
    ],
)  # fmt: skip
def test_instance_storage_is_for_the_privileged(before, now, is_refused):
    """VV-33: whether or not the VM is upgraded."""
    expected = [(PATH, "Forbidden", "VV-33")] if is_refused else []
    old = not_upgraded(having(*before))
    assert refused(changed(old, volumes=now), old) == expected
    assert refused(changed(old, volumes=now), old, user=PRIVILEGED) == []
    if not before:
        assert refused(vm(volumes=now)) == expected
