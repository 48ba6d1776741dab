"""IP addresses as Go's `net` package reads them, and thereby VM Operator. Used by rules of VMs and services; pure."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from vmportal.addresses import Address, unmapped


@lru_cache(maxsize=1024)  # several rules ask for the same ones
def read_address(text: str) -> Address | None:
    """The address that a text is; None if it is none. No scope (PYT-01); one mapped into IPv6 counts as IPv4."""
    return None if "%" in text else unmapped(text)


def read_cidr(text: str) -> Address | None:
    """The address of `10.0.0.5/24`: a prefix length is a must, host bits are fine (PYT-02)."""
    address, _, length = text.partition("/")
    bits = 128 if ":" in address else 32
    if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= bits):
        return None
    return read_address(address)


def is_ip4(address: Address | None) -> bool:
    return isinstance(address, ipaddress.IPv4Address)


def is_ip6(address: Address | None) -> bool:
    return isinstance(address, ipaddress.IPv6Address)
