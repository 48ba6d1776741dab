"""Tokens open no more than they say: when, what, where, and from which network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS

from tests.api.conftest import bind
from tests.api.test_verbs import MAP, MAPS, SECRETS, refusal
from tests.api.test_who import ACCOUNTS, REVIEWS
from tests.builders import config_map, create, obj
from vmportal import tasks
from vmportal.access import AUTHENTICATED, Caller, Scope
from vmportal.addresses import network
from vmportal.api.auth import new_token
from vmportal.models import Audit, Token, User

READ_ONLY = "this token is read-only"
B_MAPS = MAPS.replace("team-a", "team-b")
VMS = "/apis/vmoperator.vmware.com/v1alpha5"
QUOTAS = "/api/v1/namespaces/{}/resourcequotas"


class Holder:
    """Somebody with a token of these columns: `holder("GET", path)`."""

    def __init__(self, user: User, **what: Any) -> None:
        self.token, self.row = new_token(user, what.pop("lifetime", None), name="test", **what)
        self.client = Client(headers={"Authorization": f"Bearer {self.token}"})

    def __call__(self, verb: str, path: str, body: Any = None, **more: Any) -> Any:
        kind = "application/merge-patch+json" if verb == "PATCH" else "application/json"
        content = {} if body is None else {"data": body, "content_type": kind}
        return getattr(self.client, verb.lower())(path, **content, **more)

    def may(self, verb: str, resource: str, **attributes: str) -> bool:
        spec = {"resourceAttributes": {"verb": verb, "resource": resource, **attributes}}
        answer = self("POST", f"{REVIEWS}/selfsubjectaccessreviews", {"spec": spec})
        assert answer.status_code == 201
        return answer.json()["status"]["allowed"]


@pytest.fixture
def settings_map(team_a) -> dict:
    return create(config_map())


@pytest.fixture
def reader(alice) -> Holder:
    """Alice, who is admin of team-a, with a token that only reads."""
    return Holder(alice.user, read_only=True)


@pytest.fixture
def both(alice) -> None:
    """Alice is admin of team-b, too."""
    bind("alice", "admin", "team-b")
    create(config_map("there", namespace="team-b"))


def test_a_read_only_token_reads_and_changes_nothing(reader, settings_map):
    create(obj("Secret", "key", "team-a", stringData={"a": "b"}))
    for path in (MAP, MAPS, f"{SECRETS}/key", "/api/v1/namespaces", "/apis", "/openapi/v3"):
        assert reader("GET", path).status_code == 200
    for verb, path, body in (
        ("POST", MAPS, config_map("x")),
        ("PUT", MAP, settings_map),
        ("PATCH", MAP, {"data": {"a": "b"}}),
        ("PATCH", f"{MAP}?dryRun=All", {"data": {"a": "b"}}),
        ("DELETE", MAP, None),
        ("DELETE", MAPS, None),
        ("POST", f"{ACCOUNTS}/bot/token", {}),
        ("POST", "/api/v1/namespaces", obj("Namespace", "new")),
    ):
        code, reason, message = refusal(reader(verb, path, body))
        assert (code, reason) == (403, "Forbidden"), (verb, path)
        assert message.endswith(READ_ONLY), message
    assert reader("GET", MAP).json() == settings_map


def test_a_portal_admin_s_read_only_token_sees_all_and_changes_nothing(root, settings_map):
    reader = Holder(root.user, read_only=True)
    assert reader("GET", MAP).status_code == 200
    assert {item["metadata"]["name"] for item in reader("GET", "/api/v1/namespaces").json()["items"]} >= {
        "team-a",
        "team-b",
    }
    for verb, path in (("DELETE", "/api/v1/namespaces/team-b"), ("DELETE", MAP)):
        assert refusal(reader(verb, path))[2].endswith(READ_ONLY)
    machine = f"{VMS}/namespaces/team-a/virtualmachines/none/status"
    assert refusal(reader("PATCH", machine, {"status": {}}))[2].endswith(READ_ONLY)


def test_a_read_only_token_may_ask_what_it_may(reader, root):
    assert reader.may("get", "configmaps", namespace="team-a")
    assert reader.may("create", "selfsubjectaccessreviews", group="authorization.k8s.io")
    assert not reader.may("create", "configmaps", namespace="team-a")
    assert not reader.may("*", "configmaps", namespace="team-a")
    assert not reader.may("create", "serviceaccounts", namespace="team-a", subresource="token")
    review = reader("POST", f"{REVIEWS}/selfsubjectrulesreviews", {"spec": {"namespace": "team-a"}}).json()
    rules = {rule["resources"][0]: rule["verbs"] for rule in review["status"]["resourceRules"]}
    assert rules["configmaps"] == ["get", "list", "watch"]
    assert rules["selfsubjectaccessreviews"] == ["create"]
    admin = Holder(root.user, read_only=True)
    assert admin.may("list", "nodes")
    assert not admin.may("delete", "namespaces", name="team-a")
    assert admin.may("create", "subjectaccessreviews", group="authorization.k8s.io")


def test_a_token_of_a_namespace_finds_nothing_elsewhere(alice, both, settings_map):
    """VML-02: what is not for it does not exist."""
    holder = Holder(alice.user, namespace="team-a")
    assert alice.get(f"{B_MAPS}/there").status_code == 200
    assert holder("GET", MAP).status_code == 200
    assert holder("PATCH", MAP, {"data": {"a": "b"}}).status_code == 200
    for verb, path, body in (
        ("GET", f"{B_MAPS}/there", None),
        ("GET", B_MAPS, None),
        ("GET", f"{B_MAPS}?watch=true", None),
        ("POST", B_MAPS, config_map("x", namespace="team-b")),
        ("DELETE", f"{B_MAPS}/there", None),
        ("GET", "/api/v1/namespaces/team-b", None),
    ):
        assert refusal(holder(verb, path, body))[:2] == (404, "NotFound"), (verb, path)
    assert [item["metadata"]["name"] for item in holder("GET", "/api/v1/configmaps").json()["items"]] == [
        "settings"
    ]
    assert [item["metadata"]["name"] for item in holder("GET", "/api/v1/namespaces").json()["items"]] == [
        "team-a"
    ]
    assert holder("GET", "/apis/storage.k8s.io/v1/storageclasses").status_code == 200
    assert not holder.may("get", "configmaps", namespace="team-b")
    review = holder("POST", f"{REVIEWS}/selfsubjectrulesreviews", {"spec": {"namespace": "team-b"}}).json()
    listed = {rule["resources"][0] for rule in review["status"]["resourceRules"]}
    assert "configmaps" not in listed
    assert "storageclasses" in listed


def test_a_portal_admin_s_token_of_a_namespace_is_held_to_it(root, settings_map):
    holder = Holder(root.user, namespace="team-a")
    create(config_map("there", namespace="team-b"))
    assert holder("PATCH", MAP, {"data": {"a": "b"}}).status_code == 200
    assert holder("GET", QUOTAS.format("team-a")).status_code == 200
    quota = obj("ResourceQuota", "q", spec={"hard": {"count/configmaps": "9"}})
    assert holder("POST", QUOTAS.format("team-a"), quota).status_code == 201  # as an admin of the portal may
    assert holder("POST", QUOTAS.format("team-b"), quota).status_code == 404
    assert holder("GET", f"{B_MAPS}/there").status_code == 404
    assert [item["metadata"]["name"] for item in holder("GET", "/api/v1/namespaces").json()["items"]] == [
        "team-a"
    ]
    code, _, message = refusal(holder("POST", "/api/v1/namespaces", obj("Namespace", "new")))
    assert code == 403
    assert message.endswith('at the cluster scope: this token is for the namespace "team-a" only')
    assert refusal(holder("DELETE", "/api/v1/namespaces/team-a"))[0] == 403
    others = {"spec": {"resourceAttributes": {"verb": "get", "resource": "secrets"}, "user": "alice"}}
    assert refusal(holder("POST", f"{REVIEWS}/subjectaccessreviews", others))[0] == 403


def test_a_token_of_a_namespace_that_is_gone_opens_nothing(root):
    holder = Holder(root.user, namespace="gone")
    assert holder("GET", "/api/v1/namespaces").json()["items"] == []
    assert (
        refusal(holder("POST", MAPS.replace("team-a", "gone"), config_map("x", namespace="gone")))[0] == 404
    )


def test_a_token_of_a_namespace_makes_no_wider_one(alice, both, settings_map):
    """The service account may look into team-b; its token, asked for in team-a, may not."""
    alice.post(ACCOUNTS, obj("ServiceAccount", "bot"))
    subject = {"kind": "ServiceAccount", "name": "bot", "namespace": "team-a"}
    role = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    for place in ("team-a", "team-b"):
        create(obj("RoleBinding", "bot", place, subjects=[subject], roleRef=role))
    whole = alice.post(f"{ACCOUNTS}/bot/token", {}).json()["status"]["token"]
    holder = Holder(alice.user, namespace="team-a", networks=["127.0.0.0/8"])
    scoped = holder("POST", f"{ACCOUNTS}/bot/token", {}).json()["status"]["token"]

    def codes(token: str, **more: str) -> list[int]:
        bot = Client(headers={"Authorization": f"Bearer {token}"})
        return [bot.get(path, **more).status_code for path in (MAP, f"{B_MAPS}/there")]

    assert codes(whole) == [200, 200]
    assert codes(scoped) == [200, 404]
    assert codes(scoped, REMOTE_ADDR="10.0.0.1") == [401, 401]


def test_a_token_that_has_ended_opens_nothing(alice, settings_map):
    holder = Holder(alice.user, lifetime=dt.timedelta(minutes=1))
    assert holder("GET", MAP).status_code == 200
    Token.objects.filter(pk=holder.row.pk).update(expiry=timezone.now())
    assert refusal(holder("GET", MAP))[:2] == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("networks", "address", "code"),
    [
        ([], "203.0.113.9", 200),
        (["10.0.0.0/8"], "10.1.2.3", 200),
        (["10.0.0.0/8"], "11.0.0.1", 401),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", 200),
        (["192.0.2.7/32", "2001:db8::/32"], "2001:db8:1::1", 200),
        (["2001:db8::/32"], "2001:db9::1", 401),
        (["0.0.0.0/0"], "2001:db8::1", 401),
        (["0.0.0.0/0", "::/0"], "", 401),  # a socket that has no address
    ],
)
def test_a_token_may_come_from_its_networks(alice, settings_map, networks, address, code):
    assert Holder(alice.user, networks=networks)("GET", MAP, REMOTE_ADDR=address).status_code == code


def test_a_token_from_elsewhere_is_refused_in_clear_words_and_noted(alice, settings_map):
    cache.clear()
    holder = Holder(alice.user, networks=["10.0.0.0/8"])
    for _ in range(3):
        answer = holder("GET", MAP, REMOTE_ADDR="203.0.113.9")
    code, reason, message = refusal(answer)
    assert (code, reason) == (401, "Unauthorized")
    assert message == "Unauthorized: this token may not be used from 203.0.113.9"
    [note] = Audit.objects.filter(action="token-refused")  # once a minute of one address
    assert (note.who, note.name, note.details["address"]) == ("alice", "test", "203.0.113.9")
    assert Token.objects.get(pk=holder.row.pk).last_used is None


def test_only_trusted_proxies_say_where_a_request_comes_from(alice, settings_map, settings):
    holder = Holder(alice.user, networks=["198.51.100.0/24"])

    def code(remote: str, forwarded: str) -> int:
        return holder("GET", MAP, REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded).status_code

    assert code("10.0.0.1", "198.51.100.7") == 401
    settings.TRUSTED_PROXIES = [network("10.0.0.0/24"), network("2001:db8:1::/48")]
    assert code("10.0.0.1", "198.51.100.7") == 200
    assert code("10.0.0.1", "198.51.100.7:4711") == 200
    assert code("2001:db8:1::5", "198.51.100.7, 10.0.0.2") == 200
    assert code("203.0.113.9", "198.51.100.7") == 401  # who speaks is no proxy
    assert (
        code("10.0.0.1", "198.51.100.7, 203.0.113.9") == 401
    )  # the first is what the client itself has sent
    assert code("10.0.0.1", "198.51.100.7, nonsense") == 401


def test_the_last_use_is_noted_once_a_minute(alice, settings_map):
    holder = Holder(alice.user)

    def writes() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert holder("GET", MAP).status_code == 200
        return sum(query["sql"].startswith("UPDATE") for query in asked.captured_queries)

    assert holder.row.last_used is None
    assert [writes(), writes(), writes()] == [1, 0, 0]
    noted = Token.objects.get(pk=holder.row.pk).last_used
    assert timezone.now() - noted < dt.timedelta(seconds=30)
    Token.objects.filter(pk=holder.row.pk).update(last_used=noted - dt.timedelta(minutes=1))
    assert [writes(), writes()] == [1, 0]


def test_tokens_that_ended_long_ago_are_swept_away(alice):
    for days in (-8, -6, 6):
        new_token(alice.user, dt.timedelta(days=days), name=f"{days}")
    tasks.sweep()
    assert {*Token.objects.exclude(name="").values_list("name", flat=True)} == {"-6", "6"}


def test_service_accounts_get_no_longer_tokens_than_the_setting_allows(alice, settings):
    alice.post(ACCOUNTS, obj("ServiceAccount", "bot"))

    def answer(spec: dict) -> Any:
        return alice.post(f"{ACCOUNTS}/bot/token", {"spec": spec})

    settings.TOKEN_MAX_DAYS = 1
    assert answer({"expirationSeconds": 86400}).status_code == 201
    code, _, message = refusal(answer({"expirationSeconds": 86401}))
    assert code == 422
    assert "from 600 to 86400" in message
    assert answer({}).status_code == 201


def test_who_made_a_token_is_noted_but_not_the_token(alice):
    alice.post(ACCOUNTS, obj("ServiceAccount", "bot"))
    text = alice.post(f"{ACCOUNTS}/bot/token", {}).json()["status"]["token"]
    note = Audit.objects.get(action="make-token")
    assert (note.who, note.details["user"]) == ("alice", "system:serviceaccount:team-a:bot")
    assert text not in repr([*Audit.objects.values(), *Token.objects.values()])


@pytest.fixture
def before_tokens_had_names(transactional_db, alice) -> Iterator[Any]:
    """Migrated back to where tokens were knox's, and its model of then."""
    before = [("vmportal", "0004_impersonated"), ("knox", "0009_extend_authtoken_field")]
    try:
        call_command("migrate", *before[0], verbosity=0)
        yield MigrationLoader(connection).project_state(before).apps.get_model("knox", "AuthToken")
    finally:
        call_command("migrate", verbosity=0)


def test_tokens_from_before_go_on(before_tokens_had_names, alice):
    """Digests are taken over from knox's own table; the token that somebody holds opens what it did."""
    before_tokens_had_names.objects.create(
        digest=hash_token(alice.token),
        token_key=alice.token[: CONSTANTS.TOKEN_KEY_LENGTH],
        user_id=alice.user.pk,
        expiry=None,
    )
    call_command("migrate", verbosity=0)
    assert alice.get(MAPS).status_code == 200


def test_a_scope_narrows_whoever_is_made_with_it():
    caller = Caller("root", (AUTHENTICATED,), is_admin=True, scope=Scope(namespace="team-a"))
    assert not caller.is_admin
    assert (caller.role_in("team-a"), caller.role_in("team-b")) == ("portal", "")
    member = Caller("alice", roles={"team-a": "edit", "team-b": "admin"}, scope=Scope(namespace="team-a"))
    assert dict(member.roles) == {"team-a": "edit"}
