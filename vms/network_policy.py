"""What the portal asks of a VM's network and names beyond VM Operator's rules. Part of `vms.policy`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.metadata import is_dns_label
from vmportal.admission.reading import Object, each, get, mapping
from vmportal.admission.rule import Gate, forbidden, invalid, lift, policy, required
from vmportal.errors import FieldError
from vms.rules.names import HOST_NAME, WINDOWS_NAME, first_fault
from vms.rules.network_changes import MUTABLE, has_failed_over

NETWORK = "spec.network"
INTERFACES = f"{NETWORK}.interfaces"
JUDGED = ("name", "network", "macAddr")  # of an interface: VN-29 to VN-31 hold these

DEPLOYED = Gate("VM exists in vSphere", lambda vm: bool(vm.was("status.uniqueID")))


@policy("D-16")
def dns_settings_are_those_of_the_provider(vm: Admitting) -> Iterator[FieldError]:
    """Global DNS settings are for LinuxPrep and Sysprep, name servers of interfaces for Cloud-Init (NET-06, NET-07,
    NET-21). What was otherwise before may stay so."""
    before = set(_misplaced_dns(vm.old))
    for path in _misplaced_dns(vm.new):
        if path in before:
            continue
        if path.startswith(INTERFACES):
            yield invalid(
                path, "Leave this out: with Sysprep, name servers stand in spec.network.nameservers."
            )
        else:
            yield invalid(path, "Give this to the interfaces: with Cloud-Init, each has its own.")


def _misplaced_dns(obj: Object | None) -> Iterator[str]:
    """Places of DNS settings that VM Operator takes although the provider is not the one they are meant for."""
    if get(obj, "spec.bootstrap.cloudInit") is not None:
        yield from (
            f"{NETWORK}.{key}" for key in ("nameservers", "searchDomains") if get(obj, f"{NETWORK}.{key}")
        )
    elif get(obj, "spec.bootstrap.sysprep") is not None:
        yield from (f"{path}.nameservers" for path, nic in each(obj, INTERFACES) if nic.get("nameservers"))


@policy("D-21", op="U", exempt="vmop", gate=~MUTABLE & DEPLOYED)
def the_network_stays(vm: Admitting) -> Iterator[FieldError]:
    """The network of a VM that exists is immutable (NET-01, NET-02, NET-04)."""
    message = "The network of a VM cannot be changed: put this back, or make a new VM."
    if has_failed_over(vm):
        return
    for key in _changed(mapping(vm.new, NETWORK), mapping(vm.old, NETWORK), but=("interfaces",)):
        yield forbidden(f"{NETWORK}.{key}", message)
    for (path, now), (_, was) in zip(vm.each(INTERFACES), each(vm.old, INTERFACES), strict=False):
        for key in _changed(now, was, but=JUDGED):
            yield forbidden(f"{path}.{key}", message)


def _changed(now: Object, was: Object, *, but: tuple[str, ...]) -> list[str]:
    """The fields that differ; absent, empty and false are the same."""
    return [
        key
        for key in sorted({*now, *was})
        if key not in but and (now.get(key) or None) != (was.get(key) or None)
    ]


@policy("D-22")
def a_name_that_is_no_host_name_needs_one(vm: Admitting) -> Iterator[FieldError]:
    """A VM whose name is no host name (dots, more than 63 characters, 15 for Windows) says its own (VML-08)."""
    if vm.text(HOST_NAME):
        return
    fault = first_fault(vm)
    if fault == "VH-03":
        yield required(
            "spec.network.hostName",
            f"Give the guest a host name of at most {WINDOWS_NAME} characters: the VM's own name is too long "
            "for Windows.",
        )
    elif fault == "VH-01" or (vm.is_create and not is_dns_label(vm.name)):
        yield required(
            "spec.network.hostName",
            "Give the guest a host name: the VM's own name has a dot or more than 63 characters.",
        )


@lift("D-22", "VH-01", "VH-03")
def a_host_name_is_asked_for_instead(vm: Admitting, error: FieldError) -> bool:
    """The VM's name is not refused as host name: it is the host name that is missing."""
    return error.path == "metadata.name"
