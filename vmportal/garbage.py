"""Garbage collection: what owned objects become when their owner goes.

Called by tasks; deletes through the service, as everybody does.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef

from vmportal import service
from vmportal.errors import ApiError
from vmportal.finalizers import FOREGROUND, ORPHAN
from vmportal.kind import Kind, Object
from vmportal.kinds import KINDS, kind_named
from vmportal.models import OwnerRef

log = logging.getLogger(__name__)

BATCH = 500


def collect(owner_uid: str) -> None:
    """The owner is gone (or marked): its dependents that nobody else owns go too."""
    for ref in list(OwnerRef.objects.filter(owner_uid=owner_uid)[:BATCH]):
        row = _row(ref.kind, ref.uid)
        if row is None:
            ref.delete()
        else:
            _let_go(kind_named(ref.kind), row, owner_uid)


def collect_orphans() -> None:
    """Find dependents whose owners are gone, whatever became of the message that should have said so."""
    is_gone = [~Exists(kind.model.objects.filter(uid=OuterRef("owner_uid"))) for kind in KINDS]
    refs = OwnerRef.objects.filter(*is_gone).order_by()
    for uid in set(refs.values_list("owner_uid", flat=True)[:BATCH]):
        collect(uid)


def finish_deletions(uids: Collection[str] | None = None) -> None:
    """Carry out the foreground and orphan marks of objects that are being deleted: of these, or of all."""
    for kind in KINDS:
        rows = kind.model.objects.filter(deleting__isnull=False)
        if uids is not None:
            rows = rows.filter(uid__in=uids)
        for body in rows.values_list("body", flat=True)[:BATCH]:
            _finish_deletion(kind, json.loads(body))


def _finish_deletion(kind: Kind, obj: Object) -> None:
    meta = obj["metadata"]
    marks = {FOREGROUND, ORPHAN} & set(meta.get("finalizers", []))
    if not marks:
        return
    refs = list(OwnerRef.objects.filter(owner_uid=meta["uid"])[:BATCH])
    for ref in refs:
        row = _row(ref.kind, ref.uid)
        if row is None:
            ref.delete()
        elif ORPHAN in marks:
            _forget_owner(kind_named(ref.kind), json.loads(row.body), meta["uid"])
        elif not json.loads(row.body)["metadata"].get("deletionTimestamp"):
            try_delete(kind_named(ref.kind), row)
    if not OwnerRef.objects.filter(owner_uid=meta["uid"], blocks=True).exists():
        _patch_metadata(kind, obj, lambda found: _drop_finalizers(found, marks))


def _row(kind: str, uid: str) -> Any:
    return kind_named(kind).model.objects.filter(uid=uid).first()


def _let_go(kind: Kind, row: Any, owner_uid: str) -> None:
    obj = json.loads(row.body)
    # Not as the object has it: who is named there may be of another namespace, and no owner.
    others = OwnerRef.objects.filter(uid=row.uid).exclude(owner_uid__in=("", owner_uid))
    if any(_exists(uid) for uid in others.values_list("owner_uid", flat=True)):
        _forget_owner(kind, obj, owner_uid)
    elif not row.deleting:
        try_delete(kind, row)


def _drop_finalizers(meta: dict[str, Any], names: set[str]) -> None:
    meta["finalizers"] = [name for name in meta.get("finalizers", []) if name not in names]


def _exists(uid: str) -> bool:
    return any(kind.model.objects.filter(uid=uid).exists() for kind in KINDS)


def _forget_owner(kind: Kind, obj: Object, owner_uid: str) -> None:
    def change(meta: dict[str, Any]) -> None:
        meta["ownerReferences"] = [ref for ref in meta.get("ownerReferences", []) if ref["uid"] != owner_uid]

    _patch_metadata(kind, obj, change)


def _patch_metadata(kind: Kind, obj: Object, change: Any) -> None:
    def whole(found: Object) -> Object:
        change(found["metadata"])
        return found

    meta = obj["metadata"]
    try:
        service.update(kind, meta.get("namespace", ""), meta["name"], whole, service.operator())
    except ApiError as error:
        log.info("%s %s: %s", kind.shape.plural, meta["name"], error)


def try_delete(kind: Kind, row: Any) -> None:
    """Delete this very object, not another that has taken its name since."""
    try:
        service.delete(kind, row.namespace, row.name, service.operator(), uid=row.uid)
    except ApiError as error:
        log.info("%s %s: %s", kind.shape.plural, row, error)
