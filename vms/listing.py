"""Which machines a list shows: the query string as a filter, counts by state, the columns of a row.

Called by the list's view. Nothing here parses an object: lists live on columns.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from vms.models import (
    ClusterVirtualMachineImage,
    VirtualMachine,
    VirtualMachineClass,
    VirtualMachineImage,
)
from vms.state import WORKING

MOST = 1000  # counts are exact up to here
SETTLING = (*sorted(WORKING), "Waiting")
ATTENTION = ("Blocked", "Unknown", "Changed elsewhere")
# A chip above the list -> the states behind it.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "attention": ATTENTION,
    "working": SETTLING,
    "running": ("Running",),
    "off": ("Off",),
    "suspended": ("Suspended",),
}
# What a column is sorted by.
SORTS = {
    "name": "name",
    "namespace": "namespace",
    "state": "state",
    "address": "address",
    "class": "class_name",
    "image": "image_name",
    "zone": "zone",
    "age": "created",
}
# `key:text` in the search asks one column; a bare word asks all of them.
WORDS = {
    "name": "name",
    "namespace": "namespace",
    "state": "state",
    "address": "address",
    "class": "class_name",
    "image": "image_name",
    "zone": "zone",
    "power_state": "power_state",
}


@dataclass(frozen=True)
class Wanted:
    """What the query string asks for; what it does not understand, it does not mind."""

    text: str = ""
    group: str = ""
    sort: str = "name"
    is_descending: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        sort = query.get("sort", "")
        key = sort.removeprefix("-")
        group = query.get("state", "")
        return cls(
            text=query.get("q", "").strip(),
            group=group if group in GROUPS else "",
            sort=key if key in SORTS else "name",
            is_descending=sort.startswith("-") and key in SORTS,
        )


@dataclass(frozen=True)
class Counts:
    """How many machines the search finds, by state."""

    by_state: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    def of(self, group: str) -> int:
        return sum(self.by_state.get(word, 0) for word in GROUPS[group]) if group else self.total


@dataclass(frozen=True)
class Seen:
    """What a list in a browser shows, short enough for an address: `str(seen)`, and `Seen.read` again."""

    version: int = 0  # the counter when it was made
    newest: int = 0  # version of the row that changed last
    page: str = ""  # which rows, in which order, with what stands in other tables
    counts: str = ""

    @classmethod
    def of(cls, version: int, vms: Sequence[Any], counts: Counts) -> Seen:
        """Of rows that `shown` has given."""
        rows = [[vm.uid, vm.cpus, vm.memory_mib, vm.image_label] for vm in vms]
        newest = max((vm.version for vm in vms), default=0)
        return cls(version, newest, _digest(rows), _digest(sorted(counts.by_state.items())))

    @classmethod
    def read(cls, text: str) -> Seen:
        """What another address says is like having seen nothing."""
        match = re.fullmatch(r"(\d{1,18})-(\d{1,18})-(\w+)-(\w+)", text, re.ASCII)
        return cls(int(match[1]), int(match[2]), match[3], match[4]) if match else cls()

    def shows_as(self, other: Seen) -> bool:
        """Whether a browser that shows one of them shows the other, too."""
        return replace(self, version=0) == replace(other, version=0)

    def __str__(self) -> str:
        return f"{self.version}-{self.newest}-{self.page}-{self.counts}"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def count(number: int) -> str:
    """A count as people read it: exact up to a thousand."""
    return f"{number}" if number <= MOST else f"{MOST:,}+"


def searched(rows: QuerySet[VirtualMachine], text: str) -> QuerySet[VirtualMachine]:
    """The rows in which every word of the text is found; an image also by its display name."""
    for word in text.split():
        key, colon, value = word.partition(":")
        if colon and key in WORDS:
            condition = Q(**{f"{WORDS[key]}__icontains": value})
        else:
            condition = Q()
            for column in set(WORDS.values()) - {"namespace", "power_state"}:
                condition |= Q(**{f"{column}__icontains": word})
            value, key = word, "image"
        if key == "image":
            condition |= Q(image__in=_images_called(value))
        rows = rows.filter(condition)
    return rows


def counted(rows: QuerySet[VirtualMachine]) -> Counts:
    """In one statement, which reads the index of states only, however many there are."""
    return Counts(dict(rows.order_by().values_list("state").annotate(number=Count("*"))))


def shown(rows: QuerySet[VirtualMachine], wanted: Wanted, start: int, many: int) -> list[Any]:
    """The rows of one page, each with `cpus`, `memory_mib` and `image_label`. One statement.

    The look-ups are made for the rows of the page only: they stand outside of the sorting and cutting.
    """
    cut = picked(rows, wanted).values("uid")[start : start + many]
    return list(with_names(VirtualMachine.objects.filter(uid__in=cut)).order_by(*_order(wanted)))


def picked(rows: QuerySet[VirtualMachine], wanted: Wanted) -> QuerySet[VirtualMachine]:
    """The rows of the chosen states, in the chosen order."""
    states = GROUPS.get(wanted.group)
    return (rows.filter(state__in=states) if states else rows).order_by(*_order(wanted))


def _order(wanted: Wanted) -> tuple[str, str, str]:
    column = SORTS[wanted.sort]
    # Older is a smaller time, but a greater age.
    is_backwards = wanted.is_descending != (wanted.sort == "age")
    return f"-{column}" if is_backwards else column, "namespace", "name"


def with_names(rows: QuerySet[VirtualMachine]) -> QuerySet[Any]:
    """Rows with what stands in other tables: the class's size, the image's display name."""
    classes = VirtualMachineClass.objects.filter(namespace=OuterRef("namespace"), name=OuterRef("class_name"))
    images = VirtualMachineImage.objects.filter(namespace=OuterRef("namespace"), name=OuterRef("image"))
    cluster_images = ClusterVirtualMachineImage.objects.filter(namespace="", name=OuterRef("image"))
    return rows.annotate(
        cpus=Subquery(classes.values("cpus")[:1]),
        memory_mib=Subquery(classes.values("memory_mib")[:1]),
        image_label=Coalesce(
            Subquery(images.values("display_name")[:1]),
            Subquery(cluster_images.values("display_name")[:1]),
            NullIf(F("image_name"), Value("")),
            F("image"),
            output_field=CharField(),
        ),
    )


def _images_called(text: str) -> QuerySet[Any, Any]:
    """The object names of images with this in their display name."""
    own = VirtualMachineImage.objects.filter(display_name__icontains=text).values("name")
    return own.union(ClusterVirtualMachineImage.objects.filter(display_name__icontains=text).values("name"))
