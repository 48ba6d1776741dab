"""Where a request comes from, and networks in CIDR notation. Asked by sign-in and tokens; pure.

Networks are texts as people write them: `10.0.0.0/8`, `2001:db8::/32`, or one address.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(text: str) -> Network:
    """Raises `ValueError` with a sentence that says what to write instead."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        try:
            meant = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise ValueError(
                f"{text!r} is no network: write 10.0.0.0/8, 2001:db8::/32 or one address"
            ) from None
        raise ValueError(f"{text!r} is an address within a network: write {meant} for all of it") from None
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped:
        raise ValueError(f"{text!r} is an IPv4 network in IPv6 clothes: write it as IPv4")
    return found


def client_address(meta: Mapping[str, Any], proxies: Iterable[Network]) -> str:
    """Whose request it is; empty when that cannot be told.

    `meta` is WSGI's. What stands in X-Forwarded-For counts only where a trusted proxy has written it: from the right,
    the first that is no such proxy.
    """
    trusted = [*proxies]
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if trusted else []
    address = _address(str(meta.get("REMOTE_ADDR", "")))
    while address is not None and forwarded and _lies_in(address, trusted):
        said = forwarded.pop().strip()
        address = _address(said) if said else address
    return str(address) if address is not None else ""


def is_within(address: str, networks: Iterable[str]) -> bool:
    known = _address(address)
    return known is not None and _lies_in(known, map(network, networks))


def _lies_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in one for one in networks)


def _address(text: str) -> Address | None:
    """An address, which some proxies write with a port, and sockets for both families as IPv6 even if it is IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return unmapped(text)


def unmapped(text: str) -> Address | None:
    """The address that a text is; None if it is none. One mapped into IPv6 counts as IPv4."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
