"""What stays as it is while a VM is on (section 6.10 of the catalogue, VW-09 on). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import Object, each, get, mapping, text
from vmportal.admission.rule import OLD_UPGRADED, Gate, feature, forbidden, rule
from vmportal.errors import FieldError
from vms.annotations import POWER_ON_CHECK_DOMAIN

CDROMS = "spec.hardware.cdrom"
FIRST = "Power the VM off first, or in the same step."


def _is_locked(vm: Admitting) -> bool:
    """Wanted on before and after, and not held back by a power-on check (VW-09)."""
    return vm.was("spec.powerState") == vm.text("spec.powerState") == "PoweredOn" and not any(
        key.startswith(POWER_ON_CHECK_DOMAIN) for key in mapping(vm.old, "metadata.annotations")
    )


def _cdroms(obj: Object | None) -> dict[str, Object]:
    return {text(cdrom, "name"): cdrom for _, cdrom in each(obj, CDROMS)}


LOCKED = Gate("VM stays on", _is_locked)
SAME_NUMBER = Gate(
    "number of CD-ROMs unchanged",
    lambda vm: len(list(vm.each(CDROMS))) == len(list(each(vm.old, CDROMS))),
)
SAME_CDROMS = LOCKED & SAME_NUMBER
PLACED = Gate("power state observed", lambda vm: bool(vm.was("status.powerState")))
SAME_PLACED_CDROMS = SAME_CDROMS & feature("VMSharedDisks") & OLD_UPGRADED & PLACED


@rule("VW-10", op="U", gate=LOCKED)
def the_guest_id_stays(vm: Admitting) -> Iterator[FieldError]:
    """The guest ID changes only while the VM is off."""
    if vm.changed("spec.guestID"):
        yield forbidden("spec.guestID", f"The guest ID cannot change while the VM is on. {FIRST}")


@rule("VW-11", op="U", gate=LOCKED & ~SAME_NUMBER)
def the_number_of_cdroms_stays(vm: Admitting) -> Iterator[FieldError]:
    """CD-ROMs are added and removed only while the VM is off."""
    yield forbidden(CDROMS, f"CD-ROMs cannot be added or removed while the VM is on. {FIRST}")


@rule("VW-12", op="U", gate=SAME_CDROMS)
def no_cdrom_vanishes(vm: Admitting) -> Iterator[FieldError]:
    """No CD-ROM is replaced by another while the VM is on."""
    now = _cdroms(vm.new)
    for name in _cdroms(vm.old):
        if name not in now:
            yield forbidden(
                f"{CDROMS}.name", f"CD-ROM {name!r} cannot be removed while the VM is on. {FIRST}"
            )


@rule("VW-13", op="U", gate=SAME_CDROMS)
def no_cdrom_appears(vm: Admitting) -> Iterator[FieldError]:
    """No CD-ROM takes the place of another while the VM is on."""
    before = _cdroms(vm.old)
    for path, cdrom in vm.each(CDROMS):
        name = text(cdrom, "name")
        if name not in before:
            yield forbidden(f"{path}.name", f"CD-ROM {name!r} cannot be added while the VM is on. {FIRST}")


@rule("VW-14", op="U", gate=SAME_CDROMS)
def the_image_of_a_cdrom_stays(vm: Admitting) -> Iterator[FieldError]:
    """The image in a CD-ROM is changed only while the VM is off."""
    for index, cdrom, before in _kept(vm):
        if any(text(cdrom, f"image.{key}") != text(before, f"image.{key}") for key in ("kind", "name")):
            yield forbidden(
                f"{CDROMS}[{index}].image", f"The image cannot be changed while the VM is on. {FIRST}"
            )


@rule("VW-15", op="U", gate=SAME_PLACED_CDROMS)
def the_controller_type_of_a_cdrom_stays(vm: Admitting) -> Iterator[FieldError]:
    """A CD-ROM keeps its controller type while the VM is on."""
    yield from _unmoved(vm, "controllerType")


@rule("VW-16", op="U", gate=SAME_PLACED_CDROMS)
def the_bus_of_a_cdrom_stays(vm: Admitting) -> Iterator[FieldError]:
    """A CD-ROM keeps its bus while the VM is on."""
    yield from _unmoved(vm, "controllerBusNumber")


@rule("VW-17", op="U", gate=SAME_PLACED_CDROMS)
def the_unit_of_a_cdrom_stays(vm: Admitting) -> Iterator[FieldError]:
    """A CD-ROM keeps its unit while the VM is on."""
    yield from _unmoved(vm, "unitNumber")


@rule("VW-19", op="U", gate=LOCKED)
def the_boot_options_stay(vm: Admitting) -> Iterator[FieldError]:
    """The boot options change only while the VM is off."""
    if vm.get("spec.bootOptions") != get(vm.old, "spec.bootOptions"):
        yield forbidden("spec.bootOptions", f"The boot options cannot change while the VM is on. {FIRST}")


def _kept(vm: Admitting) -> Iterator[tuple[int, Object, Object]]:
    """The CD-ROMs that were there before: index, now, before."""
    was = _cdroms(vm.old)
    for index, (_, cdrom) in enumerate(vm.each(CDROMS)):
        before = was.get(text(cdrom, "name"))
        if before is not None:
            yield index, cdrom, before


def _unmoved(vm: Admitting, key: str) -> Iterator[FieldError]:
    for index, cdrom, before in _kept(vm):
        if cdrom.get(key, "") != before.get(key, ""):
            yield forbidden(
                f"{CDROMS}[{index}].{key}", f"A CD-ROM cannot be moved while the VM is on. {FIRST}"
            )
