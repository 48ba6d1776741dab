"""What a VM is born with: UUIDs and the versions it was created at (MC-08 to MC-10, MC-18)."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import annotate, fill
from vmportal.admission.rule import default, forbidden
from vmportal.errors import FieldError
from vms.annotations import CREATED_AT_BUILD, CREATED_AT_SCHEMA


@default("MC-08", op="C", who="admin")
def an_instance_uuid_is_drawn(vm: Admitting) -> Iterator[FieldError]:
    """The instance UUID is drawn; only privileged users may choose it."""
    if vm.text("spec.instanceUUID") and not vm.is_privileged:
        yield forbidden(
            "spec.instanceUUID", "Leave the instance UUID out: only privileged users may choose it."
        )
    fill(vm.new, "spec.instanceUUID", vm.new_uuid())


@default("MC-09", op="C")
def a_bios_uuid_is_drawn(vm: Admitting) -> None:
    """The BIOS UUID is drawn if none is given."""
    fill(vm.new, "spec.biosUUID", vm.new_uuid())


@default("MC-10", op="C")
def cloud_init_is_identified_by_the_bios_uuid(vm: Admitting) -> None:
    """Cloud-Init's instance ID is the BIOS UUID if none is given."""
    if vm.get("spec.bootstrap.cloudInit") is not None:
        fill(vm.new, "spec.bootstrap.cloudInit.instanceID", vm.text("spec.biosUUID"))


@default("MC-18", op="C")
def the_versions_at_birth_are_noted(vm: Admitting) -> None:
    """Build and schema version are noted in annotations, whatever the client sent there."""
    annotate(vm.new, CREATED_AT_BUILD, vm.installation.build_version)
    annotate(vm.new, CREATED_AT_SCHEMA, vm.installation.schema_version)
