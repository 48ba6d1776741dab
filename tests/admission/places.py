"""Where an error's path leads in an object. Used by the tests that each error names a place that there is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\[[^\]]*\]|[^.\[]+")
# What the reference spells otherwise than the object (QRK-10, and sections 7 and 8).
SPELLINGS = {
    ".runcmds": ".runcmd",
    "spec.bootstrap.sysprep.": "spec.bootstrap.sysprep.sysprep.",
    "].clusterModuleGroups": "]",
    "spec.Name": "spec.name",
    "spec.clusterIP": "spec.clusterIp",
}


def is_place_of(path: str, obj: Any, schema: Mapping[str, Any]) -> bool:
    """Whether the path exists in the object, or goes on from something that does by keys that the schema knows.

    The index of a list must be one of its items. Of metadata, which has no schema here, any key may be missing.
    """
    return _is_place(path, obj, schema) or any(
        _is_place(path.replace(theirs, ours), obj, schema)
        for theirs, ours in SPELLINGS.items()
        if theirs in path
    )


def _is_place(path: str, obj: Any, schema: Mapping[str, Any]) -> bool:
    steps = _STEP.findall(path)
    found, node = obj, schema
    for place, step in enumerate(steps):
        if isinstance(found, list):
            if not step.startswith("["):  # Kubernetes names the list and then the field of an item
                return steps[0] == "metadata" or is_known(steps[place:], node.get("items", {}))
            if (index := _index(step[1:-1], found, node)) is None:
                return False
            found, node = found[index], node.get("items", {})
            continue
        key = step[1:-1] if step.startswith("[") else step
        if not isinstance(found, dict) or key not in found:
            return steps[0] == "metadata" or is_known(steps[place:], node)
        found, node = found[key], below(node, key)
    return True


def _index(named: str, items: list[Any], node: Mapping[str, Any]) -> int | None:
    """Of the item at that index, or with that key: a file of `write_files` is named by its path (VB-08)."""
    if named.isdecimal():
        return int(named) if int(named) < len(items) else None
    keys = node.get("x-kubernetes-list-map-keys", ())
    named_so = [i for i, item in enumerate(items) if isinstance(item, dict) and named in map(item.get, keys)]
    return named_so[0] if named_so else None


def is_known(steps: list[str], schema: Mapping[str, Any]) -> bool:
    """Whether the steps are fields of the schema; an item that is not there cannot be meant."""
    node: Mapping[str, Any] = schema
    for step in steps:
        if node.get("type") == "array":
            return False
        key = step[1:-1] if step.startswith("[") else step
        if key not in node.get("properties", {}) and "additionalProperties" not in node:
            return bool(node.get("x-kubernetes-preserve-unknown-fields"))
        node = below(node, key)
    return True


def below(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    values = node.get("additionalProperties")
    return node.get("properties", {}).get(key) or (values if isinstance(values, Mapping) else {})
