"""Lists over HTTP: pages, selectors, versions, forms, and what they cost."""

from __future__ import annotations

import gzip
import json

import pytest
import time_machine
from django.test.utils import CaptureQueriesContext

from tests.api.test_verbs import refusal
from tests.builders import config_map, create, obj
from vmportal.api import large
from vmportal.models import Counter

MAPS = "/api/v1/namespaces/team-a/configmaps"
EVERYWHERE = "/api/v1/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@pytest.fixture
def five(team_a):
    for name in "abcde":
        create(
            config_map(
                name, labels={"app": "web" if name < "d" else "db", "example.com/x.y": name, "7": "seven"}
            )
        )


def test_a_list_is_joined_bodies_with_the_store_s_version(alice, five):
    found = alice.get(MAPS).json()
    assert (found["kind"], found["apiVersion"]) == ("ConfigMapList", "v1")
    assert [item["metadata"]["name"] for item in found["items"]] == list("abcde")
    assert found["metadata"] == {"resourceVersion": str(Counter.read()["version"])}


def test_an_empty_list_has_a_version_to_watch_from(alice):
    found = alice.get(MAPS).json()
    assert found["items"] == []
    assert found["metadata"]["resourceVersion"] == str(Counter.read()["version"])


def test_pages_go_on_where_they_stopped_with_the_first_page_s_version(alice, five):
    first = alice.get(MAPS, {"limit": 2}).json()
    assert first["metadata"]["remainingItemCount"] == 3
    create(config_map("aa"))
    second = alice.get(MAPS, {"limit": 2, "continue": first["metadata"]["continue"]}).json()
    third = alice.get(MAPS, {"limit": 2, "continue": second["metadata"]["continue"]}).json()
    names = [item["metadata"]["name"] for page in (first, second, third) for item in page["items"]]
    assert names == list("abcde")
    versions = {page["metadata"]["resourceVersion"] for page in (first, second, third)}
    assert len(versions) == 1
    assert "continue" not in third["metadata"]


def test_pages_over_all_namespaces_cross_from_one_to_the_next(root, five):
    create(config_map("a", "team-b"))
    first = root.get(EVERYWHERE, {"limit": 4}).json()
    second = root.get(EVERYWHERE, {"limit": 4, "continue": first["metadata"]["continue"]}).json()
    places = [(i["metadata"]["namespace"], i["metadata"]["name"]) for i in second["items"]]
    assert places == [("team-a", "e"), ("team-b", "a")]


def test_a_selected_list_does_not_count_what_remains(alice, five):
    meta = alice.get(MAPS, {"limit": 1, "labelSelector": "app=web"}).json()["metadata"]
    assert meta["continue"]
    assert "remainingItemCount" not in meta


def test_an_old_continue_token_is_expired_and_brings_a_fresh_one(alice, five):
    with time_machine.travel("2026-01-01 10:00", tick=False):
        token = alice.get(MAPS, {"limit": 2}).json()["metadata"]["continue"]
    with time_machine.travel("2026-01-01 11:00:01", tick=False):
        response = alice.get(MAPS, {"limit": 2, "continue": token})
        assert refusal(response)[:2] == (410, "Expired")
        fresh = response.json()["metadata"]["continue"]
        assert alice.list(MAPS, limit=2, **{"continue": fresh}) == ["c", "d"]


@pytest.mark.parametrize("token", ["x", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "a:b:c"])
def test_a_continue_token_of_somebody_else_s_making_is_refused(alice, five, token):
    assert refusal(alice.get(MAPS, {"limit": 1, "continue": token}))[:2] == (400, "BadRequest")


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=web", "abc"),
        ("app!=web", "de"),
        ("app in (web,db)", "abcde"),
        ("app notin (web)", "de"),
        ("app notin (web,x)", "de"),
        ("gone notin (web)", "abcde"),
        ("example.com/x.y=b", "b"),
        ("example.com/x.y in (b,c),app=web", "bc"),
        ("7=seven", "abcde"),
        ("7", "abcde"),
        ("!7", ""),
        ("gone", ""),
        ("!gone", "abcde"),
    ],
)
def test_label_selectors_select_in_the_database(alice, five, selector, names):
    assert alice.list(MAPS, labelSelector=selector) == list(names)


def test_field_selectors_select_in_the_database(alice, five):
    assert alice.list(MAPS, fieldSelector="metadata.name=b") == ["b"]
    assert alice.list(MAPS, fieldSelector="metadata.name!=b,metadata.namespace=team-a") == list("acde")
    code, _, message = refusal(alice.get(MAPS, {"fieldSelector": "data.color=blue"}))
    assert code == 400
    assert "data.color" in message


@pytest.mark.parametrize(
    "query", [{"labelSelector": "a b"}, {"limit": "x"}, {"limit": "-1"}, {"resourceVersion": "x"}]
)
def test_a_query_that_cannot_be_read_is_a_bad_request(alice, query):
    assert refusal(alice.get(MAPS, query))[:2] == (400, "BadRequest")


def test_a_version_of_the_future_is_a_timeout(alice):
    response = alice.get(MAPS, {"resourceVersion": "99999"})
    assert refusal(response)[:2] == (504, "Timeout")
    assert response["Retry-After"] == "1"
    assert refusal(alice.get(MAPS, {"resourceVersionMatch": "Exact"}))[:2] == (422, "Invalid")
    assert (
        alice.get(MAPS, {"resourceVersionMatch": "NotOlderThan", "resourceVersion": "1"}).status_code == 200
    )


def test_a_table_has_kubectl_s_columns(alice, five):
    table = alice.get(MAPS, Accept=TABLE).json()
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    first = table["rows"][0]
    assert first["cells"][:2] == ["a", 1]
    assert first["object"]["kind"] == "PartialObjectMetadata"
    bare = alice.get(f"{MAPS}/a", {"includeObject": "None"}, Accept=TABLE).json()["rows"][0]
    assert bare["object"] is None
    whole = alice.get(MAPS, {"includeObject": "Object"}, Accept=TABLE).json()["rows"][0]["object"]
    assert whole["kind"] == "ConfigMap"


def test_metadata_alone_for_who_asks(alice, five):
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    found = alice.get(MAPS, Accept=accept).json()
    assert found["kind"] == "PartialObjectMetadataList"
    assert found["items"][0].keys() == {"kind", "apiVersion", "metadata"}


def test_a_large_list_is_compressed_for_who_accepts_it(alice, team_a):
    for number in range(3):
        create(config_map(f"m{number}", data={"x": "y" * 60_000}))
    response = alice.client.get(MAPS, headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < 10_000
    assert gzip.decompress(response.content) == alice.get(MAPS).content


def test_a_list_that_is_too_large_for_memory_is_sent_from_a_file(alice, team_a, monkeypatch):
    monkeypatch.setattr(large, "IN_MEMORY", 10_000)
    for number in range(4):
        create(config_map(f"m{number}", data={"x": "y" * 60_000}))
    plain = alice.get(MAPS)
    assert plain.streaming
    text = plain.getvalue()
    assert [item["metadata"]["name"] for item in json.loads(text)["items"]] == ["m0", "m1", "m2", "m3"]
    monkeypatch.setattr(large, "IN_MEMORY", 100)
    packed = alice.get(MAPS, **{"Accept-Encoding": "gzip"})
    assert packed.streaming
    assert gzip.decompress(packed.getvalue()) == text
    assert packed["ETag"] != plain["ETag"]


def test_reads_cost_four_statements_and_a_create_twelve(alice, five, connection):
    alice.get(f"{MAPS}/a")  # memberships are kept in the process until they change
    with CaptureQueriesContext(connection) as read:
        alice.get(f"{MAPS}/a")
    with CaptureQueriesContext(connection) as page:
        alice.get(MAPS, {"limit": 2})
    with CaptureQueriesContext(connection) as made:
        alice.post(MAPS, config_map("new"))
    assert len(statements(read)) <= 4
    assert len(statements(page)) <= 4
    assert len(statements(made)) <= 12


def statements(captured) -> list[str]:
    around = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    return [one["sql"] for one in captured.captured_queries if not one["sql"].startswith(around)]


@pytest.fixture
def connection():
    from django.db import connection

    return connection


def test_lists_show_what_the_caller_may_see_and_no_more(alice, bob, vera, root, five):
    create(config_map("other", "team-b"))
    create(obj("Secret", "key", "team-a", stringData={"a": "b"}))
    assert alice.list(EVERYWHERE) == list("abcde")
    assert refusal(bob.get(EVERYWHERE))[:2] == (403, "Forbidden")
    assert len(root.list(EVERYWHERE)) == 6
    assert vera.list("/api/v1/secrets") == []
    assert alice.list("/api/v1/secrets") == ["key"]
    assert alice.list("/api/v1/namespaces") == ["team-a"]
    assert bob.list("/api/v1/namespaces") == []
