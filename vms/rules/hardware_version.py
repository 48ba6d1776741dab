"""The least hardware version of a VM (section 6.12 of the catalogue, VD-14 to VD-16). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import number
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError

PATH = "spec.minHardwareVersion"
NEWEST = 22
OFF = "PoweredOff"


@rule("VD-14")
def the_hardware_version_is_known(vm: Admitting) -> Iterator[FieldError]:
    """The hardware version is at most 22. It is looked at in 8 bits only (QRK-11, which policy makes good)."""
    if (vm.number(PATH) or 0) % 256 > NEWEST:
        yield invalid(PATH, f"Choose a hardware version from 13 to {NEWEST}, or leave this out.")


@rule("VD-15", op="U")
def the_hardware_version_does_not_go_back(vm: Admitting) -> Iterator[FieldError]:
    """The hardware version does not decrease, nor go away."""
    now, was = _versions(vm)
    if now < was:
        yield invalid(PATH, f"A VM keeps its hardware version: write {was} or more.")


@rule("VD-16", op="U")
def the_hardware_version_rises_while_off(vm: Admitting) -> Iterator[FieldError]:
    """The hardware version rises only if the VM is wanted off, before or after."""
    now, was = _versions(vm)
    if now > was and OFF not in (vm.was("spec.powerState"), vm.text("spec.powerState")):
        yield invalid(
            PATH, "The hardware version rises only while the VM is off: power it off in the same step."
        )


def _versions(vm: Admitting) -> tuple[int, int]:
    """The version wanted now and before; 0 is none."""
    return vm.number(PATH) or 0, number(vm.old, PATH) or 0
