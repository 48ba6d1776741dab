"""One apply: merge what a manager wishes for, give up what it wishes for no more, see who is in the way. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from vmportal import managed
from vmportal.apply import last_applied
from vmportal.apply.giving_up import give_up
from vmportal.apply.merging import merge
from vmportal.errors import ApplyConflict, FieldError
from vmportal.fieldset import FieldSet, claims, difference, intersection, paths, union
from vmportal.managed import Entry
from vmportal.schema.nodes import Node

Object = dict[str, Any]
Conflicts = list[tuple[Entry, FieldSet]]  # an owner, and which of its fields would change

BEFORE = "before-first-apply"  # owns what is there and nobody's, so that the first apply overwrites nothing


@dataclass(frozen=True)
class Applier:
    """Who applies, in which version, through which subresource; `force` takes over what others own."""

    manager: str
    api_version: str
    subresource: str = ""
    force: bool = False


def apply(schema: Node, live: Object, wish: Object, by: Applier, now: str) -> Object:
    """The live object ({} where there is none) as it is when `wish` is applied, with its managedFields.

    An entry's time (`now`, RFC 3339) moves when the object changes. Raises `ApplyConflict`.
    """
    entries = list(live.get("metadata", {}).get("managedFields") or [])
    if live and not entries:
        entries = managed.record(
            schema, {}, live, BEFORE, api_version=by.api_version, now=now, subresource=by.subresource
        )
    body = _without_managed_fields(live)
    try:
        new, entries = _applied(schema, body, entries, wish, by, now)
    except ApplyConflict as conflict:
        forced = _take_over(schema, body, by, conflict)
        new, entries = _applied(schema, body, entries, wish, forced, now)
    if by.manager == last_applied.MANAGER:
        new = last_applied.refreshed(new, wish)
    return _with_managed_fields(new, entries)


def _applied(
    schema: Node, body: Object, entries: Sequence[Entry], wish: Object, by: Applier, now: str
) -> tuple[Object, list[Entry]]:
    whole = managed.with_metadata(schema)
    head = managed.entry_of(by.manager, "Apply", by.api_version, by.subresource)
    others = [entry for entry in entries if managed.identity(entry) != managed.identity(head)]
    mine = next((entry for entry in entries if managed.identity(entry) == managed.identity(head)), {})
    wanted = claims(whole, _claimed(wish, by.subresource))
    new = merge(whole, body, wish)
    last = mine.get("fieldsV1", {})
    if difference(last, wanted):
        owned = union(wanted, {"f:metadata": {"f:name": {}}})  # nobody gives up the name
        for entry in others:
            owned = union(owned, entry["fieldsV1"])
        new = give_up(whole, new, last, owned)
    removed, changed = managed.changes(schema, body, new, by.subresource)
    if not by.force:
        _demand_no_conflict([(entry, intersection(entry["fieldsV1"], changed)) for entry in others])
    left = list(managed.without(others, union(removed, changed)))
    if wanted:
        time = now if new != body else mine.get("time")
        left.append({**head, "fieldsV1": wanted, **({"time": time} if time else {})})
    return new, managed.ordered(left)


def _claimed(wish: Object, subresource: str) -> Object:
    claimed = managed.tracked(wish, subresource)
    return {key: value for key, value in claimed.items() if key != "metadata" or value}


def _take_over(schema: Node, body: Object, by: Applier, conflict: ApplyConflict) -> Applier:
    """Who goes over from client-side apply owns what it applied there. Raises the conflict that is left."""
    if by.manager != last_applied.MANAGER:
        raise conflict
    allowed = set(paths(last_applied.allowed(managed.with_metadata(schema), body)))
    left = [error for error in conflict.errors if error.path not in allowed]
    if left:
        raise _conflict(left)
    return replace(by, force=True)


def _demand_no_conflict(found: Conflicts) -> None:
    errors = [
        FieldError(path, "FieldManagerConflict", f"conflict with {_named(entry)}")
        for entry, fields in sorted(found, key=lambda one: managed.identity(one[0]))
        for path in paths(fields)
    ]
    if errors:
        raise _conflict(errors)


def _conflict(errors: Sequence[FieldError]) -> ApplyConflict:
    """The refusal, in a kube-apiserver's words: clients show them as they are."""
    if len(errors) == 1:
        message = f"Apply failed with 1 conflict: {errors[0].message}: {errors[0].path}"
        return ApplyConflict(message, errors)
    lines, owner = [], ""
    for error in errors:
        if error.message != owner:
            owner = error.message
            lines.append(f"{owner.replace('conflict', 'conflicts', 1)}:")
        lines.append(f"- {error.path}")
    return ApplyConflict(f"Apply failed with {len(errors)} conflicts: " + "\n".join(lines), errors)


def _named(entry: Entry) -> str:
    name = f'"{entry.get("manager", "")}"'
    if entry.get("subresource"):
        name += f' with subresource "{entry["subresource"]}"'
    return f"{name} using {entry['apiVersion']}" if entry["operation"] == "Update" else name


def _without_managed_fields(obj: Object) -> Object:
    if "metadata" not in obj:
        return obj
    meta = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    return {**obj, "metadata": meta}


def _with_managed_fields(obj: Object, entries: list[Entry]) -> Object:
    kept = _without_managed_fields(obj)
    return {**kept, "metadata": {**kept["metadata"], "managedFields": entries}}
