"""Fetches what admission rules look up, in one statement for all kinds. Called by the service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q

from vmportal import access, jsontext
from vmportal.admission import Installation, Want
from vmportal.features import DEFAULTS
from vmportal.kind import Kind, Object
from vmportal.resource import BodyField
from vmportal.terminating import takes_nothing_new

_BODY = BodyField()


def installation() -> Installation:
    """What holds for the whole installation."""
    return Installation(
        build_version=settings.BUILD_VERSION,
        operator_namespace=settings.OPERATOR_NAMESPACE,
        operator_account=settings.OPERATOR_ACCOUNT,
        privileged_users=settings.PRIVILEGED_USERS,
        network_provider=settings.NETWORK_PROVIDER,
    )


def features() -> dict[str, bool]:
    """The feature flags; a later connection kind brings its own."""
    return dict(DEFAULTS)


def fetch(wants: Iterable[Want]) -> list[Object]:
    """All objects that any of the wants asks for, in one statement."""
    from vmportal.kinds import KINDS  # the list of kinds knows the apps, which know this file

    by_kind: dict[str, list[Want]] = {}
    for want in wants:
        by_kind.setdefault(want.kind, []).append(want)
    queries = [_rows(kind, by_kind[kind.shape.kind]) for kind in KINDS if kind.shape.kind in by_kind]
    if not queries:
        return []
    with connection.cursor() as cursor:
        values = [value for _, params in queries for value in params]
        cursor.execute(" UNION ALL ".join(sql for sql, _ in queries), values)
        return [
            jsontext.read(_BODY.from_db_value(body, None, connection) or "") for (body,) in cursor.fetchall()
        ]


def demand_open_namespace(kind: Kind, name: str, namespace: str, found: Iterable[Object]) -> None:
    """Raise unless the namespace is there and takes a new object of a kind."""
    for obj in found:
        if obj["kind"] == "Namespace" and obj["metadata"]["name"] == namespace:
            if obj["metadata"].get("deletionTimestamp"):
                raise takes_nothing_new(kind, name, namespace)
            return
    raise access.no_namespace(namespace)


def _rows(kind: Kind, wants: list[Want]) -> tuple[str, Sequence[Any]]:
    """The statement for the bodies of one kind. By name, as nearly all are wanted, it is the quicker for being plain."""
    if any(want.label or want.field or not want.name for want in wants):
        where = reduce(or_, (_where(kind, want) for want in wants))
        found = kind.model.objects.filter(where).order_by().values_list("body")
        sql, params = found.query.sql_with_params()
        return sql, params
    any_of = " OR ".join(["(namespace = %s AND name = %s)"] * len(wants))
    names = [part for want in wants for part in (want.namespace, want.name)]
    return f"SELECT body FROM {kind.model._meta.db_table} WHERE {any_of}", names


def _where(kind: Kind, want: Want) -> Q:
    where = Q(namespace=want.namespace)
    if want.name:
        where &= Q(name=want.name)
    if want.label:
        where &= Q(labels__has_key=want.label)  # `Want.fits` looks at its value
    if want.field:
        where &= Q(**{kind.selectable[want.field]: want.equals})
    return where
