"""The one door: every wish, from form, API, command or task, is changed here and nowhere else.

It asks who may, completes the metadata, admits by the rules, and hands the store what is to be written.
All functions raise `vmportal.errors.ApiError`s.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from vmportal import access, finalizers, jsontext, managed, store
from vmportal import apply as server_side
from vmportal.admission.who import account_groups
from vmportal.admitted import admit_write, check_quota
from vmportal.errors import AlreadyExists, BadRequest, NotFound
from vmportal.kind import Kind, Object
from vmportal.managed import Entry
from vmportal.object_metadata import (
    count_generation,
    demand_creatable,
    demand_precondition,
    demand_same,
    keep_own_metadata,
    modified,
    owners_after,
    owners_of_new,
    put_owners,
    start_metadata,
    timestamp,
)
from vmportal.offers.guard import demand_not_offered
from vmportal.quota import Line
from vmportal.schema import prune, without_empty
from vmportal.store import By, Stale
from vmportal.work import Lease, wake_worker
from vmportal.world import installation

TRIES = 8  # of an update that named no version, when others write the same object


@dataclass(frozen=True)
class Saved:
    """What was stored (or, in a dry run, would have been), and what to warn about."""

    kind: Kind
    object: Object
    warnings: tuple[str, ...] = ()
    is_created: bool = False
    is_removed: bool = False
    quota: tuple[Line, ...] = ()  # of a dry run: how it stands to the quotas of the namespace

    @property
    def body(self) -> str:
        return store.dump(self.kind, self.object)


@dataclass(frozen=True)
class _How:
    """The options of an update, as `update` tells them."""

    dry_run: bool
    unknown: str
    subresource: str
    lease: Lease | None
    with_status: bool
    is_applied: bool


def operator() -> By:
    """VM Operator's service account: the tasks write wishes in its name."""
    groups = (*account_groups(settings.OPERATOR_NAMESPACE), access.AUTHENTICATED)
    return By(access.Caller(installation().operator, groups, is_admin=True), "vm-operator")


def _is_portal(by: By) -> bool:
    """Whether it is the portal itself that writes."""
    return by.caller.name == operator().caller.name


def get(kind: Kind, namespace: str, name: str, caller: access.Caller) -> Any:
    """The row of an object that `caller` may see."""
    access.demand(caller, "get", kind, namespace, name)
    row = kind.model.objects.filter(namespace=namespace, name=name).first()
    if row is None:
        raise access.not_found(kind.shape, name)
    return row


def create(
    kind: Kind,
    namespace: str,
    obj: Object,
    by: By,
    *,
    dry_run: bool = False,
    unknown: str = "Warn",
    owners: list[Entry] | None = None,
) -> Saved:
    """Store a new object. `unknown`: what to do about unknown fields (Strict, Warn, Ignore).

    `owners` are its managedFields where they are known; else all of it is `by.manager`'s.
    """
    access.demand(by.caller, "create", kind, namespace)
    kind = _assembled(kind)
    new = copy.deepcopy(obj)
    meta = start_metadata(kind, namespace, new)
    if not _is_portal(by):
        demand_not_offered(kind, None, new)
    if kind.shape.has_status:
        new.pop("status", None)
    sent, warnings = _prune(kind, new, unknown)
    new, more, asked = admit_write(kind, "CREATE", sent, None, by.caller)
    meta = new["metadata"]
    now = timestamp()
    meta.update(uid=str(uuid.uuid4()), creationTimestamp=now)
    if not kind.shape.is_builtin:
        meta["generation"] = 1
    put_owners(meta, owners_of_new(kind, sent, new, by.manager, now) if owners is None else owners)
    if dry_run:
        if taken := _taken(kind, namespace, meta["name"]):
            raise taken
        quota = check_quota(kind, asked)
        return Saved(kind, new, (*warnings, *more), is_created=True, quota=quota)
    try:
        stored = store.insert(kind, new, by, asked=asked)
    except AlreadyExists as error:
        raise _taken(kind, namespace, meta["name"]) or error from None
    return Saved(kind, stored, (*warnings, *more), is_created=True)


def _taken(kind: Kind, namespace: str, name: str) -> AlreadyExists | None:
    """The refusal to create what has a name that an object has, if one has it."""
    rows = kind.model.objects.filter(namespace=namespace, name=name)
    found = rows.values_list("deleting").first()
    return store.already_exists(kind, name, is_going=found[0] is not None) if found else None


def update(
    kind: Kind,
    namespace: str,
    name: str,
    change: Callable[[Object], Object],
    by: By,
    *,
    dry_run: bool = False,
    unknown: str = "Warn",
    subresource: str = "",
    lease: Lease | None = None,
    with_status: bool = False,
    is_applied: bool = False,
) -> Saved:
    """Store `change(current object)` over it.

    With `metadata.resourceVersion` in the changed object that differs from the stored one: `Conflict`.
    Without, the change is tried again on the newer object when somebody else was quicker.
    `subresource="status"` changes the status only, another one is noted with the owner.
    `with_status` (tasks only) changes both in one write.
    What changed becomes `by.manager`'s, unless the change itself says whose all is (`is_applied`).
    """
    access.demand(by.caller, "update", kind, namespace, name, subresource)
    kind = _assembled(kind)
    how = _How(dry_run, unknown, subresource, lease, with_status, is_applied)
    for _ in range(TRIES):
        body = get(kind, namespace, name, by.caller).body
        old = jsontext.read(body)
        new = change(jsontext.read(body))  # which is quicker than a copy
        demand_same(kind, old, new)
        try:
            return _replace(kind, old, new, by, how)
        except Stale:
            continue
    raise modified(kind, name)


def apply(
    kind: Kind,
    namespace: str,
    name: str,
    wish: Object,
    by: By,
    *,
    force: bool = False,
    dry_run: bool = False,
    subresource: str = "",
    check: Callable[[Object], None] | None = None,
) -> Saved:
    """Store what `by.manager` wishes for, beside what others do (server-side apply); create what is not there.

    Raises `ApplyConflict` where it would change what others own, unless `force`. `check` raises when the object
    as it is ({}: not there) is not what it should be.
    """
    applier = server_side.Applier(by.manager, kind.shape.api_version, subresource, force)

    def change(live: Object) -> Object:
        if check:
            check(live)
        return server_side.apply(kind.shape.schema, live, wish, applier, timestamp())

    how: dict[str, Any] = {"dry_run": dry_run, "unknown": "Ignore"}
    for _ in range(TRIES):
        try:
            return update(kind, namespace, name, change, by, subresource=subresource, is_applied=True, **how)
        except NotFound:
            if subresource:
                raise
        new = change({})
        demand_creatable(kind, name, new["metadata"])
        try:
            return create(kind, namespace, new, by, owners=new["metadata"]["managedFields"], **how)
        except AlreadyExists:  # somebody else was quicker
            continue
    raise modified(kind, name)


def delete(
    kind: Kind,
    namespace: str,
    name: str,
    by: By,
    *,
    uid: str | None = None,
    resource_version: str | None = None,
    propagation: str | None = None,
    dry_run: bool = False,
    check: Callable[[Object], None] | None = None,
) -> Saved:
    """Delete an object: it goes at once, or is marked and goes when its finalizers are gone.

    `propagation`: Background (default), Foreground, Orphan, as in Kubernetes. `check` raises when the object is not
    what it should be.
    """
    access.demand(by.caller, "delete", kind, namespace, name)
    kind = _assembled(kind)
    for _ in range(TRIES):
        old = jsontext.read(get(kind, namespace, name, by.caller).body)
        meta = old["metadata"]
        demand_precondition(kind, meta, uid, resource_version)
        if check:
            check(old)
        if not _is_portal(by):
            demand_not_offered(kind, old, None)
        admit_write(kind, "DELETE", None, old, by.caller)
        new = finalizers.marked_for_deletion(old, propagation, timestamp())
        if dry_run:
            return Saved(kind, new, is_removed=not finalizers.is_held(new))
        try:
            if not finalizers.is_held(new):
                return Saved(kind, store.remove(kind, old, by), is_removed=True)
            if new != old:
                store.replace(kind, old, new, by)
            if propagation in finalizers.MARKS:
                wake_worker("vmportal.tasks.finish_deletion", meta["uid"])
            return Saved(kind, new)
        except Stale:
            continue
    raise modified(kind, name)


def _assembled(kind: Kind) -> Kind:
    from vmportal.kinds import assembled  # the list of kinds knows the apps, which know this file

    return assembled(kind)


def _replace(kind: Kind, old: Object, new: Object, by: By, how: _How) -> Saved:
    given = new["metadata"].get("managedFields")
    keep_own_metadata(old, new)
    if not _is_portal(by):
        demand_not_offered(kind, old, new)
        finalizers.keep_finalizer(kind, old, new)
    new = _with_status(kind, old, new, how)
    sent, warnings = _prune(kind, new, how.unknown)
    new, asked = sent, None
    if how.subresource != "status" and _wish(new) != _wish(old):
        new, more, asked = admit_write(kind, "UPDATE", sent, old, by.caller)
        warnings = (*warnings, *more)
    owners = given
    if not how.is_applied:
        owners = owners_after(kind, old, sent, new, by.manager, subresource=how.subresource, given=given)
    if new == old and managed.same_but_times(old["metadata"].get("managedFields", []), owners):
        return Saved(kind, old, warnings)
    is_wish = _wish(new) != _wish(old)
    count_generation(kind, old, new)
    put_owners(new["metadata"], owners)
    if how.dry_run:
        return Saved(kind, new, warnings, quota=check_quota(kind, asked))
    if "deletionTimestamp" in new["metadata"] and not finalizers.is_held(new):
        store.remove(kind, old, by, lease=how.lease)
        return Saved(kind, new, warnings, is_removed=True)
    saved = store.replace(kind, old, new, by, lease=how.lease, is_wish=is_wish, asked=asked)
    return Saved(kind, saved, warnings)


def _with_status(kind: Kind, old: Object, new: Object, how: _How) -> Object:
    """The new object with the status that it may have: its own or, as a rule, the one that is there."""
    if how.subresource == "status":
        return {**copy.deepcopy(old), "status": new.get("status", {})}
    if kind.shape.has_status and not how.with_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = copy.deepcopy(old["status"])
    return new


def _wish(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if key != "status"}


def _prune(kind: Kind, obj: Object, unknown: str) -> tuple[Object, tuple[str, ...]]:
    """Drop what the schema does not know, and what is empty. Raises `BadRequest` when `unknown` is Strict."""
    known = {key: obj[key] for key in ("apiVersion", "kind", "metadata") if key in obj}
    rest = {key: value for key, value in obj.items() if key not in known}
    pruned, paths = prune(kind.shape.schema, rest)
    if paths and unknown == "Strict":
        listed = ", ".join(f'unknown field "{path}"' for path in paths)
        raise BadRequest(
            f"{kind.shape.kind} in version {kind.shape.version!r} cannot be handled: strict decoding error: {listed}"
        )
    warnings = tuple(f'unknown field "{path}"' for path in paths) if unknown == "Warn" else ()
    if kind.shape.is_builtin:
        pruned = without_empty(kind.shape.schema, pruned)
    meta = without_empty(managed.METADATA, known["metadata"])
    return {**known, "metadata": meta, **pruned}, warnings
