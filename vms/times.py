"""Moments as VM Operator writes and reads them: RFC 3339 with an optional fraction. Used by defaults and rules; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:\d\d)",
    re.ASCII,
)


def stamp(moment: datetime) -> str:
    """A moment in UTC, with as many digits of the second as it has: `2026-01-02T03:04:05.678Z`."""
    utc = moment.astimezone(UTC)
    fraction = f".{utc.microsecond:06}".rstrip("0").rstrip(".")
    return f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def is_moment(text: str) -> bool:
    """Whether a text is RFC 3339 with an offset and a fraction of any length (PYT-05)."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return False
    try:
        datetime.fromisoformat(match[1] + match[2])
    except ValueError:
        return False
    return True
