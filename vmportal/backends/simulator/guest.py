"""What a guest reports of itself, computed from how long it has been running. Used by the simulator; pure."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import ipaddress
from collections.abc import Mapping
from typing import Any

import yaml

from vmportal.backends.simulator import guest_os
from vmportal.backends.simulator.clock import Timing, after

Info = dict[str, Any]


def tools_at(booted_at: dt.datetime, timing: Timing) -> dt.datetime:
    return after(booted_at, timing.tools)


def address_at(booted_at: dt.datetime, timing: Timing) -> dt.datetime:
    return after(booted_at, timing.tools + timing.address)


def guest_info(
    config: Mapping[str, Any],
    extra: Mapping[str, str],
    pool: Mapping[str, Info],
    *,
    has_tools: bool,
    is_on: bool,
    has_address: bool,
) -> Info:
    """`guest` of a VM. `pool` is what the network gives out: MAC -> {"address", "gateway", "nameservers", …}."""
    info: Info = {
        "toolsRunningStatus": "guestToolsRunning" if has_tools else "guestToolsNotRunning",
        "toolsStatus": "toolsOk" if has_tools else "toolsNotRunning",
        "guestState": "running" if is_on and has_tools else "notRunning",
        "interactiveGuestOperationsReady": has_tools,
        "customizationInfo": {"customizationStatus": "TOOLSDEPLOYPKG_IDLE"},
        "net": [],
        "ipStack": [],
    }
    if not has_tools:
        return info
    told = _metadata(extra)
    host = str(told.get("local-hostname") or config["name"])
    info |= {
        "guestId": config["guestId"],
        "guestFullName": config["guestFullName"],
        "guestFamily": guest_os.family(config["guestId"]),
        "hostName": host,
    }
    if has_address:
        ethernets = ((told.get("network") or {}).get("ethernets") or {}).values()
        by_mac = {str((net.get("match") or {}).get("macaddress", "")).lower(): net for net in ethernets}
        cards = [device for device in config["hardware"]["device"] if "macAddress" in device]
        reports = [
            _nic(card, host, pool.get(card["macAddress"]), by_mac.get(card["macAddress"])) for card in cards
        ]
        info["net"] = [report for report, _ in reports]
        info["ipStack"] = [_stack(host, [gateway for _, gateway in reports])] if reports else []
        first = [item["ipAddress"] for report, _ in reports for item in report["ipConfig"]["ipAddress"]]
        if first:
            info["ipAddress"] = first[0]
    return info


def _metadata(extra: Mapping[str, str]) -> Info:
    """What Cloud-Init in the guest reads; nothing if it cannot be read."""
    text = extra.get("guestinfo.metadata", "")
    try:
        found = yaml.safe_load(gzip.decompress(base64.b64decode(text))) if text else {}
    except (ValueError, OSError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _nic(card: Info, host: str, given: Info | None, told: Info | None) -> tuple[Info, str]:
    """GuestNicInfo of one card, and its gateway. What Cloud-Init was told wins over what the network gives."""
    is_static = bool(told and told.get("addresses"))
    texts = list((told or {}).get("addresses") or ([given["address"]] if given else []))
    gateway = str((told or {}).get("gateway4") or (given or {}).get("gateway", ""))
    addresses = [ipaddress.ip_interface(text) for text in texts]
    servers = ((told or {}).get("nameservers") or {}).get("addresses") or (given or {}).get("nameservers", [])
    backing = card.get("backing") or {}
    report: Info = {
        "network": backing.get("deviceName", ""),
        "macAddress": card["macAddress"],
        "connected": True,
        "deviceConfigId": card["key"],
        "ipAddress": [str(address.ip) for address in addresses],
        "ipConfig": {
            "ipAddress": [
                {
                    "ipAddress": str(address.ip),
                    "prefixLength": address.network.prefixlen,
                    "origin": "manual" if is_static else "dhcp",
                    "state": "preferred",
                }
                for address in addresses
            ],
            "dhcp": {"ipv4": {"enable": not is_static}, "ipv6": {"enable": False}},
        },
        "dnsConfig": {"dhcp": not is_static, "hostName": host, "domainName": "", "ipAddress": servers},
    }
    return report, gateway


def _stack(host: str, gateways: list[str]) -> Info:
    routes = [
        {"network": "0.0.0.0", "prefixLength": 0, "gateway": {"ipAddress": gateway, "device": str(number)}}
        for number, gateway in enumerate(gateways)
        if gateway
    ]
    return {
        "dnsConfig": {"dhcp": False, "hostName": host, "domainName": "", "ipAddress": [], "searchDomain": []},
        "ipRouteConfig": {"ipRoute": routes},
    }
