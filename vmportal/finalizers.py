"""What holds an object that is deleted: finalizers, among them the portal's own and Kubernetes' marks; pure.

Asked by the service, which deletes, and by the garbage collector, which takes the marks away.
"""

from __future__ import annotations

import copy

from vmportal.kind import Kind, Object

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"  # finalizers that the garbage collector takes away
MARKS = {"Foreground": FOREGROUND, "Orphan": ORPHAN}  # by propagation policy


def marked_for_deletion(old: Object, propagation: str | None, now: str) -> Object:
    """The object as one that is to go, since `now` (RFC 3339) if it was not before."""
    new = copy.deepcopy(old)
    meta = new["metadata"]
    if "deletionTimestamp" not in meta and "generation" in meta:
        meta["generation"] += 1  # that it is to go is a wish, too
    meta.setdefault("deletionTimestamp", now)
    meta.setdefault("deletionGracePeriodSeconds", 0)
    if old["kind"] == "Namespace":
        new["status"] = {**(old.get("status") or {}), "phase": "Terminating"}
    mark = MARKS.get(propagation or "")
    if mark and mark not in meta.get("finalizers", []):
        meta["finalizers"] = [*meta.get("finalizers", []), mark]
    return new


def is_held(obj: Object) -> bool:
    """Whether something still holds a deleted object: finalizers, a namespace its content."""
    return bool(
        obj["metadata"].get("finalizers") or (obj["kind"] == "Namespace" and obj["spec"].get("finalizers"))
    )


def keep_finalizer(kind: Kind, old: Object, new: Object) -> None:
    """Without the portal's own finalizer a deleted object would leave behind what the backend made of it."""
    finalizers = new["metadata"].get("finalizers")
    held = kind.finalizer in old["metadata"].get("finalizers", [])
    if held and isinstance(finalizers or [], list) and kind.finalizer not in (finalizers or []):
        new["metadata"]["finalizers"] = [*(finalizers or []), kind.finalizer]
