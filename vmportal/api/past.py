"""Lists of a version that has passed: what has not changed since, and of the rest what it was before it did.

Called by `vmportal.api.lists`, for later pages of a chunked list and for `resourceVersionMatch=Exact`.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Min, Q, QuerySet, Value

from vmportal import access
from vmportal.access import Caller
from vmportal.api.feed import oldest_kept
from vmportal.api.selectors import fields_query, labels_query
from vmportal.api.wanted import PLACE, Wanted
from vmportal.errors import Expired
from vmportal.models import Change

Found = list[tuple[str, str, str]]  # namespace, name, body


def objects_at(asked: Wanted, caller: Caller, version: int, where: Q, most: int) -> Found:
    """The first `most` objects as they were at `version`, of those that are `where`. Raises `Expired`."""
    found = list(_union(asked, caller, version, where, "text", "change")[:most])
    changes = [change for *_, change in found if change]
    before: dict[int, Any] = dict(Change.objects.filter(version__in=changes).values_list("version", "before"))
    # Looked at last, so that nothing was swept away in between.
    if version < oldest_kept() or any(before.get(change) is None for change in changes):
        raise Expired("The resourceVersion for the provided list is too old.")
    return [(namespace, name, before[change] if change else body) for namespace, name, body, change in found]


def count_at(asked: Wanted, caller: Caller, version: int, most: int) -> int:
    """How many objects there were at `version`, counted up to `most`."""
    return _union(asked, caller, version, Q())[:most].count()


def _union(asked: Wanted, caller: Caller, version: int, where: Q, *more: str) -> QuerySet[Any]:
    """(namespace, name, *more), in order, in one statement and so as of one moment.

    Of more there is `text`, the body of what has not changed, and `change`, the version of the first change of what has.
    """
    columns = ("namespace", "name", *more)
    rows = asked.rows(caller).filter(where, version__lte=version).order_by()
    changed = _first_changes(asked, caller, version, where)
    unchanged = rows.annotate(text=F("body"), change=Value(0)).values_list(*columns)
    former = changed.annotate(text=Value(""), change=F("version")).values_list(*columns)
    return unchanged.union(former, all=True).order_by("namespace", "name")


def _first_changes(asked: Wanted, caller: Caller, version: int, where: Q) -> QuerySet[Any]:
    """Of each object that has changed since, and matched then, the first change."""
    later = Change.objects.filter(where, kind=asked.kind.shape.group_resource, version__gt=version)
    if asked.namespace:
        later = later.filter(namespace=asked.namespace)
    first = later.order_by().values("uid").annotate(first=Min("version")).values("first")
    matched = labels_query(asked.labels, "labels_before")
    matched &= labels_query(tuple(one for one in asked.fields if one.key not in PLACE), "fields_before")
    matched &= fields_query(tuple(one for one in asked.fields if one.key in PLACE), PLACE)
    changes = Change.objects.filter(matched, version__in=first).exclude(type="ADDED")
    return access.visible(caller, asked.kind, changes)
