"""Controllers, and which slots of them volumes sit on (section 6.13 of the catalogue). Part of `vms.rules`.

Nobody is exempt. Whether class, image and spec agree on a controller stands in `hardware_conflicts`.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage import controllers
from storage.controllers import IDE, LISTS, MOST, NVME, SCSI, SCSI_OWN_UNIT, Slot, slot_of, units_of
from vmportal.admission import Admitting
from vmportal.admission.reading import Object, each, get, number, text
from vmportal.admission.rule import NEW_UPGRADED, OLD_UPGRADED, Gate, feature, forbidden, invalid, rule
from vmportal.errors import FieldError

HARDWARE = "spec.hardware"
SCSI_PATH = f"{HARDWARE}.{LISTS[SCSI]}"
NVME_PATH = f"{HARDWARE}.{LISTS[NVME]}"

IN_FORCE = feature("VMSharedDisks") & NEW_UPGRADED & Gate(HARDWARE, lambda vm: vm.get(HARDWARE) is not None)
# Unlike the locks on CD-ROMs, powering off in the same request or a power-on check does not lift these (VK-01).
WAS_ON = Gate("VM was wanted on", lambda vm: vm.was("spec.powerState") == "PoweredOn")
OFF_FIRST = "Power the VM off first, then change this in a second step."


@rule("VK-02", op="U", gate=IN_FORCE & WAS_ON)
def the_sharing_of_a_scsi_controller_stays(vm: Admitting) -> Iterator[FieldError]:
    """The sharing mode of a SCSI controller changes only after the VM is wanted off."""
    for path, now, was in _kept(vm, SCSI_PATH):
        if text(now, "sharingMode") != text(was, "sharingMode"):
            yield forbidden(f"{path}.sharingMode", f"The sharing mode cannot change now. {OFF_FIRST}")


@rule("VK-03", op="U", gate=IN_FORCE & WAS_ON)
def the_type_of_a_scsi_controller_stays(vm: Admitting) -> Iterator[FieldError]:
    """The type of a SCSI controller changes only after the VM is wanted off."""
    for path, now, was in _kept(vm, SCSI_PATH):
        if text(now, "type") != text(was, "type"):
            yield forbidden(f"{path}.type", f"The controller's type cannot change now. {OFF_FIRST}")


@rule("VK-04", op="U", gate=IN_FORCE & WAS_ON)
def the_sharing_of_an_nvme_controller_stays(vm: Admitting) -> Iterator[FieldError]:
    """The sharing mode of an NVME controller changes only after the VM is wanted off."""
    for path, now, was in _kept(vm, NVME_PATH):
        if text(now, "sharingMode") != text(was, "sharingMode"):
            yield forbidden(f"{path}.sharingMode", f"The sharing mode cannot change now. {OFF_FIRST}")


@rule("VK-05", op="U", gate=IN_FORCE & WAS_ON & OLD_UPGRADED)
def no_scsi_controller_is_added_beside_shared_disks(vm: Admitting) -> Iterator[FieldError]:
    """A VM that is on, with a volume on a physically shared SCSI controller, gets no further SCSI controller."""
    if get(vm.old, HARDWARE) is None or not _has_shared_disk(vm.old):
        return
    before = {number(controller, "busNumber") for _, controller in each(vm.old, SCSI_PATH)}
    for path, controller in vm.each(SCSI_PATH):
        if number(controller, "busNumber") not in before:
            yield forbidden(
                path,
                f"This VM has shared disks, and gets no further SCSI controller while it is on. {OFF_FIRST}",
            )


@rule("VK-07", gate=IN_FORCE)
def there_are_two_ide_controllers(vm: Admitting) -> Iterator[FieldError]:
    """A VM has both IDE controllers."""
    if len(list(vm.each(f"{HARDWARE}.{LISTS[IDE]}"))) != MOST[IDE]:
        yield invalid("spec.hardware.ideControllers", "List both IDE controllers, on bus 0 and bus 1.")


@rule("VK-08", "VK-09", "VK-10", "VK-11", "VK-12", gate=IN_FORCE)
def every_volume_has_a_slot_of_its_own(vm: Admitting) -> Iterator[FieldError]:
    """A placed volume sits on a controller of the spec, on a unit that the controller has and that is free. The
    first thing wrong with a volume is told."""
    known = controllers.of_spec(vm.new)
    taken = controllers.cdrom_slots(vm.new)
    for path, volume in vm.each("spec.volumes"):
        slot = slot_of(volume)
        if slot is None:
            continue
        wrong = _wrong_with(path, slot, known, taken)
        if wrong is not None:
            yield wrong
        else:
            taken.add(slot)


def _wrong_with(
    path: str, slot: Slot, known: dict[controllers.Bus, Object], taken: set[Slot]
) -> FieldError | None:
    kind, bus, unit = slot
    controller = known.get((kind, bus))
    bus_path, unit_path = f"{path}.controllerBusNumber", f"{path}.unitNumber"
    if not 0 <= bus < MOST.get(kind, 0):
        return invalid(bus_path, f"Choose a bus from 0 to {MOST.get(kind, 1) - 1} for {kind}.", "VK-08")
    if controller is None:
        where = f"{HARDWARE}.{LISTS[kind]}"
        return invalid(
            bus_path,
            f"There is no {kind} controller on bus {bus}: choose another, or add it to {where}.",
            "VK-09",
        )
    if not 0 <= unit < units_of(kind, controller):
        last = units_of(kind, controller) - 1
        return invalid(unit_path, f"Choose a unit from 0 to {last} on this {kind} controller.", "VK-10")
    if kind == SCSI and unit == SCSI_OWN_UNIT:
        return invalid(unit_path, "Unit 7 belongs to the controller itself: choose another.", "VK-11")
    if slot in taken:
        return invalid(unit_path, "Another volume or CD-ROM sits on this unit: choose a free one.", "VK-12")
    return None


def _kept(vm: Admitting, path: str) -> Iterator[tuple[str, Object, Object]]:
    """The controllers of a list that were on the same bus before: path, now, before."""
    was = {number(controller, "busNumber"): controller for _, controller in each(vm.old, path)}
    for place, controller in vm.each(path):
        before = was.get(number(controller, "busNumber"))
        if before is not None:
            yield place, controller, before


def _has_shared_disk(vm: Object | None) -> bool:
    """Whether a volume sits on a SCSI controller that is shared physically."""
    with_disks = {
        number(volume, "controllerBusNumber")
        for _, volume in each(vm, "spec.volumes")
        if text(volume, "controllerType") == SCSI
    }
    return any(
        text(controller, "sharingMode") == "Physical" and number(controller, "busNumber") in with_disks
        for _, controller in each(vm, SCSI_PATH)
    )
