"""What a plan is, and the pass that makes one: status, conditions and patches under change. Pure."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from vmportal.backends.base import Action
from vmportal.moments import rfc3339
from vms.reconcile.conditions import Conditions
from vms.reconcile.facts import Facts, Object

Path = tuple[str, ...]

CREATING = 10.0  # seconds: not created yet
WAITING = 10.0  # seconds: on, and no address yet; or a task runs
POLL = 1.0  # seconds between looks at a running task when nothing else wakes the VM
SOFT_POLL = 5.0  # seconds between looks at a guest that was asked to do something


@dataclass(frozen=True, slots=True)
class Event:
    type: str  # Normal, Warning
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One step towards the wish. To be carried out in this order: actions, then patches and status in one write.

    - `actions`: for `backend.apply`, at most one of them a vSphere mutation. When one raises `BackendRefused`,
      ask `refused()` for what to write instead.
    - `status`: the whole status as it should stand.
    - `patches`: changes of the wish, as (path, value); None as value removes the key.
    - `look_again`: seconds (0: at once), or None to wait for a trigger or the full sync.
    - `failed`: a sentence, if the pass ended with an error. With `look_again` None the engine backs off.
    - `notes`: what the next pass must be told as `Facts.notes`.
    """

    actions: tuple[Action, ...] = ()
    status: Object = field(default_factory=dict)
    patches: tuple[tuple[Path, Any], ...] = ()
    events: tuple[Event, ...] = ()
    look_again: float | None = None
    failed: str = ""
    notes: Object = field(default_factory=dict)

    @property
    def conditions(self) -> list[Object]:
        return list(self.status.get("conditions", []))


@dataclass(frozen=True, slots=True)
class Stop:
    """The pass ends here: what to do, and when to look again (see `Plan`)."""

    actions: tuple[Action, ...] = ()
    look_again: float | None = None
    failed: str = ""


class Pass:
    """One pass over one VM: what is wanted, seen and known, and what will be written."""

    def __init__(self, desired: Object, observed: Object | None, facts: Facts) -> None:
        self.desired = desired
        self.meta: Object = desired["metadata"]
        self.spec: Object = desired.get("spec", {})
        self.annotations: Object = dict(self.meta.get("annotations", {}))
        self.labels: Object = dict(self.meta.get("labels", {}))
        self.facts = facts
        self.now = facts.now
        self.status: Object = copy.deepcopy(desired.get("status", {}))
        self.conditions = Conditions(self.status.get("conditions", []), rfc3339(facts.now))
        self.notes: Object = dict(facts.notes)
        self.errors: list[str] = []
        self._seen = observed
        self._patches: list[tuple[Path, Any]] = []
        self._events: list[Event] = []

    @property
    def seen(self) -> Object:
        """The VM as observed; only for steps that run when there is one."""
        assert self._seen is not None
        return self._seen

    @property
    def moid(self) -> str:
        return str(self.seen["obj"])

    @property
    def namespace(self) -> str:
        return str(self.meta["namespace"])

    @property
    def name(self) -> str:
        return str(self.meta["name"])

    @property
    def power(self) -> str:
        return str(self.seen["runtime"]["powerState"])

    @property
    def wanted_power(self) -> str:
        return str(self.spec.get("powerState", ""))

    def annotate(self, key: str, value: str | None) -> None:
        """Set or (None) remove an annotation, if it is not so already."""
        if self.annotations.get(key) != value:
            self.patch(("metadata", "annotations", key), value)
            self.annotations = {**self.annotations, key: value}
            if value is None:
                self.annotations.pop(key)

    def label(self, key: str, value: str | None) -> None:
        if self.labels.get(key) != value:
            self.patch(("metadata", "labels", key), value)

    def patch(self, path: Path, value: Any) -> None:
        self._patches = [(old, kept) for old, kept in self._patches if old != path]
        self._patches.append((path, value))

    def event(self, reason: str, message: str, *, warns: bool = False) -> None:
        self._events.append(Event("Warning" if warns else "Normal", reason, message))

    def failure(self, stop: Stop) -> str:
        """Everything that went wrong in this pass, as one sentence."""
        return "; ".join(dict.fromkeys(filter(None, [*self.errors, stop.failed])))

    def end(self, stop: Stop) -> Plan:
        """The plan, with the errors that were collected on the way."""
        conditions = self.conditions.listed()
        if conditions:
            self.status["conditions"] = conditions
        else:
            self.status.pop("conditions", None)
        return Plan(
            actions=stop.actions,
            status=self.status,
            patches=tuple(self._patches),
            events=tuple(self._events),
            look_again=stop.look_again,
            failed=self.failure(stop),
            notes=self.notes,
        )


def moment(text: str) -> dt.datetime:
    """A time of RFC 3339, also with nanoseconds. Raises `ValueError`."""
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"
    parsed = dt.datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text}: no time zone")
    return parsed
