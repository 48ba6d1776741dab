"""The ports of a VirtualMachineService (section 7.7 of the catalogue). Part of `vms.rules_of.service`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.metadata import is_dns_label
from vmportal.admission.reading import number, text
from vmportal.admission.rule import Gate, duplicate, invalid, not_supported, required, rule
from vmportal.errors import FieldError

PORTS = "spec.ports"
PROTOCOLS = ("SCTP", "TCP", "UDP")
PORT = "Give a port from 1 to 65535."
SEVERAL_PORTS = Gate("more than one port", lambda service: len(list(service.each(PORTS))) > 1)


@rule("SVC-07", gate=SEVERAL_PORTS)
def several_ports_have_names(service: Admitting) -> Iterator[FieldError]:
    """Where there are several ports, each has a name."""
    for path, port in service.each(PORTS):
        if not text(port, "name"):
            yield required(f"{path}.name", "Name each port, as there are several.")


@rule("SVC-08")
def port_names_are_dns_labels(service: Admitting) -> Iterator[FieldError]:
    """The name of a port is a DNS label."""
    for path, port in service.each(PORTS):
        name = text(port, "name")
        if name and not is_dns_label(name):
            yield invalid(f"{path}.name", "Use at most 63 lower case letters, digits and '-', as in web-1.")


@rule("SVC-09")
def port_names_differ(service: Admitting) -> Iterator[FieldError]:
    """No two ports have the same name."""
    seen = {""}
    for path, port in service.each(PORTS):
        name = text(port, "name")
        if name in seen and name:
            yield duplicate(f"{path}.name", f"Another port is called {name!r} already: choose another name.")
        seen.add(name)


@rule("SVC-10")
def ports_are_port_numbers(service: Admitting) -> Iterator[FieldError]:
    """The port of the service is from 1 to 65535."""
    for path, port in service.each(PORTS):
        if not _is_port(number(port, "port")):
            yield invalid(f"{path}.port", PORT)


@rule("SVC-11")
def target_ports_are_port_numbers(service: Admitting) -> Iterator[FieldError]:
    """The port of the VMs is from 1 to 65535; it has no name."""
    for path, port in service.each(PORTS):
        if not _is_port(number(port, "targetPort")):
            yield invalid(f"{path}.targetPort", PORT)


def _is_port(found: int | None) -> bool:
    return found is not None and 1 <= found <= 65535


@rule("SVC-12")
def ports_have_a_protocol(service: Admitting) -> Iterator[FieldError]:
    """Each port has a protocol."""
    for path, port in service.each(PORTS):
        if not text(port, "protocol"):
            yield required(f"{path}.protocol", "Say TCP, UDP or SCTP.")


@rule("SVC-13")
def protocols_are_known(service: Admitting) -> Iterator[FieldError]:
    """The protocol is TCP, UDP or SCTP."""
    for path, port in service.each(PORTS):
        if text(port, "protocol") not in ("", *PROTOCOLS):
            yield not_supported(f"{path}.protocol", "Say TCP, UDP or SCTP.")


@rule("SVC-14")
def ports_differ(service: Admitting) -> Iterator[FieldError]:
    """No two ports have the same protocol and number."""
    seen = set()
    for path, port in service.each(PORTS):
        place = text(port, "protocol"), number(port, "port")
        if place in seen:
            yield duplicate(path, "An earlier port has this protocol and number already: take one out.")
        seen.add(place)


PORT_RULES = (
    several_ports_have_names,
    port_names_are_dns_labels,
    port_names_differ,
    ports_are_port_numbers,
    target_ports_are_port_numbers,
    ports_have_a_protocol,
    protocols_are_known,
    ports_differ,
)
