"""What a machine's guest shows of its network: addresses from the spec, or what a DHCP server would give.

Called by machine.py; pure.
"""

from __future__ import annotations

import ipaddress

from tests.peers.supervisor.resources import Document

NETWORK = ipaddress.ip_network("10.64.0.0/10")  # 4 million addresses: two machines hardly ever get the same
NAMESERVERS = ["10.64.0.2"]


def intended(machine: Document) -> Document | None:
    """status.network.config: what the spec asks for, not what the guest has."""
    spec = machine["spec"].get("network") or {}
    if spec.get("disabled"):
        return None
    names = {"hostName": spec.get("hostName") or machine["metadata"]["name"]}
    names |= {word: spec[word] for word in ("domainName", "nameservers", "searchDomains") if spec.get(word)}
    interfaces = []
    for interface in spec.get("interfaces", ()):
        address: Document = {}
        if interface.get("addresses"):
            address["addresses"] = sorted(interface["addresses"])
        for word in ("gateway4", "gateway6"):
            if interface.get(word, "None") != "None":
                address[word] = interface[word]
        has_dhcp = not interface.get("addresses")
        address["dhcp"] = {
            "ip4": {"enabled": bool(interface.get("dhcp4", has_dhcp))},
            "ip6": {"enabled": bool(interface.get("dhcp6"))},
        }
        interfaces.append({"name": interface["name"], "ip": address})
    return {"dns": names} | ({"interfaces": interfaces} if interfaces else {})


def observed(machine: Document) -> Document:
    """status.network of a running guest, without `config`."""
    spec, uid = machine["spec"].get("network") or {}, machine["metadata"]["uid"]
    interfaces = []
    for index, interface in enumerate([] if spec.get("disabled") else spec.get("interfaces", ())):
        given = interface.get("addresses")
        addresses = given or [f"{_lease(uid, index)}/{NETWORK.prefixlen}"]
        origin = "manual" if given else "dhcp"
        shown = [{"address": one, "origin": origin, "state": "preferred"} for one in addresses]
        interfaces.append(
            {
                "name": interface["name"],
                "deviceKey": 4000 + index,
                "ip": {"addresses": shown, "macAddr": interface.get("macAddr") or _mac(uid, index)},
                "dns": {"dhcp": not given, "nameservers": interface.get("nameservers") or NAMESERVERS},
            }
        )
    seen: Document = {"hostName": spec.get("hostName") or machine["metadata"]["name"]}
    if interfaces:
        seen["interfaces"] = interfaces
    for one in (one["address"] for interface in interfaces for one in interface["ip"]["addresses"]):
        address = ipaddress.ip_interface(one).ip
        seen.setdefault(f"primaryIP{address.version}", str(address))
    return seen


def _lease(uid: str, index: int) -> ipaddress.IPv4Address:
    number = int(uid.replace("-", "")[:8], 16) + index
    return ipaddress.IPv4Address(int(NETWORK.network_address) + 256 + number % (NETWORK.num_addresses - 512))


def _mac(uid: str, index: int) -> str:
    digits = uid.replace("-", "")
    return f"00:50:56:{digits[:2]}:{digits[2:4]}:{(int(digits[4:6], 16) + index) % 256:02x}"
