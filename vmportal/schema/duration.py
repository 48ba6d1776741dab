"""Durations as Go writes them: `1h2m3.5s`, `250ms`. Used by rules and reconcile; pure."""

from __future__ import annotations

import re
from decimal import Decimal

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, micro sign
    "μs": 1_000,  # U+03BC, Greek mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_LONGEST = 64  # of a text
_PART = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_FORM = re.compile(rf"[+-]?(?:0|(?:{_PART})+)")
_PARTS = re.compile(_PART)


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError with a sentence for people; a span beyond 292 years is refused, as by Go."""
    if not isinstance(text, str) or len(text) > _LONGEST or not _FORM.fullmatch(text):
        raise ValueError("Not a duration: write numbers with units, such as 90s, 5m or 1h30m.")
    span = sum(int(Decimal(number) * _NANOSECONDS[unit]) for number, unit in _PARTS.findall(text))
    if span >= 2**63:
        raise ValueError("The duration is too long: the most is 2562047h.")
    return (-span if text.startswith("-") else span) / 1_000_000_000
