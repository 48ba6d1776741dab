"""What a schema says of the parts of a node, and how what stands there is merged. For patches and `vmportal.managed`.

Pure; a node is a structural schema as `vmportal.schema.words` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Node = Mapping[str, Any]

OPEN: Node = {"x-kubernetes-preserve-unknown-fields": True}  # of what no schema says anything


def child(node: Node, name: str) -> Node | None:
    """The schema of a field: declared, of a map's values, or of unknown fields that are kept; else None."""
    found = node.get("properties", {}).get(name)
    if found is not None:
        return found
    values = node.get("additionalProperties")
    if isinstance(values, Mapping):
        return values
    return OPEN if values or is_open(node) else None


def items(node: Node) -> Node | None:
    """The schema of a list's items; None where nothing is known of them."""
    return node.get("items")


def is_open(node: Node) -> bool:
    """Whether unknown fields are kept here."""
    return bool(node.get("x-kubernetes-preserve-unknown-fields"))


def merge_keys(node: Node) -> tuple[str, ...]:
    """What identifies an item of a list of type `map`; empty for every other node."""
    return tuple(node.get("x-kubernetes-list-map-keys", ()))


def is_set(node: Node) -> bool:
    """Whether it is a list whose items are merged by their value."""
    return node.get("x-kubernetes-list-type") == "set"


def is_atomic_map(node: Node) -> bool:
    """Whether it is a map that is replaced, and owned, as a whole."""
    return node.get("x-kubernetes-map-type") == "atomic"
