"""Moves the simulated vSphere on: ends tasks that are due, lets guests boot and obey. Used by the simulator.

Nothing waits and nothing sleeps: who looks moves on what has become due since the last look.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import DateTimeField

from vmportal.backends.base import BackendRefused
from vmportal.backends.simulator import capacity, guest
from vmportal.backends.simulator.clock import Timing
from vmportal.backends.simulator.models import SimulatedTask, SimulatedVM
from vmportal.backends.simulator.numbers import record_change
from vmportal.moments import rfc3339

BATCH = 500
_MIB = 1024 * 1024


def advance(now: dt.datetime, timing: Timing) -> None:
    """End what is due, in order of time, each VM in a short transaction of its own.

    Always of all VMs: whether one finds room depends on what others have given back.
    """
    if not _is_due(now):
        return
    tasks = SimulatedTask.objects.filter(is_running=True, ends_at__lte=now)
    guests = SimulatedVM.objects.filter(due_at__lte=now)
    for key in tasks.order_by("ends_at").values_list("pk", flat=True)[:BATCH]:
        end_task(key, timing)
    for moid in guests.order_by("due_at").values_list("moid", flat=True)[:BATCH]:
        with transaction.atomic():
            vm = SimulatedVM.objects.select_for_update().filter(moid=moid, due_at__lte=now).first()
            if vm:
                was_on = vm.power_state == "poweredOn"
                _move_guest(vm, now, timing)
                vm.save()
                record_change(vm, now, gives_room=was_on and vm.power_state != "poweredOn")


def _is_due(now: dt.datetime) -> bool:
    """Whether anything is: asked with every look, so in one plain statement."""
    moment = DateTimeField().get_db_prep_value(now, connection)
    tasks, guests = SimulatedTask._meta.db_table, SimulatedVM._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {tasks} WHERE is_running AND ends_at <= %s) "
            f"OR EXISTS (SELECT 1 FROM {guests} WHERE due_at <= %s)",
            [moment, moment],
        )
        return bool(cursor.fetchone()[0])


def end_task(key: int, timing: Timing) -> None:
    """Give the task its effect. Does nothing if somebody else was quicker."""
    with transaction.atomic():
        vm_key = SimulatedTask.objects.filter(pk=key).values_list("moid", flat=True).first()
        vm = SimulatedVM.objects.select_for_update().filter(pk=vm_key).first()
        task = SimulatedTask.objects.select_for_update().filter(pk=key, is_running=True).first()
        if task is None:
            return
        task.is_running = False
        effect = _EFFECTS.get(task.operation)
        if vm and effect and not task.fault:
            try:
                effect(vm, task.ends_at, timing)
            except BackendRefused as refusal:
                task.fault, task.message = refusal.fault, refusal.message
        task.save()
        record_change(task, task.ends_at, gives_room=task.operation in _GIVING and not task.fault)


def _made(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    vm.is_made = True
    vm.config["createDate"] = rfc3339(now)
    vm.save()


def _power_on(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    host = capacity.choose_host(vm)
    was_suspended = vm.power_state == "suspended"
    swap = (vm.memory_mb - vm.reserved_mb) * _MIB
    if not was_suspended:
        capacity.demand_space(vm.datastore_id, swap)
        vm.space += swap
    vm.host, vm.power_state = host, "poweredOn"
    boot(vm, now, timing)
    vm.save()


def boot(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    vm.guest_op, vm.guest_op_ends_at, vm.booted_at = "", None, now
    _plan_next(vm, now, timing)


def power_off(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    vm.space -= (vm.memory_mb - vm.reserved_mb) * _MIB
    _stop(vm, "poweredOff")


def _suspend(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    _stop(vm, "suspended")


def _stop(vm: SimulatedVM, state: str) -> None:
    vm.power_state, vm.booted_at, vm.due_at = state, None, None
    vm.guest_op, vm.guest_op_ends_at = "", None
    vm.save()


def _reset(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    boot(vm, now, timing)
    vm.save()


def _destroy(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    vm.delete()


_EFFECTS: dict[str, Callable[[SimulatedVM, dt.datetime, Timing], None]] = {
    "CloneVM_Task": _made,
    "CreateVM_Task": _made,
    "PowerOnVM_Task": _power_on,
    "PowerOffVM_Task": power_off,
    "SuspendVM_Task": _suspend,
    "ResetVM_Task": _reset,
    "Destroy_Task": _destroy,
}


_GIVING = ("PowerOffVM_Task", "SuspendVM_Task", "Destroy_Task")  # room to others


def _move_guest(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    """What the guest does by itself: obey what it was asked, bring up tools, then an address."""
    if vm.guest_op_ends_at and vm.guest_op_ends_at <= now:
        asked, then = vm.guest_op, vm.guest_op_ends_at
        if asked == "shutdown":
            power_off(vm, then, timing)
        elif asked == "standby":
            _stop(vm, "suspended")
        else:
            boot(vm, then, timing)
    _plan_next(vm, now, timing)


def _plan_next(vm: SimulatedVM, now: dt.datetime, timing: Timing) -> None:
    moments = [vm.guest_op_ends_at]
    if vm.booted_at and vm.has_tools:
        moments += [guest.tools_at(vm.booted_at, timing), guest.address_at(vm.booted_at, timing)]
    vm.due_at = min((moment for moment in moments if moment and moment > now), default=None)
