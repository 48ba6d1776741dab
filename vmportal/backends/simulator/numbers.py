"""Numbers that only grow: MoIDs, MACs, and the numbers of changes. Used by the simulator, inside a transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from vmportal.backends.base import BackendUnavailable
from vmportal.backends.simulator.models import (
    SimulatedChange,
    SimulatedDatastore,
    SimulatedHost,
    SimulatedTask,
    SimulatedVCenter,
    SimulatedVM,
)

CHANGES_KEPT = 50_000


def next_id() -> int:
    return _next("last_id")


def record_change(of: SimulatedVM | SimulatedTask, now: dt.datetime, *, gives_room: bool = False) -> None:
    """Tell watchers that something of this VM (or of the VM of this task) is different.

    Take all other locks before: this one puts changes in the order in which they are committed.
    """
    ref = {"ref_uid": of.ref_uid, "ref_namespace": of.ref_namespace, "ref_name": of.ref_name}
    _record(moid=of.moid, at=now, gives_room=gives_room, **ref)


def record_room(of: SimulatedHost | SimulatedDatastore, now: dt.datetime) -> None:
    """Tell watchers that this host or datastore has more room than before."""
    _record(moid=of.moid, at=now, gives_room=True)


def _record(**columns: Any) -> None:
    number = _next("last_change")
    SimulatedChange.objects.create(number=number, **columns)
    if number % 1000 == 0:
        SimulatedChange.objects.filter(number__lte=number - CHANGES_KEPT).delete()


def _next(column: str) -> int:
    table = SimulatedVCenter._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column} + 1 RETURNING {column}")
        row = cursor.fetchone()
    if row is None:
        raise BackendUnavailable("the simulated vSphere is empty: seed it first")
    return int(row[0])
