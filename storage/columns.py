"""The row columns of storage's kinds, made from the object in the same save; pure."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
DEFAULT_LABEL = "encryption.vmware.com/default"


def storage_class(obj: Object) -> dict[str, Any]:
    return {"policy_id": (obj.get("parameters") or {}).get("storagePolicyID", "")}


def storage_policy(obj: Object) -> dict[str, Any]:
    return {
        "policy_id": (obj.get("spec") or {}).get("id", ""),
        "is_encrypted": bool((obj.get("status") or {}).get("encrypted")),
    }


def storage_policy_quota(obj: Object) -> dict[str, Any]:
    return {"policy_id": (obj.get("spec") or {}).get("storagePolicyId", "")}


def encryption_class(obj: Object) -> dict[str, Any]:
    return {"is_default": (obj["metadata"].get("labels") or {}).get(DEFAULT_LABEL) == "true"}
