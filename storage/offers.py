"""Which storage classes a namespace may use, and how much of each is used.

Called by the pages of `storage` and the form for a new machine. A class is offered by a StoragePolicyQuota.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.models import StorageClass, StoragePolicy, StoragePolicyQuota
from storage.quota import shown, size
from vmportal.offers.marks import WITHDRAWN


@dataclass(frozen=True)
class StorageOffer:
    """A storage class in a few facts; quantities as Kubernetes writes them, empty where nothing is known."""

    name: str
    limit: str
    used: str
    is_encrypted: bool
    can_grow: bool
    binding: str


def storage_offers(namespace: str) -> list[StorageOffer]:
    """The storage classes offered in a namespace, by name. Three statements."""
    quotas = {
        row.policy_id: json.loads(row.body)
        for row in StoragePolicyQuota.objects.filter(namespace=namespace)
        .exclude(policy_id="")
        .exclude(labels__has_key=WITHDRAWN)
    }
    classes = StorageClass.objects.filter(policy_id__in=quotas).order_by("name")
    encrypted = set(
        StoragePolicy.objects.filter(policy_id__in=quotas, is_encrypted=True).values_list(
            "policy_id", flat=True
        )
    )
    return [
        _offer(json.loads(row.body), quotas[row.policy_id], row.policy_id in encrypted) for row in classes
    ]


def _offer(storage_class: Mapping[str, Any], quota: Mapping[str, Any], is_encrypted: bool) -> StorageOffer:
    name = storage_class["metadata"]["name"]
    totals = (quota.get("status") or {}).get("total") or []
    usage = next(
        (item.get("scQuotaUsage") or {} for item in totals if item.get("storageClassName") == name), {}
    )
    return StorageOffer(
        name=name,
        limit=(quota.get("spec") or {}).get("limit", ""),
        used=_sum(usage),
        is_encrypted=is_encrypted,
        can_grow=bool(storage_class.get("allowVolumeExpansion")),
        binding=storage_class.get("volumeBindingMode", ""),
    )


def _sum(usage: Mapping[str, Any]) -> str:
    """What is used, and what is kept free for machines that are not there yet; empty where nothing is known."""
    return shown(size(usage.get("reserved")) + size(usage.get("used")), True) if usage else ""
