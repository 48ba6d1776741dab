"""Gives the database of an older portal what new tables alone do not bring. Called when `migrate` is done.

No migration can do it: it is told by the code of the kinds, which knows only the newest tables.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from vmportal import admitted, service
from vmportal.errors import ApiError
from vmportal.kind import Kind, Object
from vmportal.models import Work

log = logging.getLogger(__name__)


def complete(using: str, **options: Any) -> None:
    """Note of all objects what they take of quotas, and that there is work on them, where nobody has yet.

    A receiver of `post_migrate`.
    """
    # A flush, too, sends that signal; and who migrates back has other tables than the kinds know.
    if "plan" not in options or not _is_newest(using):
        return
    from vmportal.kinds import KINDS  # which is not there yet when apps are set up

    for kind in KINDS:
        _give_work(kind)
    for kind in KINDS:
        for obj in kind.quota.unbooked() if kind.quota else ():
            _book(kind, obj)


def _give_work(kind: Kind) -> None:
    """To objects from before the portal saw to their kind."""
    if kind.is_reconciled:
        resting = kind.model.objects.exclude(uid__in=Work.objects.values("uid")).order_by()
        name, now = kind.shape.group_resource, timezone.now()
        Work.objects.bulk_create(
            (Work(kind=name, uid=uid, due_at=now) for uid in resting.values_list("uid", flat=True)),
            ignore_conflicts=True,  # somebody has just written it
        )


def _book(kind: Kind, obj: Object) -> None:
    meta = obj["metadata"]
    try:
        admitted.book_again(kind, obj, service.operator().caller)
    except ApiError as error:  # its class is gone, say: `check_columns` tells of it, too
        name = f"{kind.shape.plural} {meta['namespace']}/{meta['name']}"
        log.warning("%s is not counted in quotas: %s", name, error.message)


def _is_newest(using: str) -> bool:
    loader = MigrationLoader(connections[using])
    return all(leaf in loader.applied_migrations for leaf in loader.graph.leaf_nodes())
