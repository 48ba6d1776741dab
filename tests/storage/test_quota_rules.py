"""What a ResourceQuota may limit, as a kube-apiserver checks it."""

from __future__ import annotations

import pytest

from storage.kinds import RESOURCE_QUOTA
from tests.admission.kinds import Asked

QUOTAS = Asked(RESOURCE_QUOTA)


@pytest.mark.parametrize(
    "resource",
    [
        "count/virtualmachines.vmoperator.vmware.com",
        "count/secrets",
        "secrets",
        "pods",
        "cpu",
        "limits.memory",
        "requests.storage",
        "gold.storageclass.storage.k8s.io/requests.storage",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims",
        "requests.nvidia.com/gpu",
    ],
)
def test_what_kubernetes_can_limit_may_be_limited(resource):
    assert QUOTAS.refused(QUOTAS.obj(hard={resource: "10"})) == []


@pytest.mark.parametrize(
    "resource", ["vms", "count/", "count/Secrets", "gold.storageclass.storage.k8s.io/cpu", "x/y"]
)
def test_what_nobody_counts_is_refused(resource):
    """K8S-11."""
    assert QUOTAS.refused(QUOTAS.obj(hard={resource: "10"})) == [
        (f"spec.hard[{resource}]", "Invalid", "K8S-11")
    ]


@pytest.mark.parametrize(
    ("resource", "most", "is_fine"),
    [
        ("secrets", "1500m", False),
        ("secrets", "-1", False),
        ("secrets", "0", True),
        ("cpu", "1500m", True),
        ("requests.memory", "1.5Gi", True),
    ],
)
def test_limits_are_0_or_more_and_whole_where_things_are_counted(resource, most, is_fine):
    """K8S-10."""
    found = QUOTAS.refused(QUOTAS.obj(hard={resource: most}))
    assert found == ([] if is_fine else [(f"spec.hard[{resource}]", "Invalid", "K8S-10")])


@pytest.mark.parametrize(
    "scope",
    [
        {"scopes": ["Terminating"]},
        {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}},
    ],
)
def test_scopes_are_refused(scope):
    """K8S-12: they would silently limit nothing."""
    assert QUOTAS.refused(QUOTAS.obj(hard={"pods": "1"}, **scope)) == [
        (f"spec.{next(iter(scope))}", "Forbidden", "K8S-12")
    ]
