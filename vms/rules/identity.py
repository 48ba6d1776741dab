"""What a VM keeps for life: its UUIDs and its resource policy (section 6.16, VU-04 to VU-06). Part of `vms.rules`.

A new VM's UUIDs are judged by the schema (VU-01) and by the default step MC-08 (VU-03).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError

BIOS_UUID, INSTANCE_UUID = "spec.biosUUID", "spec.instanceUUID"
RESOURCE_POLICY = "spec.reserved.resourcePolicyName"


@rule("VU-04", op="U")
def the_bios_uuid_stays(vm: Admitting) -> Iterator[FieldError]:
    """Once set, the BIOS UUID is immutable."""
    if vm.was(BIOS_UUID) and vm.changed(BIOS_UUID):
        yield invalid(BIOS_UUID, f"The BIOS UUID cannot change: put {vm.was(BIOS_UUID)} back.")


@rule("VU-05", op="U")
def the_instance_uuid_stays(vm: Admitting) -> Iterator[FieldError]:
    """Once set, the instance UUID is immutable."""
    if vm.was(INSTANCE_UUID) and vm.changed(INSTANCE_UUID):
        yield invalid(INSTANCE_UUID, f"The instance UUID cannot change: put {vm.was(INSTANCE_UUID)} back.")


@rule("VU-06", op="U")
def the_resource_policy_stays(vm: Admitting) -> Iterator[FieldError]:
    """The resource policy of a VM is immutable, one that is absent as well."""
    if vm.changed(RESOURCE_POLICY):
        yield invalid(RESOURCE_POLICY, "The resource policy cannot change: put it back, or make the VM anew.")
