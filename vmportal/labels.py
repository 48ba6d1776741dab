"""Labels as people type them in a form. Used by the forms of pages; pure."""

from __future__ import annotations

from collections.abc import Mapping

from vmportal.errors import FieldError


def read_labels(text: str) -> tuple[dict[str, str], list[FieldError]]:
    """`key=value`, one a line or between commas."""
    found: dict[str, str] = {}
    errors = []
    for part in text.replace(",", "\n").split("\n"):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if equals and key:
            found[key] = value
        elif part.strip():
            message = f'"{part.strip()}" is no label: write key=value, one a line.'
            errors.append(FieldError("metadata.labels", "Invalid", message))
    return found, errors


def write_labels(labels: Mapping[str, str]) -> str:
    return "\n".join(f"{key}={value}" for key, value in labels.items())


def changed_labels(
    found: Mapping[str, str], shown: Mapping[str, str], typed: Mapping[str, str]
) -> dict[str, str]:
    """What `found` becomes when somebody who was shown `shown` has made `typed` of it: what others wrote stays."""
    left = {key: value for key, value in found.items() if key in typed or key not in shown}
    return {**left, **{key: value for key, value in typed.items() if shown.get(key) != value}}
