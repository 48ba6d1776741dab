"""Who comes in, who sees what, and what one may ask about oneself."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client

from tests.api.conftest import Caller
from tests.api.test_verbs import MAP, MAPS, SECRETS, refusal
from tests.builders import config_map, create, obj
from vmportal.api.auth import new_token
from vmportal.models import Token, User

ACCOUNTS = "/api/v1/namespaces/team-a/serviceaccounts"
REVIEWS = "/apis/authorization.k8s.io/v1"


@pytest.fixture
def settings_map(team_a) -> dict:
    return create(config_map())


def test_without_a_token_nothing_is_told(settings_map):
    for path in ("/api", "/apis", MAP, f"{MAPS}?watch=true", "/openapi/v3", "/api/v1/namespaces/nowhere/x"):
        response = Client().get(path)
        assert refusal(response) == (401, "Unauthorized", "Unauthorized")
        assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "sent", ["Bearer", "Bearer a b", "Bearer wrong", "Bearer \u00ff", "Basic YTpi", "Bearer " + "0" * 64]
)
def test_a_wrong_token_is_unauthorized(settings_map, sent):
    response = Client().get(MAP, HTTP_AUTHORIZATION=sent)
    assert refusal(response)[:2] == (401, "Unauthorized")


def test_a_token_ends_by_time_by_deletion_and_with_its_user(alice, settings_map):
    old, _ = new_token(alice.user, dt.timedelta(seconds=-1))
    assert Client().get(MAP, HTTP_AUTHORIZATION=f"Bearer {old}").status_code == 401
    assert alice.get(MAP).status_code == 200
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert alice.get(MAP).status_code == 401
    User.objects.filter(pk=alice.user.pk).update(is_active=True)
    Token.objects.filter(user=alice.user).delete()
    assert alice.get(MAP).status_code == 401


def test_only_a_digest_of_a_token_is_stored(alice):
    stored = Token.objects.get(user=alice.user)
    assert alice.token not in (stored.digest, stored.token_key)


def test_a_session_may_read_and_writes_with_a_csrf_token_only(alice, settings_map):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    assert browser.get(MAP).status_code == 200
    response = browser.post(MAPS, config_map("x"), "application/json")
    assert refusal(response)[:2] == (403, "Forbidden")
    browser.cookies["csrftoken"] = "x" * 32
    response = browser.post(MAPS, config_map("x"), "application/json", headers={"X-CSRFToken": "x" * 32})
    assert response.status_code == 201


def test_what_is_a_stranger_s_does_not_exist(bob, settings_map):
    there = refusal(bob.get(MAP))
    assert there == refusal(bob.get(f"{MAPS}/nothing"))
    assert there[:2] == (404, "NotFound")
    for response in (
        bob.get(MAPS),
        bob.post(MAPS, config_map("mine")),
        bob.put(MAP, settings_map),
        bob.patch(MAP, {}),
        bob.delete(MAP),
        bob.delete(MAPS),
        bob.get("/api/v1/namespaces/team-a"),
    ):
        assert response.status_code == 404


def test_a_viewer_reads_and_does_not_write(vera, settings_map):
    assert vera.get(MAP).status_code == 200
    for response in (
        vera.post(MAPS, config_map("x")),
        vera.put(MAP, settings_map),
        vera.patch(MAP, {"data": {"a": "b"}}),
        vera.delete(MAP),
        vera.delete(MAPS),
    ):
        code, reason, message = refusal(response)
        assert (code, reason) == (403, "Forbidden")
        assert 'User "vera" cannot' in message


def test_secrets_are_for_editors(ed, vera, team_a):
    create(obj("Secret", "key", "team-a", stringData={"a": "b"}))
    assert ed.get(f"{SECRETS}/key").json()["data"] == {"a": "Yg=="}
    assert refusal(vera.get(f"{SECRETS}/key"))[0] == 403
    assert refusal(vera.get(SECRETS))[0] == 403


def test_namespaces_are_made_by_portal_admins(alice, root):
    code, _, message = refusal(alice.post("/api/v1/namespaces", obj("Namespace", "mine")))
    assert code == 403
    assert message == (
        'namespaces is forbidden: User "alice" cannot create resource "namespaces" in API group "" '
        "at the cluster scope"
    )
    assert root.post("/api/v1/namespaces", obj("Namespace", "new")).status_code == 201


def test_who_may_not_change_a_catalogue_is_told_who_can(alice, ed):
    classes = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachineclasses"
    for who in (alice, ed):
        code, _, message = refusal(who.delete(f"{classes}/small"))
        assert code == 403
        assert message.endswith("is kept by portal admins, who may offer something there")
        assert who.get(f"{classes}/small").status_code == 404


def ask(caller: Caller, verb: str, resource: str, group: str = "", **more: str) -> bool:
    attributes = {"verb": verb, "resource": resource, "group": group, "namespace": "team-a", **more}
    review = {"spec": {"resourceAttributes": attributes}}
    response = caller.post(f"{REVIEWS}/selfsubjectaccessreviews", review)
    assert response.status_code == 201
    return response.json()["status"]["allowed"]


def test_can_i_answers_as_the_verbs_do(alice, ed, vera, bob, root):
    vms = ("virtualmachines", "vmoperator.vmware.com")
    assert [ask(who, "create", *vms) for who in (root, alice, ed, vera, bob)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [ask(who, "get", *vms) for who in (root, alice, ed, vera, bob)] == [True, True, True, True, False]
    assert [ask(who, "get", "secrets") for who in (alice, ed, vera)] == [True, True, False]
    assert [ask(who, "update", "rolebindings", "rbac.authorization.k8s.io") for who in (alice, ed)] == [
        True,
        False,
    ]
    assert not ask(alice, "create", "virtualmachines", "vmoperator.vmware.com", namespace="team-b")
    assert not ask(alice, "update", *vms, subresource="status")
    assert not ask(alice, "dance", *vms)
    assert not ask(alice, "*", "namespaces", namespace="")
    assert not ask(alice, "get", "pods")
    assert ask(alice, "*", *vms)


def test_can_i_asks_of_addresses_too(alice):
    def may(path: str, verb: str = "get") -> bool:
        review = {"spec": {"nonResourceAttributes": {"path": path, "verb": verb}}}
        return alice.post(f"{REVIEWS}/selfsubjectaccessreviews", review).json()["status"]["allowed"]

    assert [may("/version"), may("/apis/x"), may("/metrics"), may("/version", "post")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"resourceAttributes": {}, "nonResourceAttributes": {}},
        {"resourceAttributes": 1},
        {"resourceAttributes": {"verb": 1}},
    ],
)
def test_a_review_that_asks_nothing_is_refused(alice, spec):
    assert alice.post(f"{REVIEWS}/selfsubjectaccessreviews", {"spec": spec}).status_code in (400, 422)


def test_all_that_i_may_is_listed(vera):
    review = vera.post(f"{REVIEWS}/selfsubjectrulesreviews", {"spec": {"namespace": "team-a"}}).json()
    rules = {rule["resources"][0]: rule["verbs"] for rule in review["status"]["resourceRules"]}
    assert rules["virtualmachines"] == ["get", "list", "watch"]
    assert "secrets" not in rules
    assert rules["selfsubjectaccessreviews"] == ["create"]


def test_only_admins_ask_about_others(root, alice, vera):
    attributes = {"verb": "create", "resource": "configmaps", "namespace": "team-a"}
    path = f"{REVIEWS}/subjectaccessreviews"

    def may(**subject) -> bool:
        return root.post(path, {"spec": {"resourceAttributes": attributes, **subject}}).json()["status"][
            "allowed"
        ]

    assert [may(user="alice"), may(user="vera"), may(user="nobody")] == [True, False, False]
    assert refusal(alice.post(path, {"spec": {"resourceAttributes": attributes, "user": "vera"}}))[0] == 403
    local = f"{REVIEWS}/namespaces/team-b/localsubjectaccessreviews"
    review = root.post(
        local, {"spec": {"resourceAttributes": {**attributes, "namespace": "team-b"}, "user": "alice"}}
    ).json()
    assert review["status"]["allowed"] is False


def test_who_am_i(alice):
    review = alice.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}).json()
    assert review["status"]["userInfo"]["username"] == "alice"
    assert "system:authenticated" in review["status"]["userInfo"]["groups"]


def test_a_service_account_works_with_its_token_as_long_as_it_lives(alice, settings_map):
    account = alice.post(ACCOUNTS, obj("ServiceAccount", "bot")).json()
    subject = {"kind": "ServiceAccount", "name": "bot", "namespace": "team-a"}
    role = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    create(obj("RoleBinding", "bot", "team-a", subjects=[subject], roleRef=role))
    status = alice.post(f"{ACCOUNTS}/bot/token", {"spec": {"expirationSeconds": 600}}).json()["status"]
    bot = Client(headers={"Authorization": f"Bearer {status['token']}"})
    assert bot.get(MAP).status_code == 200
    assert bot.delete(MAP).status_code == 403
    who = bot.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, "application/json").json()
    assert who["status"]["userInfo"]["username"] == "system:serviceaccount:team-a:bot"
    assert "system:serviceaccounts:team-a" in who["status"]["userInfo"]["groups"]
    assert alice.delete(f"{ACCOUNTS}/bot").status_code == 200
    assert bot.get(MAP).status_code == 401
    again = alice.post(ACCOUNTS, obj("ServiceAccount", "bot")).json()
    assert again["metadata"]["uid"] != account["metadata"]["uid"]
    assert alice.post(f"{ACCOUNTS}/bot/token", {}).status_code == 201
    assert bot.get(MAP).status_code == 401


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *((number, (422, "Invalid")) for number in (0, 599, 10**9)),
        *((nonsense, (400, "BadRequest")) for nonsense in ("600", True, 600.5)),
    ],
)
def test_a_token_s_lifetime_has_bounds(alice, seconds, told):
    alice.post(ACCOUNTS, obj("ServiceAccount", "bot"))
    response = alice.post(f"{ACCOUNTS}/bot/token", {"spec": {"expirationSeconds": seconds}})
    assert refusal(response)[:2] == told


def test_tokens_of_service_accounts_are_made_by_admins_of_the_namespace(alice, ed, bob):
    alice.post(ACCOUNTS, obj("ServiceAccount", "bot"))
    assert refusal(ed.post(f"{ACCOUNTS}/bot/token", {}))[0] == 403
    assert refusal(bob.post(f"{ACCOUNTS}/bot/token", {}))[0] == 404
    assert refusal(alice.post(f"{ACCOUNTS}/none/token", {}))[0] == 404


def test_nobody_becomes_vm_operator(root):
    """Its account is privileged (PRIV-01), which not even an admin of the portal is."""
    there = f"/api/v1/namespaces/{settings.OPERATOR_NAMESPACE}/serviceaccounts"
    root.post("/api/v1/namespaces", obj("Namespace", settings.OPERATOR_NAMESPACE))
    assert root.post(there, obj("ServiceAccount", settings.OPERATOR_ACCOUNT)).status_code == 201
    code, _, message = refusal(root.post(f"{there}/{settings.OPERATOR_ACCOUNT}/token", {}))
    assert (code, message) == (
        403,
        "VM Operator's own account has no tokens: only the portal works in its name",
    )
