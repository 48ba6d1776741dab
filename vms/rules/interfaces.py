"""What a VM's network interfaces look like (section 6.6 of the catalogue, VN-06 to VN-21). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vmportal.admission import Admitting
from vmportal.admission.metadata import is_dns_subdomain
from vmportal.admission.reading import Object, each, each_text, text
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError
from vms.addresses import Address, is_ip4, is_ip6, read_address, read_cidr

INTERFACES = "spec.network.interfaces"
NO_GATEWAY = "None"  # with exactly these letters (PYT-03)
VPC_GROUP = "crd.nsx.vmware.com"  # the API group of the networks of an NSX VPC

DHCP_BRINGS_IT = "Leave the gateway out: DHCP brings it."


@rule("VN-06")
def a_network_is_of_a_group_and_version(vm: Admitting) -> Iterator[FieldError]:
    """The API version of a network is a group and a version."""
    for path, interface in vm.each(INTERFACES):
        if text(interface, "network.apiVersion").count("/") > 1:
            yield invalid(
                f"{path}.network.apiVersion", "Write group and version with one slash between them."
            )


@rule("VN-07")
def an_interface_names_an_object(vm: Admitting) -> Iterator[FieldError]:
    """The names of VM, network and interface, joined by hyphens, are a DNS subdomain."""
    for path, interface in vm.each(INTERFACES):
        parts = (vm.name, text(interface, "network.name"), text(interface, "name"))
        if not is_dns_subdomain("-".join(part for part in parts if part)):
            yield invalid(
                f"{path}.name",
                "Use shorter names for VM, network and interface, of lower case letters, digits, '-' and '.': "
                "joined they name an object.",
            )


@rule("VN-08")
def a_mac_address_needs_a_vpc(vm: Admitting) -> Iterator[FieldError]:
    """The MAC address is chosen on networks of an NSX VPC only."""
    for path, interface in vm.each(INTERFACES):
        if text(interface, "macAddr") and _group(text(interface, "network.apiVersion")) != VPC_GROUP:
            yield invalid(f"{path}.macAddr", "Leave the MAC address out: on this network it is drawn.")


@rule("VN-09")
def an_address_has_a_prefix_length(vm: Admitting) -> Iterator[FieldError]:
    """An address of an interface is written with its prefix length."""
    for path, interface in vm.each(INTERFACES):
        for place, address in each_text(interface, "addresses"):
            if read_cidr(address) is None:
                yield invalid(f"{path}.{place}", "Write an address with its prefix length, as 192.0.2.10/24.")


@rule("VN-10")
def an_ip4_gateway_needs_an_address(vm: Admitting) -> Iterator[FieldError]:
    """An IPv4 gateway needs an IPv4 address of the interface."""
    for path, interface in vm.each(INTERFACES):
        if _gateway(interface, "gateway4") and not _has_address(interface, is_ip4):
            yield invalid(f"{path}.gateway4", "Give the interface an IPv4 address, or leave the gateway out.")


@rule("VN-11")
def an_ip4_gateway_is_an_address(vm: Admitting) -> Iterator[FieldError]:
    """An IPv4 gateway is an IPv4 address."""
    for path, interface in vm.each(INTERFACES):
        gateway = _gateway(interface, "gateway4")
        if gateway and not is_ip4(read_address(gateway)):
            yield invalid(f"{path}.gateway4", "Write an IPv4 address, or None.")


@rule("VN-12")
def an_ip6_gateway_needs_an_address(vm: Admitting) -> Iterator[FieldError]:
    """An IPv6 gateway needs an IPv6 address of the interface."""
    for path, interface in vm.each(INTERFACES):
        if _gateway(interface, "gateway6") and not _has_address(interface, is_ip6):
            yield invalid(f"{path}.gateway6", "Give the interface an IPv6 address, or leave the gateway out.")


@rule("VN-13")
def an_ip6_gateway_is_an_address(vm: Admitting) -> Iterator[FieldError]:
    """An IPv6 gateway is an IPv6 address, and no mapped IPv4 address."""
    for path, interface in vm.each(INTERFACES):
        gateway = _gateway(interface, "gateway6")
        if gateway and not is_ip6(read_address(gateway)):
            yield invalid(f"{path}.gateway6", "Write an IPv6 address, or None.")


@rule("VN-14")
def dhcp4_excludes_ip4_addresses(vm: Admitting) -> Iterator[FieldError]:
    """DHCP for IPv4 excludes IPv4 addresses."""
    for path, interface in vm.each(INTERFACES):
        if interface.get("dhcp4") is True and _has_address(interface, is_ip4):
            yield invalid(f"{path}.dhcp4", "Switch DHCP off, or leave the IPv4 addresses out.")


@rule("VN-15")
def dhcp4_excludes_a_gateway(vm: Admitting) -> Iterator[FieldError]:
    """DHCP for IPv4 excludes a gateway, even None."""
    for path, interface in vm.each(INTERFACES):
        if interface.get("dhcp4") is True and interface.get("gateway4"):
            yield invalid(f"{path}.gateway4", DHCP_BRINGS_IT)


@rule("VN-16")
def dhcp6_excludes_ip6_addresses(vm: Admitting) -> Iterator[FieldError]:
    """DHCP for IPv6 excludes IPv6 addresses."""
    for path, interface in vm.each(INTERFACES):
        if interface.get("dhcp6") is True and _has_address(interface, is_ip6):
            yield invalid(f"{path}.dhcp6", "Switch DHCP off, or leave the IPv6 addresses out.")


@rule("VN-17")
def dhcp6_excludes_a_gateway(vm: Admitting) -> Iterator[FieldError]:
    """DHCP for IPv6 excludes a gateway, even None."""
    for path, interface in vm.each(INTERFACES):
        if interface.get("dhcp6") is True and interface.get("gateway6"):
            yield invalid(f"{path}.gateway6", DHCP_BRINGS_IT)


@rule("VN-18")
def a_name_server_of_an_interface_is_an_address(vm: Admitting) -> Iterator[FieldError]:
    """Name servers of an interface are IP addresses."""
    for path, interface in vm.each(INTERFACES):
        for place, server in each_text(interface, "nameservers"):
            if read_address(server) is None:
                yield invalid(f"{path}.{place}", "Write the name server's IPv4 or IPv6 address.")


@rule("VN-19")
def a_route_leads_to_a_network(vm: Admitting) -> Iterator[FieldError]:
    """A route leads to a network or is the default."""
    for path, route in _routes(vm):
        if text(route, "to") != "default" and read_cidr(text(route, "to")) is None:
            yield invalid(
                f"{path}.to", "Write a network with its prefix length, as 192.0.2.0/24, or default."
            )


@rule("VN-20")
def a_route_goes_by_an_address(vm: Admitting) -> Iterator[FieldError]:
    """The next hop of a route is an IP address."""
    for path, route in _routes(vm):
        if read_address(text(route, "via")) is None:
            yield invalid(f"{path}.via", "Write the IPv4 or IPv6 address of the next hop.")


@rule("VN-21")
def a_route_stays_in_its_family(vm: Admitting) -> Iterator[FieldError]:
    """Destination and next hop of a route are of one family. A next hop that is no address is not IPv4."""
    for path, route in _routes(vm):
        to = read_cidr(text(route, "to"))
        if to is not None and is_ip4(to) != is_ip4(read_address(text(route, "via"))):
            yield invalid(path, "Use IPv4 for both destination and next hop, or IPv6 for both.")


def _group(api_version: str) -> str:
    group, slash, _ = api_version.partition("/")
    return group if slash and api_version.count("/") == 1 else ""


def _gateway(interface: Object, key: str) -> str:
    """The gateway, unless there is to be none."""
    gateway = text(interface, key)
    return "" if gateway == NO_GATEWAY else gateway


def _has_address(interface: Object, is_of_family: Callable[[Address | None], bool]) -> bool:
    return any(is_of_family(read_cidr(address)) for _, address in each_text(interface, "addresses"))


def _routes(vm: Admitting) -> Iterator[tuple[str, Object]]:
    for path, interface in vm.each(INTERFACES):
        for place, route in each(interface, "routes"):
            yield f"{path}.{place}", route
