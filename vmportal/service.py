"""The one door: every wish, from form, API, command or task, is changed here and nowhere else.

It asks who may, completes the metadata, admits by the rules, and hands the store what is to be written.
All functions raise `vmportal.errors.ApiError`s.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.utils import timezone

from vmportal import access, jsontext, managed, store
from vmportal import apply as server_side
from vmportal.admission import Admitting, User, Want, admit, look_up
from vmportal.admission.admitting import Operation
from vmportal.errors import AlreadyExists, BadRequest, Forbidden, Invalid, NotFound
from vmportal.kind import Kind, Object
from vmportal.managed import Entry
from vmportal.object_metadata import (
    demand_creatable,
    demand_precondition,
    demand_same,
    keep_own_metadata,
    modified,
    put_owners,
    start_metadata,
    timestamp,
)
from vmportal.offers.guard import demand_not_offered
from vmportal.quota import Asked, Line
from vmportal.schema import apply_defaults, prune, without_empty
from vmportal.store import By, Stale
from vmportal.work import Lease, wake_worker
from vmportal.world import demand_open_namespace, features, fetch, installation

TRIES = 8  # of an update that named no version, when others write the same object
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"  # finalizers that the garbage collector takes away
_MARKS = {"Foreground": FOREGROUND, "Orphan": ORPHAN}


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

    @property
    def version(self) -> str:
        return str(self.object["metadata"].get("resourceVersion", ""))


def operator(request_id: str = "") -> By:
    """VM Operator's service account: the tasks write wishes in its name."""
    namespace, account = settings.OPERATOR_NAMESPACE, settings.OPERATOR_ACCOUNT
    name = f"system:serviceaccount:{namespace}:{account}"
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", access.AUTHENTICATED)
    return By(access.Caller(name, groups, is_admin=True), "vm-operator", request_id)


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
    new, more, asked = _admit(kind, "CREATE", sent, None, by)
    meta = new["metadata"]
    now = timestamp()
    meta.update(uid=str(uuid.uuid4()), creationTimestamp=now)
    if not kind.shape.is_builtin:
        meta["generation"] = 1
    if owners is None:
        version = kind.shape.api_version
        as_read = _as_read(kind, sent, new)
        owners = managed.record(kind.shape.schema, {}, as_read, by.manager, api_version=version, now=now)
    put_owners(meta, owners)
    if dry_run:
        if taken := _taken(kind, namespace, meta["name"]):
            raise taken
        quota = _check_quota(kind, asked)
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
    access.demand(by.caller, "update", kind, namespace, name)
    if subresource == "status" and by.caller.role_in(namespace) != "portal":
        raise Forbidden(f"the status of {kind.shape.plural} is written by the portal only", name=name)
    kind = _assembled(kind)
    for _ in range(TRIES):
        body = get(kind, namespace, name, by.caller).body
        old = jsontext.read(body)
        new = change(jsontext.read(body))  # which is quicker than a copy
        demand_same(kind, old, new)
        try:
            return _replace(kind, old, new, by, dry_run, unknown, subresource, lease, with_status, is_applied)
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
        _admit(kind, "DELETE", None, old, by)
        new = _marked_for_deletion(old, propagation)
        if dry_run:
            return Saved(kind, new, is_removed=not _holds(new))
        try:
            if not _holds(new):
                return Saved(kind, store.remove(kind, old, by), is_removed=True)
            if new != old:
                store.replace(kind, old, new, by)
            if propagation in _MARKS:
                wake_worker("vmportal.tasks.finish_deletion", meta["uid"])
            return Saved(kind, new)
        except Stale:
            continue
    raise modified(kind, name)


def _assembled(kind: Kind) -> Kind:
    from vmportal.kinds import assembled  # the list of kinds knows the apps, which know this file

    return assembled(kind)


def _replace(
    kind: Kind,
    old: Object,
    new: Object,
    by: By,
    dry_run: bool,
    unknown: str,
    subresource: str,
    lease: Lease | None,
    with_status: bool,
    is_applied: bool,
) -> Saved:
    given = new["metadata"].get("managedFields")
    keep_own_metadata(old, new)
    if not _is_portal(by):
        demand_not_offered(kind, old, new)
        _keep_finalizer(kind, old, new)
    if subresource == "status":
        new = {**copy.deepcopy(old), "status": new.get("status", {})}
    elif kind.shape.has_status and not with_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = copy.deepcopy(old["status"])
    sent, warnings = _prune(kind, new, unknown)
    new, asked = sent, None
    if subresource != "status" and _wish(new) != _wish(old):
        new, more, asked = _admit(kind, "UPDATE", sent, old, by)
        warnings = (*warnings, *more)
    before = old["metadata"].get("managedFields", [])
    as_read = _as_read(kind, sent, new)
    owners = given if is_applied else _owners(kind, old, as_read, by, subresource, given)
    if new == old and managed.same_but_times(before, owners):
        return Saved(kind, old, warnings)
    is_wish = _wish(new) != _wish(old)
    _count_generation(kind, old, new)
    put_owners(new["metadata"], owners)
    if dry_run:
        return Saved(kind, new, warnings, quota=_check_quota(kind, asked))
    if "deletionTimestamp" in new["metadata"] and not _holds(new):
        store.remove(kind, old, by, lease=lease)
        return Saved(kind, new, warnings, is_removed=True)
    saved = store.replace(kind, old, new, by, lease=lease, is_wish=is_wish, asked=asked)
    return Saved(kind, saved, warnings)


def _keep_finalizer(kind: Kind, old: Object, new: Object) -> None:
    """Without the portal's own finalizer a deleted object would leave behind what the backend made of it."""
    finalizers = new["metadata"].get("finalizers")
    held = kind.finalizer in old["metadata"].get("finalizers", [])
    if held and isinstance(finalizers or [], list) and kind.finalizer not in (finalizers or []):
        new["metadata"]["finalizers"] = [*(finalizers or []), kind.finalizer]


def _wish(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if key != "status"}


def _count_generation(kind: Kind, old: Object, new: Object) -> None:
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)} - {"metadata", "status"}
    if changed and not kind.shape.is_builtin:
        new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1


def _as_read(kind: Kind, sent: Object, admitted: Object) -> Object:
    """The object of which the client owns what differs. What admission adds is nobody's, as if webhooks did.

    Kubernetes' own kinds are completed before there is an owner.
    """
    if kind.shape.is_builtin or sent is admitted:
        return admitted
    completed: Object = apply_defaults(kind.shape.schema, sent)
    return completed


def _owners(kind: Kind, old: Object, new: Object, by: By, subresource: str, given: Any) -> list[Entry]:
    """Whose fields they are after an update; a client may say whose they were (`given`), as in Kubernetes."""
    said = None if subresource else managed.given(given)
    owners = old["metadata"].get("managedFields", []) if said is None else said
    shape, now = kind.shape, timestamp()
    main = "" if subresource == "status" else subresource
    for part in (main, "status") if shape.has_status else (main,):
        owners = managed.record(
            shape.schema,
            old,
            new,
            by.manager,
            api_version=shape.api_version,
            now=now,
            subresource=part,
            managed=owners,
        )
    return owners


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


def _admit(
    kind: Kind, operation: Operation, new: Object | None, old: Object | None, by: By
) -> tuple[Object, tuple[str, ...], Asked | None]:
    """The object as the rules complete it, warnings, and what it asks of quotas.

    Raises `Invalid` with all errors at once.
    """
    admitting = _look_up(kind, _request(kind, operation, new, old, by))
    outcome = admit(admitting, kind.shape, kind.admission, policy_off=settings.POLICY_OFF)
    if outcome.errors:
        raise Invalid(kind.shape.kind, admitting.name or "", outcome.errors, kind.shape.group)
    asked = _asked(kind, replace(admitting, new=outcome.object)) if outcome.object else None
    warnings = (*outcome.warnings, *(asked.warnings if asked else ()))
    return outcome.object or {}, warnings, asked


def _request(kind: Kind, operation: Operation, new: Object | None, old: Object | None, by: By) -> Admitting:
    meta = (new or old or {})["metadata"]
    return Admitting(
        operation=operation,
        kind=kind.shape.kind,
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        new=new,
        old=old,
        user=User(by.caller.name, by.caller.groups),
        now=timezone.now(),
        new_uuid=lambda: str(uuid.uuid4()),
        features=features(),
        installation=installation(),
    )


def _asked(kind: Kind, admitted: Admitting) -> Asked | None:
    """What an admitted object asks of the quotas of its namespace."""
    if kind.quota is None:
        return None
    return kind.quota.ask(look_up(admitted, kind.quota.references, fetch, beside=True))


def book_again(kind: Kind, obj: Object) -> bool:
    """Note what a stored object takes of quotas, whatever they allow; False if nothing. For `check_columns`."""
    if kind.quota is None:
        return False
    return kind.quota.book_again(_look_up(kind, _request(kind, "CREATE", obj, None, operator())))


def _check_quota(kind: Kind, asked: Asked | None) -> tuple[Line, ...]:
    """What a dry run would find. Raises `Exceeded`."""
    return kind.quota.check(asked) if kind.quota and asked else ()


def _look_up(kind: Kind, admitting: Admitting) -> Admitting:
    """The request with what its rules look up; of a create also that its namespace is there and open."""
    wanted: frozenset[Want] = frozenset()
    if admitting.is_create and kind.shape.namespaced:
        wanted = frozenset([Want("Namespace", "", admitting.namespace)])

    def references(asking: Admitting) -> Iterable[Want]:
        of_quota = kind.quota.references(asking) if kind.quota else ()
        return {*wanted, *kind.admission.references(asking), *of_quota}

    def fetch_checked(wants: frozenset[Want]) -> list[Object]:
        found = fetch(wants)
        if wanted & wants:
            demand_open_namespace(kind, admitting.name, admitting.namespace, found)
        return found

    return look_up(admitting, references, fetch_checked)


def _marked_for_deletion(old: Object, propagation: str | None) -> Object:
    new = copy.deepcopy(old)
    meta = new["metadata"]
    if "deletionTimestamp" not in meta and "generation" in meta:
        meta["generation"] += 1  # that it is to go is a wish, too
    meta.setdefault("deletionTimestamp", timestamp())
    meta.setdefault("deletionGracePeriodSeconds", 0)
    if old["kind"] == "Namespace":
        new["status"] = {**(old.get("status") or {}), "phase": "Terminating"}
    wanted = _MARKS.get(propagation or "")
    if wanted and wanted not in meta.get("finalizers", []):
        meta["finalizers"] = [*meta.get("finalizers", []), wanted]
    return new


def _holds(obj: Object) -> bool:
    """Whether something still holds a deleted object: finalizers, a namespace its content."""
    return bool(
        obj["metadata"].get("finalizers") or (obj["kind"] == "Namespace" and obj["spec"].get("finalizers"))
    )
