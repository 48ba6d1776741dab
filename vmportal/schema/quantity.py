"""Kubernetes quantities: exact numbers with a suffix, `4Gi` or `500m`. Used by rules, quota and pages; pure.

Like the real one it rounds away from zero to a billionth, and caps what has a binary suffix at 2^63 - 1.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Context, Decimal
from typing import Any, Literal

Family = Literal["BinarySI", "DecimalSI", "DecimalExponent"]

_LONGEST = 128  # of a text; without a bound a megabyte of digits would be a number
_LARGEST_BINARY = Decimal(2**63 - 1)
_NANO = Decimal("1e-9")
_EXACT = Context(prec=300, rounding=ROUND_UP)  # enough digits for any text of that length and exponent
_FORM = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"  # the number
    r"(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?0*[0-9]{1,2}))?",  # one of three suffixes
    re.ASCII,
)
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIX = {power: suffix for suffix, power in _BINARY.items()} | {0: ""}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}


def parse_quantity(text: str | int) -> Decimal:
    """The exact value of a quantity. Raises ValueError with a sentence for people."""
    return _parse(text)[0]


def column_quantity(text: Any, unit: int = 1) -> int:
    """A quantity as the column of a row keeps it: whole `unit`s, at most what 64 bits hold, 0 if it is none."""
    try:
        amount = parse_quantity(text)
    except ValueError:
        return 0
    return int(max(-_LARGEST_BINARY, min(_LARGEST_BINARY, amount))) // unit


def canonical_quantity(text: str | int) -> str:
    """The text that Kubernetes would print for it: `1024Mi` is `1Gi`, `0.5` is `500m`. Raises ValueError."""
    return format_quantity(*_parse(text))


def format_quantity(amount: Decimal | int, family: Family = "BinarySI") -> str:
    """The number with the largest suffix that leaves it whole.

    In the binary family what is below 1024 or no whole number takes a decimal suffix, as in Kubernetes.
    """
    value = Decimal(amount).quantize(_NANO, context=_EXACT)
    if not value:
        return "0"
    if family == "BinarySI" and abs(value) >= 1024 and value == value.to_integral_value():
        number, power = _without(int(value), 1024, most=6)
        return f"{number}{_BINARY_SUFFIX[power]}"
    number, exponent = _without(int(value.scaleb(9, context=_EXACT)), 10, most=300)
    exponent -= 9
    number, exponent = number * 10 ** (exponent % 3), exponent - exponent % 3
    if family == "DecimalExponent":
        return f"{number}e{exponent}" if exponent else str(number)
    if exponent > 18:  # beyond the last suffix
        number, exponent = number * 10 ** (exponent - 18), 18
    return f"{number}{_DECIMAL_SUFFIX[exponent]}"


def _parse(text: str | int) -> tuple[Decimal, Family]:
    if type(text) is int:
        return Decimal(text), "DecimalSI"
    found = _FORM.fullmatch(text) if isinstance(text, str) and len(text) <= _LONGEST else None
    if found is None:
        raise ValueError("Not a quantity: write a number with or without a suffix, such as 2, 500m or 4Gi.")
    number, binary, decimal, exponent = found.groups()
    value = Decimal(number)
    family: Family = "DecimalSI"
    if binary:
        family = "BinarySI"
        value = _EXACT.multiply(value, Decimal(1024 ** _BINARY[binary]))
        value = max(-_LARGEST_BINARY, min(_LARGEST_BINARY, value))
    elif exponent:
        family = "DecimalExponent"
        value = value.scaleb(int(exponent), context=_EXACT)
    elif decimal:
        value = value.scaleb(_DECIMAL[decimal], context=_EXACT)
    return value.quantize(_NANO, context=_EXACT).normalize(_EXACT), family


def _without(number: int, factor: int, *, most: int) -> tuple[int, int]:
    """The number without its factors, and how many there were."""
    times = 0
    while times < most and number % factor == 0:
        number //= factor
        times += 1
    return number, times
