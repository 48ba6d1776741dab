"""`status.network`: what the guest reports. Called by `status`; pure."""

from __future__ import annotations

import ipaddress
from typing import Any

import re2

from vms.reconcile import conditions, nics
from vms.reconcile.devices import extra_config
from vms.reconcile.facts import Object
from vms.reconcile.step import Pass

_LIMITED = re2.Options()
_LIMITED.log_errors = False
_LIMITED.max_mem = 1 << 20  # bytes of one expression; re2 keeps 128 of them


def observe(work: Pass) -> None:
    guest = work.seen.get("guest") or {}
    primary = _primary(work, guest)
    named = nics.names_by_key(work)
    interfaces = [
        _interface(nic, named.get(nic["deviceConfigId"], ""))
        for nic in guest.get("net") or []
        if nic.get("deviceConfigId", -1) >= 0  # negative: a pseudo device
    ]
    stacks = [_stack(stack) for stack in guest.get("ipStack") or []]
    kept = (work.status.get("network") or {}).get("config")
    network: Object = {"config": kept} if kept else {}
    if primary or interfaces or stacks:
        network |= {f"primaryIP{family}": text for family, text in sorted(primary.items())}
        network |= {key: value for key, value in (("interfaces", interfaces), ("ipStacks", stacks)) if value}
        _synced(work, primary, interfaces)
    else:
        work.conditions.delete(conditions.NETWORK_SYNCED)
    if host := (work.seen["summary"].get("guest") or {}).get("hostName"):
        network["hostName"] = host
    if network:
        work.status["network"] = network
    else:
        work.status.pop("network", None)


def _primary(work: Pass, guest: Object) -> dict[int, str]:
    """Family -> address. With Cloud-Init, what its data source publishes wins."""
    found: dict[int, str] = {}
    if address := usable(guest.get("ipAddress", "")):
        found[address.version] = str(guest["ipAddress"])
    if (work.spec.get("bootstrap") or {}).get("cloudInit") is not None:
        extra = extra_config(work.seen["config"])
        for family in (4, 6):
            text = extra.get(f"guestinfo.local-ipv{family}", "")
            address = usable(text)
            if address and address.version == family:
                found[family] = text
    return found


def usable(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, unless it is unspecified, link-local or loopback, or none at all."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if address.is_unspecified or address.is_link_local or address.is_loopback else address


def _synced(work: Pass, primary: dict[int, str], interfaces: list[Object]) -> None:
    shown = f'IPv4="{primary.get(4, "")}", IPv6="{primary.get(6, "")}"'
    listed = {
        item["address"].split("/")[0]
        for entry in interfaces
        for item in entry.get("ip", {}).get("addresses", [])
    }
    if not primary:
        message = "Neither IPv4 nor IPv6 address reported by guest"
        work.conditions.false(conditions.NETWORK_SYNCED, "NotSynced", message)
    elif interfaces and not set(primary.values()) <= listed:
        message = f"guest primary IPs ({shown}) not yet reflected in per-NIC data"
        work.conditions.false(conditions.NETWORK_SYNCED, "NotSynced", message)
    else:
        work.conditions.true(conditions.NETWORK_SYNCED, shown, "Synced")


def _interface(nic: Object, name: str) -> Object:
    config = nic.get("ipConfig") or {}
    addresses = [
        {
            key: value
            for key, value in (
                ("address", f"{item['ipAddress']}/{item['prefixLength']}"),
                ("lifetime", item.get("lifetime")),
                ("origin", item.get("origin")),
                ("state", item.get("state")),
            )
            if value
        }
        for item in config.get("ipAddress") or []
    ]
    address: Object = _filled(
        macAddr=nic.get("macAddress"),
        addresses=addresses,
        dhcp=_dhcp(config.get("dhcp")),
    )
    if config.get("autoConfigurationEnabled") is not None:
        address["autoConfigurationEnabled"] = config["autoConfigurationEnabled"]
    return _filled(name=name, deviceKey=nic["deviceConfigId"], ip=address, dns=_dns(nic.get("dnsConfig")))


def _stack(stack: Object) -> Object:
    routes = [
        _route(route) for route in (stack.get("ipRouteConfig") or {}).get("ipRoute") or [] if _is_shown(route)
    ]
    return _filled(
        dns=_dns(stack.get("dnsConfig")),
        dhcp=_dhcp(stack.get("dhcpConfig")),
        ipRoutes=routes,
        kernelConfig=_pairs(stack.get("ipStackConfig")),
    )


def _is_shown(route: Object) -> bool:
    try:
        network = ipaddress.ip_address(route.get("network", ""))
    except ValueError:
        return False
    if network.is_link_local or (
        network.version == 4 and network.is_multicast and str(network).startswith("224.0.0.")
    ):
        return False
    return route.get("prefixLength") != 32 if network.version == 4 else not network.is_multicast


def _route(route: Object) -> Object:
    gateway = route.get("gateway") or {}
    return {
        "gateway": _filled(address=gateway.get("ipAddress"), device=gateway.get("device")),
        "networkAddress": f"{route['network']}/{route['prefixLength']}",
    }


def _dns(config: Object | None) -> Object:
    if not config:
        return {}
    return {
        "dhcp": bool(config.get("dhcp")),
        **_filled(
            hostName=config.get("hostName"),
            domainName=config.get("domainName"),
            nameservers=list(dict.fromkeys(config.get("ipAddress") or [])),
            searchDomains=list(dict.fromkeys(config.get("searchDomain") or [])),
        ),
    }


def _dhcp(config: Object | None) -> Object:
    found: Object = {}
    for theirs, ours in (("ipv4", "ip4"), ("ipv6", "ip6")):
        if part := (config or {}).get(theirs):
            found[ours] = {"enabled": bool(part.get("enable")), **_filled(config=_pairs(part.get("config")))}
    return found


def _pairs(items: Any) -> list[Object]:
    return [{"key": item["key"], "value": item.get("value", "")} for item in items or []]


def _filled(**members: Any) -> Object:
    return {key: value for key, value in members.items() if value not in (None, "", [], {})}


def matches(pattern: str, value: str) -> bool:
    """A search, not a full match; what is empty or no expression matches everything.

    Users write the pattern: it is read as Go reads it, in linear time.
    """
    try:
        return not pattern or re2.search(pattern, value, options=_LIMITED) is not None
    except re2.error:
        return True
