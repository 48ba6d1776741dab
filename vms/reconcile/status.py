"""`status` of a VM that exists: what was observed, and the conditions that follow from it. Called by `plan`; pure.

Runs on every pass, also when later steps are blocked.
"""

from __future__ import annotations

from vms.annotations import CONDITIONS_OF_OTHERS, PAUSED, ZONE_LABEL
from vms.reconcile import (
    conditions,
    names,
    resize,
    status_hardware,
    status_network,
    status_storage,
    task_infos,
)
from vms.reconcile.devices import extra_config
from vms.reconcile.facts import Object
from vms.reconcile.names import POWER_STATE
from vms.reconcile.step import Pass

_HEARTBEAT = {"gray": 0, "red": 1, "yellow": 2, "green": 3}
_PAUSED_BY = {"devops": "DevOps", "admin": "Admin", "both": "Admin, DevOps"}


def observe(work: Pass) -> None:
    """Write everything that can be read off the VM into the status."""
    work.conditions.true(conditions.CREATED)
    _from_annotations(work)
    if not work.spec.get("className"):
        work.status.pop("class", None)
    resize.mark_synced(work)
    work.status["powerState"] = POWER_STATE[work.power]
    power_synced(work, task_infos.failure_message(work))
    _identity(work)
    if work.seen.get("config"):
        status_hardware.observe(work)
        status_storage.observe(work)
        status_network.observe(work)
        _guest(work)
        if work.facts.has("VMSharedDisks"):
            status_hardware.verify(work)
    _zone(work)
    _probe(work)
    _pause(work)


def _from_annotations(work: Pass) -> None:
    """`condition.vmoperator.vmware.com.protected/<x>`: type;status;reason;message."""
    for key, value in work.annotations.items():
        if not key.startswith(CONDITIONS_OF_OTHERS):
            continue
        kind, status, reason, message = [*value.split(";", 3), "", "", ""][:4]
        if not kind:
            continue
        if status == conditions.TRUE:
            work.conditions.true(kind)
        elif status == conditions.FALSE:
            work.conditions.false(kind, reason, message)
        else:
            work.conditions.unknown(kind, reason, message)


def power_synced(work: Pass, why: str = "") -> None:
    """`VirtualMachinePowerStateSynced`; `why` is what keeps it from being so, if that is known."""
    current, wanted = work.status.get("powerState", ""), work.wanted_power
    if current == wanted:
        work.conditions.true(conditions.POWER_SYNCED, wanted, "Synced")
        return
    message = f"spec.powerState={wanted} != status.powerState={current}"
    work.conditions.false(conditions.POWER_SYNCED, "NotSynced", f"{message}: {why}" if why else message)


def _identity(work: Pass) -> None:
    config, summary = work.seen.get("config") or {}, work.seen["summary"]
    work.status["uniqueID"] = work.moid
    for field, value in (
        ("biosUUID", summary["config"].get("uuid")),
        ("instanceUUID", summary["config"].get("instanceUuid")),
        ("nodeName", (work.seen.get("host") or {}).get("name")),
        ("changeBlockTracking", config.get("changeTrackingEnabled")),
    ):
        if value in (None, ""):
            work.status.pop(field, None)
        else:
            work.status[field] = value
    provider: Object = work.status.setdefault("provider", {})
    if config.get("createDate"):
        provider.setdefault("creationTimestamp", config["createDate"])
    if not provider:
        work.status.pop("provider")


def _guest(work: Pass) -> None:
    config = work.seen["config"]
    guest = {"guestID": config.get("guestId"), "guestFullName": config.get("guestFullName")}
    if found := {key: value for key, value in guest.items() if value}:
        work.status["guest"] = found
    _tools(work)
    _customization(work)
    _bootstrap(work)


def _tools(work: Pass) -> None:
    running = (work.seen.get("guest") or {}).get("toolsRunningStatus", "")
    if not running:
        work.conditions.unknown(conditions.TOOLS, "NoGuestInfo")
    elif running == "guestToolsNotRunning":
        work.conditions.false(
            conditions.TOOLS, "VirtualMachineToolsNotRunning", "VMware Tools is not running"
        )
    elif running in ("guestToolsRunning", "guestToolsExecutingScripts"):
        work.conditions.true(conditions.TOOLS)
    else:
        work.conditions.unknown(conditions.TOOLS, "Unknown", "Unexpected VMware Tools running status")


def _customization(work: Pass) -> None:
    info = (work.seen.get("guest") or {}).get("customizationInfo")
    state = (info or {}).get("customizationStatus", "")
    if info is None:
        work.conditions.unknown(conditions.CUSTOMIZATION, "NoGuestInfo")
    elif state in ("", "TOOLSDEPLOYPKG_IDLE", "TOOLSDEPLOYPKG_SUCCEEDED"):
        work.conditions.true(conditions.CUSTOMIZATION)
    elif state == "TOOLSDEPLOYPKG_PENDING":
        work.conditions.false(conditions.CUSTOMIZATION, "GuestCustomizationPending")
    elif state == "TOOLSDEPLOYPKG_RUNNING":
        work.conditions.false(conditions.CUSTOMIZATION, "GuestCustomizationRunning")
    elif state == "TOOLSDEPLOYPKG_FAILED":
        message = info.get("errorMsg") or "vSphere VM Customization failed due to an unknown error."
        work.conditions.false(conditions.CUSTOMIZATION, "GuestCustomizationFailed", message)
    else:
        message = info.get("errorMsg") or "Unexpected VM Customization status"
        work.conditions.false(conditions.CUSTOMIZATION, "Unknown", message)


def _bootstrap(work: Pass) -> None:
    """What the guest itself says of its bootstrap: `true[,reason[,message]]`."""
    value = extra_config(work.seen["config"]).get(names.EXTRA_BOOTSTRAP_CONDITION)
    if not value:
        work.conditions.delete(conditions.GUEST_BOOTSTRAP)
        return
    state, reason, message = [*(part.strip() for part in value.split(",", 2)), "", ""][:3]
    if state.lower() in ("true", "1", "t"):
        work.conditions.true(conditions.GUEST_BOOTSTRAP, message, reason)
    else:
        work.conditions.false(conditions.GUEST_BOOTSTRAP, reason, message)


def _zone(work: Pass) -> None:
    label, status = work.labels.get(ZONE_LABEL, ""), work.status.get("zone", "")
    if label and label == status:
        return
    found = zone_of(work)
    if found:
        work.status["zone"] = found
        work.label(ZONE_LABEL, found)


def zone_of(work: Pass) -> str:
    """The zone of the pool that the VM is in; empty if no zone of the namespace has it."""
    pool = work.seen.get("resourcePool", "")
    for zone in work.facts.zones:
        managed = (
            (zone.get("spec") or {}).get("managedVMs") or (zone.get("spec") or {}).get("namespace") or {}
        )
        if pool in managed.get("poolMoIDs", []):
            return str(zone["metadata"]["name"])
    return ""


def _probe(work: Pass) -> None:
    """Readiness by heartbeat or guestinfo; a TCP probe is the probe workers' business."""
    probe = work.spec.get("readinessProbe") or {}
    heartbeat = probe.get("guestHeartbeat")
    if heartbeat is not None:
        seen = work.seen.get("guestHeartbeatStatus", "")
        threshold = heartbeat.get("thresholdStatus") or "green"
        if seen not in _HEARTBEAT:
            work.conditions.unknown(conditions.READY, "Unknown", "no heartbeat was reported")
        elif _HEARTBEAT[seen] >= _HEARTBEAT[threshold]:
            work.conditions.true(conditions.READY)
        else:
            message = f'heartbeat status "{seen}" is below threshold'
            work.conditions.false(conditions.READY, "NotReady", message)
    elif entries := probe.get("guestInfo"):
        _guestinfo_probe(work, entries)
    elif not probe:
        work.conditions.delete(conditions.READY)


def _guestinfo_probe(work: Pass, entries: list[Object]) -> None:
    extra = extra_config(work.seen.get("config") or {})
    for entry in entries:
        key = f"guestinfo.{entry['key']}"
        if key not in extra or not status_network.matches(entry.get("value", ""), extra[key]):
            work.conditions.false(conditions.READY, "NotReady", f"{key} is not as the probe wants it")
            return
    work.conditions.true(conditions.READY)


def _pause(work: Pass) -> None:
    extra = extra_config(work.seen.get("config") or {})
    by_admin = extra.get(names.EXTRA_PAUSE, "").lower() == "true"
    paused_by = "admin" if by_admin else ""
    if paused_by or work.labels.get(PAUSED):
        work.label(PAUSED, paused_by or None)
    if paused_by:
        message = f"Virtual Machine reconciliation paused by {_PAUSED_BY[paused_by]}"
        work.conditions.false(conditions.RECONCILE, "VirtualMachineReconcilePaused", message)
    else:
        work.conditions.true(conditions.RECONCILE)
