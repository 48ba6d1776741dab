"""The state of a VM in words, made from wish, observation and conditions; pure.

The one function for list, page, API column and counts. The words are those of the project's page guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vms.annotations import DELETE_CHECKS, PAUSED, POWER_ON_CHECKS

ON, OFF, SUSPENDED = "PoweredOn", "PoweredOff", "Suspended"

YOU, ADMIN, VSPHERE_ADMIN = "you", "your admin", "the vSphere admin"

# Settled words by observed power state, and the words on the way to a wished one.
_SETTLED = {ON: "Running", OFF: "Off", SUSPENDED: "Suspended"}
_ON_THE_WAY = {ON: "Starting", OFF: "Stopping", SUSPENDED: "Suspending"}

# What must be before a VM can be created, in the order in which it is needed: condition -> who can mend it.
PREREQUISITES: Mapping[str, str] = {
    "VirtualMachineClassReady": ADMIN,
    "VirtualMachineImageReady": ADMIN,
    "VirtualMachineConditionVMSetResourcePolicyReady": YOU,
    "VirtualMachineStorageReady": YOU,
    "VirtualMachineBootstrapReady": YOU,
    "VirtualMachineNetworkReady": VSPHERE_ADMIN,
    "VirtualMachineConditionPlacementReady": VSPHERE_ADMIN,
    "VirtualMachineCreated": VSPHERE_ADMIN,
}
WORKING = frozenset({"Creating", "Starting", "Stopping", "Suspending", "Restarting", "Resizing", "Deleting"})


@dataclass(frozen=True)
class State:
    """`word` is one of the page guide's; `reason` a sentence, or empty; `who` can do something about it."""

    word: str
    reason: str = ""
    who: str = ""
    since: str = ""  # RFC 3339, where it is known

    @property
    def is_settling(self) -> bool:
        """Whether it will change by itself soon."""
        return self.word in WORKING or self.word == "Waiting"

    @property
    def needs_attention(self) -> bool:
        return self.word in {"Blocked", "Changed elsewhere", "Unknown"}


def state_of(vm: Mapping[str, Any]) -> State:
    """The state of a VirtualMachine object of the v1alpha5 shape."""
    meta, status = vm["metadata"], vm.get("status") or {}
    annotations = meta.get("annotations") or {}
    conditions = {item["type"]: item for item in status.get("conditions") or []}
    if since := meta.get("deletionTimestamp"):
        held = _checks(annotations, DELETE_CHECKS)
        return (
            State("Waiting", f"Deletion is held back by {held}", YOU, since)
            if held
            else State("Deleting", "", "", since)
        )
    if PAUSED in annotations:
        return State("Blocked", f"Paused by the annotation {PAUSED}: remove it to go on", YOU)
    if not status.get("uniqueID"):
        return _before_creation(meta, conditions)
    created = conditions.get("VirtualMachineCreated") or {}
    if created.get("status") == "False":  # it was there, and is gone
        return State("Changed elsewhere", created["message"], VSPHERE_ADMIN, created["lastTransitionTime"])
    return _power(vm.get("spec") or {}, status, annotations, conditions)


def _before_creation(meta: Mapping[str, Any], conditions: Mapping[str, Any]) -> State:
    for type_, who in PREREQUISITES.items():
        condition = conditions.get(type_)
        if condition and condition["status"] == "False":
            reason = condition.get("message") or condition.get("reason", "")
            return State("Blocked", reason, who, condition.get("lastTransitionTime", ""))
    return State("Creating", "", "", meta.get("creationTimestamp", ""))


def _power(
    spec: Mapping[str, Any],
    status: Mapping[str, Any],
    annotations: Mapping[str, str],
    conditions: Mapping[str, Any],
) -> State:
    wished, seen = spec.get("powerState") or ON, status.get("powerState", "")
    synced = conditions.get("VirtualMachinePowerStateSynced") or {}
    since = synced.get("lastTransitionTime", "")
    if wished != seen:
        held = _checks(annotations, POWER_ON_CHECKS)
        if wished == ON and held:
            return State("Waiting", f"Power-on is held back by {held}", YOU, since)
        return State(_ON_THE_WAY[wished], _problem(synced), "", since)
    if seen == ON and (spec.get("nextRestartTime") or "") > (status.get("lastRestartTime") or ""):
        return State("Restarting", "", "", since)
    network = spec.get("network") or {}
    observed = status.get("network") or {}
    if (
        seen == ON
        and not network.get("disabled")
        and not (observed.get("primaryIP4") or observed.get("primaryIP6"))
    ):
        return State("Waiting", "For an address: the guest has not reported one yet", "", since)
    return State(_SETTLED.get(seen, "Unknown"), "", "", since)


def _problem(condition: Mapping[str, Any]) -> str:
    """The message of a condition that says more than that it is not there yet."""
    return condition.get("message", "") if condition.get("reason") not in ("", "NotSynced", None) else ""


def _checks(annotations: Mapping[str, str], prefix: str) -> str:
    return ", ".join(_check_names(annotations, prefix))


def _check_names(annotations: Mapping[str, str], prefix: str) -> Iterator[str]:
    for key, value in annotations.items():
        if key.startswith(prefix):
            yield f"{key.removeprefix(prefix)} ({value})" if value else key.removeprefix(prefix)
