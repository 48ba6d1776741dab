"""Controllers and the slots of volumes (section 6.13 of the catalogue)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import MASTER, UPGRADED, changed, refused, stored, vm

ON, OFF = "PoweredOn", "PoweredOff"
IDE = [{"busNumber": 0}, {"busNumber": 1}]
NOT_UPGRADED = {"annotations": {"vmoperator.vmware.com/upgraded-to-feature-version": "1"}}
OFF_FLAGS = {"VMSharedDisks": False, "AllDisksArePVCs": False}
# Like the default features, but volumes are not placed, so that a wrong place reaches the rules.
UNPLACED = {"meta": {"annotations": UPGRADED}}


def scsi(bus: int, type_: str = "ParaVirtual", sharing: str = "None") -> dict[str, Any]:
    return {"busNumber": bus, "type": type_, "sharingMode": sharing}


def nvme(bus: int, sharing: str = "None") -> dict[str, Any]:
    return {"busNumber": bus, "sharingMode": sharing}


def volume(name: str, kind: str, bus: int, unit: int, **more: Any) -> dict[str, Any]:
    place = {"controllerType": kind, "controllerBusNumber": bus, "unitNumber": unit}
    modes = {"diskMode": "Persistent", "sharingMode": "None"}
    return {"name": name, **place, **modes, **more}


def hardware(**controllers: Any) -> dict[str, Any]:
    return {"ideControllers": IDE, **controllers}


def on(**spec: Any) -> dict[str, Any]:
    return stored(powerState=ON, **spec)


LOCKED = [
    (
        {"scsiControllers": [scsi(0)]},
        {"scsiControllers": [scsi(0, sharing="Virtual")]},
        "scsiControllers[0].sharingMode",
        "VK-02",
    ),
    (
        {"scsiControllers": [scsi(0)]},
        {"scsiControllers": [scsi(0, "LsiLogic")]},
        "scsiControllers[0].type",
        "VK-03",
    ),
    (
        {"nvmeControllers": [nvme(0)]},
        {"nvmeControllers": [nvme(0, "Physical")]},
        "nvmeControllers[0].sharingMode",
        "VK-04",
    ),
]


@pytest.mark.parametrize(("before", "after", "path", "rule"), LOCKED)
def test_controllers_keep_what_they_are_while_the_vm_was_wanted_on(before, after, path, rule):
    """VK-02 to VK-04, VK-01: neither powering off nor a power-on check nor privilege lifts it."""
    held = {"annotations": {"poweron.check.vmoperator.vmware.com/net": "wait"}}
    for meta in ({}, held):
        old = on(meta=meta, hardware=hardware(**before))
        new = changed(old, hardware=hardware(**after))
        for wish in (new, changed(new, powerState=OFF)):
            assert refused(wish, old, user=MASTER) == [(f"spec.hardware.{path}", "Forbidden", rule)]
    for state in (OFF, "Suspended"):
        old = stored(powerState=state, hardware=hardware(**before))
        assert refused(changed(old, hardware=hardware(**after)), old) == []
    old = on(meta=NOT_UPGRADED, hardware=hardware(**before))
    assert refused(changed(old, hardware=hardware(**after)), old, user=MASTER) == []
    old = on(hardware=hardware(**before))
    assert refused(changed(old, hardware=hardware(**after)), old, **OFF_FLAGS) == []


def test_controllers_come_and_go_while_the_vm_is_on():
    """VK-06."""
    old = on(hardware=hardware(scsiControllers=[scsi(0), scsi(1, "LsiLogic")]))
    added = [scsi(0), scsi(1, "LsiLogic"), scsi(2)]
    assert refused(changed(old, hardware=hardware(scsiControllers=added)), old) == []
    assert refused(changed(old, hardware=hardware(scsiControllers=[scsi(1, "LsiLogic")])), old) == []


def test_beside_shared_disks_no_scsi_controller_is_added():
    """VK-05: a volume sits on a physically shared SCSI controller of the VM as it was."""
    shared = [scsi(0, sharing="Physical")]
    disk = [volume("disk", "SCSI", 0, 0)]
    more = hardware(scsiControllers=[*shared, scsi(1)])
    wrong = [("spec.hardware.scsiControllers[1]", "Forbidden", "VK-05")]
    old = on(volumes=disk, hardware=hardware(scsiControllers=shared))
    assert refused(changed(old, hardware=more), old, user=MASTER) == wrong
    assert (
        refused(changed(old, hardware=hardware(scsiControllers=shared, nvmeControllers=[nvme(0)])), old) == []
    )
    for other in (
        on(volumes=disk, hardware=hardware(scsiControllers=[scsi(0, sharing="Virtual")])),
        on(
            volumes=[volume("disk", "SATA", 0, 0)],
            hardware=hardware(scsiControllers=shared, sataControllers=[{"busNumber": 0}]),
        ),
        stored(powerState=OFF, volumes=disk, hardware=hardware(scsiControllers=shared)),
    ):
        listed = other["spec"]["hardware"]["scsiControllers"]
        new = changed(other, hardware={**other["spec"]["hardware"], "scsiControllers": [*listed, scsi(1)]})
        assert refused(new, other) == []


@pytest.mark.parametrize("controllers", [[], IDE[:1], None])
def test_both_ide_controllers_are_listed(controllers):
    """VK-07: as soon as there is `spec.hardware`."""
    old = stored(powerState=OFF)
    wrong = [("spec.hardware.ideControllers", "Invalid", "VK-07")]
    new = changed(old, hardware={"ideControllers": controllers} if controllers is not None else {})
    assert refused(new, old, user=MASTER) == wrong
    assert refused(new, old, **OFF_FLAGS) == []
    assert refused(changed(old, hardware=None), old) == []


def test_marks_of_the_upgrade_bring_the_checks_to_a_new_vm():
    """UPG-06, QRK-14, QRK-15."""
    one = {"hardware": {"ideControllers": IDE[:1]}}
    assert refused(vm(**one)) == []
    assert [rule for *_, rule in refused(vm(**UNPLACED, **one))] == ["VK-07"]


SLOTS = [
    (volume("a", "IDE", 0, 2), "unitNumber", "VK-10"),
    (volume("a", "SATA", 0, 30), "unitNumber", "VK-10"),
    (volume("a", "NVME", 0, 64), "unitNumber", "VK-10"),
    (volume("a", "SCSI", 0, 65), "unitNumber", "VK-10"),
    (volume("a", "SCSI", 1, 16), "unitNumber", "VK-10"),
    (volume("a", "SCSI", 0, -1), "unitNumber", "VK-10"),
    (volume("a", "SCSI", 0, 7), "unitNumber", "VK-11"),
    (volume("a", "SCSI", 0, 0), "unitNumber", "VK-12"),
    (volume("a", "SATA", 0, 0), "unitNumber", "VK-12"),
    (volume("a", "SCSI", -1, 0), "controllerBusNumber", "VK-08"),
]
FITTING = [("IDE", 0, 1), ("SATA", 0, 29), ("NVME", 0, 63), ("SCSI", 0, 64), ("SCSI", 1, 15), ("SCSI", 0, 8)]
LISTED = hardware(
    scsiControllers=[scsi(0), scsi(1, "BusLogic")],
    sataControllers=[{"busNumber": 0}],
    nvmeControllers=[nvme(0)],
    cdrom=[
        {
            "name": "cd1",
            "image": {"kind": "VirtualMachineImage", "name": "vmi-0001"},
            "controllerType": "SATA",
            "controllerBusNumber": 0,
            "unitNumber": 0,
        }
    ],
)
FIRST = volume("first", "SCSI", 0, 0)


@pytest.mark.parametrize(("second", "field", "rule"), SLOTS)
def test_a_volume_has_a_slot_of_its_own(second, field, rule):
    """VK-08, VK-10 to VK-12, LIM-01 to LIM-05: the first thing wrong is told, to everybody."""
    old = stored(powerState=OFF, guestID="x", hardware=LISTED, volumes=[FIRST])
    new = changed(old, volumes=[FIRST, second])
    assert refused(new, old, user=MASTER) == [(f"spec.volumes[1].{field}", "Invalid", rule)]
    assert refused(new, old, **OFF_FLAGS) == []


@pytest.mark.parametrize("place", FITTING)
def test_a_volume_may_sit_on_the_last_slot(place):
    old = stored(powerState=OFF, guestID="x", hardware=LISTED, volumes=[FIRST])
    assert refused(changed(old, volumes=[FIRST, volume("second", *place)]), old) == []


def test_the_controller_of_a_volume_is_listed():
    """VK-09, VK-08: where placement does not add it, as on create with the marks of the upgrade."""
    sent = {**UNPLACED, "hardware": hardware(scsiControllers=[scsi(0)])}
    place = "spec.volumes[0].controllerBusNumber"
    for bus, rule in ((1, "VK-09"), (4, "VK-08")):
        assert refused(vm(**sent, volumes=[volume("a", "SCSI", bus, 0)])) == [(place, "Invalid", rule)]
    assert refused(vm(**sent, volumes=[volume("a", "SCSI", 0, 0)])) == []


def test_without_volumes_and_without_a_place_nothing_is_checked():
    """Volumes that are not placed are the business of section 6.8."""
    sent = {**UNPLACED, "hardware": hardware()}
    assert refused(vm(**sent, volumes=[{"name": "a"}])) == []
