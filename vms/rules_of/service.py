"""What a VirtualMachineService may look like (section 7.7 of the catalogue). Pure.

It becomes a Service of Kubernetes, whose rules these are. The reference reports `spec.clusterIp` as `spec.clusterIP`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vmportal.admission import Admission, Admitting
from vmportal.admission.metadata import is_dns_subdomain, label_errors
from vmportal.admission.reading import texts
from vmportal.admission.rule import (
    Gate,
    forbidden,
    invalid,
    not_supported,
    required,
    rule,
)
from vmportal.errors import FieldError
from vms.addresses import is_ip4, read_address, read_cidr
from vms.rules_of.service_ports import PORT_RULES, PORTS

TYPE, ADDRESS, EXTERNAL_NAME = "spec.type", "spec.clusterIp", "spec.externalName"
RANGES = "spec.loadBalancerSourceRanges"
LOAD_BALANCER, EXTERNAL = "LoadBalancer", "ExternalName"
TYPES = ("ClusterIP", LOAD_BALANCER, EXTERNAL)
HEADLESS = "None"  # as address: there shall be none
_NAME = re.compile("[a-z]([-a-z0-9]*[a-z0-9])?")
STAYS = "This cannot be changed: put it back, or make another service."

BALANCED = Gate("type LoadBalancer", lambda service: service.text(TYPE) == LOAD_BALANCER)
OUTSIDE = Gate("type ExternalName", lambda service: service.text(TYPE) == EXTERNAL)


@rule("SVC-01", op="C")
def the_name_is_a_host_name(service: Admitting) -> Iterator[FieldError]:
    """The name of a service begins with a letter, and has at most 63 lower case letters, digits and hyphens."""
    name = service.text("metadata.name")
    if len(name) > 63 or not _NAME.fullmatch(name):
        yield invalid(
            "metadata.name",
            "Begin with a letter, use at most 63 lower case letters, digits and '-', and do not end with '-'.",
        )


@rule("SVC-21", op="U")
def the_type_stays(service: Admitting) -> Iterator[FieldError]:
    """The type is immutable."""
    if service.changed(TYPE):
        yield forbidden("spec.type", STAYS)


@rule("SVC-22", op="U")
def the_address_stays(service: Admitting) -> Iterator[FieldError]:
    """The address is immutable, also when there was none."""
    if service.changed(ADDRESS):
        yield forbidden("spec.clusterIP", STAYS)


@rule("SVC-02", gate=BALANCED)
def a_load_balancer_has_an_address(service: Admitting) -> Iterator[FieldError]:
    """A load balancer is not without address."""
    if service.text(ADDRESS) == HEADLESS:
        yield invalid("spec.clusterIP", "Leave spec.clusterIp out: a load balancer needs an address.")


@rule("SVC-03", gate=OUTSIDE)
def an_external_name_has_no_address(service: Admitting) -> Iterator[FieldError]:
    """An external name has no address."""
    if service.text(ADDRESS):
        yield forbidden("spec.clusterIP", "Leave spec.clusterIp out: an external name has no address.")


@rule("SVC-04", gate=OUTSIDE)
def an_external_name_is_given(service: Admitting) -> Iterator[FieldError]:
    """The type ExternalName comes with that name."""
    if not _external_name(service):
        yield required("spec.externalName", "Give the DNS name that this service stands for.")


@rule("SVC-05", gate=OUTSIDE)
def an_external_name_is_a_dns_name(service: Admitting) -> Iterator[FieldError]:
    """The external name is a DNS name, perhaps with a dot at its end."""
    name = _external_name(service)
    if name and not is_dns_subdomain(name):
        yield invalid(
            "spec.externalName",
            "Use lower case letters, digits, '-' and '.', at most 253, such as db.example.com.",
        )


def _external_name(service: Admitting) -> str:
    return service.text(EXTERNAL_NAME).removesuffix(".")


@rule("SVC-06", gate=~OUTSIDE)
def there_are_ports(service: Admitting) -> Iterator[FieldError]:
    """A service has ports, unless it has no address."""
    if not service.get(PORTS) and service.text(ADDRESS) != HEADLESS:
        yield required("spec.ports", "Give at least one port.")


@rule("SVC-15")
def the_selector_has_labels(service: Admitting) -> Iterator[FieldError]:
    """The selector consists of label keys and values."""
    yield from label_errors(texts(service.new, "spec.selector"), "spec.selector")


@rule("SVC-16")
def the_address_is_an_ip_address(service: Admitting) -> Iterator[FieldError]:
    """The address is an IP address, not one of IPv4 dressed as IPv6, or None."""
    address = service.text(ADDRESS)
    if address in ("", HEADLESS):
        return
    found = read_address(address)
    if found is None or (":" in address and is_ip4(found)):
        yield invalid("spec.clusterIP", "Give an IP address in spec.clusterIp, or None, or leave it out.")


@rule("SVC-17")
def a_type_is_given(service: Admitting) -> Iterator[FieldError]:
    """A service has a type."""
    if not service.text(TYPE):
        yield required("spec.type", "Say ClusterIP, LoadBalancer or ExternalName.")


@rule("SVC-18")
def the_type_is_known(service: Admitting) -> Iterator[FieldError]:
    """The type is ClusterIP, LoadBalancer or ExternalName."""
    if service.text(TYPE) not in ("", *TYPES):
        yield not_supported("spec.type", "Say ClusterIP, LoadBalancer or ExternalName.")


@rule("SVC-19", gate=~BALANCED)
def only_load_balancers_have_source_ranges(service: Admitting) -> Iterator[FieldError]:
    """Only load balancers say who may come in."""
    if service.get(RANGES):
        yield forbidden("spec.loadBalancerSourceRanges", "Leave this out: it is for the type LoadBalancer.")


@rule("SVC-20")
def source_ranges_are_networks(service: Admitting) -> Iterator[FieldError]:
    """Who may come in is said as networks."""
    for path, network in service.each_text(RANGES):
        if read_cidr(network.strip()) is None:
            yield invalid(path, "Give a network with its prefix length, such as 192.0.2.0/24.")


ADMISSION = Admission(
    rules=(
        the_name_is_a_host_name,
        the_type_stays,
        the_address_stays,
        a_load_balancer_has_an_address,
        an_external_name_has_no_address,
        an_external_name_is_given,
        an_external_name_is_a_dns_name,
        there_are_ports,
        *PORT_RULES,
        the_selector_has_labels,
        the_address_is_an_ip_address,
        a_type_is_given,
        the_type_is_known,
        only_load_balancers_have_source_ranges,
        source_ranges_are_networks,
    )
)
