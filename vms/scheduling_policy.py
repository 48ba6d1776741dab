"""What the portal asks of groups, policies and zones beyond VM Operator's rules. Part of `vms.policy`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, each, label, text
from vmportal.admission.rule import Finding, Gate, invalid, lift, not_found, not_supported, policy
from vmportal.errors import FieldError
from vmportal.offers.marks import is_withdrawn
from vms.annotations import ZONE_LABEL
from vms.rules import zone
from vms.rules.affinity import APART, GROUP, HAS_AFFINITY, HOST, REQUIRED

GROUP_KIND, POLICY_KIND = "VirtualMachineGroup", "ComputePolicy"
POLICY_GROUP = "vsphere.policy.vmware.com"
POLICIES = "spec.policies"
MOVED_BY_PRIVILEGE = Gate(
    "zone changed by a privileged user",
    lambda vm: (
        vm.is_privileged
        and bool(label(vm.old, ZONE_LABEL))
        and vm.label(ZONE_LABEL) not in (None, "", label(vm.old, ZONE_LABEL))
    ),
)


def references(vm: Admitting) -> Iterator[Want]:
    """The group of a new VM with affinity, and the policies that the VM names."""
    if vm.is_create and HAS_AFFINITY.is_open(vm) and vm.text(GROUP):
        yield Want(GROUP_KIND, vm.namespace, vm.text(GROUP))
    for _, reference in vm.each(POLICIES):
        if text(reference, "name"):
            yield Want(POLICY_KIND, vm.namespace, text(reference, "name"))


@lift("D-09", "VG-14")
def vms_may_stand_on_different_hosts(vm: Admitting, error: FieldError) -> bool:
    """Everybody may demand that VMs stand on different hosts, where the portal places them itself (AFF-11)."""
    terms = dict(vm.each(f"{APART}.{REQUIRED}"))
    return text(terms.get(error.path.removesuffix(".topologyKey")), "topologyKey") == HOST


@policy("D-10", op="C", gate=HAS_AFFINITY)
def the_group_of_affinity_exists(vm: Admitting) -> Iterator[FieldError]:
    """The group of a new VM with affinity exists (AFF-03)."""
    name = vm.text(GROUP)
    if name and vm.world.get(GROUP_KIND, vm.namespace, name) is None:
        yield not_found("spec.groupName", f"The namespace has no group {name!r}: create it first.")


@policy("D-34", exempt="vmop")
def policies_are_optional_compute_policies(vm: Admitting) -> Iterator[FieldError]:
    """A VM newly names ComputePolicies of its namespace that are optional; mandatory ones apply by themselves
    (POL-02, POL-03)."""
    before = [reference for _, reference in each(vm.old, POLICIES)]
    for path, reference in vm.each(POLICIES):
        if reference not in before:
            yield from _wrong_with(vm, path, reference)


def _wrong_with(vm: Admitting, path: str, reference: Object) -> Iterator[FieldError]:
    name = text(reference, "name")
    if text(reference, "kind") != POLICY_KIND:
        yield not_supported(f"{path}.kind", "Name a ComputePolicy: no other policy can be asked for.")
    elif text(reference, "apiVersion").split("/")[0] != POLICY_GROUP:
        yield not_supported(f"{path}.apiVersion", f"Write {POLICY_GROUP}/v1alpha1.")
    elif (found := vm.world.get(POLICY_KIND, vm.namespace, name)) is None:
        yield not_found(f"{path}.name", f"The namespace has no policy {name!r}: choose one that is on offer.")
    elif text(found, "spec.enforcementMode") != "Optional":
        yield invalid(path, f"Leave policy {name!r} out: it is mandatory and applies by itself.")


@policy("D-35", op="U", gate=MOVED_BY_PRIVILEGE)
def a_zone_set_by_privilege_exists(vm: Admitting) -> Iterator[Finding]:
    """A privileged user, who may change the zone of a VM, names one that exists."""
    is_isolated = zone.ISOLATED.is_open(vm)
    check = zone.the_zone_belongs_to_the_namespace if is_isolated else zone.the_zone_is_an_availability_zone
    yield from check.check(vm) or ()


@policy("OFR-10", gate=zone.FIRST_SET & zone.ISOLATED)
def the_zone_is_on_offer(vm: Admitting) -> Iterator[FieldError]:
    """No new VM in a zone that has been withdrawn from the namespace."""
    if is_withdrawn(vm.world.get("Zone", vm.namespace, vm.label(ZONE_LABEL) or "")):
        yield invalid(
            zone.PATH, "This zone is on offer no more, and stays for the VMs in it: choose another."
        )
