"""Deletion: hold for checks, power off, destroy, give back, let go. Called by `plan` for a terminating object; pure."""

from __future__ import annotations

from vmportal.backends.base import DestroyVM, ReconfigVM, ReleaseInterfaces
from vms.annotations import DELETE_CHECKS, PAUSED, SKIP_DELETE
from vms.reconcile import names, task_infos
from vms.reconcile.devices import extra_config
from vms.reconcile.facts import Object
from vms.reconcile.names import OFF, POWER_STATE, SUSPENDED, TRY_SOFT
from vms.reconcile.power import change
from vms.reconcile.step import Pass, Stop

_CLEANED = ("guestinfo.", "vmservice.", "imageregistry.")


def delete_checks(work: Pass) -> list[str]:
    return [key for key in work.annotations if key.startswith(DELETE_CHECKS)]


def delete(work: Pass, observed: Object | None) -> Stop:
    """The next step of the deletion."""
    if PAUSED in work.annotations or delete_checks(work):
        return Stop()
    if observed is None:
        task = work.facts.create_task
        if task and task_infos.is_running(task):
            return task_infos.wait(work)
        return _let_go(work)
    if SKIP_DELETE in work.annotations:
        config = _cleaned(work)
        return Stop((ReconfigVM(work.moid, config),), look_again=0) if config else _let_go(work)
    if work.seen["runtime"].get("connectionState", "connected") not in ("", "connected"):
        return Stop(look_again=300, failed=f"VM {work.moid} is not connected")
    if extra_config(work.seen.get("config") or {}).get(names.EXTRA_PAUSE, "").lower() == "true":
        work.label(PAUSED, "admin")
        message = f"failed to delete this VM because {names.EXTRA_PAUSE} is set by admin"
        return Stop(look_again=300, failed=message)
    if task_infos.running(work.seen):
        return task_infos.wait(work)
    if failed := task_infos.new_failure(work, task_infos.newest(work.seen)):
        return failed
    return _destroy(work)


def _destroy(work: Pass) -> Stop:
    if POWER_STATE[work.power] != OFF:
        mode = work.spec.get("powerOffMode") or TRY_SOFT
        stop = change(work, OFF, mode)
        # A suspended guest cannot be asked; vSphere destroys a suspended VM as it is.
        if stop or POWER_STATE[work.power] != SUSPENDED:
            return stop or task_infos.wait(work)
    return Stop((DestroyVM(work.moid),), look_again=task_infos.wait(work).look_again)


def _let_go(work: Pass) -> Stop:
    """Nothing of the VM is left: the addresses go back, and the object may go."""
    kept = [name for name in work.meta.get("finalizers", []) if name != names.FINALIZER]
    if kept != work.meta.get("finalizers", []):
        work.patch(("metadata", "finalizers"), kept)
        work.event("DeleteSuccess", "Delete success")
    return Stop((ReleaseInterfaces(),))


def _cleaned(work: Pass) -> Object:
    """What must go from a VM that stays behind."""
    config = work.seen.get("config") or {}
    extra = extra_config(config)
    kept = [key for key, value in extra.items() if value and key.startswith(_CLEANED)]
    cleaned: Object = {"extraConfig": [{"key": key, "value": ""} for key in kept]} if kept else {}
    if (config.get("managedBy") or {}).get("extensionKey"):
        cleaned["managedBy"] = {"extensionKey": "", "type": ""}
    return cleaned
