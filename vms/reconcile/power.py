"""Power: from the wish to an operation, through its gates; restart. Called by `plan` and `deletion`; pure.

A soft operation asks the guest and then watches; `TrySoft` turns hard when the guest refuses or takes too long.
"""

from __future__ import annotations

import datetime as dt

from vmportal.backends.base import (
    Action,
    PowerOffVM,
    PowerOnVM,
    RebootGuest,
    ReconfigVM,
    ResetVM,
    ShutdownGuest,
    StandbyGuest,
    SuspendVM,
)
from vmportal.moments import rfc3339
from vms.annotations import APPLY_POWER_STATE_TIME, FIRST_BOOT_DONE, POWER_ON_CHECKS
from vms.reconcile import names, task_infos
from vms.reconcile.devices import extra_config
from vms.reconcile.names import HARD, OFF, ON, POWER_STATE, SOFT, SUSPENDED, TRY_SOFT
from vms.reconcile.step import SOFT_POLL, Pass, Stop, moment

SOFT_LIMIT = dt.timedelta(minutes=5)
SOFT_OP = "softPowerOp"  # in notes: {"wanted", "since", "refused"} of a guest that was asked
RESTART = "restart"  # in notes: the requested time of a restart that was carried out, and not recorded yet
TOOLS_RUNNING = ("guestToolsRunning", "guestToolsExecutingScripts")

_SOFT: dict[str, type[ShutdownGuest] | type[StandbyGuest]] = {OFF: ShutdownGuest, SUSPENDED: StandbyGuest}
_HARD: dict[str, type[PowerOffVM] | type[SuspendVM]] = {OFF: PowerOffVM, SUSPENDED: SuspendVM}


def power(work: Pass) -> Stop | None:
    """The next operation, or None if the VM is as it is wanted."""
    current, wanted = POWER_STATE[work.power], work.wanted_power
    if current == wanted:
        work.notes.pop(SOFT_OP, None)
        if wanted == ON:
            work.annotate(FIRST_BOOT_DONE, "true")
            return restart(work)
        return None
    if wanted == ON and power_on_checks(work):
        return None
    if held := _held_until(work):
        return held
    if _is_paused(work):
        return Stop()
    if task_infos.running(work.seen):
        return task_infos.wait(work)
    if wanted == ON:
        return _power_on(work)
    if wanted == OFF:
        return change(work, OFF, work.spec.get("powerOffMode") or TRY_SOFT)
    if wanted == SUSPENDED and current == ON:
        return change(work, SUSPENDED, work.spec.get("suspendMode") or TRY_SOFT)
    return None


def power_on_checks(work: Pass) -> list[str]:
    return [key for key in work.annotations if key.startswith(POWER_ON_CHECKS)]


def _held_until(work: Pass) -> Stop | None:
    """A group's boot order holds the change until its time."""
    text = work.annotations.get(APPLY_POWER_STATE_TIME)
    if not text:
        return None
    try:
        left = (moment(text) - work.now).total_seconds()
    except ValueError:
        left = 0
    if left > 0:
        return Stop(look_again=left)
    work.annotate(APPLY_POWER_STATE_TIME, None)
    return None


def _is_paused(work: Pass) -> bool:
    return extra_config(work.seen["config"]).get(names.EXTRA_PAUSE, "").lower() == "true"


def _power_on(work: Pass) -> Stop:
    missing = unattached(work)
    if missing and POWER_STATE[work.power] == OFF:
        return Stop(failed=f"one or more persistent volumes is pending: {', '.join(missing)}")
    work.notes.pop(SOFT_OP, None)
    return _done(work, PowerOnVM(work.moid))


def unattached(work: Pass) -> list[str]:
    """Volumes with a claim that are not attached."""
    attached = {volume["name"] for volume in work.status.get("volumes", []) if volume.get("attached")}
    return [
        volume["name"]
        for volume in work.spec.get("volumes", [])
        if volume.get("persistentVolumeClaim") and volume["name"] not in attached
    ]


def change(work: Pass, wanted: str, mode: str) -> Stop | None:
    """Power off or suspend by mode."""
    current = POWER_STATE[work.power]
    if current == SUSPENDED and mode == SOFT:
        return None
    if mode == HARD or current == SUSPENDED:
        work.notes.pop(SOFT_OP, None)
        return _done(work, _HARD[wanted](work.moid))
    asked = work.notes.get(SOFT_OP) or {}
    if asked.get("wanted") != wanted:
        if mode == TRY_SOFT and not has_tools(work):
            return _done(work, _HARD[wanted](work.moid))
        work.notes[SOFT_OP] = {"wanted": wanted, "since": rfc3339(work.now)}
        return Stop((_SOFT[wanted](work.moid),), look_again=SOFT_POLL)
    left = moment(asked["since"]) + SOFT_LIMIT - work.now
    if mode == TRY_SOFT and (asked.get("refused") or left <= dt.timedelta()):
        work.notes.pop(SOFT_OP)
        return _done(work, _HARD[wanted](work.moid))
    if asked.get("refused") or left <= dt.timedelta():
        # Asked again in the next pass, later each time.
        work.notes.pop(SOFT_OP)
        return Stop(failed=f"timed out waiting for power state {wanted}")
    return Stop(look_again=min(SOFT_POLL, left.total_seconds()))


def refused(work: Pass, message: str) -> None:
    """The guest could not be asked: TrySoft goes hard in the next pass, Soft says so and tries again later."""
    asked = work.notes.get(SOFT_OP)
    if asked:
        work.notes[SOFT_OP] = {**asked, "refused": message}


def has_tools(work: Pass) -> bool:
    return (work.seen.get("guest") or {}).get("toolsRunningStatus") in TOOLS_RUNNING


def _done(work: Pass, action: Action) -> Stop:
    return Stop((action,), look_again=task_infos.wait(work).look_again)


def restart(work: Pass) -> Stop | None:
    """Restart, then (next pass) write down that it was done."""
    wanted_text = work.spec.get("nextRestartTime", "")
    if not wanted_text:
        return None
    try:
        wanted = moment(wanted_text)
        last = int(extra_config(work.seen["config"]).get(names.EXTRA_LAST_RESTART) or 0)
    except ValueError as error:
        return Stop(failed=f"cannot compare restart times: {error}")
    nanoseconds = int(wanted.timestamp() * 1_000_000) * 1000
    if nanoseconds <= last or wanted > work.now:
        if last and nanoseconds <= last:
            work.status["lastRestartTime"] = rfc3339(wanted)
        return None
    if task_infos.running(work.seen):
        return task_infos.wait(work)
    if work.notes.get(RESTART) == wanted_text:
        work.notes.pop(RESTART)
        work.status["lastRestartTime"] = rfc3339(wanted)
        record = {"key": names.EXTRA_LAST_RESTART, "value": str(nanoseconds)}
        return Stop((ReconfigVM(work.moid, {"extraConfig": [record]}),), look_again=0)
    work.notes[RESTART] = wanted_text
    mode = work.spec.get("restartMode") or TRY_SOFT
    is_soft = mode == SOFT or (mode == TRY_SOFT and has_tools(work))
    action: Action = RebootGuest(work.moid) if is_soft else ResetVM(work.moid)
    return Stop((action,), look_again=0)
