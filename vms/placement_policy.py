"""Where the portal lets volumes and CD-ROMs sit, beyond VM Operator's own placement. Part of `vms.policy`; pure.

All of them complete, before the defaults: what has a place already is left alone by the reference's steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from storage import controllers
from storage.controllers import IDE, SCSI, Bus, Slot, slot_of
from storage.placement import is_placed, observed_disks, place_cdroms, place_volumes
from storage.volume_sharing import WINDOWS
from storage.volumes import VOLUMES, volumes_by_name
from vmportal.admission import Admitting
from vmportal.admission.reading import Object, each, number, text
from vmportal.admission.rule import feature, invalid, policy
from vmportal.errors import FieldError
from vms import hardware_sources, images
from vms.defaults.placement import PLACES_CDROMS, PLACES_VOLUMES
from vms.defaults.storage import list_ide_controllers

SHARED_DISKS = feature("VMSharedDisks")
PLACE = ("controllerType", "controllerBusNumber", "unitNumber")
# What is assumed of a controller of the image that nobody describes: the sort with the fewest units.
UNDESCRIBED = {"type": "LsiLogic", "sharingMode": "None"}


@policy("D-02", gate=SHARED_DISKS, exempt="vmop")
def a_named_controller_is_there(vm: Admitting) -> Iterator[FieldError]:
    """A new or moved volume names a controller that the spec lists, or that the VM has or gets from its class and
    image (STO-22, STO-50)."""
    known = _known(vm)
    before = volumes_by_name(vm.old)
    for path, volume in vm.each(VOLUMES):
        bus = number(volume, "controllerBusNumber")
        is_as_before = _place(volume) == _place(before.get(text(volume, "name"), {}))
        if bus is None or is_as_before or not _has_claim(volume):
            continue
        kind = text(volume, "controllerType") or SCSI
        if kind in controllers.LISTS and (kind, bus) not in known:
            yield invalid(
                f"{path}.controllerBusNumber",
                f"There is no {kind} controller on bus {bus}: add it to spec.hardware.{controllers.LISTS[kind]}, "
                "or leave the bus out.",
            )


@policy("D-03", op="C", gate=SHARED_DISKS)
def a_partial_place_is_completed(vm: Admitting) -> None:
    """A volume of a new VM that says a part of its place gets the rest of it (STO-51)."""
    _place_new(vm, _has_part)


@policy("D-39", op="C", gate=SHARED_DISKS)
def a_cluster_volume_is_placed(vm: Admitting) -> None:
    """A new VM's volume for a Windows failover cluster gets a place on a controller with physical sharing."""
    _place_new(vm, lambda volume: _has_claim(volume) and text(volume, "applicationType") == WINDOWS)


@policy("D-04", op="C", gate=SHARED_DISKS)
def new_volumes_and_cdroms_are_placed(vm: Admitting) -> None:
    """A new VM's volumes with claims, and its CD-ROMs, get their place at once, and the controllers they need
    (STO-53, STO-55, HW-14)."""
    _place_new(vm, _has_claim)
    if vm.new is not None and any(vm.each("spec.hardware.cdrom")):
        list_ide_controllers(vm)
        place_cdroms(vm.new, taken=_volume_slots(vm.new))


@policy("QRK-07", op="U", gate=PLACES_VOLUMES)
def volumes_are_placed_around_what_is_seen(vm: Admitting) -> None:
    """Volumes are not placed where the VM has a disk that the spec does not name."""
    if vm.new is not None:
        place_volumes(vm.new, taken=observed_disks(vm.old))


@policy("QRK-06", op="U", gate=PLACES_CDROMS)
def cdroms_are_placed_around_volumes(vm: Admitting) -> None:
    """CD-ROMs are not placed where a volume is to sit."""
    if vm.new is not None:
        place_cdroms(vm.new, taken=[*observed_disks(vm.old), *_volume_slots(vm.new)])


def _place_new(vm: Admitting, is_meant: Callable[[Object], bool]) -> None:
    """Place volumes of a new VM beside the disks of its image."""
    if vm.new is not None and any(
        is_meant(volume) and not is_placed(volume) for _, volume in vm.each(VOLUMES)
    ):
        list_ide_controllers(vm)
        place_volumes(vm.new, taken=_image_slots(vm), brought=_brought(vm), is_meant=is_meant)


def _has_part(volume: Object) -> bool:
    return _has_claim(volume) and _place(volume) != (None, None, None)


def _has_claim(volume: Object) -> bool:
    """Whether it is a disk of its own; one of the image says its whole place itself (D-41)."""
    return volume.get("persistentVolumeClaim") is not None


def _place(volume: Object) -> tuple[object, ...]:
    return tuple(volume.get(key) for key in PLACE)


def _volume_slots(vm: Object) -> set[Slot]:
    return {slot for _, volume in each(vm, VOLUMES) if (slot := slot_of(volume)) is not None}


def _image_slots(vm: Admitting) -> set[Slot]:
    """Where the disks of the image sit."""
    disks = each(images.of_vm(vm), "status.disks")
    return {slot for _, disk in disks if (slot := slot_of(disk)) is not None}


def _brought(vm: Admitting) -> dict[Bus, Object]:
    """The controllers that a new VM gets from its class and image."""
    return {(kind, bus): UNDESCRIBED for kind, bus, _ in _image_slots(vm)} | hardware_sources.brought(vm)


def _known(vm: Admitting) -> set[Bus]:
    """The buses that a volume may name: of the spec, of what is seen, and of what class and image bring."""
    seen = each(vm.old, "status.hardware.controllers")
    found = {*controllers.of_spec(vm.new), *controllers.of_spec(vm.old)}
    found |= {(text(controller, "type"), number(controller, "busNumber") or 0) for _, controller in seen}
    if vm.is_create:
        found |= _brought(vm).keys()
        if not any(each(images.of_vm(vm), "status.disks")):
            found.add((SCSI, 0))  # nothing is known of the image; nearly every one has this
    if not any(kind == IDE for kind, _ in found):
        found |= {(IDE, 0), (IDE, 1)}  # MC-19 adds both
    return found
