"""Amounts between Kubernetes' quantities and vSphere's MB and MHz. Used by config spec and status; pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from vmportal.schema.quantity import format_quantity, parse_quantity

MIB = 1024 * 1024


def amount(quantity: Any) -> Decimal:
    """The number that a quantity stands for; 0 for None. Raises `ValueError` for what is no quantity."""
    return parse_quantity(quantity) if quantity else Decimal(0)


def megabytes(quantity: Any) -> int:
    """vSphere's MB (2**20 bytes)."""
    return int(amount(quantity) // MIB)


def megahertz(cores: Any, core_mhz: int) -> int:
    """A quantity of cores in MHz, rounded up."""
    return int(-(-(amount(cores) * core_mhz) // 1))


def bytes_as_quantity(count: int) -> str:
    """In binary units if it is at most 1024 times a power of 1024, else as a plain number (20Gi, 11274289152)."""
    is_round = any(count % 1024**power == 0 and count // 1024**power <= 1024 for power in range(7))
    return format_quantity(count, "BinarySI" if is_round else "DecimalSI")


def megabytes_as_quantity(count: int) -> str:
    """As VM Operator reports memory: 2048 MB is `2048M`, though it is 2 GiB."""
    return format_quantity(count * 10**6, "DecimalSI")
