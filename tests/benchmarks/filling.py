"""Fills a portal's database with machines that run, past the API: rows only, thousands a second, and room for more.

Called by benchmarks and by the test of statements; `python -m tests.benchmarks.filling COUNT` fills the database of
the environment and prints the tokens with which to ask for what is there.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import sys
import uuid
from collections.abc import Iterator
from typing import Any

NAMESPACE, USER = "team-a", "alice"
BATCH = 500


def fill(count: int, like: dict[str, Any]) -> None:
    """As many machines as `like`, `vm-00000` and so on. No worker sees them: their work is due tomorrow."""
    from django.db import transaction

    make_room()
    with transaction.atomic():
        _fill(count, like)


def make_room() -> None:
    """Raise the demo's quotas, which are kept and summed up all the same."""
    from tests.builders import as_portal, kind
    from vmportal import service

    for name in ("ResourceQuota", "StoragePolicyQuota"):
        for quota in kind(name).model.objects.filter(namespace=NAMESPACE):
            service.update(kind(name), NAMESPACE, quota.name, _raised, as_portal())


def _raised(quota: dict[str, Any]) -> dict[str, Any]:
    if quota["kind"] == "StoragePolicyQuota":
        quota["spec"]["limit"] = "1Ei"
    else:
        quota["spec"]["hard"] = dict.fromkeys(quota["spec"]["hard"], "1E")
    return quota


def _fill(count: int, like: dict[str, Any]) -> None:
    from django.db.models import F
    from django.utils import timezone

    from storage.models import LedgerEntry
    from tests.builders import kind
    from vmportal import store
    from vmportal.models import Counter, Work

    vms = kind("VirtualMachine")
    Counter.objects.filter(name="version").update(value=F("value") + count)
    first = Counter.read()["version"] - count + 1
    entry = LedgerEntry.objects.filter(uid=like["metadata"]["uid"]).values().get()
    del entry["id"]
    work = {"kind": vms.shape.group_resource, "due_at": timezone.now() + dt.timedelta(days=1)}
    rows = (vms.model(**store.row_values(vms, obj)) for obj in _copies(count, like, first))
    while batch := [row for _, row in zip(range(BATCH), rows, strict=False)]:
        vms.model.objects.bulk_create(batch)
        Work.objects.bulk_create(Work(uid=row.uid, **work) for row in batch)
        LedgerEntry.objects.bulk_create(LedgerEntry(**{**entry, "uid": row.uid}) for row in batch)


def _copies(count: int, like: dict[str, Any], version: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        obj = copy.deepcopy(like)
        obj["metadata"] |= {
            "name": f"vm-{number:05d}",
            "uid": str(uuid.uuid4()),
            "resourceVersion": str(version + number),
            "labels": {**obj["metadata"].get("labels", {}), "app": f"app-{number % 20}"},
        }
        obj["spec"] |= {"instanceUUID": str(uuid.uuid4())}
        yield obj


def running_vm() -> dict[str, Any]:
    """A machine of the demo that has come up; the worker's passes are made here until one has."""
    from vmportal import tasks, watcher, work
    from vms.models import VirtualMachine

    for _ in range(100):
        rows = VirtualMachine.objects.filter(namespace=NAMESPACE, state="Running").exclude(address="")
        if row := rows.order_by("name").first():
            return json.loads(row.body)
        watcher.look_once()
        for kind_name, uid in work.due(20):
            tasks.sync(kind_name, uid)
    raise RuntimeError("no machine of the demo has come up")


def main(count: int) -> None:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore

    from vmportal.api.auth import new_token
    from vmportal.models import User

    fill(count, running_vm())
    user = User.objects.get(username=USER)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(json.dumps({"token": new_token(user, None)[0], "session": session.session_key}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
    import django

    django.setup()
    main(int(sys.argv[1]))
