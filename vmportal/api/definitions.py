"""`/apis/apiextensions.k8s.io/v1/customresourcedefinitions`: the portal's own kinds, to be read by all who sign in.

Terraform, Ansible, Helm and `kubectl wait crd/…` look there. The kinds are fixed, so nothing is written, and a
watch has nothing to tell after the present state.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from vmportal.access import not_found
from vmportal.api import table
from vmportal.api.base import ApiView
from vmportal.api.crds import established
from vmportal.api.crds_schema import CRD
from vmportal.api.feed import FEED, Subscription
from vmportal.api.options import flag, number
from vmportal.api.selectors import field_selector, holds, label_selector
from vmportal.api.table import TABLE
from vmportal.api.watch import HEARTBEAT_SECONDS, INITIAL_END, LONGEST, SIGN_OF_LIFE
from vmportal.errors import MethodNotAllowed
from vmportal.kind import Object
from vmportal.kinds import SHAPES
from vmportal.limits import counted_elsewhere
from vmportal.moments import rfc3339

FIXED = (
    "the kinds of this portal are fixed: CustomResourceDefinitions are read here, never written. "
    "To make them known to a cluster, apply there what `manage.py crds` prints"
)


@cache
def definitions() -> dict[str, Object]:
    """Every CustomResourceDefinition by its name; as old as the portal's database."""
    set_up = MigrationRecorder.Migration.objects.earliest("applied").applied
    since = rfc3339(set_up)
    custom = sorted(
        (shape for shape in SHAPES if not shape.is_builtin), key=lambda shape: shape.group_resource
    )
    return {shape.group_resource: established(shape, since) for shape in custom}


class Definitions(ApiView):
    """All of them, or one by its name; as JSON, YAML, Table or metadata alone."""

    forms = table.FORMS

    def get(self, request: Request, name: str = "") -> Response | StreamingHttpResponse:
        if not name:
            is_watch = flag(request, "watch") and request.method == "GET"
            return self._watch(request) if is_watch else self._list(request)
        found = definitions().get(name)
        if found is None:
            raise not_found(CRD, name)
        return Response(self._formed([found], headers=True) if self.form == TABLE else self._one(found))

    def refuse(self, request: Request, name: str = "") -> Response:
        raise MethodNotAllowed(FIXED)

    post = put = patch = delete = refuse

    def _wanted(self, request: Request) -> list[Object]:
        query = request.query_params
        labels = label_selector(query.get("labelSelector", ""))
        fields = field_selector(query.get("fieldSelector", ""), {"metadata.name": "name"})
        return [
            found
            for name, found in definitions().items()
            if holds(labels, {}) and holds(fields, {"metadata.name": name})
        ]

    def _list(self, request: Request) -> Response:
        objects = self._wanted(request)
        if self.form == TABLE:
            return Response(self._formed(objects, headers=True))
        kind = (table.API_VERSION, table.PARTIAL_LIST) if self.form else (CRD.api_version, f"{CRD.kind}List")
        items = [self._one(found) for found in objects]
        return Response({"apiVersion": kind[0], "kind": kind[1], "metadata": self._meta, "items": items})

    @property
    def _meta(self) -> Object:
        return {"resourceVersion": str(self.counters["version"])}

    def _one(self, found: Object) -> Object:
        return table.partial(found) if self.form else found

    def _formed(self, objects: list[Object], *, headers: bool) -> Object:
        return table.table(CRD, objects, timezone.now(), self._meta, self.include, headers)

    def _watch(self, request: Request) -> StreamingHttpResponse:
        timeout = number(request, "timeoutSeconds") or LONGEST
        stream = _Quiet(self._events(request), timeout, self.caller.actor)
        FEED.subscribe(stream.subscription, self.counters["version"])
        counted_elsewhere(request._request)
        response = StreamingHttpResponse(stream, content_type="application/json")
        response["X-Accel-Buffering"] = "no"  # a proxy must not hold events back
        return response

    def _events(self, request: Request) -> list[Object]:
        """The present state where it is asked for, with the bookmark that ends it."""
        if "sendInitialEvents" in request.query_params:
            is_asked = flag(request, "sendInitialEvents")
        else:
            is_asked = request.query_params.get("resourceVersion", "") in ("", "0")
        if not is_asked:
            return []
        events = [
            {"type": "ADDED", "object": self._event_object(found, is_first=not index)}
            for index, found in enumerate(self._wanted(request))
        ]
        if flag(request, "sendInitialEvents") and flag(request, "allowWatchBookmarks"):
            meta = {**self._meta, "annotations": {INITIAL_END: "true"}}
            mark = {"kind": CRD.kind, "apiVersion": CRD.api_version, "metadata": meta}
            if self.form == TABLE:
                mark = {**self._formed([], headers=False), "metadata": meta}
            events.append({"type": "BOOKMARK", "object": mark})
        return events

    def _event_object(self, found: Object, *, is_first: bool) -> Object:
        return self._formed([found], headers=is_first) if self.form == TABLE else self._one(found)


class _Quiet:
    """A stream of events that stand from its beginning, then of signs of life until its time is over."""

    def __init__(self, events: list[Object], timeout: float, owner: str) -> None:
        self.subscription = Subscription(CRD.group_resource, lambda counters: None, owner)
        self._lines = self._write(events, timeout)

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def close(self) -> None:
        FEED.leave(self.subscription)
        self._lines.close()

    def _write(self, events: list[Object], timeout: float) -> Any:
        try:
            yield SIGN_OF_LIFE
            for event in events:
                yield json.dumps(event, separators=(",", ":")).encode() + b"\n"
            if not connection.in_atomic_block:
                connection.close()
            end = time.monotonic() + timeout
            while (left := end - time.monotonic()) > 0 and not self.subscription.is_ended:
                try:
                    self.subscription.waiting.get(timeout=min(left, HEARTBEAT_SECONDS))
                except queue.Empty:
                    yield SIGN_OF_LIFE
        finally:
            FEED.leave(self.subscription)
