"""The kind Connection: shape, row and rules together. Read by `vmportal.kinds`."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from vmportal import models
from vmportal.admission import Admission
from vmportal.admission.reading import text
from vmportal.connections import rules, schema
from vmportal.connections.account import SECRET
from vmportal.kind import Kind, Object
from vmportal.work import Lease


def _reconcile(uid: str, lease: Lease) -> float | None:
    from vmportal.connections.tasks import reconcile_connection  # loads the client, which takes a moment

    return reconcile_connection(uid, lease)


def waiting_for_secret(secret: Object) -> Any:
    """The connections whose account stands in a Secret of the portal's own namespace."""
    meta = secret["metadata"]
    name = meta["name"] if meta.get("namespace") == settings.OPERATOR_NAMESPACE else ""
    return models.Connection.objects.filter(secret=name).exclude(secret="").values("uid")


CONNECTION = Kind(
    schema.CONNECTION,
    models.Connection,
    reader="portal",  # it tells of the site's innards
    writer="portal",
    admission=Admission(references=rules.references, rules=rules.RULES),
    row_columns=lambda obj: {"secret": text(obj, SECRET)},
    reconcile=_reconcile,
)
KINDS = (CONNECTION,)
