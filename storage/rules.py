"""What claims, quotas and usages may look like. Put together in `storage.admission`; pure.

The guard of instance storage is VM Operator's (section 7.11 of the catalogue); the rest are rules that the CRDs of
the storage policies carry themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import get, label
from vmportal.admission.rule import Gate, forbidden, invalid, rule
from vmportal.errors import FieldError

INSTANCE_STORAGE_LABEL = "vmoperator.vmware.com/instance-storage-resource"
LABEL_PATH = f"metadata.labels[{INSTANCE_STORAGE_LABEL}]"
# Who tends claims in a cluster, beside the privileged users.
SYSTEM_ACCOUNTS = frozenset(
    {
        "system:serviceaccount:kube-system:persistent-volume-binder",
        "system:serviceaccount:kube-system:pvc-protection-controller",
        "system:serviceaccount:kube-system:generic-garbage-collector",
        "system:serviceaccount:kube-system:namespace-controller",
        "system:serviceaccount:vmware-system-csi:vsphere-csi-controller",
    }
)


def _had_label(claim: Admitting) -> bool:
    return label(claim.old, INSTANCE_STORAGE_LABEL) is not None


ORDINARY = Gate("not by a system account", lambda claim: claim.user.name not in SYSTEM_ACCOUNTS)
GUARDED = Gate("the claim has had the label", _had_label)


@rule("PVC-01", op="C", gate=ORDINARY, exempt="priv", who="admin")
def no_claim_is_made_for_instance_storage(claim: Admitting) -> Iterator[FieldError]:
    """Users make no claims for instance storage."""
    if claim.label(INSTANCE_STORAGE_LABEL) is not None:
        yield forbidden(
            LABEL_PATH, "Leave this label out: the claims of instance storage are made with the VM."
        )


@rule("PVC-02", op="U", gate=ORDINARY & ~GUARDED, exempt="priv", who="admin")
def no_claim_becomes_one_for_instance_storage(claim: Admitting) -> Iterator[FieldError]:
    """Users turn no claim into one for instance storage."""
    if claim.label(INSTANCE_STORAGE_LABEL) is not None:
        yield forbidden(
            LABEL_PATH, "Take this label off: the claims of instance storage are made with the VM."
        )


@rule("PVC-03", op="U", gate=ORDINARY & GUARDED, exempt="priv", who="admin")
def claims_for_instance_storage_stay(claim: Admitting) -> Iterator[FieldError]:
    """Users change nothing of a claim for instance storage."""
    yield forbidden(LABEL_PATH, "Leave this claim as it is: it is the instance storage of a VM.")


@rule("PVC-04", op="D", gate=ORDINARY & GUARDED, exempt="priv", who="admin")
def claims_for_instance_storage_are_kept(claim: Admitting) -> Iterator[FieldError]:
    """Users delete no claim for instance storage."""
    yield forbidden(
        LABEL_PATH, "Delete the VM instead: this claim is its instance storage, and goes with it."
    )


@rule("CEL-01", op="U", who="admin")
def the_policy_of_a_quota_stays(quota: Admitting) -> Iterator[FieldError]:
    """A quota keeps its storage policy."""
    yield from _kept(quota, "spec.storagePolicyId")


@rule("CEL-02", op="U", who="admin")
def what_a_usage_counts_stays(usage: Admitting) -> Iterator[FieldError]:
    """A usage keeps what it counts, and for whom; what was left out may be added."""
    yield from _kept(usage, "spec.storagePolicyId")
    yield from _kept(usage, "spec.storageClassName")
    yield from _kept(usage, "spec.resourceApiGroup")
    yield from _kept(usage, "spec.resourceKind")
    yield from _kept(usage, "spec.resourceExtensionName")


def _kept(request: Admitting, path: str) -> Iterator[FieldError]:
    was, now = get(request.old, path), request.get(path)
    if was is not None and now is not None and was != now:
        yield invalid(path, "This cannot be changed: put it back, or make another object.")


CLAIM_RULES = (
    no_claim_is_made_for_instance_storage,
    no_claim_becomes_one_for_instance_storage,
    claims_for_instance_storage_stay,
    claims_for_instance_storage_are_kept,
)
