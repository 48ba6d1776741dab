"""Groups and affinity (section 6.15 of the catalogue)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import MASTER, PRIVILEGED, changed, refused, stored, vm

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingPreferredDuringExecution"
PREFERRED = "preferredDuringSchedulingPreferredDuringExecution"
EVERY_LIST = [(kind, mode) for kind in ("vmAffinity", "vmAntiAffinity") for mode in (REQUIRED, PREFERRED)]


def affinity(kind: str, mode: str, topology: str = ZONE, **selector: Any):
    term = {"topologyKey": topology, **({"labelSelector": selector} if selector else {})}
    return {kind: {mode: [term]}}


def asked(wish: Any, **request: Any):
    return refused(vm(groupName="tier", affinity=wish), **request)


def test_without_groups_a_vm_names_none():
    """VG-06, VG-07: with them, nobody looks whether the group exists."""
    wrong = [("spec.groupName", "Invalid", "VG-06")]
    assert refused(vm(groupName="tier"), VMGroups=False, user=MASTER) == wrong
    old = stored()
    assert refused(changed(old, groupName="tier"), old, VMGroups=False) == wrong
    assert refused(vm(groupName="nowhere")) == []


@pytest.mark.parametrize("wish", [{}, affinity("vmAffinity", REQUIRED)])
def test_affinity_needs_a_group(wish):
    """VG-08: even if it is empty."""
    assert refused(vm(affinity=wish)) == [("spec.groupName", "Required", "VG-08")]
    assert asked(wish) == []


@pytest.mark.parametrize(("kind", "mode"), EVERY_LIST)
def test_the_system_s_labels_select_nothing(kind, mode):
    """VG-09 to VG-11, VG-16."""
    term = f"spec.affinity.{kind}.{mode}[0].labelSelector"

    def expression(key: str, operator: str = "In"):
        return affinity(kind, mode, matchExpressions=[{"key": key, "operator": operator}])

    for key in ("vmoperator.vmware.com/paused", "x.vmoperator.vmware.com.y/z"):
        assert asked(affinity(kind, mode, matchLabels={key: "a"}), user=MASTER) == [
            (f"{term}.matchLabels", "Forbidden", "VG-09")
        ]
        assert asked(expression(key)) == [(f"{term}.matchExpressions[0].key", "Forbidden", "VG-11")]
        assert asked(expression(key, "Exists")) == [
            (f"{term}.matchExpressions[0].operator", "NotSupported", "VG-10")
        ]
    assert asked(affinity(kind, mode, matchLabels={"app": "vmoperator.vmware.com"})) == []
    assert asked(expression("app")) == []
    assert asked(affinity(kind, mode)) == []


@pytest.mark.parametrize(
    ("kind", "mode", "topology", "rule", "rule_for_privileged"),
    [
        ("vmAffinity", REQUIRED, HOST, "VG-12", "VG-12"),
        ("vmAffinity", PREFERRED, HOST, "VG-13", "VG-13"),
        ("vmAntiAffinity", REQUIRED, HOST, "VG-14", None),
        ("vmAntiAffinity", REQUIRED, "rack", "VG-14", "VG-14"),
        ("vmAntiAffinity", PREFERRED, HOST, None, None),
        ("vmAntiAffinity", PREFERRED, "rack", "VG-15", "VG-15"),
    ],
)
def test_the_topology_is_a_zone_or_in_places_a_host(kind, mode, topology, rule, rule_for_privileged):
    """VG-12 to VG-15."""
    path = f"spec.affinity.{kind}.{mode}[0].topologyKey"
    for user, wanted in ((None, rule), (PRIVILEGED, rule_for_privileged)):
        found = asked(affinity(kind, mode, topology), **({"user": user} if user else {}))
        assert found == ([(path, "NotSupported", wanted)] if wanted else [])


SOME = affinity("vmAffinity", REQUIRED, matchLabels={"app": "web"})
OTHER = affinity("vmAffinity", REQUIRED, matchLabels={"app": "db"})


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        (SOME, SOME, True),
        (SOME, OTHER, False),
        (SOME, None, False),
        (None, SOME, False),
        (None, {}, False),
        ({"vmAffinity": {}}, {"vmAffinity": {REQUIRED: []}}, True),
        ({}, {"vmAffinity": {}}, False),
        (affinity("vmAffinity", REQUIRED), affinity("vmAffinity", REQUIRED, matchLabels={}), False),
    ],
)
def test_affinity_stays(before, after, is_same):
    """VG-17, PYT-07: for everybody; empty lists are as none, empty objects are not."""
    old = stored(groupName="tier", affinity=before)
    wrong = [] if is_same else [("spec.affinity", "Forbidden", "VG-17")]
    assert refused(changed(old, affinity=after), old, user=MASTER) == wrong
