"""How a VM is asked whether it is ready (section 6.9 of the catalogue, VP-01 to VP-04). Part of `vms.rules`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import mapping
from vmportal.admission.rule import Gate, forbidden, not_supported, rule
from vmportal.errors import FieldError
from vms.defaults.network import provider_config

PROBE = "spec.readinessProbe"
TCP = f"{PROBE}.tcpSocket"
ALWAYS_OPEN = 6443  # the port that VM Operator reaches on restricted networks, too
RESTRICTED = "IsRestrictedNetwork"  # in the provider's ConfigMap

ON_VPC = Gate("provider NSXT_VPC", lambda vm: vm.installation.network_provider == "NSXT_VPC")
_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)


def _asks_other_port(vm: Admitting) -> bool:
    return vm.get(TCP) is not None and _port(vm) != ALWAYS_OPEN


OTHER_PORT = ~ON_VPC & Gate(f"TCP probe of another port than {ALWAYS_OPEN}", _asks_other_port)


@rule("VP-01")
def there_is_one_probe(vm: Admitting) -> Iterator[FieldError]:
    """A VM has one probe at most: TCP socket, guest heartbeat or guest info."""
    found = [
        vm.get(TCP) is not None,
        vm.get(f"{PROBE}.guestHeartbeat") is not None,
        bool(vm.get(f"{PROBE}.guestInfo")),
    ]
    if sum(found) > 1:
        yield forbidden(PROBE, "Keep one of tcpSocket, guestHeartbeat and guestInfo.")


@rule("VP-02", gate=ON_VPC, who="vsphere")
def no_tcp_probe_on_a_vpc(vm: Admitting) -> Iterator[FieldError]:
    """A VM on a VPC network is not probed over TCP."""
    if vm.get(TCP) is not None:
        yield forbidden(TCP, "Choose another probe: this network takes none over TCP.")


@rule("VP-03", gate=OTHER_PORT, who="vsphere")
def a_restricted_network_lets_one_port_through(vm: Admitting) -> Iterator[FieldError]:
    """On a restricted network only port 6443 is probed."""
    if any(mapping(config, "data").get(RESTRICTED) == "true" for config in _provider_configs(vm)):
        yield not_supported(
            "spec.readinessProbe.tcpSocket.port",
            "Probe port 6443, or choose another probe: the network is restricted.",
        )


@rule("VP-04", gate=OTHER_PORT, who="vsphere")
def an_unknown_network_lets_one_port_through(vm: Admitting) -> Iterator[FieldError]:
    """Where nothing is known of the network, only port 6443 is probed."""
    if not _provider_configs(vm):
        yield forbidden(
            TCP, "Probe port 6443, or choose another probe: nothing is known of the network's restrictions."
        )


def _port(vm: Admitting) -> int:
    """The port as a number; one with a name counts as 0."""
    port = vm.get(f"{TCP}.port")
    if isinstance(port, str):
        return int(port) if len(port) < 10 and _NUMBER.fullmatch(port) else 0
    return vm.number(f"{TCP}.port") or 0


def _provider_configs(vm: Admitting) -> list[dict[str, object]]:
    return vm.world.find(provider_config(vm.installation.operator_namespace))
