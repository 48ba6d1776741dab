"""What hosts and datastores have left, and who gets it. Used by the simulator, where it takes inside a transaction."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from vmportal.backends.base import BackendRefused
from vmportal.backends.simulator.models import SimulatedDatastore, SimulatedHost, SimulatedVM

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Load:
    """What the VMs that are on take of a host."""

    memory_mb: int = 0  # configured
    reserved_mb: int = 0
    reserved_mhz: int = 0


def load_by_host() -> dict[str, Load]:
    rows = SimulatedVM.objects.filter(power_state="poweredOn", host__isnull=False).values_list("host_id")
    sums = rows.annotate(Sum("memory_mb"), Sum("reserved_mb"), Sum("reserved_mhz"))
    return {host: Load(*taken) for host, *taken in sums}


def used_by_datastore() -> dict[str, int]:
    rows = SimulatedVM.objects.values_list("datastore_id").annotate(space=Sum("space"))
    return {moid: space or 0 for moid, space in rows}


def free_space(datastore: SimulatedDatastore) -> int:
    used = SimulatedVM.objects.filter(datastore=datastore).aggregate(space=Sum("space"))["space"] or 0
    return datastore.capacity - datastore.used_by_others - used


def demand_space(moid: str, needed: int) -> None:
    """Hold the datastore's row, and refuse what does not fit."""
    datastore = SimulatedDatastore.objects.select_for_update().get(moid=moid)
    free = free_space(datastore)
    if needed > free:
        message = (
            f"Insufficient disk space on datastore '{datastore.name}': "
            f"{needed // _MIB} MB needed, {max(free, 0) // _MIB} MB free."
        )
        raise BackendRefused("NoDiskSpace", message)


def choose_host(vm: SimulatedVM) -> SimulatedHost:
    """The host of its cluster with the most free memory that has room; of equals its own. Raises `BackendRefused`."""
    hosts = list(SimulatedHost.objects.select_for_update().filter(cluster_id=vm.cluster_id).order_by("moid"))
    usable = [host for host in hosts if host.is_connected]
    if not usable:
        raise BackendRefused("InvalidHostConnectionState", "No host of the cluster is connected.")
    loads = load_by_host()
    left = {host.moid: _left(host, loads.get(host.moid, Load())) for host in usable}
    fitting = [
        host
        for host in usable
        if host.memory_mb >= vm.memory_mb
        and left[host.moid].reserved_mb >= vm.reserved_mb
        and left[host.moid].reserved_mhz >= vm.reserved_mhz
    ]
    if not fitting:
        raise BackendRefused("InsufficientResourcesFault", _what_is_missing(vm, usable, left))
    return max(fitting, key=lambda host: (left[host.moid].memory_mb, host.moid == vm.host_id))


def _left(host: SimulatedHost, load: Load) -> Load:
    return Load(
        host.memory_mb - load.memory_mb,
        host.memory_mb - load.reserved_mb,
        host.cores * host.cpu_mhz - load.reserved_mhz,
    )


def _what_is_missing(vm: SimulatedVM, hosts: list[SimulatedHost], left: dict[str, Load]) -> str:
    largest, unreserved = (
        max(host.memory_mb for host in hosts),
        max(load.reserved_mb for load in left.values()),
    )
    if vm.memory_mb > largest:
        needed = f"{vm.memory_mb} MB of memory needed, the largest host has {largest} MB"
    elif vm.reserved_mb > unreserved:
        needed = f"{vm.reserved_mb} MB of memory needed, {unreserved} MB left on a host"
    else:
        most_mhz = max(load.reserved_mhz for load in left.values())
        needed = f"{vm.reserved_mhz} MHz needed, {most_mhz} MHz left on a host"
    return (
        f"The available resources in the parent resource pool are insufficient for the operation: {needed}."
    )
