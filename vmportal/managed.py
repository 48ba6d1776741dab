"""`managedFields`: which manager owns which path of an object. Called by `vmportal.service` on every write; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vmportal.fieldset import FieldSet, compare, difference, union
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
    RFC 3339) moves when it gains something. `managed` is left alone.
    """
    removed, changed = _compare(schema, old, new, subresource)
    if not removed and not changed:
        return list(managed)
    entries = list(_without(managed, union(removed, changed)))
    if changed:
        head = {"manager": manager, "operation": operation, "apiVersion": api_version}
        if subresource:
            head["subresource"] = subresource
        mine = next((entry for entry in entries if _identity(entry) == _identity(head)), None)
        if mine is None:
            entries.append({**head, "fieldsType": "FieldsV1", "fieldsV1": changed, "time": now})
        else:
            mine.update(time=now, fieldsV1=union(mine["fieldsV1"], changed))
    return sorted(_capped(entries), key=_order)


def _compare(schema: Node, old: Object, new: Object, subresource: str) -> tuple[FieldSet, FieldSet]:
    if subresource == "status":
        return compare(schema, _only(old, {"status"}), _only(new, {"status"}))
    removed, changed = compare(schema, _without_keys(old), _without_keys(new))
    tracked = METADATA["properties"]
    meta = compare(METADATA, _only(old.get("metadata", {}), tracked), _only(new.get("metadata", {}), tracked))
    for fields, of_metadata in zip((removed, changed), meta, strict=True):
        if of_metadata:
            fields["f:metadata"] = of_metadata
    return removed, changed


def _without(managed: Sequence[Entry], fields: FieldSet) -> Iterator[Entry]:
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


def _identity(entry: Object) -> tuple[str, ...]:
    version = "" if entry["operation"] == "Apply" else entry["apiVersion"]
    return (entry["manager"], entry["operation"], version, entry.get("subresource", ""))


def _order(entry: Object) -> tuple[str, ...]:
    """As Kubernetes sorts: appliers first, then the oldest."""
    return (
        entry["operation"],
        entry.get("time", ""),
        entry["manager"],
        entry["apiVersion"],
        entry.get("subresource", ""),
    )


def _only(value: Object, keys: Any) -> dict[str, Any]:
    return {key: value[key] for key in value if key in keys}


def _without_keys(value: Object) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in _NOT_THE_BODY}
