"""Looks at connections, again and again and at once after a change, and tells in their status what was found.

Called by the worker under a lease; no request waits for it.
"""

from __future__ import annotations

import contextlib
import json

from vmportal import events, service
from vmportal.admission.reading import get
from vmportal.backends.supervisor.abilities import Seen
from vmportal.backends.supervisor.access import Access
from vmportal.backends.supervisor.answers import Away, CredentialsRefused, Refused
from vmportal.backends.supervisor.probe import probe
from vmportal.connections import clients
from vmportal.connections.account import PLACE, Unusable
from vmportal.connections.reconcile import (
    ACCOUNT_UNUSABLE,
    AUTHORIZED,
    REACHABLE,
    Failure,
    look_again,
    news,
    status,
)
from vmportal.errors import ApiError, NotFound
from vmportal.kind import Kind, Object
from vmportal.models import Connection
from vmportal.object_metadata import timestamp
from vmportal.work import Lease


def reconcile_connection(uid: str, lease: Lease) -> float | None:
    """Look, and tell; seconds until the next look."""
    row = Connection.objects.filter(uid=uid).first()
    if row is None:
        return None
    connection = json.loads(row.body)
    access, found = _look(connection, lease)
    after = status(connection, access, found, timestamp())
    _tell(connection, after, lease)
    return look_again(after, found)


def _look(connection: Object, lease: Lease) -> tuple[Access | None, Seen | Failure]:
    try:
        client = clients.client_for(connection)
    except (Unusable, Away) as error:
        return None, Failure(AUTHORIZED, ACCOUNT_UNUSABLE, error.message)
    try:
        found: Seen | Failure = probe(client, get(connection, f"{PLACE}.namespaces") or (), lease.renew)
    except CredentialsRefused as error:
        found = Failure(AUTHORIZED, error.reason, error.message)
    except Away as error:
        found = Failure(REACHABLE, error.reason, error.message, error.retry_after)
    except Refused as error:
        found = Failure(AUTHORIZED, "QuestionRefused", error.message)
    return client.access, found


def _tell(connection: Object, after: Object, lease: Lease) -> None:
    """Write the status down, and tell what is new."""
    kind, by = _connections(), service.operator()
    name = connection["metadata"]["name"]
    with contextlib.suppress(NotFound):  # it went meanwhile
        service.update(
            kind, "", name, lambda found: {**found, "status": after}, by, lease=lease, subresource="status"
        )
    for one in news(connection, after):
        with contextlib.suppress(ApiError):
            events.record(kind, connection, one.type, one.reason, one.message, by)


def _connections() -> Kind:
    from vmportal.kinds import kind_named  # which names this file's task

    return kind_named("connections.vmportal.dev")
