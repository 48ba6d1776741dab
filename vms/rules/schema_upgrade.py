"""The marks of the schema upgrade, and what stays until it is done (section 6.16, VU-07 on). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.admitting import BUILD_ANNOTATION, FEATURE_ANNOTATION, SCHEMA_ANNOTATION
from vmportal.admission.reading import Object, annotation, each
from vmportal.admission.rule import OLD_UPGRADED, feature, forbidden, rule
from vmportal.errors import FieldError

BEFORE_UPGRADE = ~OLD_UPGRADED
CONTROLLERS_BEFORE_UPGRADE = BEFORE_UPGRADE & feature("VMSharedDisks")
WAIT = "Put this back and wait: the system is still completing this VM after an upgrade."


@rule("VU-07", op="U", exempt="vmop+masters", who="admin")
def the_upgraded_build_is_set_by_the_system(vm: Admitting) -> Iterator[FieldError]:
    """Users do not write the build that a VM was upgraded to; they may delete it."""
    yield from _not_set(vm, BUILD_ANNOTATION)


@rule("VU-08", op="U", exempt="vmop+masters", who="admin")
def the_upgraded_schema_is_set_by_the_system(vm: Admitting) -> Iterator[FieldError]:
    """Users do not write the schema version that a VM was upgraded to; they may delete it."""
    yield from _not_set(vm, SCHEMA_ANNOTATION)


@rule("VU-09", op="U", exempt="vmop+masters", who="admin")
def the_upgraded_features_are_set_by_the_system(vm: Admitting) -> Iterator[FieldError]:
    """Users do not write the features that a VM was upgraded to; they may delete them."""
    yield from _not_set(vm, FEATURE_ANNOTATION)


@rule("VU-10", op="U", exempt="vmop+masters", gate=BEFORE_UPGRADE)
def the_bios_uuid_waits_for_the_upgrade(vm: Admitting) -> Iterator[FieldError]:
    """Before the upgrade is done, the BIOS UUID does not change, not even from none."""
    if vm.changed("spec.biosUUID"):
        yield forbidden("spec.biosUUID", WAIT)


@rule("VU-11", op="U", exempt="vmop+masters", gate=CONTROLLERS_BEFORE_UPGRADE)
def ide_controllers_wait_for_the_upgrade(vm: Admitting) -> Iterator[FieldError]:
    """Before the upgrade is done, the IDE controllers do not change."""
    yield from _same_controllers(vm, "spec.hardware.ideControllers")


@rule("VU-12", op="U", exempt="vmop+masters", gate=CONTROLLERS_BEFORE_UPGRADE)
def nvme_controllers_wait_for_the_upgrade(vm: Admitting) -> Iterator[FieldError]:
    """Before the upgrade is done, the NVME controllers do not change."""
    yield from _same_controllers(vm, "spec.hardware.nvmeControllers")


@rule("VU-13", op="U", exempt="vmop+masters", gate=CONTROLLERS_BEFORE_UPGRADE)
def sata_controllers_wait_for_the_upgrade(vm: Admitting) -> Iterator[FieldError]:
    """Before the upgrade is done, the SATA controllers do not change."""
    yield from _same_controllers(vm, "spec.hardware.sataControllers")


@rule("VU-14", op="U", exempt="vmop+masters", gate=CONTROLLERS_BEFORE_UPGRADE)
def scsi_controllers_wait_for_the_upgrade(vm: Admitting) -> Iterator[FieldError]:
    """Before the upgrade is done, the SCSI controllers do not change."""
    yield from _same_controllers(vm, "spec.hardware.scsiControllers")


def _not_set(vm: Admitting, key: str) -> Iterator[FieldError]:
    now = vm.annotation(key)
    if now and now != annotation(vm.old, key):
        yield forbidden(
            f"metadata.annotations[{key}]", "Leave this annotation as it was: the system writes it."
        )


def _same_controllers(vm: Admitting, path: str) -> Iterator[FieldError]:
    if _settings(vm.new, path) != _settings(vm.old, path):
        yield forbidden(path, WAIT)


def _settings(obj: Object | None, path: str) -> list[Object]:
    """The controllers of a list without what is the same as absent; no list is an empty one (PYT-07)."""
    return [
        {key: value for key, value in controller.items() if value not in (None, "")}
        for _, controller in each(obj, path)
    ]
