"""Strategic merge patch, which kubectl sends for Kubernetes' own kinds only.

Called by the API's views inside `service.update`; pure. Lists with a merge key are merged item by item,
sets of plain values are united, all other lists replaced; `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/`
and `$setElementOrder/` direct it.
"""

from __future__ import annotations

import copy
from typing import Any

from vmportal.errors import BadRequest

SET = ""  # instead of a merge key: a list of plain values that is united

# (kind, path) -> merge key. "*" stands for every kind. Lists not named here are replaced whole.
MERGE_KEYS: dict[tuple[str, str], str] = {
    ("*", "metadata.finalizers"): SET,
    ("*", "metadata.ownerReferences"): "uid",
    ("Namespace", "status.conditions"): "type",
    ("ServiceAccount", "secrets"): "name",
    ("PersistentVolumeClaim", "status.conditions"): "type",
}

_ORDER, _DELETE, _RETAIN, _DIRECTIVE = (
    "$setElementOrder/",
    "$deleteFromPrimitiveList/",
    "$retainKeys",
    "$patch",
)


def merge_key(kind: str, path: str) -> str | None:
    """The key by which the list at `path` is merged, `SET`, or None for a list that is replaced."""
    return MERGE_KEYS.get((kind, path), MERGE_KEYS.get(("*", path)))


def strategic_merge(kind: str, target: Any, patch: Any) -> Any:
    """`target` (an object of `kind`) with `patch` applied."""
    if not isinstance(patch, dict):
        raise BadRequest("a strategic merge patch is an object")
    return _merge_map(kind, "", copy.deepcopy(target), copy.deepcopy(patch))


def _merge_map(kind: str, path: str, target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch.pop(_DIRECTIVE, None)
    if directive == "replace":
        return patch
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise BadRequest(f"{path or 'the patch'}: $patch must be merge, replace or delete, not {directive!r}")
    if _RETAIN in patch:
        kept = _list_of(patch, _RETAIN, path)
        target = {key: value for key, value in target.items() if key in kept}
    orders, gone = _directions(patch, _ORDER, path), _directions(patch, _DELETE, path)
    for key, value in patch.items():
        below = f"{path}.{key}" if path else key
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            old = target.get(key)
            target[key] = _merge_map(kind, below, old if isinstance(old, dict) else {}, value)
        elif isinstance(value, list):
            target[key] = _merge_list(kind, below, target.get(key), value)
        else:
            target[key] = value
    for key, values in gone.items():
        if isinstance(target.get(key), list):
            target[key] = [item for item in target[key] if item not in values]
    for key, order in orders.items():
        if isinstance(target.get(key), list):
            target[key] = _in_order(merge_key(kind, f"{path}.{key}" if path else key), target[key], order)
    return target


def _directions(patch: dict[str, Any], prefix: str, path: str) -> dict[str, list[Any]]:
    """Taken out of `patch`: what it says of each list by keys that begin with `prefix`."""
    keys = [key for key in patch if key.startswith(prefix)]
    return {key.removeprefix(prefix): _list_of(patch, key, path) for key in keys}


def _list_of(patch: dict[str, Any], key: str, path: str) -> list[Any]:
    value = patch.pop(key)
    if not isinstance(value, list):
        raise BadRequest(f"{path or 'the patch'}: {key} must be a list")
    return value


def _merge_list(kind: str, path: str, old: Any, patch: list[Any]) -> list[Any]:
    key = merge_key(kind, path)
    target = old if isinstance(old, list) else []
    if key is None:
        return patch
    if key == SET:
        return _woven([item for item in target if item not in patch], patch, target)
    if {_DIRECTIVE: "replace"} in patch:
        return [item for item in patch if item != {_DIRECTIVE: "replace"}]
    added: list[Any] = []  # they come first
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise BadRequest(f"{path}: each item of the patch needs its merge key {key!r}")
        at = next((i for i, known in enumerate(target) if known.get(key) == item[key]), None)
        if item.get(_DIRECTIVE) == "delete":
            target = [known for known in target if known.get(key) != item[key]]
        elif at is None:
            added.append(_merge_map(kind, path, {}, item))
        else:
            target = [*target[:at], _merge_map(kind, path, target[at], item), *target[at + 1 :]]
    return [*added, *target]


def _woven(others: list[Any], patch: list[Any], order: list[Any]) -> list[Any]:
    """Both in one: each of `others` behind what stood behind it in `order`, and behind what is new."""
    result, left = [], list(others)
    for item in patch:
        while left and item in order and order.index(left[0]) < order.index(item):
            result.append(left.pop(0))
        result.append(item)
    return [*result, *left]


def _in_order(key: str | None, items: list[Any], order: list[Any]) -> list[Any]:
    """`items` sorted as `order` names them; those it does not name keep their place behind their neighbour."""

    def identity(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    wanted = [identity(item) for item in order]
    named = sorted(
        (item for item in items if identity(item) in wanted), key=lambda i: wanted.index(identity(i))
    )
    result: list[Any] = list(named)
    for position, item in enumerate(items):
        if identity(item) not in wanted:
            before = items[position - 1] if position else None
            result.insert(result.index(before) + 1 if before in result else 0, item)
    return result
