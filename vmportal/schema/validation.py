"""The strict check of a value against its schema, with Kubernetes' paths and error types. Pure.

Called by admission. Each schema is compiled once into nested functions, which answer with the faults below
their own place, or with None: a path is written only when something is wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from vmportal.errors import FieldError
from vmportal.schema.nodes import Node, is_open, is_set, merge_keys
from vmportal.schema.scalars import SCALARS, Check, Fault, int_or_string, show, wrong_type

_KNOWN = {
    *("type", "description", "default", "nullable", "enum", "pattern", "format", "anyOf"),
    *("properties", "additionalProperties", "required", "items", "minItems", "maxItems"),
    *("minLength", "maxLength", "minimum", "maximum", "x-kubernetes-int-or-string"),
    *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"),
    "x-kubernetes-preserve-unknown-fields",
}
_COMPILED: dict[int, tuple[Node, Check]] = {}  # by identity; the schema is held, so that its id stays its own
_MOST_COMPILED = 1000


def validate(schema: Node, value: Any, path: str = "") -> list[FieldError]:
    """Everything that is wrong with a value; `path` is where it stands in the client's object.

    `"5"` is no number, `true` and `1.0` are no integers. Raises ValueError for a schema with words
    that this validator does not know.
    """
    faults = _compiled(schema)(value)
    return [FieldError((path + below).removeprefix("."), kind, text) for below, kind, text in faults or ()]


def _compiled(schema: Node) -> Check:
    known = _COMPILED.get(id(schema))
    if known is None:
        if len(_COMPILED) >= _MOST_COMPILED:
            _COMPILED.clear()
        known = _COMPILED[id(schema)] = (schema, _compile(schema))
    return known[1]


def _compile(node: Node) -> Check:
    strange = set(node) - _KNOWN
    if strange:
        raise ValueError(f"Words that the validator does not know: {', '.join(sorted(strange))}")
    kind = node.get("type")
    if node.get("x-kubernetes-int-or-string"):
        check = int_or_string(node)
    elif kind == "object":
        check = _object(node)
    elif kind == "array":
        check = _array(node)
    elif kind is not None:
        check = SCALARS[kind](node)
    elif is_open(node):
        check = _anything
    else:
        raise ValueError("A schema without a type must be an int-or-string or preserve unknown fields")
    return _or_null(check) if node.get("nullable") else check


def _object(node: Node) -> Check:
    required = tuple(node.get("required", ()))
    fields = {name: _compile(below) for name, below in node.get("properties", {}).items()}
    others = node.get("additionalProperties")
    other = _compile(others) if isinstance(others, Mapping) else None

    def check(value: Any) -> list[Fault] | None:
        if type(value) is not dict:
            return wrong_type("object", value)
        faults: list[Fault] = [
            (f".{name}", "Required", "Give this a value: it is required.")
            for name in required
            if name not in value
        ]
        for key, item in value.items():
            field = fields.get(key)
            if field is not None:
                found = field(item)
                if found:
                    faults += _below(f".{key}", found)
            elif other is not None:
                found = other(item)
                if found:
                    faults += _below(f"[{key}]", found)
        return faults or None

    return check


def _array(node: Node) -> Check:
    item_check = _compile(node["items"])
    fewest, most = node.get("minItems", 0), node.get("maxItems", math.inf)
    keys, is_unique = merge_keys(node), is_set(node)

    def check(value: Any) -> list[Fault] | None:
        if type(value) is not list:
            return wrong_type("array", value)
        faults: list[Fault] = []
        if len(value) > most:
            faults.append(("", "TooMany", f"Keep to at most {most} items: here are {len(value)}."))
        if len(value) < fewest:
            faults.append(("", "Invalid", f"Give at least {fewest} items: here are {len(value)}."))
        for index, item in enumerate(value):
            found = item_check(item)
            if found:
                faults += _below(f"[{index}]", found)
        if len(value) > 1 and (keys or is_unique):
            faults += _duplicates(value, keys)
        return faults or None

    return check


def _duplicates(value: list[Any], keys: tuple[str, ...]) -> Iterator[Fault]:
    """The second of each group of equals; further ones are told when that is put right, as in Kubernetes."""
    seen: dict[str, int] = {}
    for index, item in enumerate(value):
        if keys and type(item) is not dict:
            continue
        identity = {key: item[key] for key in keys if key in item} if keys else item
        mark = json.dumps(identity, sort_keys=True)
        seen[mark] = seen.get(mark, 0) + 1
        if seen[mark] == 2:
            parts = [f"{key} {show(identity[key])}" for key in keys if key in identity] or [show(identity)]
            message = f"An earlier item has {', '.join(parts)} already: choose another or remove one."
            yield (f"[{index}]", "Duplicate", message)


def _anything(value: Any) -> list[Fault] | None:
    return None


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _below(step: str, faults: list[Fault]) -> Iterator[Fault]:
    return ((step + path, kind, message) for path, kind, message in faults)
