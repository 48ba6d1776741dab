"""Where volumes and CD-ROMs end up (sections 5.3 and 5.4 of the catalogue)."""

from __future__ import annotations

from typing import Any

import pytest

from storage.placement import observed_disks, place_cdroms, place_volumes

Object = dict[str, Any]
PARAVIRTUAL = {"type": "ParaVirtual", "sharingMode": "None"}
IDE = [{"busNumber": 0}, {"busNumber": 1}]


def scsi(bus: int, **more: Any) -> Object:
    return {"busNumber": bus, **PARAVIRTUAL, **more}


def volume(kind: str = "", bus: int | None = None, unit: int | None = None, **more: Any) -> Object:
    return _device({"name": "disk", **more}, kind, bus, unit)


def cdrom(kind: str = "", bus: int | None = None, unit: int | None = None) -> Object:
    return _device({"name": "cd", "image": {"name": "iso"}}, kind, bus, unit)


def _device(device: Object, kind: str, bus: int | None, unit: int | None) -> Object:
    place = {"controllerType": kind or None, "controllerBusNumber": bus, "unitNumber": unit}
    return {**device, **{key: value for key, value in place.items() if value is not None}}


def vm(volumes: list[Object] = [], **hardware: Any) -> Object:  # noqa: B006
    return {"spec": {"volumes": volumes, **({"hardware": hardware} if hardware else {})}}


def places(devices: list[Object]) -> list[tuple[Any, ...]]:
    return [tuple(device.get(f"{key}") for key in KEYS) for device in devices]


KEYS = ("controllerType", "controllerBusNumber", "unitNumber")


def placed(obj: Object) -> list[tuple[Any, ...]]:
    place_volumes(obj)
    return places(obj["spec"]["volumes"])


def placed_cdroms(obj: Object, *taken: tuple[str, int, int]) -> list[tuple[Any, ...]]:
    place_cdroms(obj, taken=taken)
    return places(obj["spec"]["hardware"]["cdrom"])


@pytest.mark.parametrize(
    ("kind", "controllers"),
    [
        ("", {"scsiControllers": [scsi(0)]}),
        ("SCSI", {"scsiControllers": [scsi(0)]}),
        ("NVME", {"nvmeControllers": [{"busNumber": 0, "sharingMode": "None"}]}),
        ("SATA", {"sataControllers": [{"busNumber": 0}]}),
        ("IDE", {"ideControllers": [{"busNumber": 0}]}),
    ],
)
def test_a_missing_controller_is_added(kind, controllers):
    """MP-04, MP-09, MP-10, DEF-08, DEF-09."""
    obj = vm([volume(kind)])
    assert placed(obj) == [(kind or "SCSI", 0, 0)]
    assert obj["spec"]["hardware"] == controllers


@pytest.mark.parametrize(("application", "sharing"), [("MicrosoftWSFC", "Physical"), ("OracleRAC", "None")])
def test_the_application_says_how_its_controller_is_shared(application, sharing):
    """MP-05: an Oracle RAC disk shares by itself."""
    obj = vm([volume(applicationType=application)])
    place_volumes(obj)
    assert obj["spec"]["hardware"]["scsiControllers"] == [scsi(0, sharingMode=sharing)]


def test_a_named_bus_is_used_as_it_is():
    """MP-06: whatever its sharing mode; and although it is full, the volume then has no unit (MP-12)."""
    assert placed(vm([volume("SCSI", 1)], scsiControllers=[scsi(1, sharingMode="Physical")])) == [
        ("SCSI", 1, 0)
    ]
    full = [volume("IDE", 0, 0), volume("IDE", 0, 1), volume("IDE", 0)]
    assert placed(vm(full, ideControllers=IDE))[2] == ("IDE", 0, None)


def test_a_named_bus_is_made():
    """MP-07, MP-13: exactly that one, even where the schema then refuses it."""
    for bus in (3, 7):
        obj = vm([volume("", bus)])
        assert placed(obj) == [("SCSI", bus, 0)]
        assert obj["spec"]["hardware"]["scsiControllers"] == [scsi(bus)]


def test_the_lowest_fitting_controller_is_taken():
    """MP-08, D-26: with the wanted sharing mode and a free unit."""
    controllers = [scsi(2), scsi(1), scsi(0, sharingMode="Virtual")]
    assert placed(vm([volume()], scsiControllers=controllers)) == [("SCSI", 1, 0)]


def test_units_are_filled_from_below_and_leave_the_controllers_own_free():
    """MP-12, MP-14."""
    volumes = [volume() for _ in range(9)]
    assert [unit for *_, unit in placed(vm(volumes))] == [0, 1, 2, 3, 4, 5, 6, 8, 9]


@pytest.mark.parametrize(
    ("kind", "controllers", "units"),
    [
        ("SCSI", {"scsiControllers": [scsi(0)]}, 64),
        ("SCSI", {"scsiControllers": [scsi(0, type="LsiLogic")]}, 15),
        ("NVME", {"nvmeControllers": [{"busNumber": 0, "sharingMode": "None"}]}, 64),
        ("SATA", {"sataControllers": [{"busNumber": 0}]}, 30),
        ("IDE", {"ideControllers": IDE[:1]}, 2),
    ],
)
def test_a_full_controller_makes_the_next_one_begin(kind, controllers, units):
    """LIM-01 to LIM-05."""
    *first, last = placed(vm([volume(kind) for _ in range(units + 1)], **controllers))
    assert {bus for _, bus, _ in first} == {0}
    assert last == (kind, 1, 0)


def test_there_is_no_controller_beyond_the_most():
    """MP-11, D-27: the volume stays as it was sent."""
    shared = [scsi(bus, sharingMode="Physical") for bus in range(4)]
    assert placed(vm([volume()], scsiControllers=shared)) == [(None, None, None)]
    ide = [volume("IDE", bus, unit) for bus in (0, 1) for unit in (0, 1)]
    assert placed(vm([*ide, volume("IDE")], ideControllers=IDE))[-1] == ("IDE", None, None)


def test_placed_volumes_come_first():
    """MP-02, MP-03: they keep their slots, also those without claim."""
    assert placed(vm([volume(), volume("SCSI", 0, 0), volume("", None, 5)])) == [
        ("SCSI", 0, 1),
        ("SCSI", 0, 0),
        ("SCSI", 0, 5),
    ]


def test_a_unit_that_was_sent_is_kept():
    """MP-12: also one that is taken; the rules refuse it."""
    assert placed(vm([volume(), volume("", None, 0)], scsiControllers=[scsi(0)])) == [("SCSI", 0, 0)] * 2


def test_cdroms_hold_their_slots_against_volumes():
    """MP-01."""
    hardware = {"cdrom": [cdrom("SATA", 0, 0)], "sataControllers": [{"busNumber": 0}]}
    assert placed(vm([volume("SATA")], **hardware)) == [("SATA", 0, 1)]


@pytest.mark.parametrize("place", [("", -1), ("SCSI", -1), ("FLOPPY", None)])
def test_nonsense_is_left_alone(place):
    """MP-13."""
    sent = volume(*place)
    assert placed(vm([{**sent}])) == places([sent])


def test_what_the_vm_gets_from_elsewhere_is_used_and_not_listed():
    """STO-55: an image brings its controller, and a disk on it."""
    brought = {("SCSI", 0): {"type": "LsiLogic", "sharingMode": "None"}}
    obj = vm([volume(applicationType="MicrosoftWSFC"), volume()])
    place_volumes(obj, taken=[("SCSI", 0, 0)], brought=brought)
    assert places(obj["spec"]["volumes"]) == [("SCSI", 1, 0), ("SCSI", 0, 1)]
    assert obj["spec"]["hardware"] == {"scsiControllers": [scsi(1, sharingMode="Physical")]}


def test_volumes_that_are_not_meant_stay_where_they_are():
    obj = vm([volume(), volume("", 0), volume("SCSI", 0, 0)])
    place_volumes(obj, is_meant=lambda volume: "controllerBusNumber" in volume)
    assert places(obj["spec"]["volumes"]) == [(None, None, None), ("SCSI", 0, 1), ("SCSI", 0, 0)]


@pytest.mark.parametrize("field", ["controllerType", "controllerBusNumber", "unitNumber"])
@pytest.mark.parametrize("value", [[], {"a": 1}, True, 1.5, 2**31])
def test_a_place_of_other_types_is_left_for_the_schema_to_refuse(field, value):
    for obj in (vm([{"name": "disk", field: value}]), vm(cdrom=[{"name": "cd", field: value}])):
        place_volumes(obj)
        place_cdroms(obj)
        devices = obj["spec"]["volumes"] or obj["spec"]["hardware"]["cdrom"]
        assert [device[field] for device in devices] == [value]


def test_cdroms_go_to_ide_then_to_sata():
    """MD-05."""
    obj = vm(ideControllers=IDE[1:], cdrom=[cdrom() for _ in range(5)])
    assert placed_cdroms(obj) == [("IDE", 1, 0), ("IDE", 1, 1), ("IDE", 0, 0), ("IDE", 0, 1), ("SATA", 0, 0)]
    assert obj["spec"]["hardware"]["ideControllers"] == [{"busNumber": 1}, {"busNumber": 0}]
    assert obj["spec"]["hardware"]["sataControllers"] == [{"busNumber": 0}]


def test_a_cdrom_finds_no_place_when_all_is_full():
    """MD-05: 4 on IDE, 120 on SATA."""
    found = placed_cdroms(vm(ideControllers=IDE, cdrom=[cdrom() for _ in range(125)]))
    assert found[123:] == [("SATA", 3, 29), (None, None, None)]


def test_placed_cdroms_come_first_and_bring_their_controller():
    """MD-03: also one that the schema then refuses."""
    obj = vm(ideControllers=IDE, cdrom=[cdrom(), cdrom("IDE", 0, 0), cdrom("SATA", 9, 0)])
    assert placed_cdroms(obj)[0] == ("IDE", 0, 1)
    assert obj["spec"]["hardware"]["sataControllers"] == [{"busNumber": 9}]


def test_a_cdrom_that_names_its_controller_gets_a_unit():
    """MD-04: a full one gives none."""
    cdroms = [cdrom("IDE", 0), cdrom("IDE", 0), cdrom("IDE", 0), cdrom("SATA", 1)]
    assert placed_cdroms(vm(ideControllers=IDE, cdrom=cdroms)) == [
        ("IDE", 0, 0),
        ("IDE", 0, 1),
        ("IDE", 0, None),
        ("SATA", 1, 0),
    ]


@pytest.mark.parametrize(
    "place", [("IDE",), ("", 0), ("", None, 0), ("IDE", None, 0), ("", 0, 0), ("SCSI", 0), ("NVME", 0, 0)]
)
def test_any_other_part_of_a_place_is_left_alone(place):
    """MD-01, MD-06."""
    obj = vm(cdrom=[cdrom(*place)])
    assert placed_cdroms(obj) == places([cdrom(*place)])
    assert set(obj["spec"]["hardware"]) == {"cdrom"}


def test_observed_disks_hold_their_slots_against_cdroms():
    """MD-02: on controllers of the spec; observed CD-ROMs hold none."""
    devices = [{"type": "Disk", "unitNumber": 0}, {"type": "CDROM", "unitNumber": 1}]
    seen = {"status": {"hardware": {"controllers": [{"type": "IDE", "busNumber": 0, "devices": devices}]}}}
    taken = list(observed_disks(seen))
    assert taken == [("IDE", 0, 0)]
    assert placed_cdroms(vm(ideControllers=IDE, cdrom=[cdrom()]), *taken) == [("IDE", 0, 1)]
    assert placed_cdroms(vm(cdrom=[cdrom()]), *taken) == [("IDE", 0, 0)]
