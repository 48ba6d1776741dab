"""Which objects of a kind a list, a watch or the deletion of a collection is about. Called by the API's viewset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from vmportal import access
from vmportal.access import Caller
from vmportal.api.selectors import (
    Selector,
    field_selector,
    fields_query,
    holds,
    label_selector,
    labels_query,
)
from vmportal.kind import Kind

# What a field selector may ask of every kind, and the column that has it, in rows and changes.
PLACE = {"metadata.name": "name", "metadata.namespace": "namespace"}


@dataclass(frozen=True)
class Wanted:
    """Which objects of a kind a list or a watch is about."""

    kind: Kind
    namespace: str
    labels: Selector = ()
    fields: Selector = ()

    def rows(self, caller: Caller) -> QuerySet[Any]:
        """The rows, of those that `caller` may read, in the order of lists."""
        rows = access.visible(caller, self.kind, self.kind.model.objects.all())
        if self.namespace:
            rows = rows.filter(namespace=self.namespace)
        asked = labels_query(self.labels) & fields_query(self.fields, _columns(self.kind))
        return rows.filter(asked).order_by("namespace", "name")

    def holds(self, labels: dict[str, str], fields: dict[str, str]) -> bool:
        return holds(self.labels, labels) and holds(self.fields, fields)

    @property
    def has_selector(self) -> bool:
        return bool(self.labels or self.fields)


def wanted(kind: Kind, namespace: str, request: Request) -> Wanted:
    """Raises `BadRequest` for selectors that cannot be read."""
    query = request.query_params
    return Wanted(
        kind,
        namespace,
        label_selector(query.get("labelSelector", "")),
        field_selector(query.get("fieldSelector", ""), _columns(kind)),
    )


def _columns(kind: Kind) -> dict[str, str]:
    return {**PLACE, **kind.selectable}
