"""Objects as kubectl's `Table`: which columns a kind has, and the cells of one object.

Called by the API's lists and watches, and by pages that show the same columns; pure.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from vmportal import jsontext
from vmportal.api import jsonpath
from vmportal.api.ages import age
from vmportal.api.printers import NAME, PRINTERS, Printer
from vmportal.kind import Column, Object, Shape

API_VERSION = "meta.k8s.io/v1"
TABLE, PARTIAL, PARTIAL_LIST = "Table", "PartialObjectMetadata", "PartialObjectMetadataList"
# What `Accept` may ask for instead of objects: (group, version, kind).
FORMS = tuple(
    ("meta.k8s.io", version, form) for version in ("v1", "v1beta1") for form in (TABLE, PARTIAL, PARTIAL_LIST)
)
CREATED = ".metadata.creationTimestamp"

_AGE = Column("Age", "date", CREATED, description="Time since the object was created")


def definitions(shape: Shape) -> list[dict[str, Any]]:
    """`columnDefinitions` of a kind's Table."""
    columns = _printer(shape).columns
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in columns
    ]


def row(shape: Shape, obj: Object, now: dt.datetime, include: str = "Metadata") -> dict[str, Any]:
    """One row; `include` is Kubernetes' `includeObject`: None, Metadata or Object."""
    made: dict[str, Any] = {"cells": _printer(shape).cells(obj, now), "object": None}
    if include == "Object":
        made["object"] = obj
    elif include == "Metadata":
        made["object"] = partial(obj)
    return made


def partial(obj: Object) -> Object:
    """The object's metadata alone."""
    return {"kind": PARTIAL, "apiVersion": API_VERSION, "metadata": obj["metadata"]}


def table(
    shape: Shape,
    objects: Iterable[Object],
    now: dt.datetime,
    metadata: Mapping[str, Any],
    include: str = "Metadata",
    headers: bool = True,
) -> Object:
    """A whole Table. `headers` False: a later one of a watch, whose columns are known already."""
    return {
        "kind": TABLE,
        "apiVersion": API_VERSION,
        "metadata": dict(metadata),
        "columnDefinitions": definitions(shape) if headers else None,
        "rows": [row(shape, obj, now, include) for obj in objects],
    }


def parts(
    shape: Shape, bodies: Iterable[str], now: dt.datetime, metadata: Mapping[str, Any], include: str
) -> Iterator[bytes]:
    """The whole Table, in parts, of objects that are JSON texts: each is read and forgotten before the next."""
    rows = (_row_text(shape, body, now, include) for body in bodies)
    return jsontext.with_items(table(shape, (), now, metadata), "rows", rows)


def _row_text(shape: Shape, body: str, now: dt.datetime, include: str) -> bytes:
    obj = jsontext.read(body)
    if include == "Object":
        made = jsontext.written(row(shape, obj, now, "None"))
        return made.removesuffix(b"null}") + b"%s}" % body.encode()
    return jsontext.written(row(shape, obj, now, include))


def partial_parts(bodies: Iterable[str], metadata: Mapping[str, Any]) -> Iterator[bytes]:
    """The list of the objects' metadata alone, in parts."""
    head = {"kind": PARTIAL_LIST, "apiVersion": API_VERSION, "metadata": metadata}
    items = (jsontext.written(partial(jsontext.read(body))) for body in bodies)
    return jsontext.with_items(head, "items", items)


def _printer(shape: Shape) -> Printer:
    return PRINTERS.get((shape.group, shape.kind)) or _by_paths(shape.columns or (_AGE,))


@cache
def _by_paths(columns: tuple[Column, ...]) -> Printer:
    """As for a custom resource: its name, then what its columns' paths find."""
    found = [(column, jsonpath.finder(column.path)) for column in columns if column.name != "Name"]

    def cells(obj: Object, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], *(_cell(column, find(obj), now) for column, find in found)]

    return Printer((NAME, *(column for column, _ in found)), cells)


def _cell(column: Column, value: Any, now: dt.datetime) -> Any:
    if value is None:
        return None
    if column.type == "date":
        return age(value, now) if isinstance(value, str) else None
    if column.type == "string":
        if isinstance(value, bool):
            return "true" if value else "false"
        return json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else str(value)
    if column.type == "boolean":
        return value if isinstance(value, bool) else None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number:
        return None
    return int(value) if column.type == "integer" else value
