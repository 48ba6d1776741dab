"""What of a VM's volume stays as it is (section 6.8 of the catalogue, VV-10 to VV-15). Collected by `vms.rules`; pure.

A volume is the same as long as it has its name; a disk is moved by a volume of another name.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage.volumes import DISKS, VOLUMES, volumes_by_name
from vmportal.admission import Admitting
from vmportal.admission.reading import Object, number, text
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError

STAYS = "This cannot be changed later: put it back, or add the disk as a volume of another name."


@rule("VV-10", op="U", exempt="vmop", gate=DISKS)
def the_application_type_stays(vm: Admitting) -> Iterator[FieldError]:
    """A volume keeps its application type."""
    for path, now, was in _kept(vm):
        if text(now, "applicationType") != text(was, "applicationType"):
            yield invalid(f"{path}.applicationType", STAYS)


@rule("VV-11", op="U", exempt="vmop", gate=DISKS)
def the_bus_stays(vm: Admitting) -> Iterator[FieldError]:
    """A volume keeps its bus; having none counts as one."""
    for path, now, was in _kept(vm):
        if number(now, "controllerBusNumber") != number(was, "controllerBusNumber"):
            yield invalid(f"{path}.controllerBusNumber", STAYS)


@rule("VV-12", op="U", exempt="vmop", gate=DISKS)
def the_controller_type_stays(vm: Admitting) -> Iterator[FieldError]:
    """A volume keeps its controller type; having none counts as one."""
    for path, now, was in _kept(vm):
        if text(now, "controllerType") != text(was, "controllerType"):
            yield invalid(f"{path}.controllerType", STAYS)


@rule("VV-13", op="U", exempt="vmop", gate=DISKS)
def the_disk_mode_stays(vm: Admitting) -> Iterator[FieldError]:
    """A volume keeps its disk mode; having none counts as one."""
    for path, now, was in _kept(vm):
        if text(now, "diskMode") != text(was, "diskMode"):
            yield invalid(f"{path}.diskMode", STAYS)


@rule("VV-14", op="U", exempt="vmop", gate=DISKS)
def the_sharing_mode_stays(vm: Admitting) -> Iterator[FieldError]:
    """A volume keeps its sharing mode; having none counts as one."""
    for path, now, was in _kept(vm):
        if text(now, "sharingMode") != text(was, "sharingMode"):
            yield invalid(f"{path}.sharingMode", STAYS)


@rule("VV-15", op="U", exempt="vmop", gate=DISKS)
def the_unit_stays(vm: Admitting) -> Iterator[FieldError]:
    """A volume keeps its unit; having none counts as one."""
    for path, now, was in _kept(vm):
        if number(now, "unitNumber") != number(was, "unitNumber"):
            yield invalid(f"{path}.unitNumber", STAYS)


def _kept(vm: Admitting) -> Iterator[tuple[str, Object, Object]]:
    """The volumes that were there before: path, now, before."""
    before = volumes_by_name(vm.old)
    for path, now in vm.each(VOLUMES):
        was = before.get(text(now, "name"))
        if was is not None:
            yield path, now, was
