"""What runs in the background: make wishes true, find what is due, collect and sweep. Called by the worker.

Every task reads afresh what it works on, so late, doubled or lost messages do no harm.
"""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from vmportal import garbage, service, work
from vmportal.api import tokens
from vmportal.errors import ApiError
from vmportal.kinds import kind_named
from vmportal.models import Audit, Change, Event, IdempotencyKey

log = logging.getLogger(__name__)

BATCH = 200  # of what one tick of the clock picks up
EVENTS_BATCH = 2000  # of old events that one sweep, once a minute, takes away


@shared_task(name="vmportal.tasks.sync")
def sync(kind: str, uid: str) -> None:
    """One step of making one wish true. Does nothing when somebody else is at it, or nothing is due."""
    lease = work.lease(uid)
    reconcile = kind_named(kind).reconcile
    if lease is None or reconcile is None:
        return
    try:
        seconds = reconcile(uid, lease)
    except work.LeaseLost:
        return
    except work.Retry as reason:
        log.info("%s %s: %s", kind, uid, reason)
        lease.failed(reason.seconds)
        return
    except Exception:
        log.exception("%s %s: this pass failed, the next comes later", kind, uid)
        lease.failed()
        return
    if lease.again(seconds):
        work.wake_worker("vmportal.tasks.sync", kind, uid)


@shared_task(name="vmportal.tasks.resync")
def resync() -> None:
    """Send for what is due: delays, retries, and whatever a lost message or a killed worker left."""
    for kind, uid in work.due(BATCH):
        work.wake_worker("vmportal.tasks.sync", kind, uid)


@shared_task(name="vmportal.tasks.collect")
def collect(uid: str, owners: list[str]) -> None:
    """An object is gone: delete what it has owned, and let those go of its owners that waited for it."""
    garbage.collect(uid)
    garbage.finish_deletions(owners)


@shared_task(name="vmportal.tasks.finish_deletion")
def finish_deletion(uid: str) -> None:
    """Carry out what the marks of a deleted object ask for (foreground, orphan)."""
    garbage.finish_deletions([uid])


@shared_task(name="vmportal.tasks.sweep")
def sweep() -> None:
    """Take away old changes, events, tokens and audit notes, and what a lost message left uncollected."""
    now = timezone.now()
    Change.objects.filter(at__lt=now - dt.timedelta(seconds=settings.CHANGES_KEPT_SECONDS)).delete()
    old = Event.objects.filter(last_seen__lt=now - dt.timedelta(seconds=settings.EVENTS_KEPT_SECONDS))
    for namespace, name in old.values_list("namespace", "name")[:EVENTS_BATCH]:
        try:
            service.delete(kind_named("events"), namespace, name, service.operator())
        except ApiError as error:
            log.info("event %s/%s: %s", namespace, name, error)
    tokens.sweep()
    Audit.objects.filter(at__lt=now - dt.timedelta(days=settings.AUDIT_KEPT_DAYS)).delete()
    kept = dt.timedelta(seconds=settings.IDEMPOTENCY_KEPT_SECONDS)
    IdempotencyKey.objects.filter(at__lt=now - kept).delete()
    garbage.collect_orphans()
    garbage.finish_deletions()
