"""JSON where there is much of it: read and written in C. Called by lists, tables and the store; pure."""

from __future__ import annotations

import json
from typing import Any

import orjson


def read(text: str | bytes) -> Any:
    """What a stored body says. Whole numbers beyond 64 bits become floats, as in Kubernetes."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # half a surrogate pair, say, which Python lets pass
        return json.loads(text)


def written(value: Any) -> bytes:
    """The shortest JSON of a value, as UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:  # whole numbers beyond 64 bits
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
