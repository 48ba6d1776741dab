"""The rules that the CRDs of StoragePolicyQuota and StoragePolicyUsage carry themselves (CEL)."""

from __future__ import annotations

import pytest

from storage.kinds import STORAGE_POLICY_QUOTA, STORAGE_POLICY_USAGE
from tests.admission.asking import MASTER
from tests.admission.kinds import Asked

QUOTAS, USAGES = Asked(STORAGE_POLICY_QUOTA), Asked(STORAGE_POLICY_USAGE)
COUNTED = {
    "storagePolicyId": "p",
    "storageClassName": "gold",
    "resourceApiGroup": "vmoperator.vmware.com",
    "resourceKind": "VirtualMachine",
    "resourceExtensionName": "vmservice",
}


def test_a_quota_keeps_its_policy():
    """CEL-01: nobody is exempt; the limit is free."""
    old = QUOTAS.obj(storagePolicyId="a", limit="1Ti")
    assert QUOTAS.refused(QUOTAS.obj(storagePolicyId="a", limit="2Ti"), old) == []
    refused = [("spec.storagePolicyId", "Invalid", "CEL-01")]
    assert QUOTAS.refused(QUOTAS.obj(storagePolicyId="b", limit="1Ti"), old, user=MASTER) == refused


@pytest.mark.parametrize("field", COUNTED)
def test_a_usage_keeps_what_it_counts(field):
    """CEL-02."""
    old = USAGES.obj(**COUNTED)
    assert USAGES.refused(USAGES.obj(**COUNTED, resourceExtensionNamespace="ns"), old) == []
    changed = USAGES.obj(**{**COUNTED, field: "other"})
    assert USAGES.refused(changed, old) == [(f"spec.{field}", "Invalid", "CEL-02")]


def test_what_a_usage_left_out_may_be_added():
    """CEL-02: the rule of an optional field compares only what was there before."""
    old = USAGES.obj(**{**COUNTED, "resourceApiGroup": None})
    assert USAGES.refused(USAGES.obj(**COUNTED), old) == []
    assert USAGES.refused(old, USAGES.obj(**COUNTED)) == []
