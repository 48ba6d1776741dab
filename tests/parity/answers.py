"""What of two servers' answers must be alike: masks what each makes up itself, and finds what differs.

Called by tests/parity/playing.py and test_parity.py; pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HEADERS = (
    "Content-Type",
    "Content-Encoding",
    "Cache-Control",
    "ETag",
    "Retry-After",
    "Warning",
)
SORTED = ("managedFields", "causes")  # the former are sorted by time, the latter by chance
TIMES = ("creationTimestamp", "deletionTimestamp", "time")
ABSENT = "(absent)"
RANDOM = 5  # letters that a server puts behind `generateName`

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
_UID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_AGE = re.compile(r"^\d+s$")
_HASH = re.compile(r"\b[0-9A-F]{128}\b")
_CURRENT = re.compile(r"current: \d+|\(\d+\)")


@dataclass
class Mask:
    """Masks all answers of one play. What is the same in them stays the same: uids and versions are counted."""

    uids: dict[str, str] = field(default_factory=dict)
    versions: dict[tuple[str, str], str] = field(default_factory=dict)  # by uid and version

    def value(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            made = [self.value(item) for item in value]
            return sorted(made, key=_in_order) if key in SORTED else made
        if isinstance(value, str):
            return self._text(value, key)
        return value

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, item in sorted(_plain(value).items()):
            if key == "description" and isinstance(item, str):
                continue  # ours are our own
            if key == "metadata" and isinstance(item, dict):
                made[key] = self._metadata(item)
            elif key.startswith('k:{"uid"'):
                made['k:{"uid":(uid)}'] = item
            elif key == "cells":
                made[key] = [
                    "(age)" if isinstance(one, str) and _AGE.match(one) else self.value(one) for one in item
                ]
            else:
                made[key] = self.value(item, key)
        return made

    def _metadata(self, meta: dict[str, Any]) -> dict[str, Any]:
        made = dict(self.value(meta))
        uid, version = meta.get("uid", ""), meta.get("resourceVersion", "")
        if version and uid:
            seen = sum(of == uid for of, _ in self.versions)
            made["resourceVersion"] = self.versions.setdefault((uid, version), f"(version {seen + 1})")
        prefix, name = meta.get("generateName"), meta.get("name", "")
        if prefix and name.startswith(prefix) and len(name) == len(prefix) + RANDOM:
            made["name"] = f"{prefix}(random)"
        return made

    def _text(self, text: str, key: str) -> str:
        if key in TIMES or _TIME.match(text):
            return "(time)"
        if key in ("resourceVersion", "continue", "serverAddress"):
            return f"({key})" if text else text
        text = _UID.sub(lambda found: self.uids.setdefault(found[0], f"(uid {len(self.uids) + 1})"), text)
        text = _HASH.sub("(hash)", text)
        if key != "message":
            return text
        head, strict, fields = text.partition("strict decoding error: ")  # their order is chance
        return _CURRENT.sub("(current)", head + strict + ", ".join(sorted(fields.split(", "))))

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Those that clients use; of an ETag only that there is one."""
        found = {name: self._text(headers[name.lower()], name) for name in HEADERS if name.lower() in headers}
        if "ETag" in found:
            found["ETag"] = "(etag)"
        if "Warning" in found:  # several stand in one header, or in several
            found["Warning"] = ", ".join(sorted(found["Warning"].split(", ")))
        return found


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Without what clients pass over, as it says nothing."""
    kept = {key: item for key, item in value.items() if not (key in ("details", "continue") and not item)}
    if str(kept.get("kind", "")).endswith("List") and kept.get("apiVersion") == "v1":
        # Typed items do not say what they are, as the list does; ours are the bytes that are stored.
        head = ("apiVersion", "kind")
        kept["items"] = [{key: one[key] for key in one if key not in head} for one in kept.get("items") or []]
    return kept


def _in_order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@dataclass(frozen=True)
class Differs:
    """One thing that the portal (`ours`) answers otherwise than the real server (`theirs`)."""

    place: str  # `3 body.details.causes[0].message`: of the third answer
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"  {self.place}\n    portal: {self.ours!r}\n    real:   {self.theirs!r}"


def differences(ours: list[Any], theirs: list[Any]) -> Iterator[Differs]:
    """Between all answers of two plays."""
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True), start=1):
        if one["status"] != other["status"]:  # then all of it differs
            yield Differs(f"{number} status", _in_short(one), _in_short(other))
        else:
            yield from _between(*_without_own_words(_more_tagged(one, other), other), f"{number}")


def _in_short(answer: Any) -> str:
    body = answer.get("body")
    said = body.get("message") or body.get("kind") if isinstance(body, dict) else body
    return f"{answer['status']} {said}"


def _without_own_words(ours: Any, theirs: Any) -> tuple[Any, Any]:
    """A refusal by one of the portal's rules says in its own words what to do, and has fields for it.

    Then place and reason of each cause are compared, and what stands before the causes in the message.
    """
    causes = _causes(ours)
    if not any("rule" in cause for cause in causes) or len(causes) != len(_causes(theirs)):
        return ours, theirs
    return _silenced(ours), _silenced(theirs)


def _more_tagged(ours: Any, theirs: Any) -> Any:
    """`ours` without an ETag that the real server does not give: more can be asked for with If-None-Match."""
    if "ETag" in theirs["headers"]:
        return ours
    return {**ours, "headers": {name: text for name, text in ours["headers"].items() if name != "ETag"}}


def _causes(answer: Any) -> list[Any]:
    body = answer.get("body")
    details = body.get("details") if isinstance(body, dict) and body.get("kind") == "Status" else None
    return list((details or {}).get("causes") or [])


def _silenced(answer: Any) -> Any:
    body = answer["body"]
    causes = [{key: one[key] for key in ("reason", "field") if key in one} for one in _causes(answer)]
    message = str(body["message"]).split(" is invalid: ")[0]
    details = {**body["details"], "causes": sorted(causes, key=_in_order)}
    return {**answer, "body": {**body, "message": message, "details": details}}


def _between(ours: Any, theirs: Any, place: str) -> Iterator[Differs]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            below = f"{place}.{key}" if " " in place else f"{place} {key}"
            yield from _between(ours.get(key, ABSENT), theirs.get(key, ABSENT), below)
    elif isinstance(ours, list) and isinstance(theirs, list):
        for index in range(max(len(ours), len(theirs))):
            one, other = (side[index] if index < len(side) else ABSENT for side in (ours, theirs))
            yield from _between(one, other, f"{place}[{index}]")
    elif ours != theirs or isinstance(ours, bool) != isinstance(theirs, bool):
        yield Differs(place, ours, theirs)
