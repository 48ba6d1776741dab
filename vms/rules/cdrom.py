"""CD-ROM drives: their images and where they sit (section 6.12 of the catalogue, VD-01 to VD-13). Part of `vms.rules`.

What of them changes while the VM is on stands in `locks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage.controllers import CDROM_TYPES, MOST, UNITS, Slot, slot_of
from vmportal.admission import Admitting
from vmportal.admission.reading import number, text
from vmportal.admission.rule import (
    OLD_UPGRADED,
    Gate,
    duplicate,
    feature,
    invalid,
    not_supported,
    required,
    rule,
)
from vmportal.errors import FieldError
from vms import images

CDROMS = "spec.hardware.cdrom"

SHARED_DISKS = feature("VMSharedDisks")
HAS_CDROM = Gate("a CD-ROM", lambda vm: any(vm.each(CDROMS)))
CREATED = Gate("create", lambda vm: vm.is_create)
# On update only once the VM has been through the schema upgrade.
PLACES = SHARED_DISKS & (CREATED | OLD_UPGRADED)


@rule("VD-01", gate=HAS_CDROM)
def a_vm_with_cdrom_names_its_guest(vm: Admitting) -> Iterator[FieldError]:
    """A VM with a CD-ROM has a guest ID."""
    if not vm.text("spec.guestID"):
        yield required(
            "spec.guestID", "Say which operating system the VM with a CD-ROM gets, such as ubuntu64Guest."
        )


@rule("VD-02")
def the_image_of_a_cdrom_is_an_image(vm: Admitting) -> Iterator[FieldError]:
    """The image of a CD-ROM is a VirtualMachineImage or a ClusterVirtualMachineImage."""
    for path, cdrom in vm.each(CDROMS):
        if text(cdrom, "image.kind") not in (images.NAMESPACED, images.CLUSTER):
            yield not_supported(
                f"{path}.image.kind", "Write VirtualMachineImage or ClusterVirtualMachineImage."
            )


@rule("VD-03")
def no_two_cdroms_have_the_same_image(vm: Admitting) -> Iterator[FieldError]:
    """Each CD-ROM has another image, whatever the image's kind."""
    seen: set[str] = set()
    for path, cdrom in vm.each(CDROMS):
        name = text(cdrom, "image.name")
        if name in seen:
            yield duplicate(
                f"{path}.image.name", f"Choose another image: {name!r} is in another CD-ROM already."
            )
        seen.add(name)


@rule("VD-05", op="C", gate=SHARED_DISKS)
def a_cdrom_with_controller_type_has_a_bus(vm: Admitting) -> Iterator[FieldError]:
    """A new CD-ROM that names its controller's type names the bus as well."""
    for path, cdrom in vm.each(CDROMS):
        if text(cdrom, "controllerType") and number(cdrom, "controllerBusNumber") is None:
            yield required(
                f"{path}.controllerBusNumber", "Give the controller's bus too, or leave its type out."
            )


@rule("VD-06", op="C", gate=SHARED_DISKS)
def a_cdrom_with_bus_has_a_controller_type(vm: Admitting) -> Iterator[FieldError]:
    """A new CD-ROM that names its bus names the controller's type as well; a unit alone will do."""
    for path, cdrom in vm.each(CDROMS):
        if not text(cdrom, "controllerType") and number(cdrom, "controllerBusNumber") is not None:
            yield required(
                f"{path}.controllerType", "Give the controller's type too, IDE or SATA, or leave the bus out."
            )


@rule("VD-08", op="U", gate=PLACES)
def every_cdrom_has_a_place(vm: Admitting) -> Iterator[FieldError]:
    """Of a CD-ROM that placement has left alone, type, bus and unit are missing or to be completed."""
    message = (
        "Give controllerType, controllerBusNumber and unitNumber, or none of them to have a slot chosen."
    )
    for path, cdrom in vm.each(CDROMS):
        if not text(cdrom, "controllerType"):
            yield required(f"{path}.controllerType", message)
        if number(cdrom, "controllerBusNumber") is None:
            yield required(f"{path}.controllerBusNumber", message)
        if number(cdrom, "unitNumber") is None:
            yield required(f"{path}.unitNumber", message)


@rule("VD-10", gate=PLACES)
def the_bus_of_a_cdrom_exists(vm: Admitting) -> Iterator[FieldError]:
    """A CD-ROM is on IDE bus 0 or 1, or on SATA bus 0 to 3 (VD-07)."""
    for path, (kind, bus, _) in _placed(vm):
        if not 0 <= bus < MOST[kind]:
            yield invalid(
                f"{path}.controllerBusNumber", f"Choose a bus from 0 to {MOST[kind] - 1} for {kind}."
            )


@rule("VD-11", gate=PLACES)
def the_unit_of_a_cdrom_exists(vm: Admitting) -> Iterator[FieldError]:
    """A CD-ROM is on unit 0 or 1 of an IDE controller, or on unit 0 to 29 of a SATA one (VD-07)."""
    for path, (kind, _, unit) in _placed(vm):
        if not 0 <= unit < UNITS[kind]:
            yield invalid(f"{path}.unitNumber", f"Choose a unit from 0 to {UNITS[kind] - 1} for {kind}.")


@rule("VD-12", op="U", gate=PLACES)
def no_two_cdroms_share_a_slot(vm: Admitting) -> Iterator[FieldError]:
    """Each CD-ROM has a slot of its own; on create nobody looks."""
    seen: set[Slot] = set()
    for path, slot in _placed(vm):
        if slot in seen:
            yield duplicate(f"{path}.unitNumber", "Another CD-ROM sits on this unit: choose a free one.")
        seen.add(slot)


def _placed(vm: Admitting) -> Iterator[tuple[str, Slot]]:
    """The CD-ROMs of which type, bus and unit are known, each with its slot."""
    for path, cdrom in vm.each(CDROMS):
        slot = slot_of(cdrom)
        if slot is not None and slot[0] in CDROM_TYPES:  # the schema knows no other (VD-09)
            yield path, slot
