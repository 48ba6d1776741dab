"""What tests of work stand on: an empty broker, and work that is due."""

from __future__ import annotations

import pytest
from kombu.transport.memory import Channel

from tests.builders import make_namespace
from vmportal.models import Work


@pytest.fixture(autouse=True)
def no_messages():
    """The broker in memory outlives a test: its queues belong to the process."""
    yield
    Channel.queues.clear()


@pytest.fixture
def work_row() -> Work:
    """The work of a namespace that has just been made: it is due."""
    return Work.objects.get(uid=make_namespace()["metadata"]["uid"])
