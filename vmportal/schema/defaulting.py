"""Filling in what a schema gives by default, as a kube-apiserver does. Called by admission; pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from vmportal.schema.nodes import Node

_NOTHING: Node = {}


def apply_defaults(schema: Node, value: Any) -> Any:
    """The value with its schema's defaults. The argument is left alone; unchanged, it is itself the answer.

    A default is set only where its parent is present. A null where none may be is dropped first, so
    that it takes the default too; in a list it stays, for `validate` to refuse.
    """
    if type(value) is dict:
        return _complete_object(schema, value)
    if type(value) is list:
        node = schema.get("items")
        if node is None:
            return value
        filled = [_complete_item(node, item) for item in value]
        return filled if any(new is not old for new, old in zip(filled, value, strict=True)) else value
    return value


def _complete_object(schema: Node, value: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", _NOTHING)
    others = schema.get("additionalProperties")
    others = others if isinstance(others, Mapping) else None
    changes: dict[str, Any] = {}
    dropped: list[str] = []
    for key, item in value.items():
        node = properties.get(key, others)
        if node is None:
            continue
        if item is None and not node.get("nullable"):
            if "default" in node:
                changes[key] = _default(node)
            else:
                dropped.append(key)
        elif type(item) is dict or type(item) is list:
            filled = apply_defaults(node, item)
            if filled is not item:
                changes[key] = filled
    for key, node in properties.items():
        if "default" in node and key not in value:
            changes[key] = _default(node)
    if not changes and not dropped:
        return value
    completed = value | changes
    for key in dropped:
        del completed[key]
    return completed


def _complete_item(node: Node, item: Any) -> Any:
    if item is None and "default" in node and not node.get("nullable"):
        return _default(node)
    return apply_defaults(node, item)


def _default(node: Node) -> Any:
    default = node["default"]
    if isinstance(default, dict | list):
        return apply_defaults(node, copy.deepcopy(default))
    return default
