"""Resize: CPU and memory of another class, or of another state of the same class. Called by `update`; pure."""

from __future__ import annotations

import json
from typing import Any

from vms.annotations import LAST_RESIZED_CLASS, SAME_CLASS_RESIZE
from vms.reconcile import conditions
from vms.reconcile.configspec import allocations, memory_mb
from vms.reconcile.facts import Missing, Object
from vms.reconcile.step import Pass


def last_resized(work: Pass) -> Object | None:
    """The mark of the class that the VM was last made by; None if there is none that can be read."""
    try:
        mark = json.loads(work.annotations.get(LAST_RESIZED_CLASS) or "null")
    except json.JSONDecodeError:
        return None
    return mark if isinstance(mark, dict) else None


def is_needed(work: Pass, vm_class: Object) -> bool:
    mark, follows = last_resized(work), SAME_CLASS_RESIZE in work.annotations
    if mark is None:
        return follows
    if mark.get("name") != vm_class["metadata"]["name"]:
        return True
    return follows and not _is_same(mark, vm_class)


def _is_same(mark: Object, vm_class: Object) -> bool:
    meta = vm_class["metadata"]
    return mark.get("uid") == meta.get("uid") and mark.get("generation") == meta.get("generation", 1)


def wanted_class(work: Pass) -> Object | None:
    """The class, if the VM is to be resized to it now."""
    name = work.spec.get("className", "")
    found = work.facts.get("VirtualMachineClass", work.namespace, name) if name else Missing()
    if isinstance(found, Missing) or not is_needed(work, found):
        return None
    return found


def changes(work: Pass, vm_class: Object) -> Object:
    """The part of CPU and memory that differs from the class."""
    config = work.seen["config"]
    hardware = config.get("hardware") or {}
    wanted: Object = {
        "numCPUs": int(vm_class["spec"].get("hardware", {}).get("cpus") or hardware.get("numCPU") or 1),
        "memoryMB": memory_mb(vm_class),
        **allocations(vm_class, work.facts.inventory),
    }
    have = {
        "numCPUs": hardware.get("numCPU"),
        "memoryMB": hardware.get("memoryMB"),
        "cpuAllocation": config.get("cpuAllocation"),
        "memoryAllocation": config.get("memoryAllocation"),
    }
    return {key: value for key, value in wanted.items() if not _equal(have[key], value)}


def _equal(have: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(have == wanted)
    return all((have or {}).get(key) == wanted[key] for key in ("reservation", "limit"))


def mark_synced(work: Pass) -> None:
    """`VirtualMachineClassConfigurationSynced`."""
    name, mark = work.spec.get("className", ""), last_resized(work)
    if not name:
        work.conditions.delete(conditions.CLASS_SYNCED)
        return
    if mark is None:
        if SAME_CLASS_RESIZE in work.annotations:
            message = "the class is applied while the VM is off, or when it is next powered on"
            work.conditions.false(conditions.CLASS_SYNCED, "SameClassResize", message)
        else:
            work.conditions.true(conditions.CLASS_SYNCED)
        return
    if mark.get("name") != name:
        message = f"{mark.get('name')} becomes {name} while the VM is off, or when it is next powered on"
        work.conditions.false(conditions.CLASS_SYNCED, "ClassNameChanged", message)
        return
    found = work.facts.get("VirtualMachineClass", work.namespace, name)
    if isinstance(found, Missing):
        work.conditions.unknown(conditions.CLASS_SYNCED, "ClassNotFound", f"class {name} is gone")
    elif _is_same(mark, found):
        work.conditions.true(conditions.CLASS_SYNCED)
    else:
        work.conditions.false(conditions.CLASS_SYNCED, "ClassUpdated", f"class {name} has changed since")
