"""Sets of paths in the form of `fieldsV1`, and the paths of an object. Used by `vmportal.managed`; pure.

A set is what Kubernetes writes: `{"f:spec": {"f:volumes": {'k:{"name":"a"}': {".": {}, "f:name": {}}}}}`. Every
node that is empty or has a `.` is a member; the others only lead to members. The empty set is `{}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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


def claims(schema: Node, value: dict[str, Any]) -> FieldSet:
    """What an applied configuration claims: its leaves, the items of its lists and the keys of its maps.

    Declared fields that only lead to others are nobody's claim, as is an empty list that is merged.
    """
    found: FieldSet = {}
    for step, (node, item) in (_children(schema, value) or {}).items():
        is_leaf = _children(node, item) is None
        fields = {} if is_leaf else claims(node, item)
        is_member = is_leaf or item == {} or not _is_declared(schema, step)
        if fields:
            found[step] = _ALONE | fields if is_member else fields
        elif is_member:
            found[step] = {}
    return found


def with_declared(schema: Node, fields: FieldSet) -> FieldSet:
    """The set with the declared fields that lead to its members as members too."""
    complete: FieldSet = {}
    for step, node in fields.items():
        inner = with_declared(below(schema, step), node) if step != _SELF else node
        complete[step] = _ALONE | inner if inner and _is_declared(schema, step) else inner
    return complete


def paths(fields: FieldSet) -> Iterator[str]:
    """The members as a kube-apiserver tells them: `.spec.volumes[name="data"].removable`. Parents come first."""
    steps = sorted((step for step in fields if step != _SELF), key=_rank)
    for step in steps:
        if is_member(fields[step]):
            yield told(step)
    for step in steps:
        yield from (told(step) + path for path in paths(fields[step]))


def is_member(node: FieldSet) -> bool:
    """Whether a node of a set stands for a member, and does not only lead to members."""
    return not node or _SELF in node


def _rank(step: str) -> Any:
    """Fields by name, then items by their keys, then values; numbers before texts."""
    kind, rest = step[:2], step[2:]
    if kind == "f:":
        return kind, rest
    value = json.loads(rest)
    values = [item for pair in value.items() for item in pair] if kind == "k:" else [value]
    return kind, [
        (0, item, "")
        if isinstance(item, int | float)
        else (1, 0, item if isinstance(item, str) else as_json(item))
        for item in values
    ]


def told(step: str) -> str:
    """A step as a kube-apiserver tells it: `.name`, `[name="data"]`, `[="a"]`."""
    kind, rest = step[:2], step[2:]
    if kind == "f:":
        return f".{rest}"
    if kind == "k:":
        return f"[{','.join(f'{key}={as_json(item)}' for key, item in json.loads(rest).items())}]"
    return f"[={rest}]"


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
    if not before and not after:  # a leaf on both sides
        changed[step] = {}
        return
    if old is None or new is None:  # beside a list or map, null is an empty one
        before, after = before or {}, after or {}
    if before is None or after is None:  # it was a leaf, or has become one
        removed[step], changed[step] = _whole(node, old), _whole(node, new)
        return
    gone: FieldSet = {}
    come: FieldSet = {}
    for name, (inner, item) in after.items():
        if name not in before:
            come[name] = _whole(inner, item)
        elif item != before[name][1]:
            _compare_at(name, inner, before[name][1], item, gone, come)
    for name, (inner, item) in before.items():
        if name not in after:
            gone[name] = _whole(inner, item)
    if gone:
        removed[step] = gone
    if come:
        changed[step] = come


def _whole(node: Node, value: Any) -> FieldSet:
    """The paths of a value and of all below it, as the node that stands for it in a set."""
    children = _children(node, value)
    if not children:
        return {}
    return {_SELF: {}, **{step: _whole(inner, item) for step, (inner, item) in children.items()}}


def _children(node: Node, value: Any) -> dict[str, tuple[Node, Any]] | None:
    """Step -> schema and value of what is owned apart below a value; None where it is owned as a whole."""
    if type(value) is dict:
        if is_atomic_map(node):
            return None
        return {f"f:{key}": (_field(node, key), item) for key, item in value.items()}
    if type(value) is not list:
        return None
    steps = item_steps(node, value)
    if steps is None:
        return None
    inner = items(node) or OPEN
    # Of two items with one key the first counts; backwards, so that it is written last.
    return {step: (inner, item) for step, item in zip(reversed(steps), reversed(value), strict=True)}


def item_steps(node: Node, values: list[Any]) -> list[str] | None:
    """The step to each item of a list that is merged by keys or is a set; None where it is owned as a whole.

    A key that an item leaves out has its default, if it has one.
    """
    if is_set(node):
        return [f"v:{as_json(item)}" for item in values]
    keys = merge_keys(node)
    if not keys or any(type(item) is not dict for item in values):
        return None
    fields = (items(node) or OPEN).get("properties", {})
    defaults = {key: fields[key]["default"] for key in keys if "default" in fields.get(key, {})}
    return [f"k:{as_json(defaults | {key: item[key] for key in keys if key in item})}" for item in values]


def below(node: Node, step: str) -> Node:
    """The schema of what a step leads to."""
    return _field(node, step[2:]) if step.startswith("f:") else items(node) or OPEN


def _field(node: Node, name: str) -> Node:
    return child(node, name) or OPEN


def _is_declared(node: Node, step: str) -> bool:
    return step.startswith("f:") and step[2:] in node.get("properties", {})


def as_json(value: Any) -> str:
    """A value as it stands in a step."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
