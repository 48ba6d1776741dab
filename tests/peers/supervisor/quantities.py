"""Kubernetes' quantities, as far as the actor reads and writes them.

Called where sizes are summed up; pure.
"""

from __future__ import annotations

from decimal import Decimal

SUFFIXES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
SUFFIXES |= {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}


def number(quantity: str | int | float) -> int:
    """Whole units: bytes of a size. Raises decimal.InvalidOperation for what is no quantity."""
    text = str(quantity)
    for suffix, factor in SUFFIXES.items():
        if text.endswith(suffix):
            return int(Decimal(text.removesuffix(suffix)) * factor)
    if text.endswith("m"):
        return int(-(-Decimal(text.removesuffix("m")) // 1000))
    return int(Decimal(text))


def size(count: int) -> str:
    """Bytes in the largest binary unit that leaves a whole number."""
    for suffix in ("Ti", "Gi", "Mi", "Ki"):
        if count and count % SUFFIXES[suffix] == 0:
            return f"{count // SUFFIXES[suffix]}{suffix}"
    return str(count)
