"""What the portal keeps for privileged users and for itself beyond VM Operator's rules. Part of `vms.policy`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.admitting import BUILD_ANNOTATION, FEATURE_ANNOTATION, SCHEMA_ANNOTATION
from vmportal.admission.deletion import guards_in_deletion
from vmportal.admission.reading import annotate, annotation, get
from vmportal.admission.rule import (
    OLD_UPGRADED,
    FieldWarning,
    collect,
    forbidden,
    invalid,
    policy,
    warn,
)
from vmportal.errors import FieldError
from vms.rules import checks, guarded, schema_upgrade

MARKS = (BUILD_ANNOTATION, SCHEMA_ANNOTATION, FEATURE_ANNOTATION)
PAUSED = "vmoperator.vmware.com/paused"
INSTANCE_ID = "spec.bootstrap.cloudInit.instanceID"


@policy("QRK-15", op="C", exempt="vmop+masters")
def no_vm_begins_upgraded(vm: Admitting) -> None:
    """The marks of the schema upgrade are taken off a new VM: the system sets them."""
    for key in MARKS:
        annotate(vm.new, key, None)


@policy("QRK-16", op="U", exempt="vmop+masters")
def the_marks_of_the_upgrade_stay(vm: Admitting) -> None:
    """The marks of the schema upgrade stay when a request leaves them out."""
    for key in MARKS:
        mark = annotation(vm.old, key)
        if mark and not vm.annotation(key):
            annotate(vm.new, key, mark)


# Checks above all (DEL-07).
guards_hold_during_deletion = guards_in_deletion(
    *(entry for entry in collect(guarded, checks, schema_upgrade) if entry.exempt)
)


@policy("D-14", op="U", exempt="vmop")
def cloud_init_keeps_its_instance_id(vm: Admitting) -> Iterator[FieldError]:
    """Once set, Cloud-Init's instance ID stays: with another one the guest would be set up anew."""
    if (
        get(vm.new, "spec.bootstrap.cloudInit") is not None
        and vm.was(INSTANCE_ID)
        and vm.changed(INSTANCE_ID)
    ):
        yield invalid(INSTANCE_ID, f"The instance ID cannot change: put {vm.was(INSTANCE_ID)!r} back.")


@policy("D-37", op="U", exempt="vmop+masters", gate=~OLD_UPGRADED)
def the_instance_uuid_waits_for_the_upgrade(vm: Admitting) -> Iterator[FieldError]:
    """Before the upgrade is done, users do not fill in the instance UUID, as they do not the BIOS UUID (VU-10)."""
    if vm.text("spec.instanceUUID") and not vm.was("spec.instanceUUID"):
        yield forbidden("spec.instanceUUID", schema_upgrade.WAIT)


@policy("D-30")
def a_pause_holds_back_everything(vm: Admitting) -> Iterator[FieldWarning]:
    """Whoever pauses a VM is told that it holds back its deletion, too."""
    if vm.annotation(PAUSED) is not None and annotation(vm.old, PAUSED) is None:
        yield warn(
            f"metadata.annotations[{PAUSED}]",
            "While this annotation is there, nothing is done to the VM, and it is not deleted either.",
        )
