"""The embedded vSphere, in the database: a `Backend` for demo, development and tests. Used by `backend_for`.

It survives restarts, and any number of processes may use it at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from vmportal.backends.base import (
    Action,
    BackendUnavailable,
    Change,
    ClaimInterfaces,
    CloneVM,
    Cluster,
    CreateVM,
    Datastore,
    DestroyVM,
    Hints,
    Host,
    Interface,
    Inventory,
    Network,
    PowerOffVM,
    PowerOnVM,
    RebootGuest,
    ReconfigVM,
    Ref,
    ReleaseInterfaces,
    ResetVM,
    ShutdownGuest,
    StandbyGuest,
    SuspendVM,
    UpgradeVM,
)
from vmportal.backends.simulator import addresses, capacity, guest, operations, view
from vmportal.backends.simulator.clock import INSTANT, REAL, Timing
from vmportal.backends.simulator.models import (
    SimulatedChange,
    SimulatedCluster,
    SimulatedDatastore,
    SimulatedHost,
    SimulatedItem,
    SimulatedNetwork,
    SimulatedTask,
    SimulatedVCenter,
    SimulatedVM,
)
from vmportal.backends.simulator.progress import advance, end_task

RECENT = dt.timedelta(minutes=10)  # how long vSphere lists a task that has ended
MOST_RECENT = 5
MOST_CHANGES = 1000

_GUEST_OPS = {ShutdownGuest: "shutdown", StandbyGuest: "standby", RebootGuest: "reboot"}


def default_timing() -> Timing:
    return INSTANT if settings.SIMULATOR_INSTANT else REAL


class Simulator:
    """A simulated vSphere. `clock` and `timing` are for tests."""

    def __init__(self, clock: Callable[[], dt.datetime] = timezone.now, timing: Timing | None = None) -> None:
        self._clock = clock
        self._timing = timing or default_timing()

    owns_catalogue = False

    @property
    def instance_uuid(self) -> str:
        found = SimulatedVCenter.objects.values_list("instance_uuid", flat=True).first()
        if found is None:
            raise BackendUnavailable("the simulated vSphere is empty: seed it first")
        return found

    def observe(self, ref: Ref, hints: Hints) -> dict[str, Any] | None:
        now = self._advance()
        moid = self._find(ref, hints)
        if not moid:
            return None
        rows = SimulatedVM.objects.select_related("host", "cluster", "datastore")
        vm = rows.filter(moid=moid, is_made=True).first()
        return view.properties(vm, self._recent(moid, now), now, self._timing) if vm else None

    def _find(self, ref: Ref, hints: Hints) -> str:
        """MoID, then instance UUID, then the object's own uid as instance UUID."""
        rows = SimulatedVM.objects.values_list("moid", flat=True)
        for where in (
            {"moid": hints.moid} if hints.moid else {},
            {"instance_uuid": hints.instance_uuid} if hints.instance_uuid else {},
            {"instance_uuid": ref.uid},
        ):
            found = rows.filter(**where).first() if where else None
            if found:
                return found
        return ""

    def _recent(self, moid: str, now: dt.datetime) -> list[SimulatedTask]:
        tasks = SimulatedTask.objects.filter(moid=moid).order_by("-pk")[:MOST_RECENT]
        return [task for task in reversed(tasks) if task.is_running or task.ends_at > now - RECENT]

    def create_task(self, ref: Ref) -> dict[str, Any] | None:
        self._advance()
        tasks = SimulatedTask.objects.filter(ref_uid=ref.uid, operation__in=("CloneVM_Task", "CreateVM_Task"))
        task = tasks.order_by("-pk").first()
        return view.task_info(task) if task and (task.is_running or task.fault) else None

    def interfaces(self, ref: Ref) -> tuple[Interface, ...]:
        return addresses.interfaces(ref.uid)

    def inventory(self) -> Inventory:
        self._advance()
        loads, used = capacity.load_by_host(), capacity.used_by_datastore()
        datastores = list(SimulatedDatastore.objects.order_by("moid"))
        everywhere = tuple(datastore.moid for datastore in datastores)
        clusters = SimulatedCluster.objects.prefetch_related("hosts").order_by("moid")
        return Inventory(
            clusters=tuple(_cluster(cluster, loads, everywhere) for cluster in clusters),
            datastores=tuple(
                Datastore(
                    moid=row.moid,
                    name=row.name,
                    capacity=row.capacity,
                    free=row.capacity - row.used_by_others - used.get(row.moid, 0),
                    policies=tuple(row.policies),
                )
                for row in datastores
            ),
            networks=tuple(
                Network(row.name, addresses.backing(row))
                for row in SimulatedNetwork.objects.order_by("order")
            ),
            items={
                item.item_id: {"iso": item.iso} if item.iso else {"moid": item.moid, "config": item.config}
                for item in SimulatedItem.objects.all()
            },
        )

    def apply(self, ref: Ref, action: Action) -> str | None:
        self._advance()
        match action:
            case ClaimInterfaces(interfaces=wanted):
                addresses.claim(ref.uid, wanted)
                return None
            case ReleaseInterfaces():
                addresses.release(ref.uid)
                return None
            case CloneVM() | CreateVM():
                task: SimulatedTask | None = operations.make(ref, action, self._clock(), self._timing)
            case _:
                task = self._apply_to_vm(action)
        if task is None:
            return None
        if task.ends_at <= self._clock():
            end_task(task.pk, self._timing)
        return f"task-{task.pk}"

    def _apply_to_vm(self, action: Action) -> SimulatedTask | None:
        now, timing = self._clock(), self._timing
        moid: str = action.moid  # type: ignore[union-attr]
        with transaction.atomic():
            vm = operations.hold(moid)
            match action:
                case ReconfigVM(config=spec):
                    return operations.reconfigure(vm, spec, now, timing)
                case UpgradeVM(version=version):
                    return operations.upgrade(vm, version, now, timing)
                case PowerOnVM():
                    allowed = ("poweredOff", "suspended")
                    return operations.power(vm, "PowerOnVM_Task", allowed, now, timing.power_on)
                case PowerOffVM():
                    allowed = ("poweredOn", "suspended")
                    return operations.power(vm, "PowerOffVM_Task", allowed, now, timing.power_off)
                case SuspendVM():
                    return operations.power(vm, "SuspendVM_Task", ("poweredOn",), now, timing.suspend)
                case ResetVM():
                    return operations.power(vm, "ResetVM_Task", ("poweredOn",), now, timing.power_off)
                case DestroyVM():
                    allowed = ("poweredOff", "suspended")
                    return operations.power(vm, "Destroy_Task", allowed, now, timing.destroy)
                case ShutdownGuest() | StandbyGuest() | RebootGuest():
                    operations.ask_guest(vm, _GUEST_OPS[type(action)], self._has_tools(vm, now), now, timing)
                    return None
        raise TypeError(f"no such action: {action!r}")

    def _advance(self) -> dt.datetime:
        now = self._clock()
        advance(now, self._timing)
        return now

    def _has_tools(self, vm: SimulatedVM, now: dt.datetime) -> bool:
        return bool(vm.has_tools and vm.booted_at and guest.tools_at(vm.booted_at, self._timing) <= now)

    def changes(self, since: int) -> tuple[int, Sequence[Change]]:
        self._advance()
        latest = SimulatedVCenter.objects.values_list("last_change", flat=True).first() or 0
        if since > latest:  # the database is another one than the number is from
            since = 0
        rows = list(SimulatedChange.objects.filter(number__gt=since).order_by("number")[:MOST_CHANGES])
        changes = [
            Change(
                row.moid,
                Ref(row.ref_namespace, row.ref_name, row.ref_uid) if row.ref_uid else None,
                row.gives_room,
            )
            for row in rows
        ]
        return (rows[-1].number if rows else since), changes


def _cluster(row: SimulatedCluster, loads: dict[str, capacity.Load], datastores: tuple[str, ...]) -> Cluster:
    hosts = tuple(
        _host(host, loads.get(host.moid, capacity.Load()))
        for host in sorted(row.hosts.all(), key=lambda host: host.moid)
    )
    return Cluster(row.moid, row.name, (row.pool,), hosts, datastores)


def _host(row: SimulatedHost, load: capacity.Load) -> Host:
    return Host(
        moid=row.moid,
        name=row.name,
        cpu_mhz=row.cpu_mhz,
        memory_mb=row.memory_mb,
        memory_free_mb=row.memory_mb - load.memory_mb,
        memory_unreserved_mb=row.memory_mb - load.reserved_mb,
        is_usable=row.is_connected,
    )
