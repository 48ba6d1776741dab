"""The simulated network provider: addresses and MACs out of pools, none twice. Used by the simulator."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.db import transaction

from vmportal.backends.base import BackendRefused, Interface
from vmportal.backends.simulator.models import SimulatedInterface, SimulatedNetwork
from vmportal.backends.simulator.numbers import next_id


def claim(uid: str, wanted: tuple[tuple[str, str], ...]) -> None:
    """An address for each (interface, network). What the VM has already, it keeps. Raises `BackendRefused`."""
    with transaction.atomic():
        # All networks first: two claims that take them one by one would wait for each other.
        networks = list(SimulatedNetwork.objects.select_for_update().order_by("order"))
        have = {row.name: row for row in SimulatedInterface.objects.filter(uid=uid)}
        for name, network_name in wanted:
            network = _named(networks, network_name)
            if name in have:
                if have[name].network_id == network.moid:
                    continue
                have[name].delete()
            SimulatedInterface.objects.create(
                uid=uid, name=name, network=network, number=_free_number(network), mac=_mac(next_id())
            )


def release(uid: str) -> None:
    SimulatedInterface.objects.filter(uid=uid).delete()


def interfaces(uid: str) -> tuple[Interface, ...]:
    rows = SimulatedInterface.objects.filter(uid=uid).select_related("network").order_by("pk")
    return tuple(
        Interface(
            name=row.name,
            network=row.network.name,
            backing=backing(row.network),
            mac=row.mac,
            addresses=(_address(row),),
            gateway4=row.network.gateway,
            nameservers=tuple(row.network.nameservers),
            search_domains=tuple(row.network.search_domains),
        )
        for row in rows
    )


def given_by_mac(uid: str) -> dict[str, dict[str, Any]]:
    """What the network gives to a card that asks by DHCP."""
    rows = SimulatedInterface.objects.filter(uid=uid).select_related("network") if uid else ()
    return {
        row.mac: {
            "address": _address(row),
            "gateway": row.network.gateway,
            "nameservers": row.network.nameservers,
        }
        for row in rows
    }


def backing(network: SimulatedNetwork) -> dict[str, Any]:
    return {
        "_typeName": "VirtualEthernetCardNetworkBackingInfo",
        "deviceName": network.name,
        "network": network.moid,
    }


def _named(networks: list[SimulatedNetwork], name: str) -> SimulatedNetwork:
    """By name; the first is the default."""
    found = next((network for network in networks if name in ("", network.name)), None)
    if found is None:
        raise BackendRefused("NotFound", f'network "{name}" not found')
    return found


def _free_number(network: SimulatedNetwork) -> int:
    """The number after the last one given, so that an address rests before it is used again; then the lowest free."""
    taken = set(SimulatedInterface.objects.filter(network=network).values_list("number", flat=True))
    after_last = max(taken, default=network.first - 1) + 1
    for number in (after_last, *range(network.first, network.last + 1)):
        if network.first <= number <= network.last and number not in taken:
            return number
    raise BackendRefused("AddressPoolExhausted", f'network "{network.name}" has no free address left')


def _address(row: SimulatedInterface) -> str:
    network = ipaddress.ip_network(row.network.cidr)
    return f"{network[row.number]}/{network.prefixlen}"


def _mac(number: int) -> str:
    """In the range that vSphere keeps for MACs set by hand: 00:50:56:00:00:00 to 3f:ff:ff."""
    return f"00:50:56:{number >> 16 & 0x3F:02x}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"
