"""What hosts and datastores have left, and who gets it. Used by the simulator, where it takes inside a transaction."""

from __future__ import annotations

from django.db.models import Sum

from vmportal.backends.base import BackendRefused
from vmportal.backends.simulator.models import SimulatedDatastore, SimulatedHost, SimulatedVM

_MIB = 1024 * 1024


def reserved_by_host() -> dict[str, tuple[int, int]]:
    """Host -> (MB, MHz) reserved by the VMs that are on."""
    rows = SimulatedVM.objects.filter(power_state="poweredOn", host__isnull=False).values_list("host_id")
    return {
        host: (mb or 0, mhz or 0)
        for host, mb, mhz in rows.annotate(mb=Sum("reserved_mb"), mhz=Sum("reserved_mhz"))
    }


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
    """The VM's host if it has room, else the one of its cluster with the most room. Raises `BackendRefused`."""
    hosts = list(SimulatedHost.objects.select_for_update().filter(cluster_id=vm.cluster_id).order_by("moid"))
    usable = [host for host in hosts if host.is_connected]
    if not usable:
        raise BackendRefused("InvalidHostConnectionState", "No host of the cluster is connected.")
    reserved = reserved_by_host()
    free = {host.moid: _free(host, *reserved.get(host.moid, (0, 0))) for host in usable}
    fitting = [
        host
        for host in usable
        if host.memory_mb >= vm.memory_mb
        and free[host.moid][0] >= vm.reserved_mb
        and free[host.moid][1] >= vm.reserved_mhz
    ]
    if not fitting:
        raise BackendRefused("InsufficientResourcesFault", _what_is_missing(vm, free))
    own = next((host for host in fitting if host.moid == vm.host_id), None)
    return own or max(fitting, key=lambda host: free[host.moid])


def _free(host: SimulatedHost, mb: int, mhz: int) -> tuple[int, int]:
    return host.memory_mb - mb, host.cores * host.cpu_mhz - mhz


def _what_is_missing(vm: SimulatedVM, free: dict[str, tuple[int, int]]) -> str:
    most_mb, most_mhz = max(mb for mb, _ in free.values()), max(mhz for _, mhz in free.values())
    if vm.reserved_mb > most_mb or vm.memory_mb > most_mb:
        needed = (
            f"{max(vm.reserved_mb, vm.memory_mb)} MB of memory needed, {max(most_mb, 0)} MB left on a host"
        )
    else:
        needed = f"{vm.reserved_mhz} MHz needed, {max(most_mhz, 0)} MHz left on a host"
    return (
        f"The available resources in the parent resource pool are insufficient for the operation: {needed}."
    )
