"""Leases: one pass at a time, and nothing is lost by a worker that dies, a late nudge or a failure."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.builders import by, kind
from vmportal import service, tasks, work
from vmportal.models import Namespace, Work

pytestmark = pytest.mark.django_db

NAMESPACE = kind("Namespace")
NAMED = {"kubernetes.io/metadata.name": "team-a"}  # the label that every namespace gets


def seconds_until_due(row: Work) -> float:
    row.refresh_from_db()
    return round((row.due_at - timezone.now()).total_seconds())


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + dt.timedelta(seconds=seconds), tick=False)


def label(found: dict) -> dict:
    found["metadata"]["labels"] = {"seen": "yes"}
    return found


def test_a_lease_is_for_one_worker(work_row):
    assert work.lease(work_row.uid)
    assert work.lease(work_row.uid) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_object(work_row):
    gate = threading.Barrier(8)

    def attempt(_: int) -> bool:
        gate.wait()
        try:
            return work.lease(work_row.uid) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_nothing_is_leased_before_it_is_due(work_row):
    Work.objects.update(due_at=timezone.now() + dt.timedelta(seconds=30))
    assert work.lease(work_row.uid) is None
    assert work.due(10) == []
    with later(31):
        assert work.due(10) == [("namespaces", work_row.uid)]
        assert work.lease(work_row.uid)


def test_a_pass_says_when_to_look_again(work_row):
    assert not work.lease(work_row.uid).again(7)
    assert seconds_until_due(work_row) == 7
    with later(8):
        assert not work.lease(work_row.uid).again(None)
        assert seconds_until_due(work_row) == settings.FULL_SYNC_SECONDS


def test_a_pass_may_ask_to_come_again_at_once(work_row):
    assert work.lease(work_row.uid).again(0)
    assert work.lease(work_row.uid)


def test_what_a_killed_worker_held_goes_to_another_when_the_lease_ends(work_row):
    work.lease(work_row.uid)  # and its worker is never heard of again
    with later(settings.LEASE_SECONDS - 1):
        assert work.lease(work_row.uid) is None
        assert work.due(10) == []
    with later(settings.LEASE_SECONDS + 1):
        assert work.due(10) == [("namespaces", work_row.uid)]
        assert work.lease(work_row.uid)


def test_a_long_pass_holds_on_to_its_lease(work_row):
    lease = work.lease(work_row.uid)
    with later(settings.LEASE_SECONDS - 1):
        lease.renew()
    with later(settings.LEASE_SECONDS + 1):
        assert work.lease(work_row.uid) is None


def test_a_worker_that_lost_its_lease_writes_nothing(work_row):
    late = work.lease(work_row.uid)
    with later(settings.LEASE_SECONDS + 1):
        current = work.lease(work_row.uid)
        with pytest.raises(work.LeaseLost):
            late.renew()
        with pytest.raises(work.LeaseLost):
            service.update(NAMESPACE, "", "team-a", label, by(), lease=late)
        late.keep({"from": "late"})
        late.again(300)
        late.failed()
        work_row.refresh_from_db()
        assert (work_row.lease_token, work_row.notes) == (current.token, {})
        assert Namespace.objects.get().labels == NAMED
        assert service.update(NAMESPACE, "", "team-a", label, by(), lease=current)


def test_a_worker_whose_lease_ran_out_writes_nothing_either(work_row):
    late = work.lease(work_row.uid)
    with later(settings.LEASE_SECONDS + 1), pytest.raises(work.LeaseLost):
        service.update(NAMESPACE, "", "team-a", label, by(), lease=late)
    assert Namespace.objects.get().labels == NAMED


def test_a_nudge_during_a_pass_is_not_lost(work_row):
    """Whoever nudged has written something that the pass may not have read."""
    lease = work.lease(work_row.uid)
    service.update(NAMESPACE, "", "team-a", label, by())
    assert lease.again(300), "it is due at once"
    assert work.due(10) == [("namespaces", work_row.uid)]


def test_a_nudge_during_a_pass_that_fails_is_not_lost(work_row):
    lease = work.lease(work_row.uid)
    work.nudge_now(work_row.uid)
    lease.failed()
    assert work.lease(work_row.uid)


def test_a_pass_does_not_nudge_itself(work_row):
    lease = work.lease(work_row.uid)
    service.update(NAMESPACE, "", "team-a", label, by(), lease=lease)
    assert not lease.again(300)
    assert seconds_until_due(work_row) == 300


def test_each_failure_waits_twice_as_long(work_row):
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(12):
            work.lease(work_row.uid).failed()
            waits.append(seconds_until_due(work_row))
            clock.shift(waits[-1])
        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
        work.lease(work_row.uid).again(0)
        work.lease(work_row.uid).failed()
        assert seconds_until_due(work_row) == 1, "a good pass ends the row"


def test_a_wish_that_changes_is_tried_at_once_whatever_failed_before(work_row):
    Work.objects.update(attempts=9, due_at=timezone.now() + dt.timedelta(seconds=300))
    service.update(NAMESPACE, "", "team-a", label, by())
    work.lease(work_row.uid).failed()
    assert seconds_until_due(work_row) == 1


def test_failures_without_end_do_not_break_the_backoff(work_row):
    """A connection that is down for weeks: the two thousandth failure waits as long as the tenth."""
    Work.objects.update(attempts=2000)
    work.lease(work_row.uid).failed()
    assert seconds_until_due(work_row) == 300


def test_what_a_pass_notes_the_next_one_reads(work_row):
    lease = work.lease(work_row.uid)
    lease.keep({"asked": 1})
    lease.again(0)
    assert work.lease(work_row.uid).notes == {"asked": 1}


def test_a_pass_that_raises_comes_again_later(work_row, caplog):
    Namespace.objects.update(body="{", deleting=timezone.now())  # no pass can read this
    tasks.sync("namespaces", work_row.uid)
    assert "this pass failed" in caplog.text
    assert seconds_until_due(work_row) == 1
    work_row.refresh_from_db()
    assert (work_row.attempts, work_row.lease_until) == (1, None)


def test_a_doubled_message_does_no_second_pass(work_row):
    tasks.sync("namespaces", work_row.uid)
    due_at = Work.objects.get().due_at
    tasks.sync("namespaces", work_row.uid)
    assert Work.objects.get().due_at == due_at


def test_a_message_about_an_object_that_is_gone_does_no_harm():
    tasks.sync("namespaces", "e0d5a1b4-0000-0000-0000-000000000000")


def test_the_longest_waiting_is_sent_for_first():
    now = timezone.now()
    for name, seconds in (("b", 20), ("c", 10), ("a", 30), ("not-yet", -10)):
        Work.objects.create(uid=name, kind="namespaces", due_at=now - dt.timedelta(seconds=seconds))
    assert [uid for _, uid in work.due(2)] == ["a", "b"]
    assert [uid for _, uid in work.due(9)] == ["a", "b", "c"]


def test_the_embedded_start_takes_over_what_a_killed_process_held(work_row):
    held = work.lease(work_row.uid)
    assert held is not None
    work.end_all_leases()
    assert work.lease(work_row.uid) is not None
    with pytest.raises(work.LeaseLost):
        held.renew()
