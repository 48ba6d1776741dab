"""VirtualMachineSetResourcePolicies (section 7.8 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER
from tests.admission.kinds import Asked
from vms.kinds import VIRTUAL_MACHINE_SET_RESOURCE_POLICY

POLICIES = Asked(VIRTUAL_MACHINE_SET_RESOURCE_POLICY)
POOL = {
    "name": "pool",
    "reservations": {"cpu": "1", "memory": "1Gi"},
    "limits": {"cpu": "2", "memory": "2Gi"},
}


def resource_policy(**spec):
    return POLICIES.obj(
        **{"resourcePool": POOL, "folder": "folder", "clusterModuleGroups": ["a", "b"], **spec}
    )


@pytest.mark.parametrize(("what", "rule"), [("cpu", "SRP-01"), ("memory", "SRP-02")])
def test_a_reservation_is_within_its_limit(what, rule):
    """SRP-01, SRP-02."""
    for reserved, limit, is_good in (
        ("2", "1", False),
        ("1500m", "1", False),
        ("1", "1", True),
        ("9", "0", True),
    ):
        new = resource_policy(resourcePool={"reservations": {what: reserved}, "limits": {what: limit}})
        errors = [] if is_good else [(f"spec.resourcePool.reservations.{what}", "Invalid", rule)]
        assert POLICIES.refused(new) == errors


@pytest.mark.parametrize(
    ("names", "twins"), [(["a", "b"], []), ([], []), (["a", "a"], [1]), (["", "a", "", ""], [2, 3])]
)
def test_module_groups_differ(names, twins):
    """SRP-03: with the list's name repeated, as in the reference (QRK-10)."""
    paths = [f"spec.clusterModuleGroups[{twin}].clusterModuleGroups" for twin in twins]
    errors = [(path, "Duplicate", "SRP-03") for path in paths]
    assert POLICIES.refused(resource_policy(clusterModuleGroups=names)) == errors
    assert (
        POLICIES.refused(
            resource_policy(clusterModuleGroups=names), resource_policy(clusterModuleGroups=names)
        )
        == []
    )


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        ({"resourcePool": {**POOL, "name": "other"}}, "spec.resourcePool", "SRP-04"),
        ({"resourcePool": {**POOL, "limits": {"cpu": "2", "memory": "3Gi"}}}, "spec.resourcePool", "SRP-04"),
        ({"resourcePool": None}, "spec.resourcePool", "SRP-04"),
        ({"folder": "other"}, "spec.folder", "SRP-05"),
        ({"folder": None}, "spec.folder", "SRP-05"),
        ({"clusterModuleGroups": ["b", "a"]}, "spec.clusterModuleGroups", "SRP-06"),
        ({"clusterModuleGroups": None}, "spec.clusterModuleGroups", "SRP-06"),
    ],
)
def test_a_policy_stays(change, path, rule):
    """SRP-04 to SRP-06: nobody is exempt."""
    assert POLICIES.refused(resource_policy(**change), resource_policy(), user=MASTER) == [
        (path, "Invalid", rule)
    ]


def test_the_same_in_other_words_is_no_change():
    """SRP-04, SRP-06: amounts by value, none is 0, and an empty list is none."""
    spelled = {**POOL, "limits": {"cpu": "2000m", "memory": "2048Mi"}}
    assert POLICIES.refused(resource_policy(resourcePool=spelled), resource_policy()) == []
    bare = resource_policy(resourcePool=None, clusterModuleGroups=None)
    empty = resource_policy(resourcePool={"limits": {"cpu": "0"}}, clusterModuleGroups=[])
    assert POLICIES.refused(empty, bare) == []
