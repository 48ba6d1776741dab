"""An object and a configuration made into one, field by field, by the schema. Called by `vmportal.apply`; pure."""

from __future__ import annotations

from collections import deque
from typing import Any

from vmportal.fieldset import below, item_steps
from vmportal.schema.nodes import OPEN, Node, is_atomic_map, items


def merge(node: Node, live: Any, wish: Any) -> Any:
    """The live value with all that the wish says; what is owned as a whole is replaced. Neither is changed.

    A null of the wish empties no map and no merged list, as in Kubernetes.
    """
    if type(live) is dict and not is_atomic_map(node):
        if type(wish) is dict:
            return _merge_maps(node, live, wish)
        return live if wish is None and live else wish
    if type(live) is list:
        steps = item_steps(node, live)
        if steps is not None:
            return _merge_lists(node, live, steps, wish)
    return wish


def _merge_maps(node: Node, live: dict[str, Any], wish: dict[str, Any]) -> dict[str, Any]:
    merged = dict(live)
    for key, item in wish.items():
        merged[key] = merge(below(node, f"f:{key}"), live[key], item) if key in live else item
    return merged


def _merge_lists(node: Node, live: list[Any], live_steps: list[str], wish: Any) -> Any:
    if wish is None and live:
        return live
    wish_steps = item_steps(node, wish) if type(wish) is list else None
    if wish_steps is None:
        return wish
    inner = items(node) or OPEN
    before, wanted = dict(zip(live_steps, live, strict=True)), dict(zip(wish_steps, wish, strict=True))
    merged = []
    for step in _order(live_steps, wish_steps):
        if step in before and step in wanted:
            merged.append(merge(inner, before[step], wanted[step]))
        else:
            merged.append(wanted.get(step, before.get(step)))
    return merged


def _order(live: list[str], wish: list[str]) -> list[str]:
    """The wish's order for its own items; each other one stands before the live item that it stood before."""
    shared = deque(step for step in wish if step in set(live))
    rest, wanted, order = deque(live), set(wish), []
    for step in wish:
        upcoming = shared[0] if shared else None
        while rest and rest[0] != upcoming:
            head = rest.popleft()
            if head not in wanted:
                order.append(head)
        if step == upcoming:
            shared.popleft()
            if rest:
                rest.popleft()
        order.append(step)
    return order + [step for step in rest if step not in wanted]
