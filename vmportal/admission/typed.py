"""How an object changes when VM Operator reads it into its Go types and writes it back. Run by `admit`.

A mutating webhook does so with every object it changes (PIPE-11), and it shows: a missing required field comes
back as its type's zero value, which the rules then judge, and an empty optional one is left out, so that it
takes its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ZERO = {"string": "", "integer": 0, "boolean": False}


def rewrite(schema: Mapping[str, Any], value: Any) -> None:
    """Do the same to a value, in place, where it has the types that its schema says."""
    if isinstance(value, list):
        items = schema.get("items", {})
        for item in value:
            rewrite(items, item)
    elif isinstance(value, dict):
        properties = schema.get("properties")
        if properties:
            _rewrite_fields(properties, frozenset(schema.get("required", ())), value)


def _rewrite_fields(properties: Mapping[str, Any], required: frozenset[str], value: dict[str, Any]) -> None:
    for key, item in [*value.items()]:
        node = properties.get(key)
        if node is None:
            continue
        if key not in required and _is_left_out(node, item):
            del value[key]
        elif isinstance(item, dict | list):
            rewrite(node, item)
    for key in required - value.keys():
        node = properties.get(key, {})
        if node.get("x-kubernetes-int-or-string"):
            value[key] = 0
        elif node.get("type") == "object":
            value[key] = {}
            rewrite(node, value[key])
        elif node.get("type") in ZERO:
            value[key] = ZERO[node["type"]]


def _is_left_out(node: Mapping[str, Any], item: Any) -> bool:
    """Whether an optional field is empty in Go's sense.

    A number or switch is only known to be no pointer, so that zero means absent, where zero is out of its range.
    """
    if item is None or item in ("", []):
        return True
    if item == {}:
        return "additionalProperties" in node
    return type(item) is int and item == 0 and node.get("minimum", 0) > 0
