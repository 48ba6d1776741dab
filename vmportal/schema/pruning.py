"""Dropping what a schema does not know, or what is empty, as a kube-apiserver does. Called when a request is taken in.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmportal.schema.nodes import Node, is_open

_NOTHING: Node = {}


def prune(schema: Node, value: Any) -> tuple[Any, list[str]]:
    """The value without unknown fields, and where they were: `spec.foo`, `spec.volumes[0].bar`.

    The argument is left alone; where nothing is unknown, it is itself the answer. What the schema
    says of types is no matter here: that is `validate`'s.
    """
    unknown: list[str] = []
    return _prune(schema, value, "", unknown), unknown


def _prune(schema: Node, value: Any, path: str, unknown: list[str]) -> Any:
    if type(value) is dict:
        return _prune_object(schema, value, path, unknown)
    if type(value) is list:
        return _prune_list(schema, value, path, unknown)
    return value


def _prune_object(schema: Node, value: dict[str, Any], path: str, unknown: list[str]) -> dict[str, Any]:
    properties = schema.get("properties", _NOTHING)
    others = schema.get("additionalProperties")
    keeps = is_open(schema) or others is True
    pruned = None  # the copy, once something had to change
    for key, item in value.items():
        node = properties.get(key)
        if node is None:
            if isinstance(others, Mapping):
                node = others
            elif keeps:
                continue
            else:
                unknown.append(f"{path}.{key}" if path else key)
                pruned = dict(value) if pruned is None else pruned
                del pruned[key]
                continue
        if type(item) is dict or type(item) is list:
            left = _prune(node, item, f"{path}.{key}" if path else key, unknown)
            if left is not item:
                pruned = dict(value) if pruned is None else pruned
                pruned[key] = left
    return value if pruned is None else pruned


def _prune_list(schema: Node, value: list[Any], path: str, unknown: list[str]) -> list[Any]:
    node = schema.get("items")
    if node is None:
        if is_open(schema):
            return value
        node = _NOTHING
    left = [_prune(node, item, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    return left if any(new is not old for new, old in zip(left, value, strict=True)) else value


def without_empty(schema: Node, value: dict[str, Any]) -> dict[str, Any]:
    """The value without fields that are empty lists or maps: so Kubernetes writes what it has types for.

    That is all metadata, and its own kinds. An empty object with named fields stays.
    """
    kept = {}
    properties = schema.get("properties", _NOTHING)
    for key, item in value.items():
        node = properties.get(key, _NOTHING)
        left = _without_empty_below(node, item)
        if (left == [] and node.get("type") == "array") or (left == {} and "additionalProperties" in node):
            continue
        kept[key] = left
    return kept


def _without_empty_below(node: Node, value: Any) -> Any:
    if type(value) is dict:
        return without_empty(node, value)
    if type(value) is list and node.get("items"):
        return [_without_empty_below(node["items"], item) for item in value]
    return value
