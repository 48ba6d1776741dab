"""What the portal asks of the disks that a VM has from its image. Part of `vms.policy`; pure.

A volume without claim stands for such a disk (STO-72); which disks there are is known from the image.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage import controllers
from storage.volumes import VOLUMES, volumes_by_name
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, each, get, text
from vmportal.admission.rule import forbidden, policy, required
from vmportal.errors import FieldError
from vms import images


def references(vm: Admitting) -> Iterator[Want]:
    """The image of a VM that has or had volumes. On create it is looked up anyway."""
    want = images.want_of_reference(vm)
    if vm.is_update and want is not None and (vm.get(VOLUMES) or get(vm.old, VOLUMES)):
        yield want


@policy("D-41", exempt="vmop")
def a_volume_without_claim_is_a_disk_of_the_image(vm: Admitting) -> Iterator[FieldError]:
    """A new volume has a claim, or the place of a disk of the image (STO-73, STO-78)."""
    # Asked before anything is completed: later it has a place that the user did not choose.
    for path, volume in _new_without_claim(vm):
        slot, disks = controllers.slot_of(volume), _disks(vm)
        if slot is None:
            yield required(
                f"{path}.persistentVolumeClaim",
                "Name a claim, or give controllerType, controllerBusNumber and unitNumber of a disk of the image.",
            )
        elif disks and slot not in disks:
            yield required(
                f"{path}.persistentVolumeClaim", "Name a claim: the image has no disk at this place."
            )


@policy("STO-86", "D-29", op="U", exempt="priv")
def the_boot_disk_stays(vm: Admitting) -> Iterator[FieldError]:
    """The boot disk, the first disk of the image, stays, even if it is removable."""
    for index, volume in _removed(vm):
        # What is not removable, or has no claim yet, is VV-01's and VV-09's.
        is_free = volume.get("removable") is not False and volume.get("persistentVolumeClaim") is not None
        if is_free and controllers.slot_of(volume) in _disks(vm)[:1]:
            yield forbidden(
                f"spec.volumes[{index}]",
                f"Put volume {text(volume, 'name')!r} back: the VM boots from this disk.",
            )


def _new_without_claim(vm: Admitting) -> list[tuple[str, Object]]:
    before = volumes_by_name(vm.old)
    return [
        (path, volume)
        for path, volume in vm.each(VOLUMES)
        if volume.get("persistentVolumeClaim") is None and text(volume, "name") not in before
    ]


def _removed(vm: Admitting) -> list[tuple[int, Object]]:
    """The volumes that are there no longer, with the index they had."""
    names = volumes_by_name(vm.new)
    return [
        (index, volume)
        for index, (_, volume) in enumerate(each(vm.old, VOLUMES))
        if text(volume, "name") not in names
    ]


def _disks(vm: Admitting) -> list[controllers.Slot]:
    """Where the disks of the image sit, the boot disk first; empty when nothing is known of them."""
    found = (controllers.slot_of(disk) for _, disk in each(images.of_vm(vm), "status.disks"))
    return [slot for slot in found if slot is not None]
