"""The changes of the store, read once a process and handed to every watch stream.

Used by `vmportal.api.watch`. One thread polls while there are streams; they wait on queues and hold no
database connection.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings
from django.db import connection

from vmportal.errors import ApiError, TooManyRequests
from vmportal.models import Change, Counter

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
RECHECK_SECONDS = 10.0  # how often a stream's caller is looked at anew, when no membership has changed
IDLE_SECONDS = 5.0  # without streams; then the thread ends
BATCH = 500
QUEUE_MOST = 2000  # events that a slow client may lie behind


@dataclass
class Event:
    """One change, encoded once for all streams."""

    version: int
    kind: str
    namespace: str
    name: str
    type: str
    labels_before: dict[str, str]
    labels: dict[str, str]
    fields_before: dict[str, str]
    fields: dict[str, str]
    body: str
    before: str | None = None  # the body before

    @cached_property
    def encoded(self) -> bytes:
        return self.body.encode()

    @cached_property
    def left(self) -> str:
        """The object for those out of whose sight it goes: as it was, of the version at which it went."""
        if self.type == "DELETED" or self.before is None:
            return self.body
        obj = json.loads(self.before)
        obj["metadata"]["resourceVersion"] = str(self.version)
        return json.dumps(obj, separators=(",", ":"), ensure_ascii=False)

    def line(self, type_: str) -> bytes:
        return b'{"type":"%s","object":%s}\n' % (type_.encode(), self.encoded)


def changes_after(version: int, up_to: int | None = None, kind: str | None = None) -> list[Event]:
    """The next batch of changes, in order."""
    rows = Change.objects.filter(version__gt=version).order_by("version")
    rows = rows if up_to is None else rows.filter(version__lte=up_to)
    rows = rows if kind is None else rows.filter(kind=kind)
    return [_event(row) for row in rows[:BATCH]]


def oldest_kept() -> int:
    """The version after which all changes are kept."""
    counted = Counter.read()["version"]  # before the changes: what comes in between is kept, too
    oldest = Change.objects.order_by("version").values_list("version", flat=True).first()
    return counted if oldest is None else oldest - 1


def _event(row: Change) -> Event:
    place = {"metadata.name": row.name, "metadata.namespace": row.namespace}
    return Event(
        row.version,
        row.kind,
        row.namespace,
        row.name,
        row.type,
        row.labels_before,
        row.labels,
        {**row.fields_before, **place},
        {**row.fields, **place},
        row.body,
        row.before,
    )


@dataclass(eq=False)
class Subscription:
    """One stream's end of the feed. `recheck` says (on the feed's thread) whether the stream must end, and why."""

    kind: str
    recheck: Callable[[dict[str, int]], ApiError | None]
    owner: str  # who acts
    waiting: queue.Queue[Event | None] = field(default_factory=lambda: queue.Queue(QUEUE_MOST))
    since: int = 0  # the version after which changes come through the queue
    error: ApiError | None = None
    is_ended: bool = False

    def offer(self, event: Event) -> None:
        try:
            self.waiting.put_nowait(event)
        except queue.Full:  # the client is too slow; it will come back and ask from where it was
            self.end()

    def end(self, error: ApiError | None = None) -> None:
        """Let the stream write what it has and stop; with an `error`, write only that."""
        self.error = self.error or error
        self.is_ended = True
        with suppress(queue.Full):
            self.waiting.put_nowait(None)


class Feed:
    """Reads changes while anybody listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self._thread: threading.Thread | None = None
        self._position = 0
        self._access = -1
        self._stopping = threading.Event()

    def subscribe(self, subscription: Subscription, version: int) -> None:
        """Join; `version` is the store's newest. Raises `TooManyRequests` when as many are open as may be."""
        with self._lock:
            self._demand_room(subscription.owner)
            if self._thread is None:
                self._position = version
                self._thread = threading.Thread(target=self._run, name="watch feed", daemon=True)
                self._thread.start()
            subscription.since = self._position
            self._subscriptions.add(subscription)

    def _demand_room(self, owner: str) -> None:
        own = sum(one.owner == owner for one in self._subscriptions)
        if settings.MAX_WATCHES_PER_USER and own >= settings.MAX_WATCHES_PER_USER:
            told = f"{owner} holds {own} watches and waits on this server already, all that one user may"
            raise TooManyRequests(f"{told}: end one, or try again shortly", retryAfterSeconds=5)
        if len(self._subscriptions) >= settings.MAX_WATCHES or self._stopping.is_set():
            told = f"this server holds {settings.MAX_WATCHES} watches and waits already"
            raise TooManyRequests(f"{told}; try again shortly", retryAfterSeconds=5)

    def leave(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)

    def settled(self, subscription: Subscription) -> int:
        """The version up to which the stream has been given everything; 0 while something waits."""
        with self._lock:
            return self._position if subscription.waiting.empty() else 0

    def stop(self) -> None:
        """End all streams; the process is about to end."""
        self._stopping.set()
        with self._lock:
            for subscription in self._subscriptions:
                subscription.end()

    def _run(self) -> None:
        idle_since = checked = time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            with self._lock:
                if self._subscriptions:
                    idle_since = now
                elif now - idle_since > IDLE_SECONDS:
                    self._thread = None
                    break
            try:
                counters = Counter.read()
                self._read(counters)
                if counters["access"] != self._access or now - checked > RECHECK_SECONDS:
                    checked, self._access = now, counters["access"]
                    self._recheck(counters)
            except Exception:
                log.exception("the watch feed could not read changes; it tries again")
                connection.close()
                self._stopping.wait(1.0)
            self._stopping.wait(POLL_SECONDS)
        connection.close()

    def _read(self, counters: dict[str, int]) -> None:
        while self._position < counters["version"]:
            events = changes_after(self._position)
            with self._lock:
                for event in events:
                    for subscription in self._subscriptions:
                        if subscription.kind == event.kind:
                            subscription.offer(event)
                last = events[-1].version if events else 0
                self._position = last if len(events) == BATCH else max(last, counters["version"])

    def _recheck(self, counters: dict[str, int]) -> None:
        with self._lock:
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            if not subscription.is_ended and (error := subscription.recheck(counters)):
                subscription.end(error)


FEED = Feed()
