"""What the objects of a namespace take, summed up in one statement. For the ledger, and the tasks that tell of it."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Count, F, FloatField, QuerySet, Sum, Value
from django.db.models.functions import Cast

from storage.models import LedgerEntry
from storage.quota import Booked
from vmportal.models import Resource

AMOUNTS = ("cpus", "memory", "reserved", "used")


def booked(
    namespace: str, *, has_charges: bool = True, counted: type[Resource] | None = None
) -> list[Booked]:
    """The charges by kind, storage class and policy; of no kind the number of rows in `counted`, if that is asked."""
    parts = [_charges(namespace)] if has_charges else []
    parts += [_count(counted, namespace)] if counted else []
    first, *rest = parts
    found = first.union(*rest, all=True) if rest else first
    return [Booked(*(_whole(value) for value in row)) for row in found]


def _charges(namespace: str) -> QuerySet[Any, Any]:
    """In the order of `Booked`'s fields."""
    entries = LedgerEntry.objects.filter(namespace=namespace).order_by()
    # Floating point is exact up to `quota.MOST`, and cannot overflow as whole numbers do.
    totals = {f"all_{name}": Sum(Cast(F(name), FloatField())) for name in AMOUNTS}
    grouped = entries.values("kind", "storage_class", "policy_id").annotate(number=Count("*"), **totals)
    return grouped.values_list("kind", "storage_class", "policy_id", "number", *totals)


def _count(model: type[Resource], namespace: str) -> QuerySet[Any, Any]:
    """How many objects there are, in the same shape."""
    empty = dict.fromkeys(("of_kind", "of_class", "of_policy"), Value("", CharField()))
    zeros = {f"all_{name}": Value(0.0, FloatField()) for name in AMOUNTS}
    rows = model.objects.filter(namespace=namespace).order_by().values(**empty)
    return rows.annotate(number=Count("*"), **zeros).values_list(*empty, "number", *zeros)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value
