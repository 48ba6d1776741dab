"""Changes the simulated vSphere behind the portal's back, as an administrator or a broken host would.

Called by `manage.py simulate` and by tests; the portal is told nothing but what its watcher sees.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from vmportal.backends.simulator import progress
from vmportal.backends.simulator.backend import default_timing
from vmportal.backends.simulator.models import SimulatedDatastore, SimulatedHost, SimulatedTask, SimulatedVM
from vmportal.backends.simulator.numbers import record_change, record_room

POWER = {
    "power-on": "PowerOnVM_Task",
    "power-off": "PowerOffVM_Task",
    "suspend": "SuspendVM_Task",
    "delete": "Destroy_Task",
}
_ALREADY = {"power-on": ("poweredOn",), "power-off": ("poweredOff",), "suspend": ("suspended", "poweredOff")}


class NotThere(Exception):
    """There is no such VM, host or datastore; the message says what there is."""


def vms(namespace: str = "") -> list[SimulatedVM]:
    rows = (
        SimulatedVM.objects.filter(is_made=True)
        .select_related("host", "datastore")
        .order_by("ref_namespace", "name")
    )
    return list(rows.filter(ref_namespace=namespace) if namespace else rows)


def change_vm(what: str, name: str, namespace: str = "") -> str:
    """Power a VM on or off, suspend or delete it, at once. Raises `NotThere`, `BackendRefused`."""
    vm = _vm(name, namespace)
    if vm.power_state in _ALREADY.get(what, ()):
        return f"{vm.name} is {vm.power_state} already"
    now = timezone.now()
    with transaction.atomic():
        held = SimulatedVM.objects.select_for_update().get(pk=vm.pk)
        # Whatever runs on it is cut short: an administrator does not wait for the portal.
        SimulatedTask.objects.filter(moid=held.moid, is_running=True).update(
            is_running=False, ends_at=now, fault="RequestCanceled", message="The task was canceled by a user."
        )
        task = SimulatedTask.objects.create(
            moid=held.moid,
            ref_uid=held.ref_uid,
            ref_namespace=held.ref_namespace,
            ref_name=held.ref_name,
            operation=POWER[what],
            started_at=now,
            ends_at=now,
        )
    progress.end_task(task.pk, default_timing())
    task.refresh_from_db()
    return f"{vm.name}: {task.message or 'done'}"


def host_down(name: str) -> str:
    """The host fails: what ran on it is off."""
    host = _set_host(name, False)
    # One by one: who holds a VM's row may be waiting for the host's.
    keys = list(SimulatedVM.objects.filter(host=host, power_state="poweredOn").values_list("pk", flat=True))
    for key in keys:
        now = timezone.now()
        with transaction.atomic():
            vm = SimulatedVM.objects.select_for_update().filter(pk=key, power_state="poweredOn").first()
            if vm:
                progress.power_off(vm, now, default_timing())
                record_change(vm, now)
    return f"{host.name} is down; {len(keys)} VMs ran on it"


def host_up(name: str) -> str:
    with transaction.atomic():
        host = _set_host(name, True)
        record_room(host, timezone.now())
    return f"{host.name} is connected"


def _set_host(name: str, is_connected: bool) -> SimulatedHost:
    host = SimulatedHost.objects.filter(name__startswith=name).order_by("name").first()
    if host is None:
        raise NotThere(f"no host {name}; there are {_names(SimulatedHost)}")
    SimulatedHost.objects.filter(pk=host.pk).update(is_connected=is_connected)
    return host


def fill_datastore(name: str, free: int = 0) -> str:
    """Leave only so many bytes free."""
    with transaction.atomic():
        row = SimulatedDatastore.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise NotThere(f"no datastore {name}; there are {_names(SimulatedDatastore)}")
        used = sum(SimulatedVM.objects.filter(datastore=row).values_list("space", flat=True))
        row.used_by_others = max(row.capacity - used - free, 0)
        row.save()
        record_room(row, timezone.now())  # perhaps: it was fuller before
    return f"{row.name} has {free} bytes left"


def empty_datastore(name: str) -> str:
    """Take away what `fill_datastore` has put there."""
    with transaction.atomic():
        row = SimulatedDatastore.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise NotThere(f"no datastore {name}; there are {_names(SimulatedDatastore)}")
        row.used_by_others = 0
        row.save()
        record_room(row, timezone.now())
    return f"{name} holds only VMs again"


def _vm(name: str, namespace: str) -> SimulatedVM:
    found = [vm for vm in vms(namespace) if vm.name == name]
    if not found:
        where = f" in namespace {namespace}" if namespace else ""
        raise NotThere(f"no VM {name}{where}; `simulate list` shows those there are")
    if len(found) > 1:
        namespaces = ", ".join(vm.ref_namespace for vm in found)
        raise NotThere(f"there are several VMs {name}: say which by -n ({namespaces})")
    return found[0]


def _names(model: type[SimulatedHost] | type[SimulatedDatastore]) -> str:
    return ", ".join(model.objects.order_by("name").values_list("name", flat=True)) or "none"
