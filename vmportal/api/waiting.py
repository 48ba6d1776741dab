"""`?wait=…`: hold an answer until its object is as the client waits for it, for a bounded time.

Called by the API's views. It takes a place among the watches of the process, reads the same feed and holds no
database connection; who does not ask for it never waits.
"""

from __future__ import annotations

import json
import queue
import time

from django.conf import settings
from django.db import connection
from rest_framework.request import Request

from vmportal.access import Caller, not_found
from vmportal.api import awaited
from vmportal.api.awaited import Awaited
from vmportal.api.feed import FEED, Event, Subscription
from vmportal.api.options import is_dry_run
from vmportal.api.wanted import Wanted
from vmportal.api.watch import Recheck
from vmportal.errors import BadRequest, TimedOut
from vmportal.kind import Kind, Object
from vmportal.limits import counted_elsewhere

USUAL = "30s"
LOOK_SECONDS = 5.0  # of silence; then a look whether the feed has ended


def begin(
    request: Request, kind: Kind, namespace: str, name: str, caller: Caller, counters: dict[str, int]
) -> Waiting | None:
    """A place to wait from, taken before anything is done; None when the client does not ask to wait.

    Raises `BadRequest` for what nobody can wait for, `TooManyRequests` when this process holds all it may.
    """
    text = request.query_params.get("wait")
    if text is None:
        return None
    if not name and request.method != "POST":
        raise BadRequest("wait is about one object: name it in the address, or watch the list")
    wish = awaited.read(text, kind.shape)
    if request.method == "DELETE" and wish.word != "delete":
        raise BadRequest(f"a delete waits for delete, not for {text}")
    if request.method != "GET" and is_dry_run(request):
        raise BadRequest("a dry run changes nothing that could be waited for")
    seconds = awaited.seconds(request.query_params.get("timeout") or USUAL, settings.WAIT_MOST_SECONDS)
    recheck = Recheck(request, Wanted(kind, namespace), caller)
    waiting = Waiting(
        wish,
        kind,
        seconds,
        Subscription(kind.shape.group_resource, recheck, caller.actor),
        counters["version"],
    )
    waiting.has_acted = request.method != "GET"
    FEED.subscribe(waiting.subscription, counters["version"])
    counted_elsewhere(request._request)
    return waiting


class Waiting:
    """One client that waits. `leave()` when the answer is made."""

    has_acted = False  # whether something was carried out before the wait

    def __init__(
        self, wish: Awaited, kind: Kind, seconds: float, subscription: Subscription, version: int
    ) -> None:
        self.wish = wish
        self.kind = kind
        self.seconds = seconds
        self.subscription = subscription
        self.version = version  # of the store, when it was asked

    def leave(self) -> None:
        FEED.leave(self.subscription)

    def until_met(self, namespace: str, name: str, obj: Object | None) -> Object | None:
        """The object (None: gone) once it is as awaited; `obj` is how it is now.

        Raises `NotFound` when it went instead, `TimedOut`, and what a watch would end with.
        """
        if self.wish.is_met(obj):
            return obj
        self._demand_there(name, obj)
        if not connection.in_atomic_block:
            connection.close()
        end = time.monotonic() + self.seconds
        while (left := end - time.monotonic()) > 0 and not self.subscription.error:
            event = self._next(min(left, LOOK_SECONDS))
            if event is None and self.subscription.is_ended:
                break
            if event is None or (event.namespace, event.name) != (namespace, name):
                continue
            found = self._after(event, obj)
            if found is obj:
                continue
            obj = found
            if self.wish.is_met(obj):
                return obj
            self._demand_there(name, obj)
        raise self.subscription.error or self._timed_out(name, obj)

    def _next(self, seconds: float) -> Event | None:
        try:
            return self.subscription.waiting.get(timeout=seconds)
        except queue.Empty:
            return None

    def _after(self, event: Event, obj: Object | None) -> Object | None:
        """The object as an event leaves it; `obj` itself where the event tells nothing new of it."""
        seen = int(obj["metadata"]["resourceVersion"]) if obj else self.version
        if event.version <= seen:
            return obj
        changed: Object = json.loads(event.body)
        if obj and changed["metadata"]["uid"] != obj["metadata"]["uid"]:
            return obj
        return None if event.type == "DELETED" else changed

    def _demand_there(self, name: str, obj: Object | None) -> None:
        """Raise `NotFound` for what nothing will become of any more."""
        if obj is None and self.wish.word != "create":
            raise not_found(self.kind.shape, name)

    def _timed_out(self, name: str, obj: Object | None) -> TimedOut:
        shape = self.kind.shape
        done = " What was asked for has been carried out." if self.has_acted else ""
        return TimedOut(
            f'timed out after {self.seconds:g}s waiting for {self.wish.text} of {shape.group_resource} "{name}": '
            f"{self.wish.stands(obj)}.{done}",
            **shape.details(name),
            uid=obj["metadata"]["uid"] if obj else "",
        )
