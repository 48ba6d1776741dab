"""What the tests of offers stand on: two namespaces with nothing in them, and a worker that works when it is told to."""

from __future__ import annotations

import pytest
from celery import current_app

from tests.builders import create, obj
from vmportal import tasks, work


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch):
    """The broker in memory outlives a test; what is to be done stands in the database anyway."""
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: None)


@pytest.fixture
def teams(db) -> None:
    for name, tier in (("team-a", "gold"), ("team-b", "silver")):
        create(obj("Namespace", name, meta={"labels": {"tier": tier}}))


def work_off(rounds: int = 20) -> None:
    """All that is due, until nothing is."""
    for _ in range(rounds):
        due = work.due(500)
        if not due:
            return
        for kind, uid in due:
            tasks.sync(kind, uid)
    raise AssertionError(f"there is no end of work: {due}")
