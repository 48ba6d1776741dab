"""`status.network`: what was configured and what the guest reports. Part of the VirtualMachine's shape; pure."""

from __future__ import annotations

from vmportal.schema.words import Schema, array, boolean, integer, obj, text, time

ADDRESS_ORIGINS = ("dhcp", "linklayer", "manual", "other", "random")
ADDRESS_STATES = ("deprecated", "duplicate", "inaccessible", "invalid", "preferred", "tentative", "unknown")


def _dns(**more: Schema) -> Schema:
    names = {"hostName": text(), "domainName": text()}
    return obj({**more, **names, "nameservers": array(text()), "searchDomains": array(text())})


def _dhcp(**more: Schema) -> Schema:
    return obj({family: obj({"enabled": boolean(), **more}) for family in ("ip4", "ip6")})


_PAIRS = array(obj({"key": text(), "value": text()}, required=("key",)), keys=("key",))

_CONFIGURED_IP = obj(
    {"addresses": array(text()), "gateway4": text(), "gateway6": text(), "dhcp": _dhcp()},
)
_CONFIGURED = obj(
    {
        "dns": _dns(),
        "interfaces": array(obj({"name": text(), "ip": _CONFIGURED_IP, "dns": _dns()})),
    },
    description="What the guest was told to have.",
)

_ADDRESS = obj(
    {
        "address": text(description="With its prefix."),
        "lifetime": time(),
        "origin": text(enum=ADDRESS_ORIGINS),
        "state": text(enum=ADDRESS_STATES),
    }
)
_INTERFACE = obj(
    {
        "name": text(),
        "deviceKey": integer(description="vSphere's key of the device."),
        "ip": obj(
            {
                "addresses": array(_ADDRESS),
                "autoConfigurationEnabled": boolean(),
                "dhcp": _dhcp(config=_PAIRS),
                "macAddr": text(),
            }
        ),
        "dns": _dns(dhcp=boolean()),
    }
)

_ROUTE = obj({"gateway": obj({"address": text(), "device": text()}), "networkAddress": text()})
_STACK = obj(
    {
        "dhcp": _dhcp(config=_PAIRS),
        "dns": _dns(dhcp=boolean()),
        "ipRoutes": array(_ROUTE),
        "kernelConfig": _PAIRS,
    }
)

NETWORK_STATUS = obj(
    {
        "config": _CONFIGURED,
        "hostName": text(),
        "interfaces": array(_INTERFACE, description="What the guest reports."),
        "ipStacks": array(_STACK),
        "primaryIP4": text(),
        "primaryIP6": text(),
    }
)
