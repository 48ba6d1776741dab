"""How an object changes when VM Operator reads it into its Go types and writes it back. Run by `admit`.

A mutating webhook does so with every object it changes (PIPE-11), and it shows: a missing required field comes
back as its type's zero value, which the rules then judge, and an empty optional one is left out, so that it
takes its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmportal.admission.reading import copy

_ZERO: dict[str, Any] = {"string": "", "integer": 0, "boolean": False, "object": {}}
_EMPTY: dict[Any, tuple[Any, ...]] = {"string": ("",), "array": ([],), "object": ({},)}
_VALUE_OR_SECRET = {"value", "from"}  # the value is a pointer, so that an empty one is kept


def rewrite(schema: Mapping[str, Any], value: Any) -> None:
    """Do the same to a value, in place, where it has the types that its schema says."""
    if isinstance(value, list):
        items = schema.get("items", {})
        for index, item in enumerate(value):
            if item is None and items.get("type") in _ZERO:
                value[index] = _zero(items)
            else:
                rewrite(items, item)
    elif isinstance(value, dict):
        properties = schema.get("properties")
        if properties:
            _rewrite_fields(properties, frozenset(schema.get("required", ())), value)


def _rewrite_fields(properties: Mapping[str, Any], required: frozenset[str], value: dict[str, Any]) -> None:
    for key, item in [*value.items()]:
        node = properties.get(key)
        if node is None or (item == "" and properties.keys() == _VALUE_OR_SECRET):
            continue
        if key not in required and _is_left_out(node, item):
            del value[key]
        elif isinstance(item, dict | list):
            rewrite(node, item)
    for key in required - value.keys():
        node = properties.get(key, {})
        if node.get("x-kubernetes-int-or-string"):
            value[key] = 0
        elif node.get("type") in _ZERO:
            value[key] = _zero(node)


def _zero(node: Mapping[str, Any]) -> Any:
    """The zero value of a schema's type; of an object, with those of its required fields."""
    zero = copy(_ZERO[node["type"]])
    rewrite(node, zero)
    return zero


def _is_left_out(node: Mapping[str, Any], item: Any) -> bool:
    """Whether an optional field is empty in Go's sense.

    A number or switch is only known to be no pointer, so that zero means absent, where zero is out of its range.
    """
    if item is None:
        return True
    if type(item) is int:
        return item == 0 and node.get("minimum", 0) > 0
    is_plain = not node.get("properties")  # an empty object with fields of its own is kept
    return is_plain and item in _EMPTY.get(node.get("type"), ())
