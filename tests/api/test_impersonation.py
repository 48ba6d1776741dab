"""Acting in somebody else's name (`kubectl --as`): who may, with which rights, and what is noted of it."""

from __future__ import annotations

import pytest
from django.conf import settings as current
from django.contrib.auth.models import Group
from django.test import Client

from tests.api.conftest import Caller
from tests.api.test_verbs import MAP, MAPS, SECRETS, refusal
from tests.builders import config_map, create, obj
from vmportal.api.auth import new_token
from vmportal.api.impersonation import wished
from vmportal.errors import BadRequest
from vmportal.models import Audit, Revision, User

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
CAN_I = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
OPERATOR = f"system:serviceaccount:{current.OPERATOR_NAMESPACE}:{current.OPERATOR_ACCOUNT}"
AS_ALICE = {"Impersonate-User": "alice"}


@pytest.fixture
def settings_map(team_a) -> dict:
    return create(config_map())


def who(caller: Caller, **headers: str) -> dict:
    named = {f"Impersonate-{name.replace('_', '-')}": value for name, value in headers.items()}
    response = caller.post(WHO, {}, **named)
    assert response.status_code == 201, response.content
    return response.json()["status"]["userInfo"]


def test_an_admin_acts_with_the_rights_of_the_other_alone(root, alice, vera, settings_map):
    def as_(name: str, path: str = MAP) -> int:
        return root.get(path, **{"Impersonate-User": name}).status_code

    assert [as_(name) for name in ("alice", "vera", "bob", "nobody", "root")] == [200, 200, 404, 404, 200]
    assert [as_(name, SECRETS) for name in ("alice", "vera")] == [200, 403]
    assert as_("alice", "/api/v1/namespaces/team-b") == 404
    made = root.client.post(
        "/api/v1/namespaces", obj("Namespace", "mine"), "application/json", headers=AS_ALICE
    )
    assert refusal(made)[0] == 403
    assert 'User "alice" cannot create resource "namespaces"' in refusal(made)[2]


def test_can_i_is_asked_for_the_other(root, alice, vera):
    attributes = {"verb": "create", "resource": "configmaps", "namespace": "team-a"}

    def may(name: str) -> bool:
        review = {"spec": {"resourceAttributes": attributes}}
        return root.post(CAN_I, review, **{"Impersonate-User": name}).json()["status"]["allowed"]

    assert [may("alice"), may("vera"), may("bob")] == [True, False, False]


def test_history_names_who_really_did_it(root, alice):
    response = root.post(MAPS, config_map("made"), **AS_ALICE)
    assert response.status_code == 201
    revision = Revision.objects.get(name="made")
    assert (revision.who, revision.impersonated) == ("root", "alice")
    root.post(MAPS, config_map("own"))
    revision = Revision.objects.get(name="own")
    assert (revision.who, revision.impersonated) == ("root", "")


def test_every_request_in_another_s_name_is_noted(root, alice, settings_map):
    root.client.get(MAP, headers={**AS_ALICE, "X-Request-ID": "r-1"})
    line = Audit.objects.get(action="impersonate")
    assert (line.who, line.details["impersonated"], line.request_id) == ("root", "alice", "r-1")
    assert line.details["request"] == f"GET {MAP}"
    create(obj("Secret", "key", "team-a"))
    root.get(f"{SECRETS}/key", **AS_ALICE)
    line = Audit.objects.get(action="read-secret")
    assert (line.who, line.details) == ("root", {"impersonated": "alice"})
    root.client.delete("/api/v1/namespaces/team-a", headers=AS_ALICE)
    line = Audit.objects.get(action="forbidden")
    assert (line.who, line.details["impersonated"]) == ("root", "alice")


def test_others_may_not(alice, vera, settings_map):
    code, reason, message = refusal(alice.get(MAP, **{"Impersonate-User": "vera"}))
    assert (code, reason) == (403, "Forbidden")
    assert message == (
        'users "vera" is forbidden: User "alice" cannot impersonate resource "users" in API group "" '
        "at the cluster scope"
    )
    account = {"Impersonate-User": "system:serviceaccount:team-a:bot"}
    assert refusal(alice.get(MAP, **account))[2] == (
        'serviceaccounts "bot" is forbidden: User "alice" cannot impersonate resource "serviceaccounts" '
        'in API group "" in the namespace "team-a"'
    )
    assert Audit.objects.filter(who="alice", action="forbidden").count() == 2
    for path in ("/api", "/apis", "/openapi/v3"):
        assert alice.get(path, **AS_ALICE).status_code == 403
    assert alice.get(MAP, **{"Impersonate-Nothing": "x"}).status_code == 200


def test_who_one_is_then(root, alice):
    assert who(root, User="alice") == {"username": "alice", "groups": ["system:authenticated"]}
    found = who(root, User="somebody@example.com", Group="devs,ops", Uid="17", Extra_Scopes="view, edit")
    assert found == {
        "username": "somebody@example.com",
        "uid": "17",
        "groups": ["devs", "ops", "system:authenticated"],
        "extra": {"scopes": ["view", "edit"]},
    }
    account = who(root, User="system:serviceaccount:team-a:bot")
    assert account["groups"] == [
        "system:serviceaccounts",
        "system:serviceaccounts:team-a",
        "system:authenticated",
    ]
    assert who(root, User="system:serviceaccount:team-a:bot", Group="devs")["groups"] == [
        "devs",
        "system:authenticated",
    ]
    assert who(root, User="jürgen".encode().decode("latin-1"))["username"] == "jürgen"


def test_a_user_has_their_own_groups_unless_others_are_given(root, bob, settings_map):
    devs = Group.objects.create(name="devs")
    bob.user.groups.add(devs)
    subject = {"kind": "Group", "name": "devs", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    create(obj("RoleBinding", "devs", "team-a", subjects=[subject], roleRef=reference))
    assert who(root, User="bob")["groups"] == ["devs", "system:authenticated"]
    assert root.get(MAP, **{"Impersonate-User": "bob"}).status_code == 200
    assert root.get(MAP, **{"Impersonate-User": "bob", "Impersonate-Group": "ops"}).status_code == 404
    assert root.get(MAP, **{"Impersonate-User": "x", "Impersonate-Group": "devs"}).status_code == 200


RESERVED = [
    {"Impersonate-User": "kubernetes-admin"},
    {"Impersonate-User": "Kubernetes-Admin"},
    {"Impersonate-User": "system:admin"},
    {"Impersonate-User": "system:kube-controller-manager"},
    {"Impersonate-User": "system:serviceaccount:kube-system:namespace-controller"},
    {"Impersonate-User": "system:serviceaccount:vmware-system-csi:vsphere-csi-controller"},
    {"Impersonate-User": "system:serviceaccount:svc-tkg-domain-c8:default"},
    {"Impersonate-User": "system:serviceaccount:backup:restorer"},
    {"Impersonate-User": "alice", "Impersonate-Group": "system:masters"},
    {"Impersonate-User": "alice", "Impersonate-Group": "devs, system:masters"},
    {"Impersonate-User": "alice", "Impersonate-Group": "sso:SupervisorProviderAdministrators@vsphere.local"},
]


@pytest.mark.parametrize("headers", RESERVED, ids=lambda headers: list(headers.values())[-1])
def test_an_admin_becomes_privileged_by_the_switch_only(root, alice, settings, headers):
    """A portal admin is not privileged in VM Operator's rules (PRIV-01 to PRIV-06)."""
    settings.PRIVILEGED_USERS = "system:serviceaccount:backup:restorer"
    code, _, message = refusal(root.post(WHO, {}, **headers))
    assert code == 403
    assert "PORTAL_PRIVILEGED_IMPERSONATION is off" in message
    settings.PRIVILEGED_IMPERSONATION = True
    assert root.post(WHO, {}, **headers).status_code == 201
    assert refusal(alice.post(WHO, {}, **headers))[0] == 403


@pytest.mark.parametrize("name", [OPERATOR, OPERATOR.upper(), OPERATOR.replace("operator", "Operator")])
def test_nobody_becomes_vm_operator_by_any_switch(root, settings, name):
    """The portal itself works in that name, and keeps its finalizers by it (PRIV-01)."""
    for switch in (False, True):
        settings.PRIVILEGED_IMPERSONATION = switch
        code, _, message = refusal(root.post(WHO, {}, **{"Impersonate-User": name}))
        assert (code, "only the portal works in the name of VM Operator" in message) == (403, True)


def test_masters_may_what_admins_may(root, settings, settings_map):
    settings.PRIVILEGED_IMPERSONATION = True
    headers = {"Impersonate-User": "ops", "Impersonate-Group": "system:masters"}
    assert root.get(MAP, **headers).status_code == 200
    assert root.get(MAP, **{"Impersonate-User": "ops"}).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Impersonate-User": "system:anonymous"},
        {"Impersonate-User": "system:anonymous", "Impersonate-Group": "devs"},
        {"Impersonate-User": "alice", "Impersonate-Group": "system:unauthenticated"},
    ],
)
def test_who_would_not_come_in_does_not(root, alice, settings_map, headers):
    assert refusal(root.get(MAP, **headers))[:2] == (401, "Unauthorized")


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_IMPERSONATE_GROUP": "devs"},
        {"HTTP_IMPERSONATE_UID": "1"},
        {"HTTP_IMPERSONATE_EXTRA_SCOPES": "view"},
        {"HTTP_IMPERSONATE_USER": " ", "HTTP_IMPERSONATE_GROUP": "devs"},
        {"HTTP_IMPERSONATE_USER": "a" * 351},
        {"HTTP_IMPERSONATE_USER": "a\x00"},
        {"HTTP_IMPERSONATE_USER": "alice", "HTTP_IMPERSONATE_GROUP": "a\tb"},
        {"HTTP_IMPERSONATE_USER": "alice", "HTTP_IMPERSONATE_UID": "\u0085"},
    ],
)
def test_headers_that_make_no_sense_are_a_bad_request(headers):
    with pytest.raises(BadRequest):
        wished(headers)


def test_keys_of_extra_fields_are_read_as_they_were_meant():
    wish = wished({"HTTP_IMPERSONATE_USER": "a", "HTTP_IMPERSONATE_EXTRA_EXAMPLE.COM%2FPROJECT": "One"})
    assert wish is not None
    assert wish.extra == {"example.com/project": ("One",)}
    assert wished({"HTTP_ACCEPT": "*/*"}) is None


def test_a_token_s_scope_holds_in_another_s_name_too(root, alice, settings_map):
    reading, _ = new_token(root.user, None, name="reading", read_only=True)
    client = Client(headers={"Authorization": f"Bearer {reading}", **AS_ALICE})
    assert client.get(MAP).status_code == 200
    assert client.delete(MAP).status_code == 403
    narrow, _ = new_token(root.user, None, name="narrow", namespace="team-b")
    client = Client(headers={"Authorization": f"Bearer {narrow}", **AS_ALICE})
    assert refusal(client.get(MAP))[2].endswith(': this token is for the namespace "team-b" only')
    scope = "Impersonate-Extra-Vmportal.dev%2FToken-Scope"
    assert root.get(MAP, **AS_ALICE, **{scope: "read-only"}).status_code == 200
    assert root.get(MAP, **AS_ALICE, **{scope: "namespace:team-b"}).status_code == 404
    assert root.get(MAP, **AS_ALICE, **{scope: "all"}).status_code == 400
    headers = {**AS_ALICE, scope: "read-only"}
    assert root.client.delete(MAP, headers=headers).status_code == 403


def test_the_session_of_the_pages_acts_as_others_too(root, alice, settings_map):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root.user)
    assert browser.get("/api/v1/namespaces/team-b", headers=AS_ALICE).status_code == 404
    refused = browser.post(MAPS, config_map("x"), "application/json", headers=AS_ALICE)
    assert refusal(refused)[:2] == (403, "Forbidden")
    browser.cookies["csrftoken"] = "x" * 32
    given = {**AS_ALICE, "X-CSRFToken": "x" * 32}
    assert browser.post(MAPS, config_map("x"), "application/json", headers=given).status_code == 201
    assert Revision.objects.get(name="x").impersonated == "alice"


def test_who_is_no_admin_any_more_acts_as_nobody(root, alice, settings_map):
    assert root.get(MAP, **AS_ALICE).status_code == 200
    User.objects.filter(pk=root.user.pk).update(is_superuser=False)
    assert root.get(MAP, **AS_ALICE).status_code == 403


def test_strangers_act_as_nobody(db):
    assert Client().get("/version", headers=AS_ALICE).status_code == 200
    assert Client().get("/api", headers=AS_ALICE).status_code == 401
