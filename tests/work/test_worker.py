"""A real worker: what messages wake, what the clock finds without them, what is dropped behind a backlog."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from kombu.transport.memory import Channel

from tests.builders import by, config_map, create, kind, make_namespace
from tests.store.writers import database_url
from vmportal import service, tasks
from vmportal.celery import app
from vmportal.models import ConfigMap, Namespace, OwnerRef, Work

pytestmark = pytest.mark.django_db(transaction=True)


def running_worker() -> AbstractContextManager[object]:
    return start_worker(app, pool="threads", concurrency=2, perform_ping_check=False, shutdown_timeout=10)


@pytest.fixture(scope="module")
def worker(django_db_setup, django_db_blocker) -> Iterator[None]:
    """One for all: it takes two seconds to stop."""
    with django_db_blocker.unblock(), running_worker():
        yield


def happens(is_so: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def messages() -> int:
    return sum(queue.qsize() for queue in Channel.queues.values())


def delete_namespace() -> None:
    service.delete(kind("Namespace"), "", "team-a", by())


def test_a_lost_message_is_found_by_the_clock():
    make_namespace()
    delete_namespace()
    assert messages()
    Channel.queues.clear()  # as a broker that is restarted, or a process that is killed
    with running_worker():
        assert not happens(lambda: not Namespace.objects.exists(), seconds=0.5)
        tasks.resync()
        assert happens(lambda: not Namespace.objects.exists())


def test_a_wish_wakes_the_worker(worker):
    make_namespace()
    create(config_map())
    delete_namespace()
    assert happens(lambda: not Namespace.objects.exists())
    assert not ConfigMap.objects.exists()
    assert not Work.objects.exists()


def test_a_request_does_not_fail_when_the_broker_is_away():
    """The wake-up is lost, the wish is not; and nobody waits long for it."""
    program = """
import django, time
django.setup()
from tests.builders import make_namespace
started = time.monotonic()
make_namespace()
print(time.monotonic() - started)
"""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "vmportal.settings",
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",  # where nobody listens
    }
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "the broker is away, the clock will find it" in done.stderr
    assert float(done.stdout) < 2
    assert Work.objects.count() == 1


def test_what_is_owned_goes_soon_after_its_owner(worker):
    make_namespace()
    owner = create(config_map("owner"))
    ref = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    create(config_map("child", ownerReferences=[ref]))
    service.delete(kind("ConfigMap"), "team-a", "owner", by())
    assert happens(lambda: not ConfigMap.objects.exists())
    assert not OwnerRef.objects.exists()


def test_an_owner_in_foreground_deletion_goes_with_the_last_of_its_own(worker):
    make_namespace()
    owner = create(config_map("owner"))
    ref = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    create(config_map("child", ownerReferences=[{**ref, "blockOwnerDeletion": True}]))
    service.delete(kind("ConfigMap"), "team-a", "owner", by(), propagation="Foreground")
    assert happens(lambda: not ConfigMap.objects.exists())


def test_a_tick_that_comes_late_is_dropped():
    """Behind a backlog, ticks would send again for all that already has its message."""
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        assert entry["options"]["expires"] == entry["schedule"], name
