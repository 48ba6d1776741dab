"""Writes rows: numbers them, logs them, keeps the tables beside them in step, all in one transaction.

Called by `vmportal.service` and the garbage collector; it checks nothing but the optimistic lock.
Order of locks: object row, counter, then whatever else is written, `Work` rows too: under the counter
there is one writer at a time, so no two can wait for each other, nor overbook a quota that is summed up there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from vmportal import audit, jsontext
from vmportal.access import Caller
from vmportal.admission import User
from vmportal.admission.who import is_privileged, is_vmop
from vmportal.diff import differences
from vmportal.errors import AlreadyExists
from vmportal.kind import Kind, Object
from vmportal.models import Change, Counter, Namespace, OwnerRef, Revision, Work
from vmportal.quota import Asked, Due
from vmportal.resource import Sealed
from vmportal.terminating import takes_nothing_new
from vmportal.work import Lease, nudge_now, wake_worker
from vmportal.world import installation

UID_LENGTH = 36  # of every uid that the portal gives


class Stale(Exception):
    """The row is not what the writer saw: gone, or of another version."""


@dataclass(frozen=True)
class By:
    """Who writes, with which tool (`manager`, as in managedFields), in which request."""

    caller: Caller
    manager: str = "unknown"
    request_id: str = ""


def dump(kind: Kind, obj: Object) -> str:
    text = jsontext.written(obj).decode()
    return Sealed(text) if kind.is_sealed else text


def parse_time(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def row_values(kind: Kind, obj: Object) -> dict[str, Any]:
    """All columns of an object's row."""
    meta = obj["metadata"]
    return {
        "uid": meta["uid"],
        "namespace": meta.get("namespace", ""),
        "name": meta["name"],
        "version": int(meta["resourceVersion"]),
        "generation": meta.get("generation", 1),
        "created": parse_time(meta["creationTimestamp"]),
        "deleting": parse_time(meta.get("deletionTimestamp")),
        "labels": meta.get("labels") or {},
        "body": dump(kind, obj),
        **_fitting(kind, kind.row_columns(obj)),
    }


def _fitting(kind: Kind, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Texts that their columns hold: what is longer than a name can be names nothing, and its beginning will do."""
    lengths = {field.name: getattr(field, "max_length", None) for field in kind.model._meta.fields}
    return {
        name: value[: lengths[name]] if isinstance(value, str) else value for name, value in columns.items()
    }


def selectable_fields(kind: Kind, values: Mapping[str, Any]) -> dict[str, str]:
    """What a `fieldSelector` may ask of the object beside its name and namespace."""
    return {name: str(values.get(column) or "") for name, column in kind.selectable.items()}


def insert(kind: Kind, obj: Object, by: By, *, asked: Asked | None = None) -> Object:
    """Store a new object; returns it with its resource version. Raises `AlreadyExists`, `Forbidden`, `Exceeded`."""
    meta = obj["metadata"]
    due: list[Due] = []
    with transaction.atomic():
        number = _take_number(kind, meta)
        if kind.shape.namespaced:
            _demand_namespace_open(kind, meta)
        if kind.quota and asked:
            due += kind.quota.book(obj, asked)
        values = row_values(kind, obj)
        _insert_row(kind, values)
        _log_change(kind, number, "ADDED", {}, values)
        _log_revision(kind, number, "create", {}, obj, by)
        _note_privilege(kind, "create", meta, by)
        _keep_owners(kind, {}, meta)
        if kind.is_reconciled:
            due.append((meta["uid"], kind.shape.group_resource))
            _wake(kind, meta["uid"])
        Work.make_due(due)
        _nudge_waiting(kind, obj)
    return obj


def replace(
    kind: Kind,
    old: Object,
    new: Object,
    by: By,
    *,
    lease: Lease | None = None,
    is_wish: bool = True,
    asked: Asked | None = None,
) -> Object:
    """Store `new` over `old`; returns it with its resource version. Raises `Stale`, `LeaseLost`, `Exceeded`."""
    with transaction.atomic():
        _lock_unchanged(kind, old)
        number = _take_number(kind, new["metadata"])
        if lease:
            lease.demand()
        if kind.quota:
            kind.quota.rebook(old, new, asked)
        before, values = row_values(kind, old), row_values(kind, new)
        kind.model.objects.filter(uid=values["uid"]).update(**values)
        _log_change(kind, number, "MODIFIED", before, values)
        if is_wish:
            _log_revision(kind, number, "update", old, new, by)
            _note_privilege(kind, "update", new["metadata"], by)
            if kind.is_reconciled and not lease:  # a pass sets its own next time
                nudge_now(values["uid"])
                _wake(kind, values["uid"])
        _nudge_waiting(kind, new)
        _keep_owners(kind, old["metadata"], new["metadata"])
    return new


def remove(kind: Kind, old: Object, by: By, *, lease: Lease | None = None) -> Object:
    """Take the row away, for good. Raises `Stale`, `LeaseLost`."""
    with transaction.atomic():
        _lock_unchanged(kind, old)
        last = {**old, "metadata": dict(old["metadata"])}
        number = _take_number(kind, last["metadata"])
        if lease:
            lease.demand()
        values = row_values(kind, last)
        uid = values["uid"]
        kind.model.objects.filter(uid=uid).delete()
        _log_change(kind, number, "DELETED", row_values(kind, old), values)
        _log_revision(kind, number, "delete", old, {}, by)
        _note_privilege(kind, "delete", old["metadata"], by)
        if kind.is_reconciled:
            Work.objects.filter(uid=uid).delete()
        if kind.quota:
            kind.quota.release(old)
        owners = [owner["uid"] for owner in old["metadata"].get("ownerReferences") or []]
        if owners:
            OwnerRef.objects.filter(uid=uid).delete()
        if owners or OwnerRef.objects.filter(owner_uid=uid).exists():
            transaction.on_commit(lambda: wake_worker("vmportal.tasks.collect", uid, owners), robust=True)
        _nudge_waiting(kind, old)
    return last


def already_exists(kind: Kind, name: str, *, is_going: bool = False) -> AlreadyExists:
    """`is_going`: what has the name is being deleted, but not gone."""
    return AlreadyExists(
        f'{"object is being deleted: " if is_going else ""}{kind.shape.group_resource} "{name}" already exists',
        **kind.shape.details(name),
    )


def _demand_namespace_open(kind: Kind, meta: Mapping[str, Any]) -> None:
    """The rules saw it open, a moment ago. Under the counter it can begin to go no more."""
    if not Namespace.objects.filter(name=meta["namespace"], deleting=None).exists():
        raise takes_nothing_new(kind, meta["name"], meta["namespace"])


def _insert_row(kind: Kind, values: Mapping[str, Any]) -> None:
    try:
        kind.model(**values).save(force_insert=True)
    except IntegrityError as error:
        if "unique" in str(error).lower():  # so say SQLite and PostgreSQL
            raise already_exists(kind, values["name"]) from error
        raise


def _lock_unchanged(kind: Kind, old: Object) -> None:
    rows = kind.model.objects.select_for_update().filter(uid=old["metadata"]["uid"])
    version = rows.values_list("version", flat=True).first()
    if version is None or str(version) != old["metadata"]["resourceVersion"]:
        raise Stale


def _take_number(kind: Kind, meta: dict[str, Any]) -> int:
    number = Counter.next()
    meta["resourceVersion"] = str(number)
    if kind.shape.plural == "rolebindings":
        Counter.next("access")
    return number


def _log_change(
    kind: Kind, number: int, type_: str, before: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    Change.objects.create(
        version=number,
        kind=kind.shape.group_resource,
        uid=values["uid"],
        namespace=values["namespace"],
        name=values["name"],
        type=type_,
        labels_before=before.get("labels", {}),
        labels=values["labels"],
        fields_before=selectable_fields(kind, before) if before else {},
        fields=selectable_fields(kind, values),
        body=values["body"],
        before=before.get("body"),
        at=timezone.now(),
    )


def _log_revision(kind: Kind, number: int, action: str, old: Object, new: Object, by: By) -> None:
    if not kind.has_history:
        return
    meta = (new or old)["metadata"]
    diff = differences(old, new, secret=kind.is_sealed)
    if action == "update" and not diff:
        return
    Revision.objects.create(
        version=number,
        kind=kind.shape.group_resource,
        uid=meta["uid"],
        namespace=meta.get("namespace", ""),
        name=meta["name"],
        generation=meta.get("generation", 1),
        action=action,
        who=by.caller.actor,
        impersonated=by.caller.name if by.caller.real else "",
        manager=by.manager,
        request_id=by.request_id,
        at=timezone.now(),
        diff=diff,
    )


def _note_privilege(kind: Kind, did: str, meta: Mapping[str, Any], by: By) -> None:
    """Note each write of who is privileged in VM Operator's rules, but its own."""
    user, site = User(by.caller.name, by.caller.groups), installation()
    if is_privileged(user, site) and not is_vmop(user, site):
        where = {"namespace": meta.get("namespace", ""), "name": meta["name"]}
        audit.note(by.caller, "privileged", kind=kind, did=did, **where)


def _keep_owners(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Keep the owners' table in step with `metadata.ownerReferences`."""
    owners = after.get("ownerReferences") or []
    if owners == (before.get("ownerReferences") or []):
        return
    OwnerRef.objects.filter(uid=after["uid"]).delete()
    OwnerRef.objects.bulk_create(
        OwnerRef(
            kind=kind.shape.group_resource,
            uid=after["uid"],
            owner_uid=owner["uid"] if _may_own(owner, after.get("namespace", "")) else "",
            blocks=bool(owner.get("blockOwnerDeletion")),
        )
        for owner in owners
    )


def _may_own(owner: Mapping[str, Any], namespace: str) -> bool:
    """Whether an object of `namespace` may have this owner; else it is as with any owner that is gone.

    As in Kubernetes: what stands in another namespace owns nothing here, or strangers could hold it when it goes.
    """
    if len(owner["uid"]) > UID_LENGTH:
        return False
    from vmportal.kinds import KINDS  # the list of kinds knows the apps, which know this file

    group = owner.get("apiVersion", "").rpartition("/")[0]
    named = [kind for kind in KINDS if (kind.shape.group, kind.shape.kind) == (group, owner.get("kind"))]
    return (
        bool(named)
        and named[0].model.objects.filter(uid=owner["uid"], namespace__in={"", namespace}).exists()
    )


def _wake(kind: Kind, uid: str) -> None:
    name = kind.shape.group_resource
    transaction.on_commit(lambda: wake_worker("vmportal.tasks.sync", name, uid), robust=True)


def _nudge_waiting(kind: Kind, obj: Object) -> None:
    """Make those due that may have waited for the object: the clock finds them, a moment later."""
    if kind.waiting is not None:
        Work.objects.filter(uid__in=kind.waiting(obj)).update(due_at=timezone.now(), nudges=F("nudges") + 1)
