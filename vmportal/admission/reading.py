"""Reading and writing places inside an object that may be incomplete or odd. Used by every default and rule.

A place is written as in an error path without indexes: `spec.network.interfaces`. Nothing here raises:
what is missing or of another type reads as empty, so that a rule needs no questions about its parents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Object = dict[str, Any]

_INNER = (dict, list)
LEVELS = 100  # of lists and objects in one another; what has more cannot be walked by recursion


@lru_cache(maxsize=4096)
def _keys(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def get(obj: Any, path: str) -> Any:
    """What stands at `path`, or None."""
    for key in _keys(path):
        if type(obj) is not dict:
            return None
        obj = obj.get(key)
    return obj


def text(obj: Any, path: str) -> str:
    """The text at `path`; empty when there is none."""
    value = get(obj, path)
    return value if isinstance(value, str) else ""


def number(obj: Any, path: str) -> int | None:
    """The whole number at `path`; None when there is none."""
    value = get(obj, path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(obj: Any, path: str) -> Object:
    """The object at `path`; empty when there is none. Not for writing: see `put`."""
    value = get(obj, path)
    return value if isinstance(value, dict) else {}


def each(obj: Any, path: str) -> Iterator[tuple[str, Object]]:
    """The objects of the list at `path`, each with its own place: `("spec.volumes[0]", {...})`."""
    value = get(obj, path)
    if type(value) is list:
        for index, item in enumerate(value):
            if type(item) is dict:
                yield f"{path}[{index}]", item


def each_text(obj: Any, path: str) -> Iterator[tuple[str, str]]:
    """The texts of the list at `path`, each with its own place."""
    value = get(obj, path)
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, str):
                yield f"{path}[{index}]", item


def texts(obj: Any, path: str) -> Mapping[str, str]:
    """The text-to-text map at `path` (labels, annotations); entries of other types are left out."""
    return {key: value for key, value in mapping(obj, path).items() if isinstance(value, str)}


def label(obj: Any, key: str) -> str | None:
    """The value of a label; None without it, which differs from empty."""
    value = mapping(obj, "metadata.labels").get(key)
    return value if isinstance(value, str) else None


def annotation(obj: Any, key: str) -> str | None:
    """The value of an annotation; None without it, which differs from empty."""
    value = mapping(obj, "metadata.annotations").get(key)
    return value if isinstance(value, str) else None


def put(obj: Any, path: str, value: Any) -> None:
    """Set `path` to `value` and make missing parents. Does nothing where a parent is of another type."""
    *parents, last = _keys(path)
    for key in parents:
        if not isinstance(obj, dict):
            return
        if obj.get(key) is None:
            obj[key] = {}
        obj = obj[key]
    if isinstance(obj, dict):
        obj[last] = value


def fill(obj: Any, path: str, value: Any) -> None:
    """Set `path` to `value` where nothing stands: absent, null, or empty of the value's own type."""
    found = get(obj, path)
    if found is None or (type(found) is type(value) and not found):
        put(obj, path, value)


def annotate(obj: Any, key: str, value: str | None) -> None:
    """Set an annotation, or take it away with None."""
    if value is None:
        mapping(obj, "metadata.annotations").pop(key, None)
    else:
        put(obj, "metadata.annotations", {**mapping(obj, "metadata.annotations"), key: value})


class TooDeep(ValueError):
    """A value has more levels than can be walked."""


def copy(value: Any, levels: int = LEVELS) -> Any:
    """A copy of a JSON value, some times quicker than `copy.deepcopy`. Raises `TooDeep`."""
    kind = type(value)
    if kind is not dict and kind is not list:
        return value
    if levels == 0:
        raise TooDeep(f"This is nested too deeply: use at most {LEVELS} levels.")
    # Of a text or number this is not called: there are many.
    if kind is list:
        return [copy(item, levels - 1) if type(item) in _INNER else item for item in value]
    return {key: copy(item, levels - 1) if type(item) in _INNER else item for key, item in value.items()}
