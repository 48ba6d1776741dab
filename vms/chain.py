"""A machine's way from wish to guest as a chain of steps: done, now, ahead or blocked; pure.

Called by the VM's page. Each step is a condition of VM Operator, or a plain observation of the status.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vms.state import OFF, ON, PREREQUISITES, SUSPENDED, VSPHERE_ADMIN

Object = dict[str, Any]
DONE, NOW, AHEAD, BLOCKED, OFF_STEP = "done", "working", "ahead", "blocked", "off"


@dataclass(frozen=True)
class Step:
    """One link. `at` is RFC 3339; `took` is seconds since the creation of the object, when known."""

    title: str
    state: str
    text: str = ""
    who: str = ""
    at: str = ""
    took: float | None = None


# What must be there before a VM is made, in the order of need: condition -> title.
_BEFORE = {
    "VirtualMachineClassReady": "Class",
    "VirtualMachineImageReady": "Image",
    "VirtualMachineStorageReady": "Storage",
    "VirtualMachineBootstrapReady": "Bootstrap",
    "VirtualMachineNetworkReady": "Network",
    "VirtualMachineConditionPlacementReady": "Placed",
    "VirtualMachineCreated": "Created",
}
_IN_WORDS = {
    "Class": "Looking the class up",
    "Image": "Looking the image up",
    "Storage": "Looking the storage class up",
    "Bootstrap": "Reading the bootstrap data",
    "Network": "Preparing the network interfaces",
    "Placed": "Choosing a host and a datastore",
    "Created": "Cloning the image's disks",
    "Powered on": "Starting",
    "Guest tools": "Waiting for the guest to report (usually some seconds after it starts)",
    "Address": "Waiting for the guest to report an address",
}


def chain_of(vm: Object) -> list[Step]:
    """The steps in order. The first that is neither done nor blocked is what goes on now."""
    conditions = {item["type"]: item for item in (vm.get("status") or {}).get("conditions") or []}
    created = vm["metadata"].get("creationTimestamp", "")
    steps = [_step(title, type_, conditions, created) for type_, title in _BEFORE.items()]
    if "bootstrap" not in (vm.get("spec") or {}):
        steps = [step for step in steps if step.title != "Bootstrap" or step.state == BLOCKED]
    steps += _running(vm, conditions, created)
    return _with_now(steps)


def is_ready(steps: list[Step]) -> bool:
    return all(step.state in (DONE, OFF_STEP) for step in steps)


def _step(title: str, type_: str, conditions: Mapping[str, Any], created: str) -> Step:
    condition = conditions.get(type_)
    if condition is None or condition["status"] == "Unknown":
        return Step(title, AHEAD)
    at = condition.get("lastTransitionTime", "")
    if condition["status"] == "True":
        return Step(title, DONE, at=at, took=_seconds(created, at))
    text = condition.get("message") or condition.get("reason", "")
    return Step(title, BLOCKED, text, PREREQUISITES.get(type_, VSPHERE_ADMIN), at)


def _running(vm: Object, conditions: Mapping[str, Any], created: str) -> list[Step]:
    """What comes once the VM is there: power, guest tools, an address. Not for one that is to be off."""
    spec, status = vm.get("spec") or {}, vm.get("status") or {}
    wished, seen = spec.get("powerState") or ON, status.get("powerState", "")
    if wished != ON:
        words = {OFF: "Powered off", SUSPENDED: "Suspended"}
        return [Step(words.get(wished, wished), DONE if wished == seen else AHEAD)]
    power = conditions.get("VirtualMachinePowerStateSynced") or {}
    at = power.get("lastTransitionTime", "") if power.get("status") == "True" else ""
    steps = [
        Step("Powered on", DONE, at=at, took=_seconds(created, at))
        if seen == ON
        else Step("Powered on", AHEAD)
    ]
    tools = _step("Guest tools", "VirtualMachineTools", conditions, created)
    steps.append(tools if tools.state == DONE else Step("Guest tools", AHEAD))
    network = spec.get("network") or {}
    if not network.get("disabled"):
        steps.append(_address(status, conditions, created))
    return steps


def _address(status: Mapping[str, Any], conditions: Mapping[str, Any], created: str) -> Step:
    network = status.get("network") or {}
    address = network.get("primaryIP4") or network.get("primaryIP6")
    if not address:
        return Step("Address", AHEAD)
    synced = conditions.get("VirtualMachineGuestNetworkConfigSynced") or {}
    at = synced.get("lastTransitionTime", "")
    return Step("Address", DONE, address, at=at, took=_seconds(created, at))


def _with_now(steps: list[Step]) -> list[Step]:
    """Mark the first step ahead as what goes on now, unless one before it is blocked."""
    found = []
    is_free = True
    for step in steps:
        if step.state == AHEAD and is_free:
            step = Step(step.title, NOW, _IN_WORDS.get(step.title, ""), step.who, step.at, step.took)
            is_free = False
        elif step.state == BLOCKED:
            is_free = False
        found.append(step)
    return found


def _seconds(start: str, end: str) -> float | None:
    if not start or not end:
        return None
    return max((dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)).total_seconds(), 0.0)
