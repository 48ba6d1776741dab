"""The outer loop of a pass: deletion, pause, finalizer, then create or update. Called by `vms.tasks`; pure."""

from __future__ import annotations

from vmportal.backends.base import (
    Action,
    BackendRefused,
    ClaimInterfaces,
    CloneVM,
    CreateVM,
    PowerOffVM,
    PowerOnVM,
    ReconfigVM,
    SuspendVM,
)
from vms.annotations import BOOTSTRAP_HASH, MANAGER_ID, PAUSED, SAME_CLASS_RESIZE
from vms.reconcile import conditions, names, power, resize, status, task_infos
from vms.reconcile.create import create, remember_class
from vms.reconcile.deletion import delete
from vms.reconcile.facts import Facts, Missing, Object
from vms.reconcile.names import OFF, ON
from vms.reconcile.power import RESTART, SOFT_OP
from vms.reconcile.step import WAITING, Pass, Plan, Stop
from vms.reconcile.update import configure
from vms.reconcile.upgrade import upgrade

RECONFIGURE = "VirtualMachine.reconfigure"  # `descriptionId` of its task
SAID = "said"  # in notes: the failure that the last event told of
# A hard operation whose effect is there already has done no wrong.
_REACHED = {PowerOnVM: "poweredOn", PowerOffVM: "poweredOff", SuspendVM: "suspended"}


def plan(desired: Object, observed: Object | None, facts: Facts) -> Plan:
    """The next step from what is to what is wanted.

    `desired` is the whole VirtualMachine as stored, `observed` what `Backend.observe` gave.
    """
    work = Pass(desired, observed, facts)
    if work.meta.get("deletionTimestamp"):
        return _end(work, "Delete", delete(work, observed))
    if PAUSED in work.annotations:
        return work.end(Stop())
    if names.FINALIZER not in work.meta.get("finalizers", []):
        work.patch(("metadata", "finalizers"), [*work.meta.get("finalizers", []), names.FINALIZER])
        return work.end(Stop(look_again=0))
    work.annotate(MANAGER_ID, facts.manager_id)
    if observed is None:
        return _end(work, "Create", create(work))
    return _end(work, "Update", _update(work))


def _update(work: Pass) -> Stop:
    is_new = not work.status.get("uniqueID")
    task = task_infos.newest(work.seen)
    if task and task.get("state") == "success":
        task_infos.forget_failure(work)
    failed = task_infos.new_failure(work, task)
    before = work.status.get("powerState")
    status.observe(work)
    if before == work.wanted_power:
        _note_drift(work)
    if is_new:
        work.event("CreateSuccess", "Create success")
    if work.conditions.status(conditions.PLACEMENT) != conditions.TRUE:
        work.conditions.true(conditions.PLACEMENT)  # it has a place: a failed try before this one is history
    _remember_class_of_new_vm(work)
    if stop := upgrade(work):
        return stop
    if failed:
        _explain(work, task or {}, failed.failed)
        return failed
    stop = configure(work)
    wants_off = work.power == "poweredOn" and work.wanted_power == OFF
    has_failed = bool(work.errors or (stop and stop.failed))
    # A broken configuration must not keep a VM from being powered off.
    if stop and not (wants_off and has_failed):
        return stop
    if has_failed and not wants_off:
        return Stop()
    if stop := power.power(work):
        return stop
    return Stop(look_again=_requeue(work))


def _note_drift(work: Pass) -> None:
    """Tell when somebody else has changed the power state; the portal will change it back."""
    now, wanted = work.status["powerState"], work.wanted_power
    if now != wanted:
        message = f"The power state in vSphere changed from {wanted} to {now}, and not by the portal"
        work.event("PowerStateChanged", message, warns=True)


def _remember_class_of_new_vm(work: Pass) -> None:
    """The mark of the class is written as the clone starts; make good for a write that was lost."""
    found = work.facts.get("VirtualMachineClass", work.namespace, work.spec.get("className", ""))
    if work.status.get("class") or isinstance(found, Missing) or resize.last_resized(work):
        return
    can_tell = SAME_CLASS_RESIZE not in work.annotations and work.facts.inventory.clusters
    if can_tell and not resize.changes(work, found):
        remember_class(work, found)


def _requeue(work: Pass) -> float | None:
    """The delay after a pass without error."""
    if work.facts.is_watched:
        return None
    network = work.status.get("network") or {}
    has_address = network.get("primaryIP4") or network.get("primaryIP6")
    is_networked = not (work.spec.get("network") or {}).get("disabled")
    if work.wanted_power == ON and is_networked and not has_address:
        return WAITING
    return None


def _explain(work: Pass, task: Object, message: str) -> None:
    """Which condition shows what a task died of."""
    if task.get("descriptionId", "") == RECONFIGURE:
        work.annotate(BOOTSTRAP_HASH, None)  # what was sent last has not arrived
        _explain_reconfigure(work, task_infos.fault_of(task)[0], message)
    else:
        status.power_synced(work, message)


def _explain_reconfigure(work: Pass, fault: str, message: str) -> None:
    wanted = work.spec.get("guestID", "")
    if wanted and (fault == "InvalidArgument" or "guestId" in message):
        work.conditions.false(conditions.GUEST_ID, "Invalid", message)


def _end(work: Pass, operation: str, stop: Stop) -> Plan:
    """The plan; with an event for a failure, once, not again in every pass that fails the same."""
    failure = work.failure(stop)
    if failure and failure != work.facts.notes.get(SAID):
        work.event(f"{operation}Failure", failure, warns=True)
    if failure:
        work.notes[SAID] = failure
    elif not task_infos.failure_message(work):  # else what failed is being tried again
        work.notes.pop(SAID, None)
    return work.end(stop)


# --- What the backend refused --------------------------------------------------------------------------


def refused(
    desired: Object, observed: Object | None, facts: Facts, step: Plan, error: BackendRefused
) -> Plan:
    """What to write instead of `step`, when the backend refused its (last) action."""
    work = Pass({**desired, "status": step.status}, observed, facts)
    work.notes = dict(step.notes)
    if before := desired.get("status", {}).get("class"):
        work.status["class"] = before
    else:
        work.status.pop("class", None)
    action = step.actions[-1]
    kind = type(action)
    if (
        error.fault == "InvalidPowerState"
        and observed
        and observed["runtime"]["powerState"] == _REACHED.get(kind)
    ):
        return work.end(Stop(look_again=0))
    if error.fault in ("TaskInProgress", "ConcurrentAccess"):
        return work.end(task_infos.wait(work))
    if error.fault == "ManagedObjectNotFound":
        return work.end(Stop(look_again=1))
    return _end(work, _operation(desired, observed), _refusal(work, action, error))


def _refusal(work: Pass, action: Action, error: BackendRefused) -> Stop:
    message = error.message
    if SOFT_OP in work.notes:
        power.refused(work, message)
        # TrySoft goes on at once; Soft says why it cannot, and asks again later.
        if _mode(work, action) != names.SOFT:
            return Stop(look_again=0)
        work.notes.pop(SOFT_OP)
    work.notes.pop(RESTART, None)
    if isinstance(action, ClaimInterfaces):
        work.conditions.false(conditions.NETWORK, "NotReady", message)
        return Stop(look_again=WAITING, failed=message)
    if isinstance(action, CloneVM | CreateVM):
        work.conditions.false(conditions.CREATED, "Error", message)
        work.conditions.false(conditions.PLACEMENT, "Error", message)
    elif isinstance(action, ReconfigVM):
        _explain_reconfigure(work, error.fault, message)
    elif "powerState" in work.status:
        status.power_synced(work, message)
    return Stop(failed=message)


def _mode(work: Pass, action: Action) -> str:
    key = "suspendMode" if type(action).__name__ in ("StandbyGuest", "SuspendVM") else "powerOffMode"
    return str(work.spec.get(key) or names.TRY_SOFT)


def _operation(desired: Object, observed: Object | None) -> str:
    if desired["metadata"].get("deletionTimestamp"):
        return "Delete"
    return "Update" if observed else "Create"
