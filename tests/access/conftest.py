"""The cast of the matrix, made once a module: everybody in `expected.ROLES`, and an object of each kind.

All of it stands in one transaction that is taken back at the end.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings

from tests.access.cells import Stored, name_of, resources, wished
from tests.access.expected import RESOURCES
from tests.api.conftest import bind
from tests.api.issuer import AUDIENCE, TestIssuer
from tests.builders import by, create, make_namespace, obj
from vmportal import store
from vmportal.access import forget_memberships
from vmportal.api import definitions, feed, waiting, watch
from vmportal.api.auth import new_token, user_of_service_account
from vmportal.errors import ApiError
from vmportal.kind import Kind
from vmportal.kinds import kind_named
from vmportal.limits import Rate
from vmportal.models import User
from vmportal.oidc import Issuer

NAMESPACES = ("team-a", "team-b", "team-c")
UNLIMITED = Rate(0, 0)


@dataclass
class Cast:
    """A client of each role, and what there is: the objects by resource and namespace."""

    clients: dict[str, Client] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    stored: Stored = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Cast]:
    quiet = feed.Feed()
    places = (watch, definitions, waiting)
    with (
        django_db_blocker.unblock(),
        TestIssuer(tmp_path_factory.mktemp("issuer")) as issuer,
        pytest.MonkeyPatch.context() as patch,
        override_settings(
            OIDC=Issuer(issuer.url, (AUDIENCE,), groups_claim="groups", ca_file=str(issuer.ca_file)),
            PRIVILEGED_USERS="paula",
            CLIENT_RATE=UNLIMITED,
            ADDRESS_RATE=UNLIMITED,
        ),
        transaction.atomic(),
    ):
        assert "test" in str(connection.settings_dict["NAME"]), "mark the module with django_db"
        for place in places:
            patch.setattr(place, "FEED", quiet)
        forget_memberships()
        yield _made(issuer)
        transaction.set_rollback(True)
    quiet.stop()
    if quiet._thread:
        quiet._thread.join(5)
    forget_memberships()


def _made(issuer: TestIssuer) -> Cast:
    cast = Cast()
    for name in NAMESPACES:
        make_namespace(name)
    _store_samples(cast)
    for name in ("sam", "vera", "ed", "anna", "root", "paula"):
        cast.users[name] = User.objects.create(username=name, is_superuser=name == "root")
    for name, role in (("vera", "view"), ("ed", "edit"), ("anna", "admin"), ("paula", "edit")):
        bind(name, role)
    bind("ed", "edit", "team-b")
    _seat(cast, issuer)
    return cast


def _seat(cast: Cast, issuer: TestIssuer) -> None:
    """Everybody gets a client that sends their token."""
    ed, root = cast.users["ed"], cast.users["root"]
    # Only for team-a: the editor of both is there for tokens that are for team-b.
    here = cast.users["erik"] = User.objects.create(username="erik")
    bind("erik", "edit")
    account = create(obj("ServiceAccount", "bot", "team-a"))["metadata"]
    bot = user_of_service_account("team-a", "bot", account["uid"])
    _bind_subject({"kind": "ServiceAccount", "name": "bot", "namespace": "team-a"})
    _bind_subject({"kind": "Group", "name": "oidc:devs", "apiGroup": "rbac.authorization.k8s.io"})
    users = {
        "stranger": cast.users["sam"],
        "viewer": cast.users["vera"],
        "editor": here,
        "namespace admin": cast.users["anna"],
        "portal admin": root,
        "privileged editor": cast.users["paula"],
        "service account": bot,
    }
    cast.tokens = {role: new_token(user, dt.timedelta(hours=1))[0] for role, user in users.items()}
    cast.tokens |= {
        "read-only token of an editor": new_token(here, None, read_only=True)[0],
        "read-only token of a portal admin": new_token(root, None, read_only=True)[0],
        "token for team-b of an editor of both": new_token(ed, None, namespace="team-b")[0],
        "token for team-b of a portal admin": new_token(root, None, namespace="team-b")[0],
        "token for team-a of a portal admin": new_token(root, None, namespace="team-a")[0],
        "person of the issuer, by a group": issuer.token(groups=["devs"], exp=issuer.claims()["exp"] + 3600),
    }
    cast.clients = {role: _client(token) for role, token in cast.tokens.items()}
    cast.clients["anonymous"] = Client()
    in_name = {"Impersonate-User": "erik"}
    cast.clients["editor whom a portal admin impersonates"] = _client(cast.tokens["portal admin"], **in_name)


def _client(token: str, **headers: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}", "User-Agent": "matrix/1", **headers})


def _bind_subject(subject: dict[str, str]) -> None:
    reference = {"kind": "ClusterRole", "name": "edit", "apiGroup": "rbac.authorization.k8s.io"}
    create(
        obj("RoleBinding", subject["name"].replace(":", "-"), "team-a", subjects=[subject], roleRef=reference)
    )


def _store_samples(cast: Cast) -> None:
    """One of each kind in each namespace."""
    for one in resources():
        if name_of(one) not in RESOURCES:
            continue
        kind = kind_named(name_of(one))
        if kind.shape.kind == "Namespace":
            rows = kind.model.objects.values_list("name", "body")
            cast.stored |= {("namespaces", name): json.loads(body) for name, body in rows}
            continue
        for namespace in NAMESPACES if one.namespaced else ("",):
            cast.stored[name_of(one), namespace] = _stored(kind, wished(kind, namespace))


def _stored(kind: Kind, wish: dict[str, Any]) -> dict[str, Any]:
    """Past the rules where they want other objects first: what is asked here is who may."""
    try:
        return create(wish)
    except ApiError:
        return store.insert(kind, _complete(wish), by())


def _complete(wish: dict[str, Any]) -> dict[str, Any]:
    now = "2026-01-01T00:00:00Z"
    return {
        **wish,
        "metadata": {**wish["metadata"], "uid": str(uuid.uuid4()), "creationTimestamp": now, "generation": 1},
    }
