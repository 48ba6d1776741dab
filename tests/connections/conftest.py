"""What the tests of connections stand on: the portal's own namespace, and a worker that works when it is told to."""

from __future__ import annotations

import pytest
from celery import current_app

from tests.builders import make_namespace
from tests.connections.builders import OPERATOR
from vmportal.connections import clients


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch):
    """The broker in memory outlives a test; what is to be done stands in the database anyway."""
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: None)


@pytest.fixture
def own_namespace(db):
    make_namespace(OPERATOR)
    yield
    while clients._HELD:
        clients._HELD.popitem()[1].client.close()
