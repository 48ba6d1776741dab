"""Claims: the guard of instance storage (section 7.11), and what Kubernetes and the document ask of them."""

from __future__ import annotations

import pytest

from storage.kinds import PERSISTENT_VOLUME_CLAIM
from tests.admission.asking import ALICE, MASTER, PLAIN, PRIVILEGED, WORLD, User, thing
from tests.admission.kinds import Asked

LABEL = "vmoperator.vmware.com/instance-storage-resource"
PATH = f"metadata.labels[{LABEL}]"
SIZE = "spec.resources.requests.storage"
GROWING = thing("StorageClass", "growing", parameters={"storagePolicyID": PLAIN}, allowVolumeExpansion=True)
CLAIMS = Asked(PERSISTENT_VOLUME_CLAIM, (*WORLD, GROWING))


def claim(size: str | None = "10Gi", storage_class: str | None = "gold", *, label: bool = False, **spec):
    wished = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": size}} if size is not None else None,
        **spec,
    }
    return CLAIMS.obj("data", meta={"labels": {LABEL: "true"} if label else {"app": "web"}}, **wished)


PLAIN_CLAIM, INSTANCE = claim(), claim(label=True)


@pytest.mark.parametrize(
    ("new", "old", "rule"),
    [
        (INSTANCE, None, "PVC-01"),
        (INSTANCE, PLAIN_CLAIM, "PVC-02"),
        (INSTANCE, INSTANCE, "PVC-03"),
        (PLAIN_CLAIM, INSTANCE, "PVC-03"),
        (None, INSTANCE, "PVC-04"),
    ],
)
def test_instance_storage_is_for_the_system(new, old, rule):
    """PVC-01 to PVC-04: made, labelled, changed and deleted by privileged users and system accounts only."""
    assert CLAIMS.refused(new, old) == [(PATH, "Forbidden", rule)]
    for account in ("kube-system:namespace-controller", "vmware-system-csi:vsphere-csi-controller"):
        assert CLAIMS.refused(new, old, user=User(f"system:serviceaccount:{account}")) == []
    for account in (
        "kube-system:other",
        "vmware-csi:vsphere-csi-controller",
        "kube-system:Namespace-Controller",
    ):
        assert CLAIMS.refused(new, old, user=User(f"system:serviceaccount:{account}")) != []
    for user in (MASTER, PRIVILEGED):
        assert CLAIMS.refused(new, old, user=user) == []


def test_other_claims_are_free():
    for new, old in ((PLAIN_CLAIM, None), (PLAIN_CLAIM, PLAIN_CLAIM), (None, PLAIN_CLAIM)):
        assert CLAIMS.refused(new, old, user=ALICE) == []


@pytest.mark.parametrize(
    ("new", "errors"),
    [
        (claim(accessModes=[]), [("spec.accessModes", "Required", "K8S-01")]),
        (claim(accessModes=None), [("spec.accessModes", "Required", "K8S-01")]),
        (claim(size=None), [(SIZE, "Required", "K8S-02")]),
        (claim(size="0"), [(SIZE, "Invalid", "K8S-02")]),
        (claim(size="-1Gi"), [(SIZE, "Invalid", "K8S-02")]),
        (claim(size="1"), []),
        (claim(storage_class="nowhere"), [("spec.storageClassName", "Invalid", "CAT-12")]),
        (claim(storage_class="nobodys"), [("spec.storageClassName", "Invalid", "CAT-12")]),
        (claim(storage_class=None), []),
    ],
)
def test_what_a_new_claim_needs(new, errors):
    """K8S-01, K8S-02, CAT-12: only with policy, as the reference leaves it to Kubernetes."""
    assert CLAIMS.refused(new, policy=True) == errors
    assert CLAIMS.refused(new) == []


def test_without_policy_quotas_a_resource_quota_assigns_the_class():
    """CAT-12, as VS-03 of a VM."""
    quota = thing(
        "ResourceQuota",
        "q",
        "team-a",
        spec={"hard": {"gold.storageclass.storage.k8s.io/requests.storage": "1Ti"}},
    )
    world, flags = (*WORLD, quota), {"PodVMOnStretchedSupervisor": False, "policy": True}
    assert CLAIMS.refused(claim(), world=world, **flags) == []
    refused = [("spec.storageClassName", "Invalid", "CAT-12")]
    assert CLAIMS.refused(claim(storage_class="no-policy"), world=world, **flags) == refused


@pytest.mark.parametrize(
    ("new", "old", "errors"),
    [
        (claim("10Gi"), claim("10240Mi"), []),
        (claim("20Gi", "growing"), claim("10Gi", "growing"), []),
        (claim("20Gi"), claim("10Gi"), [(SIZE, "Forbidden", "STO-105")]),
        (claim("20Gi", "nowhere"), claim("10Gi", "nowhere"), [(SIZE, "Forbidden", "STO-105")]),
        (claim("5Gi", "growing"), claim("10Gi", "growing"), [(SIZE, "Forbidden", "STO-105")]),
        (claim(accessModes=["ReadWriteMany"]), claim(), [("spec", "Forbidden", "K8S-03")]),
        (claim(storage_class="growing"), claim(), [("spec", "Forbidden", "K8S-03")]),
        (claim(volumeName="pv-1"), claim(), []),
        (claim(volumeName="pv-2"), claim(volumeName="pv-1"), [("spec", "Forbidden", "K8S-03")]),
        (claim(volumeAttributesClassName="fast"), claim(), []),
    ],
)
def test_what_may_change_of_a_claim(new, old, errors):
    """K8S-03, STO-105: its size, upwards, where the storage class allows it."""
    assert CLAIMS.refused(new, old, policy=True) == errors
    assert CLAIMS.refused(new, old) == []


def test_instance_storage_is_guarded_to_the_end():
    """QRK-17: as policy, while the claim is being deleted; a system account takes its finalizer off."""
    old, new = CLAIMS.deleting(INSTANCE), CLAIMS.deleting(PLAIN_CLAIM)
    assert CLAIMS.refused(new, old, policy=True) == [(PATH, "Forbidden", "PVC-03")]
    assert CLAIMS.refused(old, new, policy=True) == [(PATH, "Forbidden", "PVC-02")]
    tidier = User("system:serviceaccount:kube-system:pvc-protection-controller")
    assert CLAIMS.refused(new, old, policy=True, user=tidier) == []
    assert CLAIMS.refused(new, old, policy=True, policy_off=("QRK-17",)) == []
    assert CLAIMS.refused(new, old) == []
