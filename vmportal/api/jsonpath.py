"""The JSONPath that printer columns are written in: steps, indexes, `[*]` and filters on equality.

Called by `vmportal.api.table`; pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

Step = Callable[[Any], Iterator[Any]]

_TOKEN = re.compile(
    r"""\.?(?P<name>(?:[^.\[\]'"\\]|\\.)+)
      | \[\?\(\s*@?(?P<where>[^=!<>]*?)\s*(?P<how>==|!=)\s*(?P<what>"[^"]*"|'[^']*'|[^)]*?)\s*\)\]
      | \['(?P<key>[^']*)'\]
      | \[(?P<index>-?\d+|\*)\]""",
    re.VERBOSE,
)


def first(path: str, value: Any) -> Any:
    """The first thing that `path` (`.status.conditions[?(@.type=="Ready")].status`) finds, or None."""
    return next(find(path, value), None)


def finder(path: str) -> Callable[[Any], Any]:
    """`first` of one path: quick where it is names alone, as most are."""
    _steps(path)  # an unreadable one is told here
    names = path.strip().removeprefix(".").split(".")
    if not all(re.fullmatch(r"\w+", name) for name in names):
        return lambda value: first(path, value)

    def member(value: Any) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return member


def find(path: str, value: Any) -> Iterator[Any]:
    found: Iterator[Any] = iter([value])
    for step in _steps(path):
        found = _after(step, found)
    return found


def _after(step: Step, found: Iterator[Any]) -> Iterator[Any]:
    return (item for value in found for item in step(value))


@lru_cache(maxsize=1024)  # people send paths, too
def _steps(path: str) -> tuple[Step, ...]:
    """The path as functions. Raises `ValueError` for what is beyond this subset."""
    text = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    steps, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"the JSONPath {path!r} is not understood at {text[position:]!r}")
        steps.append(_step(match))
        position = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    name = match["name"] or match["key"]
    if name is not None:
        return _member(re.sub(r"\\(.)", r"\1", name))
    if match["index"] == "*":
        return lambda value: iter(
            value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        )
    if match["index"] is not None:
        return _place(int(match["index"]))
    return _filter(match["where"], match["how"], match["what"].strip("\"'"))


def _member(name: str) -> Step:
    return lambda value: iter([value[name]] if isinstance(value, dict) and name in value else [])


def _place(index: int) -> Step:
    return lambda value: iter(value[index:][:1] if isinstance(value, list) else [])


def _filter(where: str, how: str, what: str) -> Step:
    def matching(value: Any) -> Iterator[Any]:
        for item in value if isinstance(value, list) else ():
            found = first(where, item)
            if found is not None and (_text(found) == what) == (how == "=="):
                yield item

    return matching


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
