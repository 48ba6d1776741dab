"""`managedFields`: which manager owns which path of an object. Called by `vmportal.service` on every write; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vmportal.fieldset import FieldSet, as_json, compare, difference, union
from vmportal.schema.nodes import Node
from vmportal.schema.words import array, mapping, obj, text

Object = Mapping[str, Any]
Entry = dict[str, Any]  # one of metadata.managedFields

# What of the metadata belongs to somebody; the rest is the portal's own.
METADATA = obj(
    {
        "generateName": text(),
        "labels": mapping(text()),
        "annotations": mapping(text()),
        "finalizers": array(text(), set=True),
        "ownerReferences": array(obj(atomic=True), keys=("uid",)),
    }
)
_NOT_THE_BODY = {"apiVersion", "kind", "metadata", "status"}
_MOST_UPDATERS = 10  # the oldest beyond them are put together, so that managedFields does not grow for ever
_ANCIENT = "ancient-changes"
_HEAD = ("manager", "operation", "apiVersion", "subresource", "time")


def record(
    schema: Node,
    old: Object,
    new: Object,
    manager: str,
    *,
    operation: str = "Update",
    api_version: str,
    now: str,
    subresource: str = "",
    managed: Sequence[Entry] = (),
) -> list[Entry]:
    """The managedFields after `manager` has made `new` of `old`; both are whole objects, `old` empty on create.

    What changed becomes the manager's and is taken from all others; what went belongs to nobody. Of the
    status only `subresource="status"` keeps book, of all else only the others. An entry's time (`now`,
    RFC 3339) moves when it gains something. `managed` is left alone. Of an object that is there and
    nobody's, no book is kept until it is applied.
    """
    removed, changed = changes(schema, old, new, subresource)
    if (not removed and not changed) or (old and not managed):
        return list(managed)
    entries = list(without(managed, union(removed, changed)))
    if changed:
        head = entry_of(manager, operation, api_version, subresource)
        mine = next((entry for entry in entries if identity(entry) == identity(head)), None)
        if mine is None:
            entries.append({**head, "fieldsV1": changed, "time": now})
        else:
            mine.update(time=now, fieldsV1=union(mine["fieldsV1"], changed))
    return ordered(_capped(entries))


def entry_of(manager: str, operation: str, api_version: str, subresource: str = "") -> Entry:
    """An entry without fields or time."""
    head = {"manager": manager, "operation": operation, "apiVersion": api_version}
    if subresource:
        head["subresource"] = subresource
    return {**head, "fieldsType": "FieldsV1"}


def with_metadata(schema: Node) -> Node:
    """The schema of a whole object: a kind's, with its metadata as far as it belongs to somebody."""
    head = {"apiVersion": text(), "kind": text(), "metadata": METADATA}
    return {**schema, "properties": {**head, **schema.get("properties", {})}}


def tracked(obj: Object, subresource: str = "") -> Entry:
    """What of an object book is kept of: of the status, or of all else."""
    if subresource == "status":
        return _only(obj, {"status"})
    return {**_without_keys(obj), "metadata": _only(obj.get("metadata") or {}, METADATA["properties"])}


def changes(schema: Node, old: Object, new: Object, subresource: str = "") -> tuple[FieldSet, FieldSet]:
    """The paths that went, and those that came or changed, of what book is kept of."""
    return compare(with_metadata(schema), tracked(old, subresource), tracked(new, subresource))


def given(entries: Any) -> list[Entry] | None:
    """managedFields that a client sends along, as they are kept; None where there are none that can be read.

    An empty list, or one empty entry, says: forget who owns what.
    """
    if entries in ([], [{}]):
        return []
    found = {}
    try:
        for sent in entries or ():
            entry = {"manager": "", **{key: value for key, value in sent.items() if value is not None}}
            _demand_readable(entry)
            fields = _canonical(entry.get("fieldsV1") or {})
            found[identity(entry)] = {**entry, "fieldsV1": fields}
    except (ValueError, TypeError, AttributeError):
        return None
    return ordered(found.values()) or None


def _demand_readable(entry: Object) -> None:
    if entry.get("operation") not in ("Apply", "Update") or entry.get("fieldsType") != "FieldsV1":
        raise ValueError("operation or fieldsType")
    if not entry.get("apiVersion") or not all(isinstance(entry.get(key, ""), str) for key in _HEAD):
        raise ValueError("not the text that it must be")


def _canonical(fields: Any) -> FieldSet:
    """A set of paths that a client wrote, with its steps as we write them."""
    found = {}
    for step, node in fields.items():
        kind, rest = step[:2], step[2:]
        if step != "." and kind not in ("f:", "k:", "v:"):
            raise ValueError(f"{step!r} is no step of a path")
        if kind in ("k:", "v:"):
            value = json.loads(rest)
            if kind == "k:" and not isinstance(value, dict):
                raise ValueError(f"{step!r} names no keys")
            step = f"{kind}{as_json(value)}"
        found[step] = _canonical(node)
    return found


def same_but_times(one: Sequence[Entry], other: Sequence[Entry]) -> bool:
    return [_without_time(entry) for entry in one] == [_without_time(entry) for entry in other]


def _without_time(entry: Entry) -> Entry:
    return {key: value for key, value in entry.items() if key != "time"}


def without(managed: Sequence[Entry], fields: FieldSet) -> Iterator[Entry]:
    """Copies of the entries that still own something when these paths are taken from them."""
    for entry in managed:
        left = difference(entry.get("fieldsV1", {}), fields)
        if left:
            yield {**entry, "fieldsV1": left}


def _capped(entries: list[Entry]) -> list[Entry]:
    """The entries, with the oldest updaters of one version put together where there are too many."""
    updaters = sorted((entry for entry in entries if entry["operation"] == "Update"), key=_order)
    buckets = {entry["apiVersion"]: entry for entry in updaters if entry["manager"] == _ANCIENT}
    left = list(entries)
    surplus = len(updaters) - _MOST_UPDATERS
    for entry in updaters:
        if surplus <= 0:
            break
        bucket = buckets.setdefault(entry["apiVersion"], entry)
        if bucket is entry:
            continue
        bucket.pop("subresource", None)
        bucket.update(
            manager=_ANCIENT, time=entry["time"], fieldsV1=union(bucket["fieldsV1"], entry["fieldsV1"])
        )
        left = [other for other in left if other is not entry]
        surplus -= 1
    return left


def identity(entry: Object) -> tuple[str, ...]:
    """Whose entry it is. An applier has one, whatever version it applied last."""
    version = "" if entry["operation"] == "Apply" else entry["apiVersion"]
    return (entry.get("manager", ""), entry["operation"], version, entry.get("subresource", ""))


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """As Kubernetes sorts: appliers first, then the oldest."""
    return sorted(entries, key=_order)


def _order(entry: Object) -> tuple[str, ...]:
    return (
        entry["operation"],
        entry.get("time", ""),
        entry.get("manager", ""),
        entry["apiVersion"],
        entry.get("subresource", ""),
    )


def _only(value: Object, keys: Any) -> dict[str, Any]:
    return {key: value[key] for key in value if key in keys}


def _without_keys(value: Object) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in _NOT_THE_BODY}
