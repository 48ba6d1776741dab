"""Reading TaskInfos: what runs, what has failed, and when to try it again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vms.reconcile.facts import Object
from vms.reconcile.step import POLL, WAITING, Pass, Stop

FAILED = "failedTask"  # in notes: {"key", "count"} of the last task that failed
BACKOFF_MOST = 300.0


def is_running(task: Mapping[str, Any]) -> bool:
    return task.get("state") in ("queued", "running")


def running(seen: Mapping[str, Any]) -> Object | None:
    return next((task for task in seen.get("recentTask") or [] if is_running(task)), None)


def fault_of(task: Mapping[str, Any]) -> tuple[str, str]:
    """The fault's type, and its sentence."""
    error = task.get("error") or {}
    fault = str((error.get("fault") or {}).get("_typeName", ""))
    return fault, str(error.get("localizedMessage") or fault or "unknown error")


def wait(work: Pass) -> Stop:
    """Until the running task has ended."""
    return Stop(look_again=WAITING if work.facts.is_watched else POLL)


def new_failure(work: Pass, task: Mapping[str, Any] | None) -> Stop | None:
    """If this task has failed and no pass has said so yet: say it, and come back later, each time twice as late."""
    if task is None or task.get("state") != "error" or task["key"] == _last_failure(work).get("key"):
        return None
    count = int(_last_failure(work).get("count", 0)) + 1
    fault, message = fault_of(task)
    work.notes[FAILED] = {"key": task["key"], "count": count, "fault": fault, "message": message}
    return Stop(look_again=min(2.0 ** (count - 1), BACKOFF_MOST), failed=message)


def failure_message(work: Pass) -> str:
    """What the last task died of, as long as nothing has succeeded since."""
    return str(_last_failure(work).get("message", ""))


def forget_failure(work: Pass) -> None:
    work.notes.pop(FAILED, None)


def _last_failure(work: Pass) -> Object:
    return dict(work.notes.get(FAILED) or {})


def newest(seen: Mapping[str, Any]) -> Object | None:
    tasks = seen.get("recentTask") or []
    return tasks[-1] if tasks else None
