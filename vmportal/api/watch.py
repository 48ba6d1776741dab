"""Watch streams: the present state where it is asked for, then every change, one JSON line each.

Called by the API's viewset; `stop_watches()` by whoever stops the process. A stream holds a thread of the web
server, and no database connection.
"""

from __future__ import annotations

import json
import queue
import random
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Subquery
from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request

from vmportal import access
from vmportal.access import Caller
from vmportal.api import impersonation, table
from vmportal.api.auth import UNAUTHORIZED
from vmportal.api.callers import renewed
from vmportal.api.feed import FEED, Event, Subscription, changes_after, oldest_kept
from vmportal.api.lists import bad_option, resource_version
from vmportal.api.options import flag, number
from vmportal.api.status import as_api_error, status_of
from vmportal.api.wanted import Wanted
from vmportal.errors import ApiError, Expired, Forbidden, Unauthorized
from vmportal.limits import counted_elsewhere
from vmportal.models import Counter

HEARTBEAT_SECONDS = 5.0  # of silence; then a sign of life, so that a client that went away is noticed
SIGN_OF_LIFE = b" "  # JSON may begin with it; an empty line would stop some readers
BOOKMARK_SECONDS = 30.0
SHORTEST, LONGEST = 1800, 3600  # seconds, of a stream whose client sets no timeout; spread, as in Kubernetes
INITIAL_END = "k8s.io/initial-events-end"


def stop_watches() -> None:
    """End all streams of this process."""
    FEED.stop()


def watch(
    request: Request, asked: Wanted, caller: Caller, counters: dict[str, int], form: str, include: str
) -> StreamingHttpResponse:
    """The answer to `?watch=true`. Raises `TooManyRequests` when as many are open as may be."""
    stream = Stream(request, asked, caller, form, include, counters["version"])
    FEED.subscribe(stream.subscription, counters["version"])
    counted_elsewhere(request._request)
    response = StreamingHttpResponse(stream, content_type="application/json")
    response["X-Accel-Buffering"] = "no"  # a proxy must not hold events back
    return response


class Stream:
    """One watch: an iterator of lines, closed by the web server when its client is gone."""

    def __init__(
        self, request: Request, asked: Wanted, caller: Caller, form: str, include: str, newest: int
    ) -> None:
        self.asked = asked
        self.caller = caller
        self.since = resource_version(request)
        self.newest = newest  # of the store, when it was asked
        self.timeout = number(request, "timeoutSeconds") or random.randint(SHORTEST, LONGEST)
        self.has_bookmarks = flag(request, "allowWatchBookmarks")
        self.sends_end = self._demand_initial(request)
        self.sends_initial = not self.since if self.sends_end is None else self.sends_end
        self.recheck = Recheck(request, asked, caller)
        self.subscription = Subscription(asked.kind.shape.group_resource, self.recheck, caller.actor)
        self.form, self.include = form, include
        self.has_headers = False  # of a Table: sent once
        self._lines = self._write()

    def _demand_initial(self, request: Request) -> bool | None:
        """`sendInitialEvents`, or None when it is not given."""
        match = request.query_params.get("resourceVersionMatch")
        if "sendInitialEvents" not in request.query_params:
            if match:
                message = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
                raise bad_option("resourceVersionMatch", f"Forbidden: {message}")
            return None
        if match != "NotOlderThan":
            message = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            raise bad_option("resourceVersionMatch", f"Forbidden: {message}")
        return flag(request, "sendInitialEvents")

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def close(self) -> None:
        FEED.leave(self.subscription)
        self._lines.close()

    def _write(self) -> Any:
        try:
            yield SIGN_OF_LIFE  # web servers send the headers with the first bytes, and clients wait for them
            yield from self._until_now()
            if not connection.in_atomic_block:
                connection.close()
            yield from self._from_now()
        except ApiError as error:
            yield _line("ERROR", status_of(error))
        except Exception as error:
            yield _line("ERROR", status_of(as_api_error(error)))
        finally:
            FEED.leave(self.subscription)

    def _until_now(self) -> Iterator[bytes]:
        """The state as ADDED, or the changes between the client's version and the feed's."""
        if self.sends_initial:
            self.since = yield from self._initial()
            if self.sends_end and self.has_bookmarks:
                yield self._bookmark(self.since, {INITIAL_END: "true"})
            return
        start = self.subscription.since
        if not self.since:
            self.since = self.newest  # the feed may be a little behind
        self._demand_kept()
        while self.since < start:
            events = changes_after(self.since, start, self.subscription.kind)
            if not events:
                break
            yield from self._told(events)
        self.since = max(self.since, start)

    def _initial(self) -> Any:
        """All objects, in one statement together with the version that they are of."""
        now = Subquery(Counter.objects.filter(name="version").values("value")[:1])
        rows = self.asked.rows(self.caller).annotate(now=now).values_list("body", "now")
        version = 0
        for body, now_is in rows.iterator(chunk_size=500):
            version = now_is
            yield self._object("ADDED", body)
        return version or self.subscription.since

    def _demand_kept(self) -> None:
        """Raise `Expired` when changes after the client's version are gone, or never were."""
        oldest = oldest_kept()
        if self.since < oldest or self.since > Counter.read()["version"]:
            raise Expired(f"too old resource version: {self.since} ({oldest + 1})")

    def _from_now(self) -> Iterator[bytes]:
        end = time.monotonic() + self.timeout
        spoke = marked = time.monotonic()
        while (left := end - time.monotonic()) > 0 and not self.subscription.error:
            try:
                event = self.subscription.waiting.get(timeout=min(left, HEARTBEAT_SECONDS))
            except queue.Empty:
                event = None
            if event is not None:
                yield from self._told([event])
                spoke = time.monotonic()
                continue
            if self.subscription.is_ended:
                break
            if self.has_bookmarks and time.monotonic() - marked > BOOKMARK_SECONDS:
                marked = time.monotonic()
                yield from self._settled()
            elif time.monotonic() - spoke >= HEARTBEAT_SECONDS:
                spoke = time.monotonic()
                yield SIGN_OF_LIFE
        if self.subscription.error:
            raise self.subscription.error
        if self.has_bookmarks:
            yield from self._settled()

    def _settled(self) -> Iterator[bytes]:
        version = FEED.settled(self.subscription)
        if version >= self.since > 0:
            yield self._bookmark(version)

    def _told(self, events: list[Event]) -> Iterator[bytes]:
        for event in events:
            if event.version <= self.since:
                continue
            self.since = event.version
            type_ = self._type_for_client(event)
            if type_ == "DELETED" or (type_ and self.form):
                yield self._object(type_, event.left if type_ == "DELETED" else event.body)
            elif type_:
                yield event.line(type_)

    def _type_for_client(self, event: Event) -> str:
        """ADDED, MODIFIED or DELETED as it looks through the selectors; empty when it does not show."""
        asked = self.asked
        if asked.namespace and event.namespace != asked.namespace:
            return ""
        if not _sees(self.recheck.caller, asked, event):
            return ""
        if not asked.has_selector:
            return event.type
        was = event.type != "ADDED" and asked.holds(event.labels_before, event.fields_before)
        is_now = event.type != "DELETED" and asked.holds(event.labels, event.fields)
        if was and is_now:
            return "MODIFIED"
        return "ADDED" if is_now else "DELETED" if was else ""

    def _object(self, type_: str, body: str) -> bytes:
        if not self.form:
            return b'{"type":"%s","object":%s}\n' % (type_.encode(), body.encode())
        obj = json.loads(body)
        if self.form != table.TABLE:
            return _line(type_, table.partial(obj))
        return _line(type_, self._table([obj], obj["metadata"]["resourceVersion"]))

    def _table(self, objects: list[Any], version: str) -> Any:
        headers, self.has_headers = not self.has_headers, True
        meta = {"resourceVersion": version}
        return table.table(self.asked.kind.shape, objects, timezone.now(), meta, self.include, headers)

    def _bookmark(self, version: int, annotations: dict[str, str] | None = None) -> bytes:
        shape = self.asked.kind.shape
        meta: dict[str, Any] = {"resourceVersion": str(version)}
        if annotations:
            meta["annotations"] = annotations
        if self.form == table.TABLE:
            return _line("BOOKMARK", {**self._table([], str(version)), "metadata": meta})
        if self.form:
            return _line("BOOKMARK", table.partial({"metadata": meta}))
        return _line("BOOKMARK", {"kind": shape.kind, "apiVersion": shape.api_version, "metadata": meta})


def _line(type_: str, obj: Any) -> bytes:
    return json.dumps({"type": type_, "object": obj}, separators=(",", ":")).encode() + b"\n"


def _sees(caller: Caller, asked: Wanted, event: Event) -> bool:
    kind = asked.kind
    if kind.shape.namespaced:
        return access.may(caller, "watch", kind, event.namespace)
    return access.may(caller, "get", kind, "", event.name)


class Recheck:
    """Whether a stream's caller may still see it: asked by the feed when memberships change, and now and then."""

    def __init__(self, request: Request, asked: Wanted, caller: Caller) -> None:
        self.asked = asked
        self.caller = caller
        self.request = request

    def __call__(self, counters: dict[str, int]) -> ApiError | None:
        real = renewed(self.request.user, self.request.auth, counters)
        if real is None:
            return Unauthorized(UNAUTHORIZED)
        try:
            now = impersonation.acting(real, self.request.META, counters)
        except ApiError as error:
            return error
        if not access.may(now, "watch", self.asked.kind, self.asked.namespace):
            return Forbidden(f'User "{now.name}" may no longer watch {self.asked.kind.shape.group_resource}')
        saw, self.caller = self._seen_by(self.caller), now
        if saw != self._seen_by(now):
            return Expired("what you may see has changed: list again")
        return None

    def _seen_by(self, caller: Caller) -> object:
        """Of a watch over all namespaces: those that it shows."""
        if caller.is_admin or self.asked.namespace:
            return caller.is_admin
        if self.asked.kind.shape.namespaced:
            return access.readable_namespaces(caller, self.asked.kind)
        return sorted(caller.roles) if self.asked.kind.shape.kind == "Namespace" else None
