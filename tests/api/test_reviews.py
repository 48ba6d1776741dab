"""Reviews of tokens and of others: whose token is it, who am I, and what may somebody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group

from tests.api.conftest import Caller
from tests.api.issuer import AUDIENCE as CLIENT
from tests.api.issuer import TestIssuer
from tests.api.test_verbs import refusal
from tests.api.test_who import ACCOUNTS
from tests.builders import create, obj
from vmportal.api.auth import new_token
from vmportal.api.protobuf import MAGIC, decode
from vmportal.api.token_reviews import AUDIENCE
from vmportal.models import User
from vmportal.oidc import CREDENTIAL, Issuer

TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
ACCESS = "/apis/authorization.k8s.io/v1"
GET_MAPS = {"verb": "get", "resource": "configmaps", "namespace": "team-a"}


@pytest.fixture
def issuer(tmp_path, settings, team_a) -> Iterator[TestIssuer]:
    with TestIssuer(tmp_path) as running:
        settings.OIDC = Issuer(
            running.url,
            (CLIENT,),
            username_prefix="corp:",
            groups_claim="groups",
            ca_file=str(running.ca_file),
            admin_group="staff",
        )
        yield running


def review(caller: Caller, token: str, **spec: Any) -> dict[str, Any]:
    answer = caller.post(TOKENS, {"spec": {"token": token, **spec}})
    assert answer.status_code == 201, answer.content
    return answer.json()["status"]


def test_whose_token_it_is(root, alice, issuer):
    alice.user.groups.add(Group.objects.create(name="devs"))
    assert review(root, alice.token) == {
        "authenticated": True,
        "user": {
            "username": "alice",
            "uid": str(alice.user.pk),
            "groups": ["system:authenticated", "devs"],
            "extra": {CREDENTIAL: [f"TOKEN={alice.token[:8]}"]},
        },
        "audiences": [AUDIENCE],
    }
    account = alice.post(ACCOUNTS, obj("ServiceAccount", "bot")).json()
    token = alice.post(f"{ACCOUNTS}/bot/token", {}).json()["status"]["token"]
    found = review(root, token)["user"]
    assert (found["username"], found["uid"]) == (
        "system:serviceaccount:team-a:bot",
        account["metadata"]["uid"],
    )
    assert "system:serviceaccounts:team-a" in found["groups"]
    found = review(root, issuer.token(groups=["devs"], jti="t-1"))
    assert found["user"] == {
        "username": "corp:carol",
        "groups": ["system:authenticated", "oidc:devs"],
        "extra": {CREDENTIAL: ["JTI=t-1"]},
    }


def test_a_token_that_is_not_good_is_nobody_s(root, alice, issuer):
    ended, _ = new_token(alice.user, dt.timedelta(seconds=-1))
    wrong = {
        "nobody's": "invalid bearer token",
        ended: "invalid bearer token",
        "a.b.c": "invalid bearer token",
        issuer.token(aud="another"): "Audience doesn't match",
        issuer.token(exp=1): "Signature has expired",
    }
    for token, told in wrong.items():
        status = review(root, token)
        assert (status["user"], status["error"]) == ({}, told)
        assert "authenticated" not in status
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert "authenticated" not in review(root, alice.token)


def test_tokens_are_for_the_portal_only(root, alice, issuer):
    for token in (alice.token, issuer.token()):
        assert review(root, token, audiences=["vault", AUDIENCE])["audiences"] == [AUDIENCE]
        assert "authenticated" not in review(root, token, audiences=["vault"])
        assert "authenticated" not in review(root, token, audiences=[CLIENT])


def test_only_admins_review_tokens(alice, root, issuer):
    code, _, message = refusal(alice.post(TOKENS, {"spec": {"token": alice.token}}))
    assert (code, message) == (
        403,
        'tokenreviews.authentication.k8s.io is forbidden: User "alice" cannot create resource "tokenreviews" '
        'in API group "authentication.k8s.io" at the cluster scope',
    )
    narrow, _ = new_token(root.user, None, namespace="team-a")
    root.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {narrow}"
    assert refusal(root.post(TOKENS, {"spec": {"token": alice.token}}))[0] == 403
    admin = issuer.token(groups=["staff"])
    root.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {admin}"
    assert review(root, alice.token)["authenticated"]


@pytest.mark.parametrize("spec", [{}, {"token": ""}, {"token": None}, {"token": 1}, {"audiences": "a"}, "x"])
def test_a_token_review_without_a_token_is_refused(root, spec):
    assert refusal(root.post(TOKENS, {"spec": spec}))[:2] == (400, "BadRequest")


def test_unknown_fields_of_reviews_are_warned_of_or_refused(root, alice):
    body = {"spec": {"token": alice.token, "tokn": 1}}
    assert root.post(TOKENS, body)["Warning"] == '299 - "unknown field \\"spec.tokn\\""'
    assert refusal(root.post(f"{TOKENS}?fieldValidation=Strict", body))[0] == 400
    assert root.post(WHO, {"spec": {}})["Warning"] == '299 - "unknown field \\"spec\\""'


def test_token_reviews_are_read_as_protobuf():
    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    spec = field(1, b"secret") + field(2, b"one") + field(2, b"two")
    meta = field(1, b"authentication.k8s.io/v1") + field(2, b"TokenReview")
    body = MAGIC + field(1, meta) + field(2, field(2, spec))
    assert decode(body)["spec"] == {"token": "secret", "audiences": ["one", "two"]}


def test_i_am_told_by_which_token_i_am_known(alice):
    assert alice.post(WHO, {}).json()["status"]["userInfo"]["extra"] == {
        CREDENTIAL: [f"TOKEN={alice.token[:8]}"]
    }
    scoped, _ = new_token(alice.user, None, read_only=True, namespace="team-a", networks=["127.0.0.0/8"])
    alice.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {scoped}"
    assert alice.post(WHO, {}).json()["status"]["userInfo"]["extra"] == {
        CREDENTIAL: [f"TOKEN={scoped[:8]}"],
        "vmportal.dev/token-scope": ["read-only", "namespace:team-a"],
        "vmportal.dev/token-networks": ["127.0.0.0/8"],
    }


def test_a_token_of_an_account_is_for_nobody_else_and_bound_to_nothing_else(alice):
    alice.post(ACCOUNTS, obj("ServiceAccount", "bot"))
    path = f"{ACCOUNTS}/bot/token"
    assert alice.post(path, {"spec": {"audiences": [AUDIENCE]}}).status_code == 201
    bound = {"kind": "Secret", "apiVersion": "v1", "name": "s"}
    response = alice.post(path, {"spec": {"audiences": ["vault"], "boundObjectRef": bound}})
    fields = [cause["field"] for cause in response.json()["details"]["causes"]]
    assert (response.status_code, fields) == (422, ["spec.audiences", "spec.boundObjectRef"])


def may(caller: Caller, **spec: Any) -> bool:
    answer = caller.post(f"{ACCESS}/subjectaccessreviews", {"spec": {"resourceAttributes": GET_MAPS, **spec}})
    return answer.json()["status"]["allowed"]


def test_others_may_what_their_groups_may(root, alice, bob, issuer):
    bob.user.groups.add(Group.objects.create(name="devs"))
    subject = {"kind": "Group", "name": "devs", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    assert not may(root, user="bob")
    create(obj("RoleBinding", "devs", "team-a", subjects=[subject], roleRef=reference))
    assert may(root, user="bob")  # whose groups the portal knows
    assert not may(root, user="bob", groups=["ops"])  # those that are given are all
    assert may(root, groups=["devs"])
    assert may(root, user="corp:carol", groups=["oidc:staff"])  # the group of admins
    assert not may(root, user="corp:carol", groups=["staff"])


def test_admins_of_a_namespace_ask_about_it(alice, ed, bob):
    def ask(caller: Caller, namespace: str = "team-a", **spec: Any) -> Any:
        asked = {"user": "vera", "resourceAttributes": GET_MAPS, **spec}
        return caller.post(f"{ACCESS}/namespaces/{namespace}/localsubjectaccessreviews", {"spec": asked})

    assert ask(alice).json()["status"] == {"allowed": True}
    assert [refusal(ask(caller))[0] for caller in (ed, bob)] == [403, 404]
    assert refusal(ask(alice, "team-b"))[0] == 404
    wrong = ask(alice, resourceAttributes={**GET_MAPS, "namespace": "team-b"})
    assert refusal(wrong)[:2] == (422, "Invalid")
    rules = alice.post(f"{ACCESS}/selfsubjectrulesreviews", {"spec": {"namespace": "team-a"}}).json()
    told = [rule["resources"][0] for rule in rules["status"]["resourceRules"]]
    assert "localsubjectaccessreviews" in told
    assert "tokenreviews" not in told


def test_a_review_of_nobody_or_of_an_object_is_refused_with_all_that_is_wrong(root):
    path = f"{ACCESS}/subjectaccessreviews"
    response = root.post(path, {"metadata": {"name": "a"}, "spec": {}})
    causes = response.json()["details"]["causes"]
    assert (response.status_code, [one["field"] for one in causes]) == (
        422,
        ["spec", "spec.user", "metadata"],
    )


def test_a_scope_that_a_token_review_told_holds_in_an_access_review(root, alice):
    """A service that reviews a token and hands on what it was told does not widen the token."""
    scoped, _ = new_token(root.user, None, read_only=True, namespace="team-a")
    told = review(root, scoped)["user"]
    asked = {"user": told["username"], "groups": told["groups"], "extra": told["extra"]}

    def may_it(verb: str, namespace: str) -> bool:
        attributes = {"verb": verb, "resource": "configmaps", "namespace": namespace}
        return may(root, resourceAttributes=attributes, **asked)

    found = [may_it(*one) for one in (("get", "team-a"), ("create", "team-a"), ("get", "team-b"))]
    assert found == [True, False, False]
    wrong = {"user": "alice", "extra": {"vmportal.dev/token-scope": ["some"]}, "resourceAttributes": GET_MAPS}
    assert refusal(root.post(f"{ACCESS}/subjectaccessreviews", {"spec": wrong}))[0] == 400
