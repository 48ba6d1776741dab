"""Which quotas have to tell their usage anew because of an object that was just written."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from storage.columns import storage_class
from storage.models import StoragePolicyQuota


def for_storage_class(obj: dict[str, Any]) -> QuerySet[Any]:
    """The quotas of its policy: each tells of all its classes."""
    policy_id = storage_class(obj)["policy_id"]
    quotas = StoragePolicyQuota.objects.exclude(policy_id="").filter(policy_id=policy_id)
    return quotas.values("uid")
