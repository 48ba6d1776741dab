"""Whether class, image and spec agree on the VM's controllers (section 6.13, VK-14 to VK-16). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from storage.controllers import Bus
from vmportal.admission import Admitting
from vmportal.admission.rule import feature, invalid, rule
from vmportal.errors import FieldError
from vms import hardware_sources
from vms.hardware_sources import Unreadable

HARDWARE = "spec.hardware"
SHARED_DISKS = feature("VMSharedDisks")


@rule("VK-16", op="C", gate=SHARED_DISKS, who="admin")
def class_and_image_say_their_controllers(vm: Admitting) -> Iterator[FieldError]:
    """Class and image say which controllers they bring; ones that do not exist are not looked at here."""
    try:
        hardware_sources.of_class(vm)
    except Unreadable as error:
        yield invalid("spec.className", f"{error} Choose another class, or ask your admin to put it right.")
    try:
        hardware_sources.of_image(vm)
    except Unreadable as error:
        yield invalid("spec.image", f"{error} Choose another image, or ask your admin to put it right.")


@rule("VK-14", op="C", gate=SHARED_DISKS)
def class_and_image_agree(vm: Admitting) -> Iterator[FieldError]:
    """Class and image bring no different controllers for the same bus."""
    bus = hardware_sources.conflict(*hardware_sources.of_class_and_image(vm))
    if bus is not None:
        yield invalid(HARDWARE, f"Class and image want different {_named(bus)}: choose another of the two.")


@rule("VK-15", op="C", gate=SHARED_DISKS)
def the_spec_agrees_with_class_and_image(vm: Admitting) -> Iterator[FieldError]:
    """The spec lists no other controller on a bus than class and image bring, where these agree."""
    of_class, of_image = hardware_sources.of_class_and_image(vm)
    if hardware_sources.conflict(of_class, of_image) is not None:
        return
    bus = hardware_sources.conflict(hardware_sources.of_spec(vm), hardware_sources.merged(of_class, of_image))
    if bus is not None:
        yield invalid(
            HARDWARE,
            f"Class and image bring other {_named(bus)}: list the same type and sharing mode, or another bus.",
        )


def _named(bus: Bus) -> str:
    return f"{bus[0]} controllers on bus {bus[1]}"
