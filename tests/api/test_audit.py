"""Who signed in, who was refused, who read which secret: noted, and nothing of the secret itself."""

from __future__ import annotations

import pytest

from tests.builders import create, make_namespace, obj
from vmportal.models import Audit, User

pytestmark = pytest.mark.django_db
SECRETS = "/api/v1/namespaces/team-a/secrets"


@pytest.fixture
def alice(client):
    make_namespace()
    create(
        obj(
            "RoleBinding",
            "alice",
            "team-a",
            subjects=[{"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}],
            roleRef={"kind": "ClusterRole", "name": "edit", "apiGroup": "rbac.authorization.k8s.io"},
        )
    )
    create(obj("Secret", "password", "team-a", stringData={"key": "hunter2"}))
    client.force_login(User.objects.create_user("alice", password="alice"))
    return client


def notes():
    return [(note.who, note.action, note.name) for note in Audit.objects.order_by("id")]


def test_reading_a_secret_is_noted(alice):
    assert alice.get(f"{SECRETS}/password").status_code == 200
    assert alice.get(SECRETS).status_code == 200
    assert notes() == [("alice", "read-secret", "password"), ("alice", "read-secret", "")]
    assert "hunter2" not in repr(list(Audit.objects.values()))


def test_what_is_not_there_is_not_noted(alice):
    assert alice.get(f"{SECRETS}/other").status_code == 404
    assert notes() == []


def test_a_refusal_is_noted_with_the_request(alice):
    answer = alice.delete("/api/v1/namespaces/team-a", headers={"X-Request-ID": "mine-1"})
    assert answer.status_code == 403
    assert notes() == [("alice", "forbidden", "")]
    assert Audit.objects.get().request_id == "mine-1"


def test_sign_ins_are_noted(client):
    User.objects.create_user("vera", password="right-one")
    client.post("/sign-in/", {"username": "vera", "password": "wrong"})
    client.post("/sign-in/", {"username": "vera", "password": "right-one"})
    client.post("/sign-out/")
    assert [action for _, action, _ in notes()] == ["sign-in-failed", "sign-in", "sign-out"]
