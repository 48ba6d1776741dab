"""Which StorageClasses a namespace may use. Asked by admission, and named by its references. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from storage import encryption
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import mapping
from vmportal.offers.marks import is_withdrawn

LIMIT_SUFFIX = ".storageclass.storage.k8s.io/"  # in the keys of a ResourceQuota, after a class's name
QUOTA_POLICY = "spec.storagePolicyId"  # of a StoragePolicyQuota


def references(request: Admitting, storage_class: str) -> Iterator[Want]:
    """What must be looked up to know whether a class is assigned to the request's namespace."""
    if not storage_class:
        return
    yield Want("StorageClass", "", storage_class)
    yield Want("ResourceQuota", request.namespace)
    policy = encryption.policy_id(request, storage_class)
    if policy:
        yield _policy_quotas(request.namespace, policy)


def is_assigned_by_policy_quota(request: Admitting, storage_class: str) -> bool:
    """Whether the namespace has a StoragePolicyQuota for the class's policy; without policy it has none.

    One that has been withdrawn is for those who use the class already.
    """
    policy = encryption.policy_id(request, storage_class)
    quotas = request.world.find(_policy_quotas(request.namespace, policy)) if policy else []
    return not all(map(is_withdrawn, quotas))


def is_assigned_by_resource_quota(request: Admitting, storage_class: str) -> bool:
    """Whether a ResourceQuota of the namespace limits the class."""
    quotas = request.world.find(Want("ResourceQuota", request.namespace))
    keys = (key for quota in quotas for key in mapping(quota, "spec.hard"))
    return any(key.startswith(storage_class + LIMIT_SUFFIX) for key in keys)


def _policy_quotas(namespace: str, policy: str) -> Want:
    return Want("StoragePolicyQuota", namespace, field=QUOTA_POLICY, equals=policy)
