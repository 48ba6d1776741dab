"""Notices what changes behind the portal, and nudges the objects concerned. Run embedded, or by `manage.py watch`.

One watcher a connection; the simulator is the only connection so far. Where it stopped is kept in a counter,
so that what happened while no watcher ran is noticed at the next start.
"""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections

from vmportal import work
from vmportal.backends import backend_for
from vmportal.backends.base import BackendUnavailable
from vmportal.models import Counter

log = logging.getLogger(__name__)

SECONDS = 0.4  # between two looks
SECONDS_AWAY = 5.0  # when the backend or the database does not answer
RETRIED = 200  # VMs at most, each time that there is room
POSITION = "watched-simulator"
VMS = "virtualmachines.vmoperator.vmware.com"


class Watcher:
    """`run()` until `stop()`, from another thread."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def run(self) -> None:
        seconds = SECONDS
        while not self._stopping.wait(seconds):
            try:
                look_once()
                seconds = SECONDS
            except BackendUnavailable as error:
                log.warning("the backend is away: %s", error)
                seconds = SECONDS_AWAY
            except Exception:
                log.exception("the watcher goes on after this")
                seconds = SECONDS_AWAY
                close_old_connections()

    def stop(self) -> None:
        self._stopping.set()


def look_once() -> int:
    """Nudge the objects of all VMs that changed since the last look; how many there were.

    Where room was given, VMs that have failed are tried again: they may have failed for want of it.
    """
    position, _ = Counter.objects.get_or_create(name=POSITION, defaults={"value": 0})
    latest, changes = backend_for("").changes(position.value)
    uids = {change.ref.uid for change in changes if change.ref}
    for uid in uids:
        work.nudge_now(uid)
    if any(change.gives_room for change in changes):
        uids.update(work.retry_now(VMS, RETRIED))
    for uid in uids:
        work.wake_worker("vmportal.tasks.sync", VMS, uid)
    if latest != position.value:
        # Kept after the nudges: a watcher killed in between nudges twice, and loses nothing.
        Counter.objects.filter(name=POSITION).update(value=latest)
    return len(uids)
