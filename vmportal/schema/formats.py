"""Formats and patterns of strings, judged as a kube-apiserver judges them. Called by `scalars`; pure."""

from __future__ import annotations

import base64
import binascii
import datetime
import functools
import re
from collections.abc import Callable

_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE | re.ASCII,
)
# An escape or a class is stepped over; what is left of `$` means the end of the text.
_END = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$")


def is_uuid(text: str) -> bool:
    """With or without hyphens, in either case."""
    return bool(_UUID.fullmatch(text))


def is_date_time(text: str) -> bool:
    """RFC 3339 with a time zone."""
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    try:
        datetime.date.fromisoformat(found[1])
    except ValueError:
        return False
    return True


def is_base64(text: str) -> bool:
    """Standard alphabet with padding; line breaks are let pass, as Go does."""
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


# Format -> how it is judged, and the sentence that says what is wanted.
FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "uuid": (is_uuid, "Must be a UUID, such as 42081d15-9a7b-4c3f-8f22-6d1f0a5be101."),
    "date-time": (is_date_time, "Must be a time with its zone, such as 2026-01-31T09:30:00Z."),
    "byte": (is_base64, "Must be base64 text."),
}


@functools.cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A CRD's pattern with Go's meaning: `$` is the very end, and `\\w`, `\\d`, `\\s` are ASCII."""
    return re.compile(_END.sub(lambda found: found[1] or r"\Z", pattern), re.ASCII)
