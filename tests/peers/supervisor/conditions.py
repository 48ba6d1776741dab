"""Conditions in an object's status, in VM Operator's manner.

Called by the parts that judge objects; pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.peers.supervisor.resources import Document


class Conditions:
    """Those of one status; `now` is when they change, `generation` what they were seen of."""

    def __init__(self, status: Document, now: datetime, generation: int | None) -> None:
        self._status, self._now, self._generation = status, now, generation

    def true(self, kind: str, reason: str = "True", message: str = "") -> None:
        self._set(kind, "True", reason, message)

    def false(self, kind: str, reason: str, message: str = "") -> None:
        self._set(kind, "False", reason, message)

    def unknown(self, kind: str, reason: str, message: str = "") -> None:
        self._set(kind, "Unknown", reason, message)

    def delete(self, kind: str) -> None:
        if "conditions" in self._status:
            self._status["conditions"] = [one for one in self._status["conditions"] if one["type"] != kind]

    def is_true(self, kind: str) -> bool:
        return is_true(self._status, kind)

    def _set(self, kind: str, status: str, reason: str, message: str) -> None:
        others = [one for one in self._status.get("conditions", ()) if one["type"] != kind]
        old = condition(self._status, kind)
        seen = {} if self._generation is None else {"observedGeneration": self._generation}
        changed = old["lastTransitionTime"] if old and old["status"] == status else moment(self._now)
        new = {"type": kind, "status": status, "reason": reason, "message": message, **seen}
        self._status["conditions"] = sorted(
            [*others, {**new, "lastTransitionTime": changed}], key=lambda one: str(one["type"])
        )


def condition(status: Mapping[str, Any], kind: str) -> Document | None:
    return next((one for one in status.get("conditions", ()) if one["type"] == kind), None)


def is_true(status: Mapping[str, Any], kind: str) -> bool:
    found = condition(status, kind)
    return found is not None and found["status"] == "True"


def moment(time: datetime) -> str:
    """RFC 3339 in whole seconds, as Kubernetes' times are."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def exact_moment(time: datetime) -> str:
    """RFC 3339 with what a second is made of."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
