"""Keeps what every object takes, and lets no write go beyond the quotas of its namespace. Assembled in `vmportal.kinds`.

The store calls it in the transaction that writes the object, under the counter: there is one writer at a time, so
the sums hold until the write is done, and nothing has to be mended after a crash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from storage import quota, sums
from storage.models import LedgerEntry, ResourceQuota, StoragePolicyQuota
from storage.quota import Booked, Charge, Charges, Limit, Seen
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, get
from vmportal.models import Counter, Resource, Work
from vmportal.quota import Asked, Due, Line

# What a quota object's own work is called: `Shape.group_resource`.
WORK = {quota.RESOURCE_QUOTA: "resourcequotas", quota.POLICY_QUOTA: "storagepolicyquotas.cns.vmware.com"}


@dataclass(frozen=True)
class Request:
    """What one write asks for, and the limits it meets."""

    namespace: str
    uid: str
    name: str
    is_create: bool
    charges: tuple[Charge, ...]
    limits: tuple[Limit, ...]
    quotas: tuple[Due, ...]


class Ledger:
    """The quota of one kind; a `vmportal.quota.Quota`. Without `charges` its objects are only counted."""

    def __init__(self, group_resource: str, model: type[Resource], charges: Charges | None = None) -> None:
        self.group_resource, self.model, self.charges = group_resource, model, charges
        self.count = quota.COUNT + group_resource

    def references(self, request: Admitting) -> Iterable[Want]:
        if request.new is None or not (request.is_create or self.charges):
            return
        yield from _quotas(request.namespace)
        if self.charges:
            yield from self.charges.references(request)

    def ask(self, request: Admitting) -> Asked | None:
        new = request.new or {}
        if get(new, "metadata.deletionTimestamp") or not (request.is_create or self.charges):
            return None
        charges = tuple(self.charges.ask(request)) if self.charges else ()
        if not (request.is_create or charges):
            return None
        # A limit that is changed between here and the write is as one that is changed after the write.
        found = [obj for want in _quotas(request.namespace) for obj in request.world.find(want)]
        detail = Request(
            namespace=request.namespace,
            uid=str(get(request.old, "metadata.uid") or ""),
            name=request.name,
            is_create=request.is_create,
            charges=charges,
            limits=tuple(limit for obj in found for limit in quota.limits_of(obj)),
            quotas=tuple((obj["metadata"]["uid"], WORK[obj["kind"]]) for obj in found),
        )
        return Asked(detail, tuple(_warnings(detail)))

    def check(self, asked: Asked) -> tuple[Line, ...]:
        request: Request = asked.detail
        charges = [self._as_booked(charge, request) for charge in self._beyond(request)]
        requested = quota.amounts(charges)
        if request.is_create:
            requested[self.count] = 1
        met = [limit for limit in request.limits if requested.get(limit.key, 0) > 0]
        if not met:
            return ()
        lines = quota.lines(met, requested, self._used(request.namespace, met), self._paths(request))
        if any(line.is_exceeded for line in lines):
            raise quota.refusal(lines, self.group_resource, request.name)
        return lines

    def book(self, obj: Object, asked: Asked) -> list[Due]:
        self.check(asked)
        request: Request = asked.detail
        self._enter(obj, request.charges)
        counts = any(limit.key == self.count for limit in request.limits)
        return list(request.quotas) if request.charges or counts else []

    def rebook(self, old: Object, new: Object, asked: Asked | None) -> None:
        if not self.charges:
            return
        charges = asked.detail.charges if asked else ()
        if asked:
            self.check(asked)
        seen = self.charges.seen(new)
        if not charges and seen == self.charges.seen(old):
            return
        # Only snapshots have several, and what they ask for does not change.
        columns: dict[str, Any] = charges[0].known if charges else {}
        columns |= _retaken(seen, columns.get("asked", F("asked")))
        LedgerEntry.objects.filter(uid=new["metadata"]["uid"]).update(**columns)
        _tell(new["metadata"]["namespace"])

    def release(self, old: Object) -> None:
        meta = old["metadata"]
        if self.charges:
            LedgerEntry.objects.filter(uid=meta["uid"]).delete()
        _tell(meta["namespace"], is_count_only=not self.charges)

    def unbooked(self) -> list[Object]:
        if not self.charges:
            return []
        entered = LedgerEntry.objects.filter(kind=self.group_resource).values("uid")
        rows = self.model.objects.exclude(uid__in=entered).order_by("created")
        return [json.loads(body) for body in rows.values_list("body", flat=True)]

    def book_again(self, request: Admitting) -> bool:
        obj = request.new or {}
        charges = tuple(self.charges.ask(request)) if self.charges else ()
        uid = obj["metadata"]["uid"]
        with transaction.atomic():
            Counter.next()  # nobody else writes, so it is there or it is not
            if not charges or not self.model.objects.filter(uid=uid).exists():
                return False
            LedgerEntry.objects.filter(uid=uid).delete()
            self._enter(obj, charges)
            _tell(request.namespace)
        return True

    def forget_gone(self) -> int:
        if not self.charges:
            return 0
        entries = LedgerEntry.objects.filter(kind=self.group_resource)
        return entries.exclude(uid__in=self.model.objects.values("uid")).delete()[0]

    def _enter(self, obj: Object, charges: Iterable[Charge]) -> None:
        seen = self.charges.seen(obj) if self.charges else None
        LedgerEntry.objects.bulk_create(
            LedgerEntry(
                uid=obj["metadata"]["uid"],
                kind=self.group_resource,
                namespace=obj["metadata"]["namespace"],
                storage_class=charge.storage_class,
                policy_id=charge.policy_id,
                cpus=charge.cpus or 0,
                memory=charge.memory or 0,
                asked=charge.asked or 0,
                is_own=charge.is_own,
                **_taken(seen, charge.asked or 0, charge.is_own),
            )
            for charge in charges
        )

    def _as_booked(self, charge: Charge, request: Request) -> Booked:
        return Booked(
            self.group_resource,
            charge.storage_class,
            charge.policy_id,
            objects=int(request.is_create),
            cpus=charge.cpus or 0,
            memory=charge.memory or 0,
            reserved=charge.requested,
        )

    def _paths(self, request: Request) -> dict[str, str]:
        """Where a request asks for what."""
        paths = {
            key: charge.path
            for charge in request.charges
            for key in quota.amounts([self._as_booked(charge, request)])
            if quota.is_bytes(key)
        }
        return paths | dict.fromkeys((quota.CPU, quota.MEMORY), "spec.className")

    def _beyond(self, request: Request) -> Iterable[Charge]:
        """The charges, of CPU and memory only what goes beyond what the object has."""
        if request.is_create or all(charge.cpus is None for charge in request.charges):
            yield from request.charges
            return
        entries = LedgerEntry.objects.filter(uid=request.uid, is_own=True)
        has_cpus, has_memory = entries.values_list("cpus", "memory").first() or (0, 0)
        for charge in request.charges:
            cpus, memory = (charge.cpus or 0) - has_cpus, (charge.memory or 0) - has_memory
            yield replace(charge, cpus=max(0, cpus), memory=max(0, memory))

    def _used(self, namespace: str, limits: Iterable[Limit]) -> dict[str, int]:
        """What the namespace has, as far as the limits ask. One statement."""
        keys = {limit.key for limit in limits}
        rows = sums.booked(
            namespace,
            has_charges=bool(keys - {self.count}),
            counted=self.model if self.count in keys else None,
        )
        used = quota.amounts(row for row in rows if row.kind)
        used[self.count] = sum(row.objects for row in rows if not row.kind)
        return used


def _quotas(namespace: str) -> tuple[Want, Want]:
    return Want(quota.RESOURCE_QUOTA, namespace), Want(quota.POLICY_QUOTA, namespace)


def _warnings(request: Request) -> Iterator[str]:
    """D-28: what a new object will take later does not stop it, but is told."""
    for charge in request.charges:
        key = quota.POLICY + charge.policy_id
        for limit in request.limits:
            if charge.later and limit.key == key:
                yield (
                    f"{charge.later_path}: {quota.shown(charge.later, True)} more than the image has will also "
                    f"count against quota {limit.quota}"
                )


def _taken(seen: Seen | None, asked: int, is_own: bool) -> dict[str, int]:
    """The columns `reserved` and `used` of a new object: as asked until it is seen."""
    if seen is None:
        return {"reserved": asked, "used": 0}
    return {"reserved": seen.reserved, "used": seen.used} if is_own else {"reserved": 0, "used": 0}


def _retaken(seen: Seen | None, asked: Any) -> dict[str, Any]:
    """The same of an object with its entries in the database."""
    if seen is None:
        return {"reserved": asked, "used": 0}
    return {
        "reserved": Case(When(is_own=True, then=Value(seen.reserved)), default=Value(0)),
        "used": Case(When(is_own=True, then=Value(seen.used)), default=Value(0)),
    }


def _tell(namespace: str, *, is_count_only: bool = False) -> None:
    """The usage of the namespace has changed: its quotas are due to tell it."""
    uids = ResourceQuota.objects.filter(namespace=namespace).values("uid").order_by()
    if not is_count_only:
        others = StoragePolicyQuota.objects.filter(namespace=namespace).values("uid").order_by()
        uids = uids.union(others, all=True)
    Work.objects.filter(uid__in=uids).update(due_at=timezone.now(), nudges=F("nudges") + 1)
