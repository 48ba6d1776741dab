"""Kubernetes Events: what happened to an object, for `kubectl describe` and the pages. Written by tasks.

The same happening again counts up in the Event that is there, as Kubernetes' own recorder does.
"""

from __future__ import annotations

import hashlib

from django.conf import settings

from vmportal import service
from vmportal.errors import AlreadyExists
from vmportal.kind import Kind, Object
from vmportal.object_metadata import timestamp
from vmportal.store import By

COMPONENT = "vm-portal"
MOST_TEXT = 1024  # bytes of a message


def record(kind: Kind, about: Object, type_: str, reason: str, message: str, by: By) -> None:
    """Note an event (`type_`: Normal, Warning) about an object: in its namespace, or the portal's own without one."""
    from vmportal.kinds import kind_named  # the list of kinds knows the apps, which know this file

    events = kind_named("events")
    event = _event(kind, about, type_, reason, message[:MOST_TEXT])
    namespace, name = event["metadata"]["namespace"], event["metadata"]["name"]
    try:
        service.create(events, namespace, event, by)
    except AlreadyExists:
        service.update(events, namespace, name, _again, by)


def _event(kind: Kind, about: Object, type_: str, reason: str, message: str) -> Object:
    meta, now = about["metadata"], timestamp()
    same = hashlib.sha256("\0".join([meta["uid"], type_, reason, message]).encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{meta['name'][:200]}.{same}",
            "namespace": meta.get("namespace") or settings.OPERATOR_NAMESPACE,
        },
        "involvedObject": {
            "apiVersion": kind.shape.api_version,
            "kind": kind.shape.kind,
            "namespace": meta.get("namespace", ""),
            "name": meta["name"],
            "uid": meta["uid"],
            "resourceVersion": meta.get("resourceVersion", ""),
        },
        "type": type_,
        "reason": reason,
        "message": message,
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def _again(event: Object) -> Object:
    return {**event, "count": event.get("count", 1) + 1, "lastTimestamp": timestamp()}
