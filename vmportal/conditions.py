"""Conditions of an object's status, as Kubernetes has them. Used where the portal writes its own kinds' status; pure."""

from __future__ import annotations

from typing import Any

from vmportal.admission.reading import get

Object = dict[str, Any]


def condition_of(obj: Object, type_: str) -> Object:
    """The condition of that type in the object's status; empty when there is none."""
    found = get(obj, "status.conditions") or []
    return next((one for one in found if one.get("type") == type_), {})


def dated(obj: Object, condition: Object, now: str) -> Object:
    """The condition with the time since which its status is so; `obj` is as it was before."""
    before = condition_of(obj, condition["type"])
    is_same = before.get("status") == condition["status"]
    return {**condition, "lastTransitionTime": before.get("lastTransitionTime", now) if is_same else now}
