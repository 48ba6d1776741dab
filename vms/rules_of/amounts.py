"""Comparing quantities as VM Operator does: rounded up to whole numbers. Used by rules of this package; pure."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from typing import Any

from vmportal.schema import parse_quantity


def exceeds(wanted: Any, limit: Any) -> bool:
    """Whether a quantity is above its limit; one that is 0 or missing is not compared."""
    amount, most = whole(wanted), whole(limit)
    return bool(amount and most and amount > most)


def whole(quantity: Any) -> Decimal:
    """A quantity rounded away from 0 to a whole number; 0 if it is none."""
    try:
        return parse_quantity(quantity).to_integral_value(ROUND_UP)
    except ValueError:
        return Decimal(0)
