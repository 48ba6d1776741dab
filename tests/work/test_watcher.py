"""What the watcher makes due: VMs that changed, and where there is room again, those that have failed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from vmportal import work
from vmportal.backends.simulator import behind
from vmportal.backends.simulator.models import SimulatedHost
from vmportal.backends.simulator.seed import seed
from vmportal.models import Work
from vmportal.watcher import VMS, look_once

pytestmark = pytest.mark.django_db

LATER = dt.timedelta(minutes=5)


def waits(uid: str, kind: str = VMS, attempts: int = 0) -> str:
    """Work that is due in five minutes; with attempts, because it has failed."""
    Work.objects.create(uid=uid, kind=kind, due_at=timezone.now() + LATER, attempts=attempts)
    return uid


def due() -> set[str]:
    return {uid for _, uid in work.due(100)}


@pytest.fixture
def host(db) -> str:
    seed()
    look_once()
    return SimulatedHost.objects.order_by("name").values_list("name", flat=True)[0]


def test_a_host_that_is_back_lets_vms_that_failed_try_again(host):
    failed = waits("failed", attempts=9)
    waits("settled")
    waits("a namespace that fails", kind="namespaces", attempts=3)
    behind.host_down(host)
    look_once()
    assert due() == set()
    behind.host_up(host)
    look_once()
    assert due() == {failed}
    assert Work.objects.get(uid=failed).attempts == 9  # who fails once more waits as long as before


def test_a_pass_that_chose_its_own_time_has_failed_too(host):
    """A VM that found no place looks again in ten seconds; with room, at once."""
    Work.objects.create(uid="unplaced", kind=VMS, due_at=timezone.now())
    lease = work.lease("unplaced")
    assert lease is not None
    lease.failed(10)
    assert due() == set()
    behind.host_up(host)
    look_once()
    assert due() == {"unplaced"}
