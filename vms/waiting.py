"""Which VMs may have waited for an object that was just written: their work is due again (reconcile.md 1.1)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from vms.models import VirtualMachine

Object = dict[str, Any]


def for_class(obj: Object) -> QuerySet[Any]:
    """The VMs of a class."""
    meta = obj["metadata"]
    return _uids(namespace=meta["namespace"], class_name=meta["name"])


def for_image(obj: Object) -> QuerySet[Any]:
    """The VMs that are being made from an image."""
    return _uids(image=obj["metadata"]["name"], power_state="")


def for_secret(obj: Object) -> QuerySet[Any]:
    """The VMs of a namespace that are not made yet: one may want this Secret."""
    return _uids(namespace=obj["metadata"]["namespace"], power_state="")


def for_encryption_class(obj: Object) -> QuerySet[Any]:
    """The VMs encrypted by a class."""
    meta = obj["metadata"]
    return _uids(namespace=meta["namespace"], encryption_class=meta["name"])


def _uids(**where: str) -> QuerySet[Any]:
    return VirtualMachine.objects.filter(**where).values("uid")
