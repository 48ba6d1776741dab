"""The group of a VM, and which VMs it stands beside or apart from (section 6.15, VG-06 on). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmportal.admission import Admitting
from vmportal.admission.reading import Object, each, get, mapping, text
from vmportal.admission.rule import Gate, feature, forbidden, invalid, not_supported, required, rule
from vmportal.errors import FieldError

AFFINITY = "spec.affinity"
GROUP = "spec.groupName"
TOGETHER, APART = f"{AFFINITY}.vmAffinity", f"{AFFINITY}.vmAntiAffinity"
REQUIRED = "requiredDuringSchedulingPreferredDuringExecution"
PREFERRED = "preferredDuringSchedulingPreferredDuringExecution"
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
RESERVED = "vmoperator.vmware.com"  # anywhere in a label's key

HAS_AFFINITY = Gate("spec.affinity", lambda vm: vm.get(AFFINITY) is not None)
NO_RESERVED = "Select by labels of your own: keys with vmoperator.vmware.com are the system's."
ZONE_ONLY = f"Write {ZONE}: only zones can be asked for here."
ZONE_OR_HOST = f"Write {ZONE} or {HOST}."


@rule("VG-06", gate=~feature("VMGroups"), who="vsphere")
def there_are_no_groups(vm: Admitting) -> Iterator[FieldError]:
    """Without groups, a VM names none."""
    if vm.text(GROUP):
        yield invalid("spec.groupName", "Leave this out: VM groups are not available here.")


@rule("VG-08", op="C", gate=HAS_AFFINITY)
def affinity_needs_a_group(vm: Admitting) -> Iterator[FieldError]:
    """A VM with affinity belongs to a group."""
    if not vm.text(GROUP):
        yield required("spec.groupName", "Name the group of the VM: affinity holds among the VMs of a group.")


@rule("VG-09", op="C")
def affinity_leaves_the_system_s_labels_alone(vm: Admitting) -> Iterator[FieldError]:
    """Affinity selects by no label of VM Operator's."""
    for path, term in _terms(vm):
        if any(RESERVED in key for key in mapping(term, "labelSelector.matchLabels")):
            yield forbidden(f"{path}.labelSelector.matchLabels", NO_RESERVED)


@rule("VG-10", op="C")
def affinity_selects_by_values(vm: Admitting) -> Iterator[FieldError]:
    """The expressions of affinity have the operator `In`."""
    for path, expression in _expressions(vm):
        if text(expression, "operator") != "In":
            yield not_supported(f"{path}.operator", "Write In: affinity knows no other operator.")


@rule("VG-11", op="C")
def affinity_leaves_the_system_s_label_keys_alone(vm: Admitting) -> Iterator[FieldError]:
    """The expressions of affinity name no label of VM Operator's."""
    for path, expression in _expressions(vm):
        if text(expression, "operator") == "In" and RESERVED in text(expression, "key"):
            yield forbidden(f"{path}.key", NO_RESERVED)


@rule("VG-12", op="C")
def required_affinity_is_to_a_zone(vm: Admitting) -> Iterator[FieldError]:
    """Required affinity is to a zone."""
    for path, term in vm.each(f"{TOGETHER}.{REQUIRED}"):
        if text(term, "topologyKey") != ZONE:
            yield not_supported(f"{path}.topologyKey", ZONE_ONLY)


@rule("VG-13", op="C")
def preferred_affinity_is_to_a_zone(vm: Admitting) -> Iterator[FieldError]:
    """Preferred affinity is to a zone."""
    for path, term in vm.each(f"{TOGETHER}.{PREFERRED}"):
        if text(term, "topologyKey") != ZONE:
            yield not_supported(f"{path}.topologyKey", ZONE_ONLY)


@rule("VG-14", op="C")
def required_anti_affinity_is_to_a_zone(vm: Admitting) -> Iterator[FieldError]:
    """Required anti-affinity is to a zone; privileged users may ask for hosts as well (D-09)."""
    known = (ZONE, HOST) if vm.is_privileged else (ZONE,)
    for path, term in vm.each(f"{APART}.{REQUIRED}"):
        if text(term, "topologyKey") not in known:
            yield not_supported(f"{path}.topologyKey", ZONE_OR_HOST if HOST in known else ZONE_ONLY)


@rule("VG-15", op="C")
def preferred_anti_affinity_is_to_a_zone_or_host(vm: Admitting) -> Iterator[FieldError]:
    """Preferred anti-affinity is to a zone or to a host."""
    for path, term in vm.each(f"{APART}.{PREFERRED}"):
        if text(term, "topologyKey") not in (ZONE, HOST):
            yield not_supported(f"{path}.topologyKey", ZONE_OR_HOST)


@rule("VG-17", op="U")
def affinity_stays(vm: Admitting) -> Iterator[FieldError]:
    """Affinity does not change; privileged users are not exempt. Empty lists are as absent ones (PYT-07)."""
    if _written(vm.get(AFFINITY)) != _written(get(vm.old, AFFINITY)):
        yield forbidden(AFFINITY, "Affinity cannot change: put it back, or make the VM anew.")


def _terms(vm: Admitting) -> Iterator[tuple[str, Object]]:
    for kind in (TOGETHER, APART):
        for mode in (REQUIRED, PREFERRED):
            yield from vm.each(f"{kind}.{mode}")


def _expressions(vm: Admitting) -> Iterator[tuple[str, Object]]:
    for path, term in _terms(vm):
        for inner, expression in each(term, "labelSelector.matchExpressions"):
            yield f"{path}.{inner}", expression


def _written(value: Any, key: str = "") -> Any:
    """A value without what is the same as absent: empty texts, lists and label maps, but no empty objects."""
    if isinstance(value, list):
        return [_written(item) for item in value] or None
    if isinstance(value, dict):
        found = {name: _written(item, name) for name, item in value.items()}
        kept = {name: item for name, item in found.items() if item is not None}
        return kept or (None if key == "matchLabels" else {})
    return None if value == "" else value
