"""CD-ROM drives (section 6.12 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, changed, refused, stored, vm

CDROM = "spec.hardware.cdrom[0]"
BOTH = [{"busNumber": 0}, {"busNumber": 1}]
NOT_UPGRADED = {"annotations": {"vmoperator.vmware.com/upgraded-to-feature-version": "1"}}
OFF = {"VMSharedDisks": False, "AllDisksArePVCs": False}


def cdrom(name: str = "cd1", image: str = "vmi-0001", kind: str | None = "VirtualMachineImage", **place):
    return {"name": name, "image": {"name": image, **({} if kind is None else {"kind": kind})}, **place}


def at(type_=None, bus=None, unit=None):
    place = {"controllerType": type_, "controllerBusNumber": bus, "unitNumber": unit}
    return {key: value for key, value in place.items() if value is not None}


def new(*cdroms, **spec):
    return vm(guestID="other", hardware={"cdrom": list(cdroms)}, **spec)


def asked(*cdroms, meta=None, **request):
    """The errors of an update that gives a VM that is off these CD-ROMs."""
    old = stored(meta=meta, powerState="PoweredOff", guestID="other")
    return refused(changed(old, hardware={"cdrom": list(cdroms), "ideControllers": BOTH}), old, **request)


def test_a_vm_with_cdrom_has_a_guest_id():
    """VD-01."""
    with_cdrom = {"hardware": {"cdrom": [cdrom()]}}
    assert refused(vm(**with_cdrom)) == [("spec.guestID", "Required", "VD-01")]
    assert refused(vm(hardware={"cdrom": []})) == []


@pytest.mark.parametrize("kind", ["Image", "virtualmachineimage"])
def test_the_image_has_one_of_two_kinds(kind):
    """VD-02."""
    wrong = [(f"{CDROM}.image.kind", "NotSupported", "VD-02")]
    assert refused(new(cdrom(kind=kind))) == wrong
    assert asked(cdrom(kind=kind)) == wrong
    assert refused(new(cdrom(kind="ClusterVirtualMachineImage"))) == []


def test_an_image_is_in_one_drive():
    """VD-03: whatever the kind."""
    wrong = [("spec.hardware.cdrom[1].image.name", "Duplicate", "VD-03")]
    again = cdrom("cd2", kind="ClusterVirtualMachineImage")
    assert refused(new(cdrom(), again)) == wrong
    assert asked(cdrom(), again) == wrong
    assert refused(new(cdrom(), cdrom("cd2", "vmi-0002"))) == []


@pytest.mark.parametrize(
    ("place", "missing", "rule"),
    [
        (at("IDE"), "controllerBusNumber", "VD-05"),
        (at("IDE", unit=0), "controllerBusNumber", "VD-05"),
        (at(bus=0), "controllerType", "VD-06"),
        (at(bus=0, unit=0), "controllerType", "VD-06"),
    ],
)
def test_a_new_cdrom_names_type_and_bus_together(place, missing, rule):
    assert refused(new(cdrom(**place))) == [(f"{CDROM}.{missing}", "Required", rule)]
    assert refused(new(cdrom(**place)), user=MASTER) != []
    assert refused(new(cdrom(**place)), **OFF) == []


@pytest.mark.parametrize(
    "place", [at(), at(unit=9), at("IDE", 0), at("SATA", 99), at("IDE", 1, 1), at("SATA", 3, 29)]
)
def test_a_new_cdrom_may_be_placed_so(place):
    assert refused(new(cdrom(**place))) == []


WRONG = [
    (at("IDE", 2, 0), "controllerBusNumber", "VD-10"),
    (at("IDE", -1, 0), "controllerBusNumber", "VD-10"),
    (at("IDE", 0, 2), "unitNumber", "VD-11"),
    (at("IDE", 0, -1), "unitNumber", "VD-11"),
    (at("SATA", 4, 0), "controllerBusNumber", "VD-10"),
    (at("SATA", 0, 30), "unitNumber", "VD-11"),
]


@pytest.mark.parametrize(("place", "field", "rule"), WRONG)
def test_a_slot_exists(place, field, rule):
    """VD-07, VD-10, VD-11."""
    assert refused(new(cdrom(**place))) == [(f"{CDROM}.{field}", "Invalid", rule)]
    assert refused(new(cdrom(**place)), **OFF) == []


@pytest.mark.parametrize(("place", "field", "rule"), [wrong for wrong in WRONG if wrong[2] == "VD-11"])
def test_a_unit_exists_on_update_too(place, field, rule):
    """A bus that does not exist is answered by the schema, for the controller that placement has added."""
    assert asked(cdrom(**place)) == [(f"{CDROM}.{field}", "Invalid", rule)]
    assert asked(cdrom(**place), meta=NOT_UPGRADED) == []


def test_the_schema_knows_the_types():
    """VD-09."""
    assert [error[:2] for error in refused(new(cdrom(**at("SCSI", 0, 0))))] == [
        (f"{CDROM}.controllerType", "NotSupported")
    ]


@pytest.mark.parametrize(
    ("place", "missing"),
    [
        (at("IDE"), ["controllerBusNumber", "unitNumber"]),
        (at(bus=0), ["controllerType", "unitNumber"]),
        (at(unit=0), ["controllerType", "controllerBusNumber"]),
        (at(bus=0, unit=99), ["controllerType"]),
        (at("IDE", unit=0), ["controllerBusNumber"]),
        (at(), []),
        (at("IDE", 0), []),
    ],
)
def test_after_placement_a_cdrom_has_a_place(place, missing):
    """VD-08, MU-13: what placement leaves alone is refused."""
    assert asked(cdrom(**place)) == [(f"{CDROM}.{field}", "Required", "VD-08") for field in missing]
    assert asked(cdrom(**place), meta=NOT_UPGRADED) == []


def test_two_cdroms_have_two_slots():
    """VD-12: on create nobody looks."""
    both = (cdrom(**at("SATA", 0, 0)), cdrom("cd2", "vmi-0002", **at("SATA", 0, 0)))
    assert asked(*both) == [("spec.hardware.cdrom[1].unitNumber", "Duplicate", "VD-12")]
    assert asked(*both, meta=NOT_UPGRADED) == []
    assert refused(new(*both)) == []
