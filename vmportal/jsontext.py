"""JSON where there is much of it: read and written in C. Called by lists, tables and the store; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson


def read(text: str | bytes) -> Any:
    """What a stored body says. Whole numbers beyond 64 bits become floats, as in Kubernetes."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # half a surrogate pair, say, which Python lets pass
        return json.loads(text)


def with_items(head: Mapping[str, Any], key: str, items: Iterable[bytes]) -> Iterator[bytes]:
    """The object `head` with a list at `key`, in parts: `items` are the JSON texts of what is in it."""
    yield written({**head, key: []}).removesuffix(b"]}")
    between = b""
    for item in items:
        yield between + item
        between = b","
    yield b"]}"


def written(value: Any) -> bytes:
    """The shortest JSON of a value, as UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:  # whole numbers beyond 64 bits
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
