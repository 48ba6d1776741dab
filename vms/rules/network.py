"""Which network settings the bootstrap providers take (section 6.6 of the catalogue). Part of `vms.rules`.

What interfaces look like is in `interfaces`, what may change in `network_changes`, host names in `names`.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import Gate, invalid, rule
from vmportal.errors import FieldError
from vms.addresses import read_address

NAME_SERVERS = "spec.network.nameservers"
SEARCH_DOMAINS = "spec.network.searchDomains"
CLOUD_INIT = "spec.bootstrap.cloudInit"

WITH_CLOUD_INIT = Gate("Cloud-Init", lambda vm: vm.get(CLOUD_INIT) is not None)
WITH_SYSPREP = Gate("Sysprep", lambda vm: vm.get("spec.bootstrap.sysprep") is not None)
WITH_LINUX_PREP = Gate("LinuxPrep", lambda vm: vm.get("spec.bootstrap.linuxPrep") is not None)
WITHOUT_PROVIDER = ~WITH_CLOUD_INIT & ~WITH_LINUX_PREP & ~WITH_SYSPREP

NEEDS_PROVIDER = "Leave this out, or set the guest up by Cloud-Init, LinuxPrep or Sysprep."
NEEDS_CLOUD_INIT = "Leave this out, or set the guest up by Cloud-Init."


@rule("VN-01", gate=WITH_CLOUD_INIT)
def global_name_servers_are_used_by_cloud_init(vm: Admitting) -> Iterator[FieldError]:
    """With Cloud-Init, global name servers are the default of interfaces; that must not be switched off."""
    if vm.get(NAME_SERVERS) and vm.get(f"{CLOUD_INIT}.useGlobalNameserversAsDefault") is False:
        yield invalid(
            NAME_SERVERS, "Give them to the interfaces, or switch useGlobalNameserversAsDefault on."
        )


@rule("VN-02", gate=WITHOUT_PROVIDER)
def global_name_servers_need_a_provider(vm: Admitting) -> Iterator[FieldError]:
    """Global name servers need a bootstrap provider that takes them."""
    if vm.get(NAME_SERVERS):
        yield invalid(NAME_SERVERS, NEEDS_PROVIDER)


@rule("VN-03")
def a_global_name_server_is_an_address(vm: Admitting) -> Iterator[FieldError]:
    """Global name servers are IP addresses."""
    for path, server in vm.each_text(NAME_SERVERS):
        if read_address(server) is None:
            yield invalid(path, "Write the name server's IPv4 or IPv6 address.")


@rule("VN-04", gate=WITH_CLOUD_INIT)
def global_search_domains_are_used_by_cloud_init(vm: Admitting) -> Iterator[FieldError]:
    """With Cloud-Init, global search domains are the default of interfaces; that must not be switched off."""
    if vm.get(SEARCH_DOMAINS) and vm.get(f"{CLOUD_INIT}.useGlobalSearchDomainsAsDefault") is False:
        yield invalid(
            SEARCH_DOMAINS, "Give them to the interfaces, or switch useGlobalSearchDomainsAsDefault on."
        )


@rule("VN-05", gate=WITHOUT_PROVIDER)
def global_search_domains_need_a_provider(vm: Admitting) -> Iterator[FieldError]:
    """Global search domains need a bootstrap provider that takes them."""
    if vm.get(SEARCH_DOMAINS):
        yield invalid(SEARCH_DOMAINS, NEEDS_PROVIDER)


@rule("VN-22", gate=~WITH_CLOUD_INIT)
def a_device_name_needs_cloud_init(vm: Admitting) -> Iterator[FieldError]:
    """Only Cloud-Init names interfaces in the guest."""
    for path, interface in vm.each("spec.network.interfaces"):
        if interface.get("guestDeviceName"):
            yield invalid(f"{path}.guestDeviceName", NEEDS_CLOUD_INIT)


@rule("VN-23", gate=~WITH_CLOUD_INIT)
def an_mtu_needs_cloud_init(vm: Admitting) -> Iterator[FieldError]:
    """Only Cloud-Init sets the MTU."""
    for path, interface in vm.each("spec.network.interfaces"):
        if interface.get("mtu") is not None:
            yield invalid(f"{path}.mtu", NEEDS_CLOUD_INIT)


@rule("VN-24", gate=~WITH_CLOUD_INIT)
def routes_need_cloud_init(vm: Admitting) -> Iterator[FieldError]:
    """Only Cloud-Init sets routes."""
    for path, interface in vm.each("spec.network.interfaces"):
        if interface.get("routes"):
            yield invalid(f"{path}.routes", NEEDS_CLOUD_INIT)


@rule("VN-25", gate=~WITH_CLOUD_INIT & ~WITH_SYSPREP)
def name_servers_of_an_interface_need_a_provider(vm: Admitting) -> Iterator[FieldError]:
    """Only Cloud-Init and Sysprep give an interface name servers of its own."""
    for path, interface in vm.each("spec.network.interfaces"):
        if interface.get("nameservers"):
            yield invalid(
                f"{path}.nameservers", "Leave this out, or set the guest up by Cloud-Init or Sysprep."
            )


@rule("VN-26", gate=~WITH_CLOUD_INIT)
def search_domains_of_an_interface_need_cloud_init(vm: Admitting) -> Iterator[FieldError]:
    """Only Cloud-Init gives an interface search domains of its own."""
    for path, interface in vm.each("spec.network.interfaces"):
        if interface.get("searchDomains"):
            yield invalid(f"{path}.searchDomains", NEEDS_CLOUD_INIT)
