"""Times as kubectl writes them, `5m30s` or `3d4h`. Called by tables and pages; pure."""

from __future__ import annotations

import datetime as dt

AS_WRITTEN = dt.datetime.max.replace(tzinfo=dt.UTC)  # a "now" with which times stay as they are


def age(since: str | None, now: dt.datetime) -> str:
    """The time since `since` (RFC 3339) as kubectl writes it: `5m30s`, `3d4h`."""
    if now is AS_WRITTEN:
        return since or ""
    if not since:
        return "<unknown>"
    try:
        return human((now - dt.datetime.fromisoformat(since)).total_seconds())
    except (ValueError, TypeError):
        return "<invalid>"


def human(total: float) -> str:
    seconds = int(total)
    minutes, hours = seconds // 60, seconds // 3600
    days, years = hours // 24, hours // 24 // 365
    if seconds < -1:
        return "<invalid>"
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    if minutes < 10:
        return _pair(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if years < 2:
        return f"{days}d"
    return _pair(years, "y", days % 365, "d") if years < 8 else f"{years}y"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}" + (f"{small}{small_unit}" if small else "")
