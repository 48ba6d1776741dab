"""vSphere's methods on simulated VMs: check, start the task, note what it will do. Used by the simulator.

Each runs in a transaction that holds the VM's row. What is wrong at once raises `BackendRefused`; what only turns
out on the way (no room) is the task's fault.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import uuid
from typing import Any

from django.db import transaction

from vmportal.backends.base import BackendRefused, CloneVM, CreateVM, Ref, Spec
from vmportal.backends.simulator import capacity, config, view
from vmportal.backends.simulator.clock import Timing, after
from vmportal.backends.simulator.models import SimulatedCluster, SimulatedItem, SimulatedTask, SimulatedVM
from vmportal.backends.simulator.numbers import next_id, record_change
from vmportal.resource import Sealed

TASKS_KEPT = dt.timedelta(minutes=10)


def new_uuid() -> str:
    return str(uuid.uuid4())


def make(ref: Ref, action: CloneVM | CreateVM, now: dt.datetime, timing: Timing) -> SimulatedTask:
    """Clone or create. The VM's row is there at once, so that its name and space are taken; it shows when made."""
    operation = f"{type(action).__name__}_Task"
    with transaction.atomic():
        # Two of one name must not pass the check together: the cluster's row is the lock of creates.
        cluster = SimulatedCluster.objects.select_for_update().filter(pool=action.pool).first()
        if cluster is None:
            raise BackendRefused("ManagedObjectNotFound", f"resource pool {action.pool} does not exist")
        _refuse_twins(action)
        ends_at = after(now, timing.clone(ref.uid))
        try:
            vm = _new_vm(ref, action, cluster)
            capacity.demand_space(action.datastore, vm.space)
        except BackendRefused as refusal:
            return _task("", ref, operation, now, ends_at, refusal)
        vm.moid = f"vm-{next_id()}"
        vm.save(force_insert=True)
        return _task(vm.moid, ref, operation, now, ends_at)


def _task(
    moid: str,
    ref: Ref,
    operation: str,
    now: dt.datetime,
    ends_at: dt.datetime,
    refusal: BackendRefused | None = None,
) -> SimulatedTask:
    return SimulatedTask.objects.create(
        moid=moid,
        ref_uid=ref.uid,
        ref_namespace=ref.namespace,
        ref_name=ref.name,
        operation=operation,
        started_at=now,
        ends_at=ends_at,
        fault=refusal.fault if refusal else "",
        message=refusal.message if refusal else "",
    )


def _refuse_twins(action: CloneVM | CreateVM) -> None:
    if SimulatedVM.objects.filter(folder=action.folder, name=action.name).exists():
        message = f"The name '{action.name}' already exists."
        raise BackendRefused("DuplicateName", message)
    instance_uuid = action.config.get("instanceUuid", "")
    if instance_uuid and SimulatedVM.objects.filter(instance_uuid=instance_uuid).exists():
        raise BackendRefused(
            "InvalidArgument", f"instanceUuid {instance_uuid} belongs to another virtual machine"
        )


def _new_vm(ref: Ref, action: CloneVM | CreateVM, cluster: SimulatedCluster) -> SimulatedVM:
    if isinstance(action, CloneVM):
        template = SimulatedItem.objects.filter(moid=action.template, iso="").first()
        if template is None:
            raise BackendRefused("ManagedObjectNotFound", f"template {action.template} does not exist")
        base, has_tools = copy.deepcopy(template.config), True
    else:
        base, has_tools = config.empty(action.name), False
    base |= {"name": action.name, "uuid": new_uuid()}
    base["instanceUuid"] = action.config.get("instanceUuid") or new_uuid()
    _name_files(base, action)
    made = config.apply(base, action.config, new_uuid=new_uuid)
    extra = config.merge_extra({}, action.config)
    vm = SimulatedVM(
        ref_uid=ref.uid,
        ref_namespace=ref.namespace,
        ref_name=ref.name,
        name=action.name,
        folder=action.folder,
        instance_uuid=made["instanceUuid"],
        cluster=cluster,
        host_id=action.host or None,
        datastore_id=action.datastore,
        has_tools=has_tools,
    )
    _put(vm, made, extra)
    return vm


def _name_files(base: dict[str, Any], action: CloneVM | CreateVM) -> None:
    """The clone's own disks: new files, new UUIDs."""
    for number, disk in enumerate(d for d in base["hardware"]["device"] if d["_typeName"] == "VirtualDisk"):
        suffix = f"_{number}" if number else ""
        disk["backing"] |= {
            "fileName": f"[{action.datastore}] {action.name}/{action.name}{suffix}.vmdk",
            "uuid": new_uuid().upper(),
        }


def _put(vm: SimulatedVM, made: dict[str, Any], extra: dict[str, str]) -> None:
    """The configuration, and what of it counts in capacity."""
    memory = made["memoryAllocation"].get("reservation") or 0
    vm.config, vm.extra_config = made, Sealed(json.dumps(extra))
    vm.memory_mb = made["hardware"]["memoryMB"]
    vm.reserved_mb = vm.memory_mb if made.get("memoryReservationLockedToMax") else min(memory, vm.memory_mb)
    vm.reserved_mhz = made["cpuAllocation"].get("reservation") or 0
    disks = [device for device in made["hardware"]["device"] if device["_typeName"] == "VirtualDisk"]
    swap = (vm.memory_mb - vm.reserved_mb) * 1024 * 1024 if vm.power_state != "poweredOff" else 0
    vm.space = sum(view.disk_used(disk) for disk in disks) + swap


def hold(moid: str) -> SimulatedVM:
    """The VM's row, locked. Raises `BackendRefused` when it is gone."""
    vm = SimulatedVM.objects.select_for_update().filter(moid=moid, is_made=True).first()
    if vm is None:
        raise BackendRefused(
            "ManagedObjectNotFound", f"{moid} has already been deleted or has not been completely created"
        )
    return vm


def reconfigure(vm: SimulatedVM, spec: Spec, now: dt.datetime, timing: Timing) -> SimulatedTask:
    refuse_while_busy(vm)
    made = config.apply(vm.config, spec, is_on=vm.power_state == "poweredOn", new_uuid=new_uuid)
    if spec.get("vAppConfigRemoved"):
        made.pop("vAppConfig", None)
    before = vm.space
    _put(vm, made, config.merge_extra(json.loads(vm.extra_config), spec))
    if vm.space > before:
        capacity.demand_space(vm.datastore_id, vm.space - before)
    vm.name = made["name"]
    return _changed(vm, "ReconfigVM_Task", now, timing)


def upgrade(vm: SimulatedVM, version: str, now: dt.datetime, timing: Timing) -> SimulatedTask:
    refuse_while_busy(vm)
    _demand_power(vm, "poweredOff")
    if int(version.removeprefix("vmx-")) <= int(vm.config["version"].removeprefix("vmx-")):
        raise BackendRefused("AlreadyUpgraded", f"the virtual hardware is already {vm.config['version']}")
    vm.config["version"] = version
    return _changed(vm, "UpgradeVM_Task", now, timing)


def _changed(vm: SimulatedVM, operation: str, now: dt.datetime, timing: Timing) -> SimulatedTask:
    vm.save()
    task = start(vm, operation, now, timing.reconfigure)
    record_change(vm, now)
    return task


def power(
    vm: SimulatedVM, operation: str, allowed: tuple[str, ...], now: dt.datetime, seconds: float
) -> SimulatedTask:
    """A power task that takes its effect at its end."""
    refuse_while_busy(vm)
    _demand_power(vm, *allowed)
    return start(vm, operation, now, seconds)


def ask_guest(vm: SimulatedVM, asked: str, has_tools: bool, now: dt.datetime, timing: Timing) -> None:
    """Shutdown, standby or reboot by the guest itself."""
    refuse_while_busy(vm)
    _demand_power(vm, "poweredOn")
    if not has_tools:
        message = "Cannot complete operation because VMware Tools is not running in this virtual machine."
        raise BackendRefused("ToolsUnavailable", message)
    vm.guest_op, vm.guest_op_ends_at = asked, after(now, timing.guest_op)
    vm.due_at = min(vm.guest_op_ends_at, vm.due_at or vm.guest_op_ends_at)
    vm.save()


def refuse_while_busy(vm: SimulatedVM) -> None:
    if SimulatedTask.objects.filter(moid=vm.moid, is_running=True).exists():
        message = "The operation cannot be performed because another task is already in progress."
        raise BackendRefused("TaskInProgress", message)


def _demand_power(vm: SimulatedVM, *allowed: str) -> None:
    if vm.power_state not in allowed:
        message = (
            "The attempted operation cannot be performed in the current state "
            f"({vm.power_state.replace('powered', 'Powered ').strip()})."
        )
        raise BackendRefused("InvalidPowerState", message)


def start(vm: SimulatedVM, operation: str, now: dt.datetime, seconds: float) -> SimulatedTask:
    SimulatedTask.objects.filter(moid=vm.moid, is_running=False, ends_at__lt=now - TASKS_KEPT).delete()
    ref = Ref(vm.ref_namespace, vm.ref_name, vm.ref_uid)
    return _task(vm.moid, ref, operation, now, after(now, seconds))
