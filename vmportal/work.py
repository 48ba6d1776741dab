"""Leases on work: one worker at a time per object, and nothing lost when a worker dies.

Used by tasks; the store nudges. A message to the worker is only a wake-up: the `Work` row is the truth.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from vmportal.models import Work

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=settings.LEASE_SECONDS)
BACKOFF_FIRST, BACKOFF_MOST = 1.0, 300.0  # seconds


class LeaseLost(Exception):
    """Another worker has the object now, or it is gone: stop, and write nothing."""


class Retry(Exception):
    """A pass that could not do its work, and has said so where it shows: again in so many seconds.

    None: later, each time twice as late.
    """

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True)
class Lease:
    """The right to work on one object until it ends; what was nudged meanwhile is not forgotten."""

    uid: str
    token: str
    nudges: int
    attempts: int
    notes: dict[str, Any]  # what the pass before has left for this one

    def keep(self, notes: dict[str, Any]) -> None:
        """Leave notes for the next pass."""
        Work.objects.filter(self._mine()).update(notes=notes)

    def renew(self) -> None:
        """Before something that takes time or cannot be undone: hold on for as long again, or `LeaseLost`."""
        mine = Work.objects.filter(self._mine(), lease_until__gt=timezone.now())
        if not mine.update(lease_until=timezone.now() + LEASE):
            raise LeaseLost(self.uid)

    def demand(self) -> None:
        """Raise `LeaseLost` unless the lease still holds. Inside a transaction, it holds until its end."""
        if not Work.objects.select_for_update().filter(self._mine(), lease_until__gt=timezone.now()).exists():
            raise LeaseLost(self.uid)

    def again(self, seconds: float | None) -> bool:
        """End the lease after a good pass; look again in so many seconds, or (None) at the next full sync.

        True when the object is due at once: for 0 seconds, or because it was nudged meanwhile.
        """
        return self._release(settings.FULL_SYNC_SECONDS if seconds is None else seconds, attempts=0)

    def failed(self, seconds: float | None = None) -> None:
        """End the lease after a failed pass: again in so many seconds, or (None) later, each time twice as late."""
        if seconds is not None:
            self._release(seconds, attempts=max(1, self.attempts))
            return
        doublings = min(self.attempts, 30)  # a float ends at 2**1024, a failing connection does not
        seconds = min(BACKOFF_FIRST * 2**doublings, BACKOFF_MOST)
        self._release(seconds, attempts=self.attempts + 1)

    def _mine(self) -> Q:
        return Q(uid=self.uid, lease_token=self.token)

    def _release(self, seconds: float, attempts: int) -> bool:
        now = timezone.now()
        free = {"lease_until": None, "lease_token": "", "attempts": attempts}
        mine = Work.objects.filter(self._mine())
        if mine.filter(nudges=self.nudges).update(due_at=now + dt.timedelta(seconds=seconds), **free):
            return seconds == 0
        return bool(mine.update(due_at=now, **free))


def lease(uid: str) -> Lease | None:
    """Take the lease of an object whose work is due; None if somebody has it, or there is nothing to do."""
    token = str(uuid.uuid4())
    taken = Work.take(uid, token, timezone.now(), LEASE)
    return Lease(uid, token, *taken) if taken else None


def due(limit: int) -> list[tuple[str, str]]:
    """(kind, uid) of what is due and nobody has, longest waiting first."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    rows = Work.objects.filter(free, due_at__lte=now).order_by("due_at")
    return list(rows.values_list("kind", "uid")[:limit])


def end_all_leases() -> None:
    """For the embedded start: whoever held them was the process before. Should it live, its tokens are void."""
    Work.objects.exclude(lease_until=None).update(lease_until=None, lease_token="")


def nudge_now(uid: str) -> None:
    """Make the object due, also when a pass is under way."""
    Work.objects.filter(uid=uid).update(due_at=timezone.now(), nudges=F("nudges") + 1, attempts=0)


def retry_now(kind: str, limit: int) -> list[str]:
    """Make due what has failed and waits to be tried again, the next ones first; their uids.

    What fails once more waits on as long as it would have.
    """
    now = timezone.now()
    failed = Work.objects.filter(kind=kind, attempts__gt=0, due_at__gt=now).order_by("due_at")
    uids = list(failed.values_list("uid", flat=True)[:limit])
    Work.objects.filter(uid__in=uids).update(due_at=now, nudges=F("nudges") + 1)
    return uids


def wake_worker(task: str, *args: Any) -> None:
    """Send the wake-up. A broker that is away must not fail a request: the clock finds the work."""
    try:
        current_app.send_task(task, args, ignore_result=True, retry=False)
    except Exception:
        log.warning("no wake-up for %s: the broker is away, the clock will find it", task)
