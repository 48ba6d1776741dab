"""Sets of paths in the form of `fieldsV1`, and the paths of an object. Used by `vmportal.managed`; pure.

A set is what Kubernetes writes: `{"f:spec": {"f:volumes": {'k:{"name":"a"}': {".": {}, "f:name": {}}}}}`. Every
node that is empty or has a `.` is a member; the others only lead to members. The empty set is `{}`.
"""

from __future__ import annotations

import json
from typing import Any

from vmportal.schema.nodes import OPEN, Node, child, is_atomic_map, is_set, items, merge_keys

FieldSet = dict[str, Any]

_SELF = "."
_ALONE: FieldSet = {_SELF: {}}  # the same as an empty node; the form in which two nodes are combined


def union(first: FieldSet, second: FieldSet) -> FieldSet:
    joined = dict(first)
    for step, node in second.items():
        if step not in joined:
            joined[step] = node
        elif step != _SELF:
            joined[step] = _folded(union(joined[step] or _ALONE, node or _ALONE))
    return joined


def difference(first: FieldSet, second: FieldSet) -> FieldSet:
    """The members of the first that are not members of the second; what is below a member stays."""
    left: FieldSet = {}
    for step, node in first.items():
        if step not in second:
            left[step] = node
        elif step != _SELF:
            rest = difference(node or _ALONE, second[step] or _ALONE)
            if rest:
                left[step] = _folded(rest)
    return left


def intersection(first: FieldSet, second: FieldSet) -> FieldSet:
    common: FieldSet = {}
    for step, node in first.items():
        if step not in second:
            continue
        both = {_SELF: {}} if step == _SELF else intersection(node or _ALONE, second[step] or _ALONE)
        if both:
            common[step] = _folded(both)
    return common


def _folded(node: FieldSet) -> FieldSet:
    return {} if len(node) == 1 and _SELF in node else node


def fields_of(schema: Node, value: dict[str, Any]) -> FieldSet:
    """All paths of an object. Atomic lists and maps are one path; items have their keys' or value's path."""
    return compare(schema, {}, value)[1]


def compare(schema: Node, old: dict[str, Any], new: dict[str, Any]) -> tuple[FieldSet, FieldSet]:
    """Between two versions of an object: the paths that went, and those that came or have another value."""
    removed: FieldSet = {}
    changed: FieldSet = {}
    if new != old:
        _compare_at("", schema, old, new, removed, changed)
    return removed.get("", {}), changed.get("", {})


def _compare_at(step: str, node: Node, old: Any, new: Any, removed: FieldSet, changed: FieldSet) -> None:
    """Compare what stands at one step, and write what is found below it into both sets."""
    before, after = _children(node, old), _children(node, new)
    if before is None and after is None:  # a leaf on both sides
        changed[step] = {}
        return
    if before is None or after is None:  # it was a leaf, or has become one
        removed[step], changed[step] = _whole(node, old), _whole(node, new)
        return
    gone: FieldSet = {}
    come: FieldSet = {}
    for name, (below, item) in after.items():
        if name not in before:
            come[name] = _whole(below, item)
        elif item != before[name][1]:
            _compare_at(name, below, before[name][1], item, gone, come)
    for name, (below, item) in before.items():
        if name not in after:
            gone[name] = _whole(below, item)
    if gone:
        removed[step] = gone
    if come:
        changed[step] = come


def _whole(node: Node, value: Any) -> FieldSet:
    """The paths of a value and of all below it, as the node that stands for it in a set."""
    children = _children(node, value)
    if not children:
        return {}
    return {_SELF: {}, **{step: _whole(below, item) for step, (below, item) in children.items()}}


def _children(node: Node, value: Any) -> dict[str, tuple[Node, Any]] | None:
    """Step -> schema and value of what is owned apart below a value; None where it is owned as a whole."""
    if type(value) is dict:
        if is_atomic_map(node):
            return None
        return {f"f:{key}": (_field(node, key), item) for key, item in value.items()}
    if type(value) is not list:
        return None
    below = items(node) or OPEN
    if is_set(node):
        return {f"v:{_json(item)}": (below, item) for item in reversed(value)}
    keys = sorted(merge_keys(node))
    if not keys or any(type(item) is not dict for item in value):
        return None
    # Of two items with one key the first counts; backwards, so that it is written last.
    return {
        f"k:{_json({key: item[key] for key in keys if key in item})}": (below, item)
        for item in reversed(value)
    }


def _field(node: Node, name: str) -> Node:
    return child(node, name) or OPEN


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
