"""The row columns of the kinds of `groups`, made from the object in the same save; pure."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def group(obj: Object) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    return {"group_name": spec.get("groupName") or "", "power_state": spec.get("powerState") or ""}


def publish_request(obj: Object) -> dict[str, Any]:
    conditions = (obj.get("status") or {}).get("conditions") or []
    return {
        "source": (obj.get("spec") or {}).get("source") or obj["metadata"]["name"],
        "is_complete": any(
            one.get("type") == "Complete" and one.get("status") == "True" for one in conditions
        ),
    }
