"""`spec.network`: names, interfaces and their addresses. Part of the VirtualMachine's shape; pure."""

from __future__ import annotations

from vmportal.schema.words import Schema, array, boolean, integer, obj, text

DEVICE_NAME = "^[a-z0-9]{2,}$"  # of an interface or a CD-ROM
DEVICE_NAME_HINT = "Two or more lower-case letters or digits."


def _texts(description: str) -> Schema:
    return array(text(), description=description)


_ROUTE = obj(
    {
        "to": text(description="A network in CIDR notation, or default."),
        "via": text(description="The gateway."),
        "metric": integer(1),
    },
    required=("to", "via"),
)

_NETWORK = obj(
    {"apiVersion": text(), "kind": text(), "name": text()},
    required=("name",),
    description="The network to connect to; the namespace's default when unset.",
)

_INTERFACE = obj(
    {
        "name": text(pattern=DEVICE_NAME, description=DEVICE_NAME_HINT),
        "network": _NETWORK,
        "guestDeviceName": text(
            pattern=r"^\w\w+$", description="The device's name in the guest, such as ens160."
        ),
        "macAddr": text(
            pattern="^([0-9A-Fa-f]{2}:){5}([0-9A-Fa-f]{2})$", description="As 00:50:56:aa:bb:cc."
        ),
        "addresses": _texts("Fixed addresses with their prefix, such as 192.0.2.10/24."),
        "dhcp4": boolean(),
        "dhcp6": boolean(),
        "gateway4": text(description="An address, or None."),
        "gateway6": text(description="An address, or None."),
        "mtu": integer(format="int64"),
        "nameservers": _texts("Name servers of this interface."),
        "searchDomains": _texts("Search domains of this interface."),
        "routes": array(_ROUTE),
    },
    required=("name",),
)

NETWORK = obj(
    {
        "hostName": text(description="The guest's host name; the VM's name when unset."),
        "domainName": text(),
        "disabled": boolean(description="Without any network interface."),
        "nameservers": _texts("Name servers for the guest."),
        "searchDomains": _texts("Search domains for the guest."),
        "interfaces": array(_INTERFACE, keys=("name",), max_items=10),
    },
    description="The guest's names and network interfaces.",
)
