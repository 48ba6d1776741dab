"""Objects as kubectl's `Table`: which columns a kind has, and the cells of one object.

Called by the API's lists and watches, and by pages that show the same columns; pure.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from vmportal.api import jsonpath
from vmportal.api.ages import age
from vmportal.api.printers import NAME, PRINTERS, Printer
from vmportal.kind import Column, Object, Shape

API_VERSION = "meta.k8s.io/v1"
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
    return {"kind": "PartialObjectMetadata", "apiVersion": API_VERSION, "metadata": obj["metadata"]}


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
        "kind": "Table",
        "apiVersion": API_VERSION,
        "metadata": dict(metadata),
        "columnDefinitions": definitions(shape) if headers else None,
        "rows": [row(shape, obj, now, include) for obj in objects],
    }


def _printer(shape: Shape) -> Printer:
    return PRINTERS.get((shape.group, shape.kind)) or _by_paths(shape)


def _by_paths(shape: Shape) -> Printer:
    """As for a custom resource: its name, then what its columns' paths find."""
    columns = shape.columns or (_AGE,)

    def cells(obj: Object, now: dt.datetime) -> list[Any]:
        return [
            obj["metadata"]["name"],
            *(_cell(column, obj, now) for column in columns if column.name != "Name"),
        ]

    return Printer((NAME, *(column for column in columns if column.name != "Name")), cells)


def _cell(column: Column, obj: Object, now: dt.datetime) -> Any:
    value = jsonpath.first(column.path, obj)
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
