"""What quotas tell of their namespaces: their statuses, and the StoragePolicyUsages beside them. Pure.

Called by `storage.tasks`. Names and shapes are VM Operator's and the CSI driver's (reconcile.md 17.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from storage.quota import CLAIMS, Booked, is_bytes, key_of, shown
from vmportal.admission.reading import Object, mapping, text

VM_GROUP = "vmoperator.vmware.com"


@dataclass(frozen=True)
class Extension:
    """A service that counts the storage of one kind of object."""

    counted: str  # Shape.group_resource of that kind
    group: str
    kind: str
    name: str
    suffix: str  # of the names of its StoragePolicyUsages, after the storage class


EXTENSIONS = (
    Extension(
        f"virtualmachines.{VM_GROUP}",
        VM_GROUP,
        "VirtualMachine",
        "vmware-system-vmop-webhook-service",
        "vm-usage",
    ),
    Extension(
        f"virtualmachinesnapshots.{VM_GROUP}",
        VM_GROUP,
        "VirtualMachineSnapshot",
        "snapshot-vmware-system-vmop-webhook-service",
        "vmsnapshot-usage",
    ),
    Extension(CLAIMS, "", "PersistentVolumeClaim", "volume.cns.vsphere.vmware.com", "pvc-usage"),
)


def resource_quota_status(quota: Object, used: Mapping[str, int]) -> Object:
    """`status` of a ResourceQuota; `used` by the keys of `storage.quota`, what is not in it is 0."""
    hard = mapping(quota, "spec.hard")
    shares = {}
    for resource in hard:
        key = key_of(resource)
        shares[resource] = shown(used.get(key, 0), is_bytes(key))
    return {"hard": dict(hard), "used": shares}


def policy_quota_status(classes: Iterable[str], booked: Iterable[Booked]) -> Object:
    """`status` of a StoragePolicyQuota, whose policy has these storage classes."""
    names, found = sorted(classes), list(booked)
    extensions = [
        {
            "extensionName": extension.name,
            "extensionQuotaUsage": [
                _of_class(name, (one for one in found if one.kind == extension.counted)) for name in names
            ],
        }
        for extension in EXTENSIONS
    ]
    return {"total": [_of_class(name, found) for name in names], "extensions": extensions}


def _of_class(name: str, booked: Iterable[Booked]) -> Object:
    return {
        "storageClassName": name,
        "scQuotaUsage": _sum(one for one in booked if one.storage_class == name),
    }


def _sum(booked: Iterable[Booked]) -> Object:
    found = list(booked)
    reserved, used = sum(one.reserved for one in found), sum(one.used for one in found)
    return {"reserved": shown(reserved, True), "used": shown(used, True)}


def policy_usages(
    quota: Object, classes: Iterable[str], booked: Iterable[Booked], operator_namespace: str
) -> Iterator[Object]:
    """The StoragePolicyUsages that go with a quota, and go when it goes."""
    meta, policy_id, found = quota["metadata"], text(quota, "spec.storagePolicyId"), list(booked)
    owner = {
        "apiVersion": quota["apiVersion"],
        "kind": quota["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    for name in sorted(classes):
        for extension in EXTENSIONS:
            of_kind = (one for one in found if (one.kind, one.storage_class) == (extension.counted, name))
            yield {
                "apiVersion": quota["apiVersion"],
                "kind": "StoragePolicyUsage",
                "metadata": {
                    "name": f"{name}-{extension.suffix}",
                    "namespace": meta["namespace"],
                    "ownerReferences": [owner],
                },
                "spec": {
                    "storagePolicyId": policy_id,
                    "storageClassName": name,
                    "resourceApiGroup": extension.group,
                    "resourceKind": extension.kind,
                    "resourceExtensionName": extension.name,
                    "resourceExtensionNamespace": operator_namespace if extension.group else "kube-system",
                },
                "status": {"quotaUsage": _sum(of_kind)},
            }
