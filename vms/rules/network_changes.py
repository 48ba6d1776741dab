"""What of a VM's interfaces may change (section 6.6 of the catalogue, VN-27 on). Part of `vms.rules`.

All else of the network is free for VM Operator; the portal's policy D-21 is stricter.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import Object, each, get, text
from vmportal.admission.rule import Gate, feature, forbidden, invalid, rule
from vmportal.errors import FieldError
from vms.annotations import FAILED_OVER

INTERFACES = "spec.network.interfaces"
MUTABLE = feature("MutableNetworks")
SAME_NUMBER = Gate(
    "number of interfaces unchanged",
    lambda vm: len([*vm.each(INTERFACES)]) == len([*each(vm.old, INTERFACES)]),
)
FIXED = ~MUTABLE & SAME_NUMBER & Gate(f"no annotation {FAILED_OVER}", lambda vm: not has_failed_over(vm))


def has_failed_over(vm: Admitting) -> bool:
    return vm.annotation(FAILED_OVER) is not None


@rule("VN-27", op="U", gate=~MUTABLE & ~SAME_NUMBER)
def interfaces_are_neither_added_nor_removed(vm: Admitting) -> Iterator[FieldError]:
    """The number of interfaces stays."""
    yield forbidden(
        INTERFACES, "Interfaces cannot be added or removed later: put them back, or make a new VM."
    )


@rule("VN-29", "VN-28", op="U", gate=FIXED)
def an_interface_keeps_its_name(vm: Admitting) -> Iterator[FieldError]:
    """An interface keeps its name; by position, so that none can be swapped."""
    for path, now, was in _pairs(vm):
        if text(now, "name") != text(was, "name"):
            yield forbidden(f"{path}.name", "The name of an interface cannot be changed: put it back.")


@rule("VN-30", op="U", gate=FIXED)
def an_interface_keeps_its_network(vm: Admitting) -> Iterator[FieldError]:
    """An interface keeps its network, or stays without."""
    for path, now, was in _pairs(vm):
        if _network(now) != _network(was):
            yield forbidden(
                f"{path}.network", "An interface cannot be moved to another network: put it back."
            )


@rule("VN-31", op="U", gate=FIXED)
def an_interface_keeps_its_mac_address(vm: Admitting) -> Iterator[FieldError]:
    """An interface keeps its MAC address."""
    for path, now, was in _pairs(vm):
        if text(now, "macAddr") != text(was, "macAddr"):
            yield invalid(f"{path}.macAddr", "The MAC address cannot be changed: put it back.")


@rule("VN-33", op="U", gate=MUTABLE)
def an_interface_that_stays_keeps_its_mac_address(vm: Admitting) -> Iterator[FieldError]:
    """Where interfaces may change, one with unchanged name and network keeps its MAC address."""
    before = {_identity(was): text(was, "macAddr") for _, was in each(vm.old, INTERFACES)}
    for path, now in vm.each(INTERFACES):
        if text(now, "macAddr") != before.get(_identity(now), text(now, "macAddr")):
            yield invalid(
                f"{path}.macAddr", "The MAC address cannot be changed: put it back, or add a new interface."
            )


def _pairs(vm: Admitting) -> Iterator[tuple[str, Object, Object]]:
    """The interfaces with those that stood at their place: path, now, before."""
    for (path, now), (_, was) in zip(vm.each(INTERFACES), each(vm.old, INTERFACES), strict=False):
        yield path, now, was


def _network(interface: Object) -> tuple[str, str, str] | None:
    if get(interface, "network") is None:
        return None
    return (
        text(interface, "network.apiVersion"),
        text(interface, "network.kind"),
        text(interface, "network.name"),
    )


def _identity(interface: Object) -> tuple[str, str, str]:
    return text(interface, "name"), text(interface, "network.name"), text(interface, "network.kind")
