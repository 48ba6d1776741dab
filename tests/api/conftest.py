"""The cast of the API's tests: alice is admin of team-a, bob a stranger, vera a viewer, root a portal admin."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.builders import create, make_namespace, obj
from vmportal.access import forget_memberships
from vmportal.api.auth import new_token
from vmportal.models import User

ROLES = {"alice": "admin", "ed": "edit", "vera": "view"}  # in team-a


class Caller:
    """Somebody with a token and an HTTP client: `alice.get(path)`, `alice.post(path, object)`."""

    def __init__(self, name: str, is_admin: bool = False) -> None:
        self.user = User.objects.create(username=name, is_superuser=is_admin)
        self.token, _ = new_token(self.user, None)
        self.client = Client(headers={"Authorization": f"Bearer {self.token}", "User-Agent": "kubectl/v1.37"})

    def get(self, path: str, query: dict | None = None, **headers: str) -> Any:
        return self.client.get(path, query, headers=headers)

    def list(self, path: str, **query: Any) -> list[str]:
        return [item["metadata"]["name"] for item in self.get(path, query).json()["items"]]

    def post(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        return self.client.post(path, _encoded(body), content_type, headers=headers)

    def put(self, path: str, body: Any, content_type: str = "application/json") -> Any:
        return self.client.put(path, _encoded(body), content_type)

    def patch(self, path: str, body: Any, kind: str = "merge-patch") -> Any:
        return self.client.patch(path, _encoded(body), f"application/{kind}+json")

    def delete(self, path: str, body: Any = None) -> Any:
        return self.client.delete(path, b"" if body is None else _encoded(body), "application/json")


def _encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def bind(user: str, role: str, namespace: str = "team-a") -> None:
    subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io"}
    create(obj("RoleBinding", f"{user}-{role}", namespace, subjects=[subject], roleRef=reference))


@pytest.fixture
def team_a(db):
    forget_memberships()
    make_namespace("team-a")
    make_namespace("team-b")
    for user, role in ROLES.items():
        bind(user, role)


@pytest.fixture
def alice(team_a) -> Caller:
    return Caller("alice")


@pytest.fixture
def ed(team_a) -> Caller:
    return Caller("ed")


@pytest.fixture
def vera(team_a) -> Caller:
    return Caller("vera")


@pytest.fixture
def bob(team_a) -> Caller:
    return Caller("bob")


@pytest.fixture
def root(team_a) -> Caller:
    return Caller("root", is_admin=True)
