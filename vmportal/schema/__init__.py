"""The words that schemas are written in, and what is done with them. Used by all kinds and by admission."""

from __future__ import annotations

from vmportal.schema.defaulting import apply_defaults
from vmportal.schema.duration import parse_duration
from vmportal.schema.pruning import prune, without_empty
from vmportal.schema.quantity import canonical_quantity, column_quantity, format_quantity, parse_quantity
from vmportal.schema.validation import validate

__all__ = [
    "apply_defaults",
    "canonical_quantity",
    "column_quantity",
    "format_quantity",
    "parse_duration",
    "parse_quantity",
    "prune",
    "validate",
    "without_empty",
]
