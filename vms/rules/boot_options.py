"""How a VM boots (section 6.14 of the catalogue). Part of `vms.rules`; that it stays while on, stands in `locks`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import Object, each, text
from vmportal.admission.rule import duplicate, forbidden, invalid, required, rule
from vmportal.errors import FieldError

OPTIONS = "spec.bootOptions"
ORDER = f"{OPTIONS}.bootOrder"
DISK, NETWORK, CDROM = "Disk", "Network", "CDRom"


@rule("VO-01", op="C")
def no_vm_begins_with_a_boot_order(vm: Admitting) -> Iterator[FieldError]:
    """A new VM has no boot order: its disks are not known yet."""
    if vm.get(ORDER) is not None:
        yield forbidden(ORDER, "Leave the boot order out and set it once the VM has been made.")


@rule("VO-04", "VO-05", "VO-06", "VO-07", "VO-08", "VO-09", op="U")
def the_boot_order_names_devices_of_the_vm(vm: Admitting) -> Iterator[FieldError]:
    """The boot order names disks, interfaces and CD-ROMs that the VM has, each once. Disks are those of the status;
    of CD-ROMs no name is asked, though two without name count as the same."""
    seen: set[str] = set()
    for path, device in vm.each(ORDER):
        name = text(device, "name")
        wrong = _wrong_with(vm, path, device, seen)
        if wrong is not None:
            yield wrong
        if name or text(device, "type") == CDROM:
            seen.add(name)


def _wrong_with(vm: Admitting, path: str, device: Object, seen: set[str]) -> FieldError | None:
    kind, name = text(device, "type"), text(device, "name")
    if kind in (DISK, NETWORK) and not name:
        return required(f"{path}.name", "Name the disk or the interface to boot from.", "VO-04")
    if name in seen:
        return duplicate(path, "Name each device of the boot order once.", "VO-05")
    if kind == NETWORK and vm.get("spec.network") is None:
        return invalid(path, "This VM has no network to boot from: leave the entry out.", "VO-06")
    if kind == NETWORK and name not in _names(vm.new, "spec.network.interfaces"):
        return invalid(
            path, f"The VM has no interface {name!r}: name one of spec.network.interfaces.", "VO-07"
        )
    if kind == DISK and name not in _names(vm.old, "status.volumes"):
        return invalid(path, f"The VM has no disk {name!r} yet: name one of status.volumes.", "VO-08")
    if kind == CDROM and not any(vm.each("spec.hardware.cdrom")):
        return invalid(path, "This VM has no CD-ROM to boot from: leave the entry out.", "VO-09")
    return None


@rule("VO-02")
def a_delay_of_retries_needs_retries(vm: Admitting) -> Iterator[FieldError]:
    """A delay of the boot retry needs the boot retry."""
    if vm.get(f"{OPTIONS}.bootRetryDelay") is not None and vm.text(f"{OPTIONS}.bootRetry") != "Enabled":
        yield required("spec.bootOptions.bootRetry", "Write Enabled, or leave bootRetryDelay out.")


@rule("VO-03")
def secure_boot_needs_efi(vm: Admitting) -> Iterator[FieldError]:
    """Secure boot needs the firmware `efi`, written down beside it."""
    if vm.text(f"{OPTIONS}.efiSecureBoot") == "Enabled" and vm.text(f"{OPTIONS}.firmware") != "efi":
        yield forbidden(
            "spec.bootOptions.efiSecureBoot", "Set spec.bootOptions.firmware to efi: secure boot needs it."
        )


def _names(obj: Object | None, path: str) -> set[str]:
    return {text(item, "name") for _, item in each(obj, path)}
