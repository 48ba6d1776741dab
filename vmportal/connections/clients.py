"""Hands out the client of a connection: one in each process, made anew when the connection or its account changes.

Called by all that talks to a Supervisor: the look at a connection, wishes on their way out, news on their way in.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from vmportal import jsontext
from vmportal.admission.reading import text
from vmportal.backends.supervisor.client import Client
from vmportal.connections.account import FILE, MOST_KUBECONFIG, SECRET, access_of
from vmportal.models import Connection, Secret

Object = dict[str, Any]


@dataclass(frozen=True)
class _Held:
    stamp: tuple[object, ...]
    client: Client


_HELD: dict[str, _Held] = {}  # by the connection's uid
_LOCK = threading.Lock()


def client_named(name: str) -> Client:
    """The client of the connection of that name. Raises `KeyError`, and what `client_for` raises."""
    row = Connection.objects.filter(name=name).first()
    if row is None:
        raise KeyError(name)
    return client_for(jsontext.read(row.body))


def client_for(connection: Object) -> Client:
    """The client of a connection. Raises `Unusable`, or `Away` for an account that no TLS can be made with."""
    uid, stamp = connection["metadata"]["uid"], _stamp(connection)
    with _LOCK:
        held = _HELD.get(uid)
        if held and held.stamp == stamp:
            return held.client
    client = Client(access_of(connection, _secret(connection), _file(connection)))
    _hold(uid, _Held(stamp, client))
    return client


def _hold(uid: str, held: _Held) -> None:
    """Keep a client in place of the one before, and let go of those whose connections are gone."""
    there = set(Connection.objects.values_list("uid", flat=True))
    with _LOCK:
        old = {one: _HELD.pop(one) for one in [*_HELD] if one == uid or one not in there}
        _HELD[uid] = held
    for one in old.values():
        one.client.close()  # whoever still works with it ends what it has begun


def _stamp(connection: Object) -> tuple[object, ...]:
    """What differs when the client must be another one."""
    path = _path(connection)
    stat = path.stat() if path else None
    return (
        connection["metadata"].get("generation"),
        _rows(connection).values_list("uid", "version").first(),
        (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None,
    )


def _rows(connection: Object) -> Any:
    name = text(connection, SECRET)
    return Secret.objects.filter(namespace=settings.OPERATOR_NAMESPACE, name=name)


def _secret(connection: Object) -> Object | None:
    row = _rows(connection).first()
    return jsontext.read(row.body) if row else None


def _file(connection: Object) -> str | None:
    path = _path(connection)
    if path is None or path.stat().st_size > MOST_KUBECONFIG:
        return None
    return path.read_text(errors="replace")


def _path(connection: Object) -> Path | None:
    """Where the kubeconfig lies, if there is one; links may not lead out of the folder."""
    name, folder = text(connection, FILE), settings.KUBECONFIG_DIR
    if not name or not folder:
        return None
    place = Path(folder).resolve()
    path = (place / name).resolve()
    return path if path.is_relative_to(place) and path.is_file() else None
