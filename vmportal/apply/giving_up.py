"""What goes from an object when its manager stops wishing for it. Called by `vmportal.apply`; pure.

A field goes when the manager applied it last time, applies it no more, and nobody else owns it.
"""

from __future__ import annotations

from typing import Any

from vmportal.fieldset import (
    FieldSet,
    below,
    claims,
    difference,
    intersection,
    is_member,
    item_steps,
    union,
    with_declared,
)
from vmportal.schema.nodes import OPEN, Node, items


def give_up(node: Node, merged: dict[str, Any], last: FieldSet, owned: FieldSet) -> dict[str, Any]:
    """`merged` without what was applied `last` time and is not `owned` by anybody now.

    A declared field goes with the last of what is below it, as it was nobody's own.
    """
    last, owned = with_declared(node, last), with_declared(node, owned)
    every = _members(node, merged)
    kept = union(_members(node, remove(node, merged, last)), owned)
    left = remove(node, merged, difference(every, kept))
    gone = difference(every, _members(node, left))
    # What went only because it stood below such a field, and was not applied last time, stays.
    return remove(node, merged, intersection(gone, last))


def _members(node: Node, value: Any) -> FieldSet:
    return with_declared(node, claims(node, value))


def remove(node: Node, value: Any, fields: FieldSet) -> Any:
    """The value without the members of a set; None where nothing is left of it."""
    if type(value) is dict:
        kept = {}
        for key, item in value.items():
            step = f"f:{key}"
            if step not in fields:
                kept[key] = item
            elif not is_member(fields[step]):
                kept[key] = remove(below(node, step), item, fields[step])
        return kept or None
    steps = item_steps(node, value) if type(value) is list else None
    if steps is None:
        return value
    inner = items(node) or OPEN
    left = [
        remove(inner, item, fields[step]) if step in fields else item
        for step, item in zip(steps, value, strict=True)
        if step not in fields or not is_member(fields[step])
    ]
    return left or None
