"""ETags: who has the newest is not sent it again, and who means an older one changes nothing."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Caller
from tests.api.test_lists import TABLE
from tests.api.test_verbs import MAP, MAPS, refusal
from tests.builders import config_map, create, obj
from vmportal.access import forget_memberships

RED = {"data": {"color": "red"}}
YAML = "application/yaml"


@pytest.fixture
def settings_map(team_a) -> dict:
    return create(config_map())


def tag_of(caller: Caller, path: str) -> str:
    return read(caller.get(path))["ETag"]


def read(answer):
    """The answer, read to its end."""
    assert b"".join(answer)
    return answer


def again(caller: Caller, path: str, tag: str, **headers: str):
    return caller.get(path, **{"If-None-Match": tag, **headers})


@pytest.mark.parametrize("path", [MAP, MAPS, "/api/v1/configmaps?labelSelector=a!=b", f"{MAPS}?format=csv"])
def test_what_one_has_already_is_not_sent_again(alice, settings_map, path):
    tag = tag_of(alice, path)
    assert tag.startswith('"')
    assert tag.endswith('"')
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*", f'{tag[:-1]}-gzip"'):
        known = again(alice, path, sent)
        assert (known.status_code, known.content) == (304, b""), sent
    assert known["Cache-Control"] == "no-cache, private"
    assert "Content-Type" not in known
    assert known["X-Request-ID"]
    alice.patch(MAP, RED)
    changed = read(again(alice, path, tag))
    assert changed.status_code == 200
    assert changed["ETag"] != tag


def test_each_form_of_an_object_has_a_tag_of_its_own(alice, settings_map):
    partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    tags = {alice.get(MAP, **headers)["ETag"] for headers in ({}, {"Accept": YAML}, {"Accept": partial})}
    assert len(tags) == 3
    assert "ETag" not in alice.get(MAP, Accept=TABLE), "a Table tells ages, which change by themselves"
    assert alice.get(f"{MAP}?format=yaml")["ETag"] == alice.get(MAP, Accept=YAML)["ETag"]


def test_answers_say_what_they_depend_on(alice, settings_map):
    for path in (MAP, MAPS, f"{MAPS}?format=csv"):
        assert {"Accept", "Accept-Encoding"} <= set(read(alice.get(path))["Vary"].split(", "))


def test_gzip_has_a_tag_of_its_own(alice, team_a):
    create(config_map(data={"long": "x" * 200_000}))
    plain, packed = alice.get(MAP), alice.get(MAP, **{"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert packed["ETag"] == f'{plain["ETag"][:-1]}-gzip"'
    assert again(alice, MAP, packed["ETag"]).status_code == 304
    assert "Accept-Encoding" in packed["Vary"]


def test_a_list_that_is_known_reads_no_rows(alice, settings_map):
    tag = alice.get(MAPS)["ETag"]
    with CaptureQueriesContext(connection) as captured:
        assert again(alice, MAPS, tag).status_code == 304
    assert len(captured) > 0
    assert not any("configmap" in query["sql"] for query in captured)


def test_another_s_list_and_another_query_have_other_tags(alice, vera, root, settings_map):
    everywhere = "/api/v1/configmaps"
    tags = [caller.get(everywhere)["ETag"] for caller in (alice, vera, root)]
    tags.append(alice.get(everywhere, {"limit": 1})["ETag"])
    assert len(set(tags)) == 4


def test_who_may_no_longer_look_is_told_so_not_304(alice, root, settings_map):
    tags = {path: alice.get(path)["ETag"] for path in (MAP, MAPS)}
    assert (
        root.delete(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings/alice-admin"
        ).status_code
        == 200
    )
    forget_memberships()
    for path, tag in tags.items():
        assert again(alice, path, tag).status_code == 404


def test_a_write_with_an_old_tag_changes_nothing(alice, settings_map):
    old = alice.get(MAP)["ETag"]
    alice.patch(MAP, RED)
    whole = {**config_map(), "data": {"color": "green"}}
    for method, body, content_type in (
        ("put", whole, "application/json"),
        ("patch", {"data": {"color": "green"}}, "application/merge-patch+json"),
        ("patch", {"data": {"color": "green"}}, "application/strategic-merge-patch+json"),
        ("delete", {}, "application/json"),
    ):
        answer = getattr(alice.client, method)(MAP, body, content_type, headers={"If-Match": old})
        code, reason, message = refusal(answer)
        assert (code, reason) == (412, "PreconditionFailed"), method
        assert alice.get(MAP)["ETag"] in message
    assert alice.get(MAP).json()["data"] == {"color": "red"}


@pytest.mark.parametrize("headers", [{}, {"Accept": YAML}])
def test_a_write_with_the_newest_tag_goes_through(alice, settings_map, headers):
    tag = alice.get(MAP, **headers)["ETag"]
    patch = "application/merge-patch+json"
    answer = alice.client.patch(MAP, RED, patch, headers={"If-Match": f'"x", {tag}'})
    assert answer.status_code == 200
    tag = alice.get(MAP)["ETag"]
    assert alice.client.patch(MAP, RED, patch, headers={"If-Match": f"W/{tag}"}).status_code == 412
    assert alice.client.delete(MAP, headers={"If-Match": tag}).status_code == 200
    assert alice.client.delete(MAP, headers={"If-Match": "*"}).status_code == 404


def test_an_apply_with_a_tag_makes_nothing_new(alice, team_a):
    def apply(tag: str):
        path = f"{MAP}?fieldManager=me&force=true"
        return alice.client.patch(
            path, config_map(), "application/apply-patch+yaml", headers={"If-Match": tag}
        )

    assert refusal(apply("*"))[:2] == (412, "PreconditionFailed")
    created = create(config_map(data={"color": "red"}))["metadata"]
    assert apply('"another.1"').status_code == 412
    assert apply(f'"{created["uid"]}.{created["resourceVersion"]}"').status_code == 200


def test_the_tag_of_one_object_does_not_stand_for_its_successor(alice, settings_map):
    tag = alice.get(MAP)["ETag"]
    alice.delete(MAP)
    assert again(alice, MAP, tag).status_code == 404
    alice.post(MAPS, obj("ConfigMap", "settings", data={"color": "blue"}))
    assert again(alice, MAP, tag).status_code == 200


def test_the_number_of_a_version_is_not_taken_for_the_beginning_of_another(alice, settings_map):
    """`uid.12` is not `uid.123`."""
    tag = alice.get(MAP)["ETag"]
    assert alice.client.delete(MAP, headers={"If-Match": f'{tag[:-2]}"'}).status_code == 412
    assert alice.client.delete(MAP, headers={"If-Match": f'{tag[:-1]}0"'}).status_code == 412
