"""What the portal asks of groups, policies and zones beyond VM Operator (section 10 of the catalogue)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import PRIVILEGED, WORLD, changed, refused, stored, thing, vm

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
WHOLE_WORLD = (
    *WORLD,
    thing("VirtualMachineGroup", "tier", "team-a"),
    thing("VirtualMachineGroup", "theirs", "team-b"),
    thing("ComputePolicy", "asked", "team-a", spec={"enforcementMode": "Optional"}),
    thing("ComputePolicy", "always", "team-a", spec={"enforcementMode": "Mandatory"}),
    thing("ComputePolicy", "unsaid", "team-a"),
    thing("ComputePolicy", "theirs", "team-b", spec={"enforcementMode": "Optional"}),
)


def errors(new, old=None, **request):
    return refused(new, old, policy=True, world=WHOLE_WORLD, **request)


def apart(topology: str) -> dict[str, Any]:
    term = {"topologyKey": topology, "labelSelector": {"matchLabels": {"app": "db"}}}
    return {"vmAntiAffinity": {"requiredDuringSchedulingPreferredDuringExecution": [term]}}


def test_vms_may_stand_on_different_hosts():
    """D-09, AFF-11, AFF-14: hosts, but nothing else."""
    assert errors(vm(groupName="tier", affinity=apart(HOST))) == []
    for topology, off in ((HOST, ("D-09",)), ("rack", ())):
        found = errors(vm(groupName="tier", affinity=apart(topology)), policy_off=off)
        assert [rule for *_, rule in found] == ["VG-14"]


@pytest.mark.parametrize("name", ["nowhere", "theirs"])
def test_the_group_of_affinity_exists(name):
    """D-10, AFF-03: without affinity, the group may come later."""
    sent = vm(groupName=name, affinity=apart(ZONE))
    assert errors(sent) == [("spec.groupName", "NotFound", "D-10")]
    assert errors(sent, policy_off=("D-10",)) == []
    assert errors(vm(groupName=name)) == []


def reference(name: str = "asked", kind: str = "ComputePolicy", group: str = "vsphere.policy.vmware.com"):
    return {"apiVersion": f"{group}/v1alpha1", "kind": kind, "name": name}


@pytest.mark.parametrize(
    ("policy", "path", "type_"),
    [
        (reference(), None, ""),
        (reference("nowhere"), ".name", "NotFound"),
        (reference("theirs"), ".name", "NotFound"),
        (reference(kind="TagPolicy"), ".kind", "NotSupported"),
        (reference(group="example.com"), ".apiVersion", "NotSupported"),
        (reference("always"), "", "Invalid"),
        (reference("unsaid"), "", "Invalid"),
    ],
)
def test_policies_are_optional_compute_policies(policy, path, type_):
    """D-34, POL-02 to POL-04: what the VM names already may stay."""
    wrong = [] if path is None else [(f"spec.policies[0]{path}", type_, "D-34")]
    assert errors(vm(policies=[policy])) == wrong
    assert errors(vm(policies=[policy]), policy_off=("D-34",)) == []
    old = stored()
    assert errors(changed(old, policies=[policy]), old) == wrong
    named = stored(policies=[policy])
    assert errors(changed(named, className="large"), named) == []


def test_a_zone_set_by_privilege_exists():
    """D-35: an ordinary user does not change it at all (VZ-04)."""
    old = stored(meta={"labels": {ZONE: "zone-b"}})
    wrong = [(f"metadata.labels[{ZONE}]", "Invalid")]
    for name, rules in (("zone-a", []), ("nowhere", ["D-35"]), ("zone-b", [])):
        new = stored(meta={"labels": {ZONE: name}})
        assert errors(new, old, user=PRIVILEGED) == [(*wrong[0], rule) for rule in rules]
        assert errors(new, old, user=PRIVILEGED, policy_off=("D-35",)) == []
    assert errors(stored(), old, user=PRIVILEGED) == []
    assert [rule for *_, rule in errors(stored(meta={"labels": {ZONE: "zone-a"}}), old)] == ["VZ-04"]
