"""How classes, images, zones, keys and storage are offered to namespaces: who cannot do without them.

For `vms.kinds`, and for the list of kinds, as the kinds of `storage` must not know of VMs.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from storage.models import PersistentVolumeClaim, StorageClass
from vmportal.kind import Offering
from vms.models import VirtualMachine

Object = dict[str, Any]


def _users(column: str, **more: str) -> Offering:
    def users(obj: Object) -> list[QuerySet[Any]]:
        meta = obj["metadata"]
        where = {"namespace": meta["namespace"], column: meta["name"], **more}
        return [VirtualMachine.objects.filter(**where)]

    return Offering(users, has_status=column == "image")


CLASS = _users("class_name")
IMAGE = _users("image", power_state="")  # once there, a VM needs its image no more
ZONE = _users("zone")
ENCRYPTION_CLASS = _users("encryption_class")


def _users_of_storage(obj: Object) -> list[QuerySet[Any]]:
    policy = (obj.get("spec") or {}).get("storagePolicyId", "")
    classes = StorageClass.objects.exclude(policy_id="").filter(policy_id=policy).values("name")
    where = {"namespace": obj["metadata"]["namespace"], "storage_class__in": classes}
    return [VirtualMachine.objects.filter(**where), PersistentVolumeClaim.objects.filter(**where)]


POLICY_QUOTA = Offering(_users_of_storage)
