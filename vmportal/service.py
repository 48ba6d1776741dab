"""The one door: every wish, from form, API, command or task, is changed here and nowhere else.

It asks who may, completes the metadata, admits by the rules, and hands the store what is to be written.
All functions raise `vmportal.errors.ApiError`s.
"""

from __future__ import annotations

import copy
import json
import secrets
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.utils import timezone

from vmportal import access, managed, store
from vmportal.admission import Admitting, User, Want, admit, look_up
from vmportal.admission.admitting import Operation
from vmportal.errors import BadRequest, Conflict, FieldError, Forbidden, Invalid
from vmportal.kind import Kind, Object
from vmportal.quota import Asked, Line
from vmportal.schema import prune
from vmportal.store import By, Stale
from vmportal.work import Lease, wake_worker
from vmportal.world import demand_open_namespace, features, fetch, installation

TRIES = 8  # of an update that named no version, when others write the same object
GENERATED = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' alphabet for generateName
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"  # finalizers that the garbage collector takes away
_MARKS = {"Foreground": FOREGROUND, "Orphan": ORPHAN}
# Metadata that only the portal writes.
_OWN: tuple[str, ...] = ("uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp")
_OWN += ("deletionGracePeriodSeconds", "managedFields", "selfLink")


@dataclass(frozen=True)
class Saved:
    """What was stored (or, in a dry run, would have been), and what to warn about."""

    kind: Kind
    object: Object
    warnings: tuple[str, ...] = ()
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


def get(kind: Kind, namespace: str, name: str, caller: access.Caller) -> Any:
    """The row of an object that `caller` may see."""
    access.demand(caller, "get", kind, namespace, name)
    row = kind.model.objects.filter(namespace=namespace, name=name).first()
    if row is None:
        raise access.not_found(kind, name)
    return row


def create(
    kind: Kind, namespace: str, obj: Object, by: By, *, dry_run: bool = False, unknown: str = "Warn"
) -> Saved:
    """Store a new object. `unknown`: what to do about unknown fields (Strict, Warn, Ignore)."""
    access.demand(by.caller, "create", kind, namespace)
    kind = _assembled(kind)
    new = copy.deepcopy(obj)
    meta = _start_metadata(kind, namespace, new)
    if kind.shape.has_status:
        new.pop("status", None)
    new, warnings = _prune(kind, new, unknown)
    new, more, asked = _admit(kind, "CREATE", new, None, by)
    meta = new["metadata"]
    now = _now()
    meta.update(uid=str(uuid.uuid4()), creationTimestamp=now)
    if not kind.shape.is_builtin:
        meta["generation"] = 1
    meta["managedFields"] = managed.record(
        kind.shape.schema, {}, new, by.manager, api_version=kind.shape.api_version, now=now, managed=[]
    )
    if dry_run:
        if kind.model.objects.filter(namespace=namespace, name=meta["name"]).exists():
            raise store.already_exists(kind, meta["name"])
        return Saved(kind, new, (*warnings, *more), quota=_check_quota(kind, asked))
    return Saved(kind, store.insert(kind, new, by, asked=asked), (*warnings, *more))


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
) -> Saved:
    """Store `change(current object)` over it.

    With `metadata.resourceVersion` in the changed object that differs from the stored one: `Conflict`.
    Without, the change is tried again on the newer object when somebody else was quicker.
    `subresource="status"` changes the status only. `with_status` (tasks only) changes both in one write.
    """
    access.demand(by.caller, "update", kind, namespace, name)
    if subresource == "status" and not by.caller.is_admin:
        raise Forbidden(f"the status of {kind.shape.plural} is written by the portal only", name=name)
    kind = _assembled(kind)
    for _ in range(TRIES):
        old = json.loads(get(kind, namespace, name, by.caller).body)
        new = change(copy.deepcopy(old))
        _demand_same(kind, old, new)
        try:
            return _replace(kind, old, new, by, dry_run, unknown, subresource, lease, with_status)
        except Stale:
            continue
    raise _conflict(kind, name)


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
) -> Saved:
    """Delete an object: it goes at once, or is marked and goes when its finalizers are gone.

    `propagation`: Background (default), Foreground, Orphan, as in Kubernetes.
    """
    access.demand(by.caller, "delete", kind, namespace, name)
    kind = _assembled(kind)
    for _ in range(TRIES):
        old = json.loads(get(kind, namespace, name, by.caller).body)
        meta = old["metadata"]
        if (uid and uid != meta["uid"]) or (resource_version and resource_version != meta["resourceVersion"]):
            raise Conflict(
                f'Operation cannot be fulfilled on {kind.shape.group_resource} "{name}": '
                "the UID or resource version in the precondition differs from that of the object",
                name=name,
                group=kind.shape.group,
                kind=kind.shape.plural,
            )
        _admit(kind, "DELETE", None, old, by)
        new = _marked_for_deletion(old, propagation)
        if dry_run:
            return Saved(kind, new)
        try:
            if not _holds(new):
                store.remove(kind, old, by)
                return Saved(kind, old, is_removed=True)
            if new != old:
                store.replace(kind, old, new, by)
            if propagation in _MARKS:
                wake_worker("vmportal.tasks.finish_deletion", meta["uid"])
            return Saved(kind, new)
        except Stale:
            continue
    raise _conflict(kind, name)


def _assembled(kind: Kind) -> Kind:
    from vmportal.kinds import assembled  # the list of kinds knows the apps, which know this file

    return assembled(kind)


def _start_metadata(kind: Kind, namespace: str, new: Object) -> dict[str, Any]:
    """Check what the body says of itself, and take out of its metadata what only the portal writes."""
    shape = kind.shape
    if (new.get("apiVersion"), new.get("kind")) != (shape.api_version, shape.kind):
        raise BadRequest(
            f"the object sent is a {new.get('apiVersion') or '?'}, Kind={new.get('kind') or '?'}; "
            f"here go objects of {shape.api_version}, Kind={shape.kind}"
        )
    meta = new.setdefault("metadata", {})
    if not isinstance(meta, dict):
        raise BadRequest("metadata must be an object")
    if meta.get("resourceVersion"):
        raise BadRequest("resourceVersion should not be set on objects to be created")
    for key in _OWN:
        meta.pop(key, None)
    _demand_namespace(meta, namespace)
    if namespace:
        meta["namespace"] = namespace
    prefix = meta.get("generateName")
    if prefix and not meta.get("name"):
        meta["name"] = f"{prefix[:58]}{''.join(secrets.choice(GENERATED) for _ in range(5))}"
    return meta


def _demand_namespace(meta: dict[str, Any], namespace: str) -> None:
    if meta.get("namespace", "") not in ("", namespace):
        raise BadRequest(
            f"the namespace of the object ({meta['namespace']}) does not match the namespace "
            f"of the request ({namespace or 'none: the kind is cluster-wide'})"
        )


def _demand_same(kind: Kind, old: Object, new: Object) -> None:
    """A change may not turn an object into another one, nor overwrite a version it has not seen."""
    before, meta = old["metadata"], new.get("metadata")
    if not isinstance(meta, dict):
        raise BadRequest("metadata must be an object")
    if (new.get("apiVersion"), new.get("kind")) != (old["apiVersion"], old["kind"]):
        raise BadRequest(f"apiVersion and kind must stay {old['apiVersion']}, {old['kind']}")
    if meta.get("name") != before["name"]:
        raise BadRequest(
            f"the name of the object ({meta.get('name')}) does not match the name in the address ({before['name']})"
        )
    _demand_namespace(meta, before.get("namespace", ""))
    stale = meta.get("resourceVersion") not in (None, "", before["resourceVersion"])
    if stale or meta.get("uid") not in (None, "", before["uid"]):
        raise _conflict(kind, before["name"])


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
) -> Saved:
    _keep_own_metadata(old, new)
    if subresource == "status":
        new = {**copy.deepcopy(old), "status": new.get("status", {})}
    elif kind.shape.has_status and not with_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = copy.deepcopy(old["status"])
    new, warnings = _prune(kind, new, unknown)
    asked = None
    if subresource != "status" and _wish(new) != _wish(old):
        new, more, asked = _admit(kind, "UPDATE", new, old, by)
        warnings = (*warnings, *more)
    if new == old:
        return Saved(kind, old, warnings)
    is_wish = _wish(new) != _wish(old)
    _number_and_own(kind, old, new, by)
    if dry_run:
        return Saved(kind, new, warnings, quota=_check_quota(kind, asked))
    if "deletionTimestamp" in new["metadata"] and not _holds(new):
        store.remove(kind, old, by, lease=lease)
        return Saved(kind, new, warnings, is_removed=True)
    saved = store.replace(kind, old, new, by, lease=lease, is_wish=is_wish, asked=asked)
    return Saved(kind, saved, warnings)


def _keep_own_metadata(old: Object, new: Object) -> None:
    before, meta = old["metadata"], new["metadata"]
    for key in _OWN:
        if key in before:
            meta[key] = copy.deepcopy(before[key])
        else:
            meta.pop(key, None)
    if "namespace" in before:
        meta["namespace"] = before["namespace"]


def _wish(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if key != "status"}


def _number_and_own(kind: Kind, old: Object, new: Object, by: By) -> None:
    """Count the generation, and note whose fields they are now."""
    meta = new["metadata"]
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)} - {"metadata", "status"}
    if changed and not kind.shape.is_builtin:
        meta["generation"] = old["metadata"].get("generation", 1) + 1
    fields, shape, now = meta.get("managedFields", []), kind.shape, _now()
    for part in ("", "status") if shape.has_status else ("",):
        fields = managed.record(
            shape.schema,
            old,
            new,
            by.manager,
            api_version=shape.api_version,
            now=now,
            subresource=part,
            managed=fields,
        )
    meta["managedFields"] = fields


def _prune(kind: Kind, obj: Object, unknown: str) -> tuple[Object, tuple[str, ...]]:
    """Drop what the schema does not know. Raises `BadRequest` when `unknown` is Strict."""
    known = {key: obj[key] for key in ("apiVersion", "kind", "metadata") if key in obj}
    rest = {key: value for key, value in obj.items() if key not in known}
    pruned, paths = prune(kind.shape.schema, rest)
    if paths and unknown == "Strict":
        listed = ", ".join(f'unknown field "{path}"' for path in paths)
        raise BadRequest(
            f"{kind.shape.kind} in version {kind.shape.version!r} cannot be handled: strict decoding error: {listed}"
        )
    warnings = tuple(f'unknown field "{path}"' for path in paths) if unknown == "Warn" else ()
    return {**known, **pruned}, warnings


def _admit(
    kind: Kind, operation: Operation, new: Object | None, old: Object | None, by: By
) -> tuple[Object, tuple[str, ...], Asked | None]:
    """The object as the rules complete it, warnings, and what it asks of quotas.

    Raises `Invalid` with all errors at once.
    """
    meta = (new or old or {})["metadata"]
    admitting = Admitting(
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
    admitting = _look_up(kind, admitting)
    outcome = admit(admitting, kind.shape, kind.admission, policy_off=settings.POLICY_OFF)
    if outcome.errors:
        raise Invalid(kind.shape.kind, meta.get("name") or "", outcome.errors, kind.shape.group)
    asked = _asked(kind, replace(admitting, new=outcome.object)) if outcome.object else None
    warnings = (*outcome.warnings, *(asked.warnings if asked else ()))
    return outcome.object or {}, warnings, asked


def _asked(kind: Kind, admitted: Admitting) -> Asked | None:
    """What an admitted object asks of the quotas of its namespace."""
    if kind.quota is None:
        return None
    return kind.quota.ask(look_up(admitted, kind.quota.references, fetch, beside=True))


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
            demand_open_namespace(admitting.namespace, found)
        return found

    return look_up(admitting, references, fetch_checked)


def _marked_for_deletion(old: Object, propagation: str | None) -> Object:
    new = copy.deepcopy(old)
    meta = new["metadata"]
    meta.setdefault("deletionTimestamp", _now())
    meta.setdefault("deletionGracePeriodSeconds", 0)
    wanted = _MARKS.get(propagation or "")
    if wanted and wanted not in meta.get("finalizers", []):
        meta["finalizers"] = [*meta.get("finalizers", []), wanted]
    return new


def _holds(obj: Object) -> bool:
    """Whether something still holds a deleted object: finalizers, a namespace its content."""
    return bool(
        obj["metadata"].get("finalizers") or (obj["kind"] == "Namespace" and obj["spec"]["finalizers"])
    )


def _conflict(kind: Kind, name: str) -> Conflict:
    return Conflict(
        f'Operation cannot be fulfilled on {kind.shape.group_resource} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
        name=name,
        group=kind.shape.group,
        kind=kind.shape.plural,
    )


def _now() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def field_errors(error: Invalid) -> dict[str, list[FieldError]]:
    """The errors by path, for forms."""
    found: dict[str, list[FieldError]] = {}
    for item in error.errors:
        found.setdefault(item.path, []).append(item)
    return found
