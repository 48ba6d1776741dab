"""Ways around the front door: other methods, headers, options and forms tell nobody more than a plain GET."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.test import Client

from tests.access.conftest import Cast
from tests.access.expected import ROLES
from tests.builders import config_map
from vmportal.access import forget_memberships
from vmportal.addresses import network
from vmportal.api.auth import new_token
from vmportal.models import IdempotencyKey, RoleBinding

pytestmark = pytest.mark.django_db

MAPS = "/api/v1/namespaces/team-a/configmaps"
THERE, NOT_THERE = f"{MAPS}/sample", f"{MAPS}/none"
SECRET = "/api/v1/namespaces/team-a/secrets/sample"
OF_OTHERS = "/api/v1/namespaces/team-c/configmaps"
JSON = "application/json"
STRANGERS = ("stranger", "token for team-b of an editor of both", "token for team-b of a portal admin")
FORMS = [
    "application/yaml",
    "text/csv",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
]


@pytest.fixture
def taken_back():
    """What is written in a test is not there for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    forget_memberships()


def codes(cast: Cast, path: str, method: str = "GET", **options) -> dict[str, int]:
    """What each role is answered."""
    return {
        role: client.generic(method, path, **options).status_code for role, client in cast.clients.items()
    }


@pytest.mark.parametrize(
    "path", [MAPS, THERE, NOT_THERE, SECRET, OF_OTHERS, "/apis/vmportal.dev/v1alpha1/offers/sample"]
)
def test_head_is_answered_as_get(cast, path):
    assert codes(cast, path, "HEAD") == codes(cast, path)


@pytest.mark.parametrize("path", [MAPS, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"])
def test_head_opens_no_watch(cast, path):
    """It would hold one of the places for watches, with nobody who hears anything."""
    response = cast.clients["viewer"].head(path, {"watch": "true"})
    assert (response.status_code, response.streaming) == (200, False)


def test_options_tell_nothing(cast):
    wanted = {role: 405 if power.is_known else 401 for role, power in ROLES.items()}
    for path in (THERE, NOT_THERE, OF_OTHERS):
        assert codes(cast, path, "OPTIONS") == wanted


def test_no_header_makes_another_method_of_a_request(cast):
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert cast.clients["viewer"].post(MAPS, {}, JSON, headers={name: "GET"}).status_code == 403
        assert cast.clients["editor"].get(THERE, headers={name: "DELETE"}).status_code == 200
    assert cast.clients["viewer"].post(f"{THERE}?_method=GET", {"_method": "GET"}).status_code in (403, 405)
    assert cast.clients["viewer"].get(THERE).status_code == 200


def test_only_the_header_brings_a_token(cast):
    token = cast.tokens["editor"]
    client = Client()
    for query in ({"access_token": token}, {"token": token}, {"authorization": f"Bearer {token}"}):
        assert client.get(THERE, query).status_code == 401
    for header in (
        f"Token {token}",
        f"Basic {token}",
        token,
        f"Bearer {token} x",
        f"Bearer {token[:-1]}",
        "Bearer",
    ):
        assert client.get(THERE, headers={"Authorization": header}).status_code == 401, header


@pytest.mark.parametrize("role", STRANGERS)
@pytest.mark.parametrize(
    "headers",
    [{}, {"If-None-Match": "*"}, {"If-None-Match": "TAG"}, {"If-Match": "*"}, {"If-Match": '"other"'}],
    ids=str,
)
def test_strangers_cannot_tell_what_is_there_from_what_is_not(cast, role, headers):
    """Not by a tag that they know (304, 412) either, nor by waiting for it."""
    tag = cast.clients["editor"].get(THERE)["ETag"]
    headers = {key: tag if value == "TAG" else value for key, value in headers.items()}
    client = cast.clients[role]
    for query in ("", "?wait=delete&timeout=5s", "?wait=create&timeout=5s", "?watch=true", "?dryRun=All"):
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
            if method == "DELETE" and "create" in query:
                continue
            kind = "application/merge-patch+json" if method == "PATCH" else JSON
            answers = [
                client.generic(method, f"{path}{query}", config_body(path), kind, headers=headers)
                for path in (THERE, NOT_THERE)
            ]
            assert [one.status_code for one in answers] in ([404, 404], [400, 400]), f"{method} {query}"
            there, not_there = (one.content.replace(b"sample", b"none") for one in answers)
            assert there == not_there
            assert {"ETag", "Last-Modified"}.isdisjoint(answers[0].headers)


def config_body(path: str) -> str:
    return json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": path.rpartition("/")[2]}}
    )


def test_a_viewer_learns_nothing_of_a_secret_by_its_tag(cast):
    tag = cast.clients["editor"].get(SECRET)["ETag"]
    for headers in ({"If-None-Match": "*"}, {"If-None-Match": tag}, {"If-Match": '"other"'}):
        assert cast.clients["viewer"].get(SECRET, headers=headers).status_code == 403
        assert cast.clients["viewer"].delete(SECRET, headers=headers).status_code == 403
    assert cast.clients["viewer"].get(f"{SECRET}?wait=delete").status_code == 403
    assert cast.clients["viewer"].get(f"{SECRET}?watch=true").status_code == 403


@pytest.mark.parametrize("accept", FORMS)
def test_no_form_of_an_answer_tells_more(cast, accept):
    def told(role: str, path: str) -> int:
        return cast.clients[role].get(path, headers={"Accept": accept}).status_code

    secrets = SECRET.rpartition("/")[0]
    assert [told("viewer", secrets), told("stranger", secrets), told("anonymous", secrets)] == [403, 404, 401]
    assert told("stranger", MAPS) == 404
    everywhere = cast.clients["editor"].get("/api/v1/configmaps", headers={"Accept": accept})
    assert everywhere.status_code in (200, 406)
    assert b"team-c" not in everywhere.getvalue()


@pytest.mark.parametrize(
    "query",
    [
        "fieldSelector=metadata.namespace%3Dteam-c",
        "fieldSelector=metadata.name%3Dsample",
        "fieldSelector=metadata.namespace!%3Dteam-a",
        "labelSelector=!nothing",
        "limit=1",
        "resourceVersion=VERSION&resourceVersionMatch=Exact",
        "resourceVersion=0",
    ],
)
def test_selectors_choose_among_what_one_may_read(cast, query):
    """The editor is in team-a alone."""
    client = cast.clients["editor"]
    version = client.get("/api/v1/configmaps").json()["metadata"]["resourceVersion"]
    query = query.replace("VERSION", version)
    found = client.get(f"/api/v1/configmaps?{query}").json()
    assert {item["metadata"]["namespace"] for item in found["items"]} <= {"team-a"}
    assert "remainingItemCount" not in found["metadata"]
    assert "continue" not in found["metadata"]
    assert client.get(f"{OF_OTHERS}?{query}").status_code == 404
    assert client.get(f"{OF_OTHERS}?{query}&watch=true").status_code == 404
    assert client.get("/api/v1/secrets", {"fieldSelector": "metadata.namespace=team-c"}).json()["items"] == []
    found = cast.clients["viewer"].get("/api/v1/secrets").json()
    assert found["items"] == []


def test_a_continue_token_of_another_shows_what_one_may_read_oneself(cast):
    first = cast.clients["portal admin"].get("/api/v1/configmaps", {"limit": 1}).json()
    rest = cast.clients["stranger"].get("/api/v1/configmaps", {"continue": first["metadata"]["continue"]})
    assert rest.status_code == 403
    rest = cast.clients["token for team-b of an editor of both"].get(
        "/api/v1/configmaps", {"continue": first["metadata"]["continue"], "limit": 500}
    )
    assert {item["metadata"]["namespace"] for item in rest.json()["items"]} == {"team-b"}


def test_a_watch_of_all_namespaces_begins_with_ones_own(cast):
    response = cast.clients["editor"].get("/api/v1/configmaps", {"watch": "true", "timeoutSeconds": 1})
    events = b"".join(response.streaming_content)
    assert b'"namespace":"team-a"' in events
    assert b"team-c" not in events


def test_a_key_answers_again_to_who_sent_it_and_may_still(cast, taken_back):
    """Idempotency-Key: what was answered once is no way in for others, nor later."""
    editor = cast.clients["editor"]
    sent = {"data": config_map("once"), "content_type": JSON, "headers": {"Idempotency-Key": "key-1"}}
    assert editor.post(MAPS, **sent).status_code == 201
    assert editor.post(MAPS, **sent)["Idempotency-Replayed"] == "true"
    assert IdempotencyKey.objects.count() == 1
    wanted = {
        "namespace admin": 409,  # another's key is another key
        "editor whom a portal admin impersonates": 409,
        "viewer": 403,
        "read-only token of an editor": 403,
        "stranger": 404,
        "token for team-b of an editor of both": 404,
        "anonymous": 401,
    }
    assert {role: cast.clients[role].post(MAPS, **sent).status_code for role in wanted} == wanted
    for row in RoleBinding.objects.filter(namespace="team-a", name="erik-edit"):
        row.delete()
    forget_memberships()
    assert editor.post(MAPS, **sent).status_code == 404


def test_no_object_comes_into_another_namespace_than_its_address_names(cast):
    for namespace in ("team-b", "team-c"):
        sent = config_map("new", namespace)
        assert cast.clients["editor"].post(f"{MAPS}?dryRun=All", sent, JSON).status_code == 400
    for space in (
        "team-a%2F..%2Fteam-c",
        "TEAM-C",
        "team-c%20",
        "team-c%00",
        "%2e%2e/team-c",
        "team-a,team-c",
    ):
        answer = cast.clients["editor"].get(f"/api/v1/namespaces/{space}/configmaps/sample")
        assert answer.status_code in (400, 404), space


PUBLIC = ("/version", "/version/", "/livez", "/readyz")
CLOSED = (
    *("/api", "/api/v1", "/apis", "/apis/", "/apis/vmportal.dev", "/apis/vmportal.dev/v1alpha1"),
    *("/openapi/v2", "/openapi/v3", "/openapi/v3/api/v1", "/openapi/v3/apis/vmportal.dev/v1alpha1"),
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/none",
    "/api/v1/namespaces/team-a/pods",
    "/apis/nothing.example/v1/things",
)


def test_who_brings_no_token_reads_nothing_but_that_the_portal_is_there(cast):
    anonymous = cast.clients["anonymous"]
    assert {path: anonymous.get(path).status_code for path in PUBLIC} == dict.fromkeys(PUBLIC, 200)
    assert {path: anonymous.get(path).status_code for path in CLOSED} == dict.fromkeys(CLOSED, 401)
    headers = {"If-None-Match": "*", "Impersonate-User": "ed"}
    assert {path: anonymous.get(path, headers=headers).status_code for path in CLOSED} == dict.fromkeys(
        CLOSED, 401
    )


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"])
def test_nobody_is_believed_where_they_say_they_come_from(cast, header, settings):
    said = {header: "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"}
    metrics = Client(REMOTE_ADDR="203.0.113.5").get("/metrics", headers=said)
    assert metrics.status_code == 403
    token, _ = new_token(cast.users["ed"], None, networks=["127.0.0.0/8"])
    client = Client(REMOTE_ADDR="203.0.113.5", headers={"Authorization": f"Bearer {token}", **said})
    assert client.get(MAPS).status_code == 401
    settings.TRUSTED_PROXIES = [network("10.0.0.0/8")]
    assert client.get(MAPS).status_code == 401, "it does not come from a proxy"
    chain = {"X-Forwarded-For": "127.0.0.1, 203.0.113.5"}
    proxied = Client(REMOTE_ADDR="10.0.0.1", headers={"Authorization": f"Bearer {token}", **chain})
    assert proxied.get(MAPS).status_code == 401, "what the proxy itself saw is the last"
