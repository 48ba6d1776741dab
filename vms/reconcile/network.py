"""What a VM's interfaces are meant to be: the provider's results under the spec's overrides. Pure.

Used by prerequisites, NICs and bootstrap; it also makes `status.network.config`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vmportal.backends.base import Interface
from vms.reconcile.facts import Object
from vms.reconcile.step import Pass

NO_GATEWAY = "None"


@dataclass(frozen=True, slots=True)
class Result:
    """One interface as the guest shall have it."""

    name: str
    guest_device: str
    backing: Mapping[str, Any]
    mac: str
    addresses: tuple[str, ...]
    gateway4: str
    gateway6: str
    dhcp4: bool
    dhcp6: bool
    nameservers: tuple[str, ...]
    search_domains: tuple[str, ...]
    mtu: int
    routes: tuple[Object, ...]


def wanted_interfaces(work: Pass) -> list[Object]:
    network = work.spec.get("network") or {}
    return [] if network.get("disabled") else list(network.get("interfaces", []))


def unclaimed(work: Pass) -> tuple[tuple[str, str], ...]:
    """(interface, network) of those for which the provider has nothing yet."""
    have = {(made.name, made.network) for made in work.facts.interfaces}
    names = [(wish["name"], network_name(work, wish)) for wish in wanted_interfaces(work)]
    return tuple(pair for pair in names if pair not in have)


def claimable(work: Pass) -> tuple[tuple[str, str], ...]:
    """Those of `unclaimed` whose network is there."""
    known = {item.name for item in work.facts.inventory.networks}
    return tuple((interface, network) for interface, network in unclaimed(work) if network in known)


def network_name(work: Pass, wish: Object) -> str:
    """The name of the network, or of the default network when the wish names none."""
    named = (wish.get("network") or {}).get("name", "")
    if named:
        return str(named)
    made = next((made.network for made in work.facts.interfaces if made.name == wish["name"]), "")
    known = work.facts.inventory.networks
    return made or (known[0].name if known else "")


def results(work: Pass) -> list[Result]:
    """One for each wanted interface that the provider has answered for, in the wish's order."""
    made = {interface.name: interface for interface in work.facts.interfaces}
    pairs = [(wish, made.get(wish["name"])) for wish in wanted_interfaces(work)]
    return [_result(work, wish, provided) for wish, provided in pairs if provided]


def _result(work: Pass, wish: Object, provided: Interface) -> Result:
    result = Result(
        name=wish["name"],
        guest_device=wish.get("guestDeviceName") or wish["name"],
        backing=provided.backing,
        mac=(wish.get("macAddr") or provided.mac).lower(),
        addresses=tuple(wish.get("addresses") or provided.addresses),
        gateway4=provided.gateway4,
        gateway6=provided.gateway6,
        # The wish can only switch DHCP on.
        dhcp4=bool(wish.get("dhcp4") or (provided.dhcp4 and not wish.get("addresses"))),
        dhcp6=bool(wish.get("dhcp6") or (provided.dhcp6 and not wish.get("addresses"))),
        nameservers=tuple(wish.get("nameservers") or provided.nameservers or _global(work, "nameservers")),
        search_domains=tuple(
            wish.get("searchDomains") or provided.search_domains or _global(work, "searchDomains")
        ),
        mtu=int(wish.get("mtu") or 0),
        routes=tuple(wish.get("routes") or ()),
    )
    return _with_gateways(result, wish)


def _with_gateways(result: Result, wish: Object) -> Result:
    kept = tuple(
        address
        for address in result.addresses
        if not (result.dhcp4 if _family(address) == 4 else result.dhcp6)
    )
    return replace(
        result,
        addresses=kept,
        gateway4=_gateway(wish.get("gateway4"), result.gateway4, result.dhcp4),
        gateway6=_gateway(wish.get("gateway6"), result.gateway6, result.dhcp6),
    )


def _gateway(wished: str | None, provided: str, has_dhcp: bool) -> str:
    gateway = wished or provided
    return "" if gateway == NO_GATEWAY or has_dhcp else gateway


def _family(address: str) -> int:
    return ipaddress.ip_interface(address).version


def _global(work: Pass, key: str) -> list[str]:
    """With Cloud-Init, what is global stands for interfaces that have nothing of their own."""
    cloud_init = (work.spec.get("bootstrap") or {}).get("cloudInit")
    switch = {
        "nameservers": "useGlobalNameserversAsDefault",
        "searchDomains": "useGlobalSearchDomainsAsDefault",
    }
    if cloud_init is None or cloud_init.get(switch[key]) is False:
        return []
    return list((work.spec.get("network") or {}).get(key, []))


def dns(work: Pass) -> tuple[list[str], list[str]]:
    """The global name servers and search domains; the platform's where the VM has static addresses and none."""
    network = work.spec.get("network") or {}
    servers, domains = list(network.get("nameservers", [])), list(network.get("searchDomains", []))
    default_servers, default_domains = work.facts.network_defaults
    is_static = any(
        not result.dhcp4 and not result.dhcp6 and not result.nameservers for result in results(work)
    )
    if not servers and is_static:
        servers = list(default_servers)
    bootstrap = work.spec.get("bootstrap") or {}
    if not domains and is_static and "linuxPrep" not in bootstrap and "sysprep" not in bootstrap:
        domains = list(default_domains)
    return servers, domains


def host_name(work: Pass) -> tuple[str, str]:
    network = work.spec.get("network") or {}
    return network.get("hostName") or work.name, network.get("domainName", "")


def config_status(work: Pass) -> Object:
    """`status.network.config`: what was given to the guest, not what it has."""
    host, domain = host_name(work)
    servers, domains = dns(work)
    found: Object = {
        "dns": _filled(hostName=host, domainName=domain, nameservers=servers, searchDomains=domains),
        "interfaces": [entry for result in results(work) if (entry := _interface_status(result))],
    }
    return {key: value for key, value in found.items() if value}


def _interface_status(result: Result) -> Object | None:
    if not result.addresses and not result.dhcp4 and not result.dhcp6:
        return None
    address: Object = _filled(
        addresses=sorted(result.addresses), gateway4=result.gateway4, gateway6=result.gateway6
    )
    dhcp = {
        family: {"enabled": True} for family, is_on in (("ip4", result.dhcp4), ("ip6", result.dhcp6)) if is_on
    }
    if dhcp:
        address["dhcp"] = dhcp
    entry: Object = {"name": result.name, "ip": address}
    names = _filled(nameservers=list(result.nameservers), searchDomains=list(result.search_domains))
    if names:
        entry["dns"] = names
    return entry


def _filled(**members: Any) -> Object:
    return {key: value for key, value in members.items() if value}
