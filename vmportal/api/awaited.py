"""What a client may wait for, in the words of `kubectl wait --for`: read from a query, asked of an object.

Called by `vmportal.api.waiting`; pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vmportal.api import jsonpath
from vmportal.errors import BadRequest
from vmportal.kind import Object, Shape

WORDS = "condition=<type>[=<status>], jsonpath=<path>[=<value>], create, delete"
LONGEST = 250  # letters of what is waited for: to read a path takes time that grows faster than it does
UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0}
METADATA = {
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
}
METADATA |= {"labels", "annotations", "finalizers", "ownerReferences", "generateName", "managedFields"}
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")  # of a condition
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|)")
# One step of a path: a name, or what stands in brackets (filters hold no brackets of their own).
_STEP = re.compile(r"\.?(?P<name>(?:[^.\[\]\\]|\\.)+)|\[(?P<bracket>[^\]]*)\]")


@dataclass(frozen=True)
class Awaited:
    """`word` is create, delete, condition or jsonpath; `name` the condition or the path."""

    text: str
    word: str
    name: str = ""
    value: str | None = None  # None: a path that finds anything will do

    def is_met(self, obj: Object | None) -> bool:
        """Whether it is so of an object; None: it is not there."""
        if obj is None:
            return self.word == "delete"
        if self.word == "condition":
            return _has_condition(obj, self.name, self.value or "")
        if self.word == "jsonpath":
            found = list(jsonpath.find(self.name, obj))
            return bool(found) if self.value is None else self.value in map(_text, found)
        return self.word == "create"

    def stands(self, obj: Object | None) -> str:
        """How it stands, for who has waited in vain."""
        if obj is None:
            return "it is not there"
        if self.word == "condition":
            return _told_conditions(obj, self.name)
        if self.word == "jsonpath":
            found = [_text(value) for value in jsonpath.find(self.name, obj)]
            return f"{self.name} is {', '.join(found)}"[:LONGEST] if found else f"there is no {self.name} yet"
        finalizers = obj["metadata"].get("finalizers") or []
        return f"it is held by {', '.join(finalizers)}" if finalizers else "it is there"


def read(text: str, shape: Shape) -> Awaited:
    """What `?wait=` asks of an object of a kind. Raises `BadRequest` for what can never be."""
    word, _, rest = text.partition("=")
    if len(text) > LONGEST:
        raise BadRequest(f"wait is too long: {LONGEST} letters at most")
    if text in ("create", "delete"):
        return Awaited(text, text)
    if word == "condition" and rest:
        return _condition(text, rest, shape)
    if word == "jsonpath" and rest:
        return _path(text, rest, shape)
    raise BadRequest(f"wait is one of {WORDS}; not {text!r}")


def seconds(text: str, most: float) -> float:
    """A duration (`30s`, `1m`, `500ms`, `30`). Raises `BadRequest`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise BadRequest(f"timeout is a duration such as 30s or 1m, not {text!r}")
    found = float(match[1]) * UNITS[match[2]]
    if found > most:
        raise BadRequest(f"timeout is {most:g}s at most; ask again to wait longer")
    return found


def _condition(text: str, rest: str, shape: Shape) -> Awaited:
    name, _, value = rest.partition("=")
    if not _TYPE.fullmatch(name):
        raise BadRequest(f"wait: {name!r} is no type of a condition: condition=<type>[=<status>]")
    status = shape.schema.get("properties", {}).get("status", {})
    if "conditions" not in status.get("properties", {}):
        raise BadRequest(
            f"{shape.group_resource} have no conditions: wait for jsonpath=<path>[=<value>] or delete"
        )
    return Awaited(text, "condition", name, value or "True")


def _path(text: str, rest: str, shape: Shape) -> Awaited:
    path, value = _split(rest)
    plain = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    if not plain.startswith((".", "[")):
        plain = f".{plain}"
    try:
        list(jsonpath.find(plain, {}))
    except ValueError as error:
        raise BadRequest(str(error)) from None
    _demand_field(plain, shape)
    return Awaited(text, "jsonpath", plain, value)


def _split(rest: str) -> tuple[str, str | None]:
    """(path, value) of `.status.conditions[?(@.type=="Ready")].status=True`: the `=` outside of brackets."""
    depth = 0
    for at, letter in enumerate(rest):
        depth += (letter in "[{(") - (letter in "]})")
        if letter == "=" and depth <= 0:
            return rest[:at], rest[at + 1 :].strip("\"'")
    return rest, None


def _demand_field(path: str, shape: Shape) -> None:
    """Raise `BadRequest` for a path that no object of the kind can have: who waits for a slip waits in vain."""
    properties = {
        **shape.schema.get("properties", {}),
        "metadata": {"properties": {name: {} for name in METADATA}},
        "apiVersion": {},
        "kind": {},
    }
    node: Mapping[str, Any] = {"properties": properties}
    walked = ""
    for name, step in _steps(path):
        known = node.get("properties")
        if name and known and name not in known and not node.get("x-kubernetes-preserve-unknown-fields"):
            raise BadRequest(
                f"{path} is no field of a {shape.kind}: {walked or 'it'} has {', '.join(sorted(known))}"
            )
        below = known.get(name) if name and known else _below(node)
        node = below if isinstance(below, Mapping) else {}
        walked += step


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """(name, the step as it is written); without a name for what stands in brackets."""
    for match in _STEP.finditer(path):
        bracket = match["bracket"] or ""
        quoted = bracket[1:-1] if bracket[:1] == "'" == bracket[-1:] else ""
        yield re.sub(r"\\(.)", r"\1", match["name"] or "") or quoted, match[0]


def _below(node: Mapping[str, Any]) -> Any:
    """The schema of a list's items, or of a map's values."""
    return node.get("items") or node.get("additionalProperties") or {}


def _has_condition(obj: Object, name: str, status: str) -> bool:
    """As kubectl decides: letters large or small, and not by a condition of an older generation."""
    for one in _conditions(obj):
        if str(one.get("type", "")).lower() != name.lower():
            continue
        seen = one.get("observedGeneration") or (obj.get("status") or {}).get("observedGeneration")
        if isinstance(seen, int) and seen < obj["metadata"].get("generation", 0):
            return False
        return str(one.get("status", "")).lower() == status.lower()
    return False


def _told_conditions(obj: Object, name: str) -> str:
    """How the condition stands; when there is none of the name, which there are."""
    found = _conditions(obj)
    for one in found:
        if str(one.get("type", "")).lower() == name.lower():
            return f"{one.get('type')} is {one.get('status')}{_because(one)}"
    names = ", ".join(str(one.get("type")) for one in found) or "none"
    return f"there is no condition {name} yet, of {names}"


def _conditions(obj: Object) -> list[dict[str, Any]]:
    found = (obj.get("status") or {}).get("conditions")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _because(condition: Mapping[str, Any]) -> str:
    told = ": ".join(str(condition[key]) for key in ("reason", "message") if condition.get(key))
    return f" ({told[:200]})" if told and condition.get("status") != "True" else ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))
