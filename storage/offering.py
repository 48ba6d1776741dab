"""How storage classes are offered to namespaces: by what lets a namespace use one. For `storage.kinds`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmportal.kind import Offering

Object = dict[str, Any]
UNLIMITED = str(2**63 - 1)  # of a ResourceQuota, which cannot do without a number


def _grant(storage_class: Object, limit: str, features: Mapping[str, bool]) -> Object | None:
    """The StoragePolicyQuota (VS-04) or, as the installation has it, the ResourceQuota (VS-03) for a class."""
    name = storage_class["metadata"]["name"]
    if not features.get("PodVMOnStretchedSupervisor"):
        hard = {f"{name}.storageclass.storage.k8s.io/requests.storage": limit or UNLIMITED}
        return {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": f"{name}-storagequota"},
            "spec": {"hard": hard},
        }
    policy = (storage_class.get("parameters") or {}).get("storagePolicyID", "")
    if not policy:
        return None
    return {
        "apiVersion": "cns.vmware.com/v1alpha2",
        "kind": "StoragePolicyQuota",
        "metadata": {"name": f"{name}-storagepolicyquota"},
        "spec": {"storagePolicyId": policy, **({"limit": limit} if limit else {})},
    }


STORAGE_CLASS = Offering(grant=_grant)
QUOTA = Offering()
