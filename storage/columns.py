"""The row columns of storage's kinds, made from the object in the same save; pure."""

from __future__ import annotations

from typing import Any

from vmportal.schema import column_quantity

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


def storage_policy_usage(obj: Object) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    return {
        "policy_id": spec.get("storagePolicyId") or "",
        "storage_class": spec.get("storageClassName") or "",
    }


def claim(obj: Object) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    requests = (spec.get("resources") or {}).get("requests") or {}
    return {
        "storage_class": spec.get("storageClassName") or "",
        "requested": column_quantity(requests.get("storage")),
        "phase": (obj.get("status") or {}).get("phase") or "",
    }


def register_volume(obj: Object) -> dict[str, Any]:
    return {
        "claim_name": (obj.get("spec") or {}).get("pvcName") or "",
        "is_registered": bool((obj.get("status") or {}).get("registered")),
    }
