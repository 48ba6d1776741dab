"""What the portal asks of CD-ROMs and hardware beyond VM Operator's rules. Part of `vms.policy`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from storage.controllers import IDE, MOST
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, each, text
from vmportal.admission.rule import NEW_UPGRADED, Finding, Gate, Rule, feature, invalid, not_found, policy
from vmportal.errors import FieldError
from vms import images
from vms.defaults.storage import IDE_LIST
from vms.rules import hardware_version, locks
from vms.rules.cdrom import CDROMS

SUSPENDED, OFF = "Suspended", "PoweredOff"
STAYS_SUSPENDED = Gate(
    "VM is suspended and not powered off",
    lambda vm: (
        SUSPENDED in (vm.was("spec.powerState"), vm.was("status.powerState"))
        and vm.text("spec.powerState") != OFF
    ),
)


def references(vm: Admitting) -> Iterator[Want]:
    """The images of CD-ROMs."""
    for _, cdrom in vm.each(CDROMS):
        want = _want(vm, cdrom)
        if want is not None:
            yield want


@policy("D-36", exempt="vmop")
def a_cdrom_has_an_iso_image(vm: Admitting) -> Iterator[FieldError]:
    """The image that is put into a CD-ROM exists and is an ISO image."""
    before = [cdrom.get("image") for _, cdrom in each(vm.old, CDROMS)]
    for path, cdrom in vm.each(CDROMS):
        want = _want(vm, cdrom)
        if want is None or cdrom.get("image") in before:
            continue
        found = vm.world.find(want)
        if not found:
            yield not_found(
                f"{path}.image.name", f"There is no image {want.name!r}: choose an ISO image on offer."
            )
        elif text(found[0], "status.type").upper() != "ISO":
            yield invalid(f"{path}.image.name", f"Image {want.name!r} is no ISO image: choose one that is.")


def _want(vm: Admitting, cdrom: Object) -> Want | None:
    kind, name = text(cdrom, "image.kind") or images.NAMESPACED, text(cdrom, "image.name")
    if kind not in (images.NAMESPACED, images.CLUSTER) or not name:
        return None
    return Want(kind, vm.namespace if kind == images.NAMESPACED else "", name)


@policy("D-38", op="U", gate=STAYS_SUSPENDED & ~locks.LOCKED)
def a_suspended_vm_keeps_its_guest_and_cdroms(vm: Admitting) -> Iterator[Finding]:
    """A suspended VM keeps its guest ID and CD-ROMs, as vSphere demands, unless it is powered off in the same step."""
    of_cdroms: tuple[Rule, ...] = (
        locks.no_cdrom_vanishes,
        locks.no_cdrom_appears,
        locks.the_image_of_a_cdrom_stays,
    )
    if not locks.SAME_NUMBER.is_open(vm):
        of_cdroms = (locks.the_number_of_cdroms_stays,)
    for lock in (locks.the_guest_id_stays, *of_cdroms):
        yield from lock.check(vm) or ()


@policy("QRK-11")
def the_hardware_version_is_known(vm: Admitting) -> Iterator[FieldError]:
    """The hardware version is at most 22, also where VM Operator's 8 bits overlook it."""
    version = vm.number(hardware_version.PATH) or 0
    if version > hardware_version.NEWEST and version % 256 <= hardware_version.NEWEST:
        yield invalid(
            hardware_version.PATH,
            f"Choose a hardware version from 13 to {hardware_version.NEWEST}, or leave this out.",
        )


@policy("QRK-14", op="C", gate=feature("VMSharedDisks") & ~NEW_UPGRADED)
def both_ide_controllers_are_listed(vm: Admitting) -> Iterator[FieldError]:
    """A new VM lists both IDE controllers or none: with one of them no later change would be possible."""
    if len(list(vm.each(IDE_LIST))) != MOST[IDE]:
        yield invalid(IDE_LIST, "List both IDE controllers, on bus 0 and bus 1, or neither.")
