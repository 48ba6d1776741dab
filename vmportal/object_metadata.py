"""What only the portal writes into an object's metadata, and what a request may say there of its object.

Called by `vmportal.service` before anything is admitted or stored.
"""

from __future__ import annotations

import copy
import secrets
from typing import Any

from django.utils import timezone

from vmportal import managed
from vmportal.errors import BadRequest, Conflict
from vmportal.kind import Kind, Object
from vmportal.managed import Entry
from vmportal.moments import rfc3339
from vmportal.schema import apply_defaults

GENERATED = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' alphabet for generateName
# Metadata that only the portal writes.
_OWN: tuple[str, ...] = ("uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp")
_OWN += ("deletionGracePeriodSeconds", "managedFields", "selfLink")


def start_metadata(kind: Kind, namespace: str, new: Object) -> dict[str, Any]:
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


def demand_creatable(kind: Kind, name: str, meta: dict[str, Any]) -> None:
    """What is applied must mean the object of the address, and no other one that was there once."""
    if meta.get("name") != name:
        raise BadRequest(
            f"the name of the object ({meta.get('name', '')}) does not match the name on the URL ({name})"
        )
    if meta.get("uid"):
        raise Conflict(
            f'Operation cannot be fulfilled on {kind.shape.group_resource} "{name}": uid mismatch: the provided '
            f"object specified uid {meta['uid']}, and no existing object was found",
            **kind.shape.details(name),
        )
    meta.pop("resourceVersion", None)


def _demand_namespace(meta: dict[str, Any], namespace: str) -> None:
    if meta.get("namespace", "") not in ("", namespace):
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def demand_same(kind: Kind, old: Object, new: Object) -> None:
    """A change may not turn an object into another one, nor overwrite a version it has not seen."""
    before, meta = old["metadata"], new.get("metadata")
    if not isinstance(meta, dict):
        raise BadRequest("metadata must be an object")
    if (new.get("apiVersion"), new.get("kind")) != (old["apiVersion"], old["kind"]):
        raise BadRequest(f"apiVersion and kind must stay {old['apiVersion']}, {old['kind']}")
    if meta.get("name") != before["name"]:
        raise BadRequest(
            f"the name of the object ({meta.get('name')}) does not match the name on the URL ({before['name']})"
        )
    _demand_namespace(meta, before.get("namespace", ""))
    stale = meta.get("resourceVersion") not in (None, "", before["resourceVersion"])
    if stale or meta.get("uid") not in (None, "", before["uid"]):
        raise modified(kind, before["name"])


def demand_precondition(kind: Kind, meta: dict[str, Any], uid: str | None, version: str | None) -> None:
    """What a delete says of the object that it means must be so. Raises `Conflict`."""
    shape = kind.shape
    for what, wanted, found, why in (
        ("UID", uid, meta["uid"], "deleted and then recreated"),
        ("ResourceVersion", version, meta["resourceVersion"], "modified"),
    ):
        if wanted and wanted != found:
            subject = f"{shape.kind}.{shape.group}".removesuffix(".")
            raise Conflict(
                f'Operation cannot be fulfilled on {subject} "{meta["name"]}": the {what} in the precondition '
                f"({wanted}) does not match the {what} in record ({found}). The object might have been {why}",
                name=meta["name"],
                group=shape.group,
                kind=shape.kind,
            )


def keep_own_metadata(old: Object, new: Object) -> None:
    before, meta = old["metadata"], new["metadata"]
    for key in _OWN:
        if key in before:
            meta[key] = copy.deepcopy(before[key])
        else:
            meta.pop(key, None)
    if "namespace" in before:
        meta["namespace"] = before["namespace"]


def count_generation(kind: Kind, old: Object, new: Object) -> None:
    """Count up `metadata.generation` where the wish has changed."""
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)} - {"metadata", "status"}
    if changed and not kind.shape.is_builtin:
        new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1


def owners_of_new(kind: Kind, sent: Object, admitted: Object, manager: str, now: str) -> list[Entry]:
    """Whose the fields of a new object are: all that was sent is the manager's."""
    shape, read = kind.shape, _as_read(kind, sent, admitted)
    return managed.record(shape.schema, {}, read, manager, api_version=shape.api_version, now=now)


def owners_after(
    kind: Kind, old: Object, sent: Object, admitted: Object, manager: str, *, subresource: str, given: Any
) -> list[Entry]:
    """Whose fields they are after an update; a client may say whose they were (`given`), as in Kubernetes."""
    said = None if subresource else managed.given(given)
    owners = old["metadata"].get("managedFields", []) if said is None else said
    shape, now, read = kind.shape, timestamp(), _as_read(kind, sent, admitted)
    main = "" if subresource == "status" else subresource
    for part in (main, "status") if shape.has_status else (main,):
        owners = managed.record(
            shape.schema,
            old,
            read,
            manager,
            api_version=shape.api_version,
            now=now,
            subresource=part,
            managed=owners,
        )
    return owners


def _as_read(kind: Kind, sent: Object, admitted: Object) -> Object:
    """The object of which the client owns what differs. What admission adds is nobody's, as if webhooks did.

    Kubernetes' own kinds are completed before there is an owner.
    """
    if kind.shape.is_builtin or sent is admitted:
        return admitted
    completed: Object = apply_defaults(kind.shape.schema, sent)
    return completed


def put_owners(meta: dict[str, Any], owners: list[Entry]) -> None:
    if owners:
        meta["managedFields"] = owners
    else:
        meta.pop("managedFields", None)


def modified(kind: Kind, name: str) -> Conflict:
    return Conflict(
        f'Operation cannot be fulfilled on {kind.shape.group_resource} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
        **kind.shape.details(name),
    )


def timestamp() -> str:
    """This moment, as objects tell it."""
    return rfc3339(timezone.now())
