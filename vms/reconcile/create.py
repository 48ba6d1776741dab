"""From a wish to a VM: prerequisites, addresses, place, clone. Called by `plan` when there is no VM; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vmportal.backends.base import Action, ClaimInterfaces, CloneVM, CreateVM
from vms.annotations import LAST_RESIZED_CLASS
from vms.reconcile import conditions, names, network, prerequisites, task_infos
from vms.reconcile.amounts import amount
from vms.reconcile.configspec import config_spec
from vms.reconcile.facts import Object
from vms.reconcile.placement import Need, NoPlacement, Placement, place
from vms.reconcile.prerequisites import Prerequisites
from vms.reconcile.step import CREATING, Pass, Stop


def create(work: Pass) -> Stop:
    """The next step towards the VM."""
    if work.status.get("uniqueID"):
        return _vanished(work)
    task = work.facts.create_task
    if task and task_infos.is_running(task):
        return task_infos.wait(work)
    if failed := task_infos.new_failure(work, task):
        work.conditions.false(conditions.CREATED, "Error", failed.failed)
        work.conditions.false(conditions.PLACEMENT, "Error", failed.failed)
        return failed
    found = prerequisites.check(work)
    # Also while something else is missing: that is what its own condition says, not the network's.
    if claimable := network.claimable(work):
        return Stop((ClaimInterfaces(claimable),), look_again=0)
    if found is None:
        return Stop(look_again=CREATING)
    return _make(work, found)


def _vanished(work: Pass) -> Stop:
    """What vanished in vSphere is never silently made again."""
    message = (
        f"VM {work.status['uniqueID']} was not found in vSphere: it was removed there. "
        "Delete this VirtualMachine, or create it anew under another name."
    )
    if work.conditions.message(conditions.CREATED) != message:
        work.event("NotFound", message, warns=True)
    work.conditions.false(conditions.CREATED, "Error", message)
    for condition in (conditions.POWER_SYNCED, conditions.TOOLS, conditions.NETWORK_SYNCED):
        work.conditions.delete(condition)
    for field in ("powerState", "nodeName"):
        work.status.pop(field, None)
    kept = (work.status.pop("network", None) or {}).get("config")
    if kept:
        work.status["network"] = {"config": kept}
    return Stop()


def _make(work: Pass, found: Prerequisites) -> Stop:
    item_id = found.image.get("status", {}).get("providerItemID", "")
    item = work.facts.inventory.items.get(item_id)
    if item is None:
        message = f"image {found.image['metadata']['name']}: there is no library item {item_id}"
        work.conditions.false(conditions.CREATED, "Error", message)
        return Stop(look_again=CREATING, failed=message)
    spec = config_spec(work, found.vm_class, found.image, found.policy_id, item.get("config"))
    try:
        where = place(work, _need(found, spec))
    except NoPlacement as error:
        work.conditions.false(conditions.PLACEMENT, "NotReady", str(error))
        return Stop(look_again=CREATING, failed=str(error))
    work.conditions.true(conditions.PLACEMENT)
    work.conditions.delete(conditions.CREATED)
    remember_class(work, found.vm_class)
    return Stop((_action(work, where, spec, item),), look_again=task_infos.wait(work).look_again)


def _action(work: Pass, where: Placement, spec: Object, item: Mapping[str, Any]) -> Action:
    place_ = (where.folder, where.pool, where.host, where.datastore)
    if template := item.get("moid", ""):
        return CloneVM(template, work.name, *place_, config=spec)
    return CreateVM(work.name, *place_, config=spec)


def _need(found: Prerequisites, spec: Object) -> Need:
    disks = found.image.get("status", {}).get("disks", [])
    memory = int(spec["memoryMB"])
    is_pinned = bool(spec.get("memoryReservationLockedToMax"))
    return Need(
        policy_id=found.policy_id,
        memory_mb=memory,
        reservation_mb=memory if is_pinned else int(spec["memoryAllocation"]["reservation"]),
        # What a thin disk holds at first; its capacity is the quota's business.
        disk_bytes=sum(int(amount(disk.get("requested") or 0)) for disk in disks),
    )


def remember_class(work: Pass, vm_class: Object) -> None:
    """Which state of which class the VM has: what resize compares with."""
    meta = vm_class["metadata"]
    mark = {"name": meta["name"], "uid": meta.get("uid", ""), "generation": meta.get("generation", 1)}
    work.annotate(LAST_RESIZED_CLASS, json.dumps(mark, separators=(",", ":")))
    work.status["class"] = {
        "apiVersion": names.API_VERSION,
        "kind": "VirtualMachineClass",
        "name": meta["name"],
    }
