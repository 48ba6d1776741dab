"""The verbs of one kind over HTTP: what is stored, what is answered, what is refused."""

from __future__ import annotations

import json

import pytest

from tests.api.test_reading import body as protobuf_body
from tests.api.test_reading import part
from tests.builders import config_map, create, obj

MAPS = "/api/v1/namespaces/team-a/configmaps"
MAP = f"{MAPS}/settings"
SECRETS = "/api/v1/namespaces/team-a/secrets"


@pytest.fixture
def settings_map(team_a) -> dict:
    return create(config_map())


def refusal(response) -> tuple[int, str, str]:
    status = response.json()
    assert status["kind"] == "Status"
    assert status["code"] == response.status_code
    return response.status_code, status["reason"], status["message"]


def test_create_answers_the_whole_object(alice):
    response = alice.post(MAPS, config_map())
    made = response.json()
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    assert made["data"] == {"color": "blue"}
    assert made["metadata"]["uid"]
    assert made["metadata"]["managedFields"][0]["manager"] == "kubectl"
    assert alice.get(MAP).json() == made


def test_the_field_manager_of_the_query_wins(alice):
    made = alice.post(f"{MAPS}?fieldManager=terraform", config_map()).json()
    assert made["metadata"]["managedFields"][0]["manager"] == "terraform"
    assert refusal(alice.post(f"{MAPS}?fieldManager={'x' * 129}", config_map("b")))[:2] == (422, "Invalid")


def test_a_name_that_is_taken_is_a_conflict(alice, settings_map):
    response = alice.post(MAPS, config_map())
    assert refusal(response) == (409, "AlreadyExists", 'configmaps "settings" already exists')
    assert response.json()["details"] == {"name": "settings", "kind": "configmaps"}


def test_generate_name_makes_a_name(alice):
    made = alice.post(MAPS, obj("ConfigMap", "", meta={"generateName": "run-"})).json()
    assert made["metadata"]["name"].startswith("run-")
    assert len(made["metadata"]["name"]) == 9


def test_yaml_comes_in_and_goes_out(alice):
    sent = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  on: 'yes'\n"
    response = alice.post(MAPS, sent, "application/yaml", Accept="application/yaml")
    assert response.status_code == 201
    assert response["Content-Type"] == "application/yaml"
    assert b"'on': 'yes'" in response.content
    assert alice.get(MAP).json()["data"] == {"on": "yes"}


def test_protobuf_comes_in(alice):
    raw = part(1, part(1, b"settings")) + part(2, part(1, b"color") + part(2, b"red"))
    sent = protobuf_body(b"v1", b"ConfigMap", raw)
    accepts = "application/vnd.kubernetes.protobuf,application/json"
    response = alice.post(MAPS, sent, "application/vnd.kubernetes.protobuf", Accept=accepts)
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    assert response.json()["data"] == {"color": "red"}


def test_a_typed_client_may_leave_kind_and_version_out(alice):
    assert alice.post(MAPS, {"metadata": {"name": "settings"}, "data": {}}).status_code == 201


def test_an_object_of_another_kind_is_a_bad_request(alice):
    code, reason, message = refusal(alice.post(MAPS, obj("Secret", "s")))
    assert (code, reason) == (400, "BadRequest")
    assert "Kind=Secret" in message


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff\xfe"])
def test_a_body_that_is_no_object_is_a_bad_request(alice, sent):
    assert refusal(alice.post(MAPS, sent))[:2] == (400, "BadRequest")


@pytest.mark.parametrize(
    "meta",
    [
        {"name": 1},
        {"name": "a", "labels": {"a": 1}},
        {"name": "a", "labels": []},
        {"generateName": 5},
        {"name": "a", "ownerReferences": {}},
        {"name": "a", "finalizers": [1]},
        {"name": ["a"]},
    ],
)
def test_metadata_of_wrong_types_is_a_bad_request_that_names_the_field(alice, meta):
    code, reason, message = refusal(alice.post(MAPS, {"metadata": meta}))
    assert (code, reason) == (400, "BadRequest")
    assert "metadata." in message


def test_a_body_that_is_too_large_is_refused(alice):
    sent = json.dumps(config_map(data={"x": "y" * 3 * 1024 * 1024})).encode()
    assert refusal(alice.post(MAPS, sent))[:2] == (413, "RequestEntityTooLarge")


def test_an_unknown_content_type_is_refused_and_names_the_known_ones(alice):
    code, reason, message = refusal(alice.post(MAPS, b"<a/>", "text/xml"))
    assert (code, reason) == (415, "UnsupportedMediaType")
    assert "application/json" in message


def test_what_nobody_can_write_is_not_acceptable(alice, settings_map):
    assert refusal(alice.get(MAP, Accept="text/html"))[:2] == (406, "NotAcceptable")
    assert refusal(alice.get(MAP, Accept="application/vnd.kubernetes.protobuf"))[0] == 406


def test_what_is_made_anew_while_the_old_one_goes_is_told_so(alice):
    create(config_map("a", finalizers=["example.com/wait"]))
    alice.delete(f"{MAPS}/a")
    for query in ("", "?dryRun=All"):
        assert refusal(alice.post(f"{MAPS}{query}", config_map("a"))) == (
            409,
            "AlreadyExists",
            'object is being deleted: configmaps "a" already exists',
        )


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/apis/x/v1/y", "/api/v1/nothing", "/openapi/v4", "/api/v1/a/b/c/d/e"]
)
def test_unknown_addresses_are_a_status_not_a_page(alice, path):
    assert refusal(alice.get(path))[:2] == (404, "NotFound")


def test_a_method_that_does_not_fit_is_refused(alice, settings_map):
    assert refusal(alice.post(MAP, config_map()))[:2] == (405, "MethodNotAllowed")
    assert refusal(alice.client.options(MAP))[:2] == (405, "MethodNotAllowed")


def test_unknown_and_doubled_fields_are_told_by_fieldvalidation(alice):
    sent = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s","foo":1},"data":{},"data":{"a":"b"},"bar":1}'
    warned = alice.post(f"{MAPS}?fieldValidation=Warn", sent % b"one")
    assert warned.status_code == 201
    assert warned["Warning"] == (
        '299 - "duplicate field \\"data\\"", 299 - "unknown field \\"metadata.foo\\"", '
        '299 - "unknown field \\"bar\\""'
    )
    assert "bar" not in warned.json()
    assert "foo" not in warned.json()["metadata"]
    silent = alice.post(f"{MAPS}?fieldValidation=Ignore", sent % b"two")
    assert silent.status_code == 201
    assert "Warning" not in silent
    code, _, message = refusal(alice.post(f"{MAPS}?fieldValidation=Strict", sent % b"three"))
    assert code == 400
    assert (
        'strict decoding error: duplicate field "data", unknown field "metadata.foo", unknown field "bar"'
        in message
    )
    assert alice.get(f"{MAPS}/three").status_code == 404
    assert refusal(alice.post(f"{MAPS}?fieldValidation=Maybe", sent % b"x"))[:2] == (422, "Invalid")


def test_a_strict_patch_with_unknown_fields_is_invalid(alice, settings_map):
    response = alice.patch(f"{MAP}?fieldValidation=Strict", {"foo": 1})
    assert refusal(response)[:2] == (422, "Invalid")
    assert response.json()["details"]["causes"][0]["field"] == "patch"


def test_a_dry_run_answers_as_if_and_stores_nothing(alice, settings_map):
    assert alice.post(f"{MAPS}?dryRun=All", config_map("other")).status_code == 201
    assert alice.patch(f"{MAP}?dryRun=All", {"data": {"color": "red"}}).json()["data"] == {"color": "red"}
    assert alice.delete(f"{MAP}?dryRun=All").status_code == 200
    assert alice.delete(MAP, {"dryRun": ["All"]}).status_code == 200
    assert alice.get(MAP).json() == settings_map
    assert alice.list(MAPS) == ["settings"]
    assert refusal(alice.post(f"{MAPS}?dryRun=Some", config_map("x")))[:2] == (422, "Invalid")


def test_update_replaces_and_holds_the_optimistic_lock(alice, settings_map):
    new = {**settings_map, "data": {"color": "red"}}
    response = alice.put(MAP, new)
    assert response.status_code == 200
    assert response.json()["metadata"]["resourceVersion"] != settings_map["metadata"]["resourceVersion"]
    code, reason, message = refusal(alice.put(MAP, new))
    assert (code, reason) == (409, "Conflict")
    assert message.startswith(
        'Operation cannot be fulfilled on configmaps "settings": the object has been modified'
    )


def test_an_update_of_a_custom_kind_must_name_its_version(root):
    classes = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachineclasses"
    made = root.post(classes, obj("VirtualMachineClass", "small", "team-a", spec={})).json()
    del made["metadata"]["resourceVersion"]
    response = root.put(f"{classes}/small", made)
    assert refusal(response)[:2] == (422, "Invalid")
    assert response.json()["details"]["causes"][0]["field"] == "metadata.resourceVersion"


def test_an_update_of_another_name_is_a_bad_request(alice, settings_map):
    other = {**settings_map, "metadata": {**settings_map["metadata"], "name": "other"}}
    assert refusal(alice.put(MAP, other))[:2] == (400, "BadRequest")


def test_the_three_patches_of_a_builtin_kind(alice, settings_map):
    assert alice.patch(MAP, {"data": {"a": "1"}}).json()["data"] == {"color": "blue", "a": "1"}
    operations = [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "remove", "path": "/data/color"}]
    assert alice.patch(MAP, operations, "json-patch").json()["data"] == {"a": "1"}
    labels = {"metadata": {"labels": {"app": "web"}}}
    assert alice.patch(MAP, labels, "strategic-merge-patch").json()["metadata"]["labels"] == {"app": "web"}


def test_a_patch_that_changes_nothing_takes_no_version(alice, settings_map):
    assert alice.patch(MAP, {"data": {"color": "blue"}}).json() == settings_map


def test_a_patch_that_does_not_fit_is_unprocessable(alice, settings_map):
    response = alice.patch(MAP, [{"op": "test", "path": "/data/color", "value": "red"}], "json-patch")
    assert refusal(response)[:2] == (422, "Invalid")
    assert refusal(alice.patch(MAP, {"op": "add"}, "json-patch"))[0] == 400
    assert refusal(alice.patch(MAP, [1]))[0] == 400


def test_a_stale_patch_is_a_conflict(alice, settings_map):
    assert refusal(alice.patch(MAP, {"metadata": {"resourceVersion": "1"}, "data": {}}))[:2] == (
        409,
        "Conflict",
    )


def test_custom_kinds_know_no_strategic_merge(alice):
    path = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines/web-1"
    code, reason, message = refusal(alice.patch(path, {}, "strategic-merge-patch"))
    assert (code, reason) == (415, "UnsupportedMediaType")
    assert "application/merge-patch+json" in message


def test_delete_answers_a_success_and_the_object_is_gone(alice, settings_map):
    status = alice.delete(MAP).json()
    uid = settings_map["metadata"]["uid"]
    assert (status["kind"], status["status"]) == ("Status", "Success")
    assert status["details"] == {"name": "settings", "kind": "configmaps", "uid": uid}
    assert refusal(alice.get(MAP)) == (404, "NotFound", 'configmaps "settings" not found')
    assert refusal(alice.delete(MAP))[:2] == (404, "NotFound")


def test_delete_holds_its_preconditions(alice, settings_map):
    assert refusal(alice.delete(MAP, {"preconditions": {"uid": "other"}}))[:2] == (409, "Conflict")
    assert refusal(alice.delete(MAP, {"preconditions": {"resourceVersion": "1"}}))[:2] == (409, "Conflict")
    meta = settings_map["metadata"]
    fitting = {"preconditions": {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}}
    assert alice.delete(MAP, fitting).status_code == 200


def test_an_object_with_finalizers_is_marked_and_stays(alice):
    create(config_map(finalizers=["example.com/wait"]))
    marked = alice.delete(MAP).json()
    assert marked["metadata"]["deletionTimestamp"]
    assert alice.patch(MAP, {"metadata": {"finalizers": None}}).status_code == 200
    assert alice.get(MAP).status_code == 404


@pytest.mark.parametrize(
    "options",
    [
        {"propagationPolicy": "Sideways"},
        {"propagationPolicy": "Orphan", "orphanDependents": True},
        {"dryRun": ["Some"]},
    ],
)
def test_delete_options_that_mean_nothing_are_invalid(alice, settings_map, options):
    assert refusal(alice.delete(MAP, options))[:2] == (422, "Invalid")
    assert alice.get(MAP).status_code == 200


def test_a_collection_is_deleted_by_selector(alice, team_a):
    create(config_map("a", labels={"app": "web"}))
    create(config_map("b"))
    gone = alice.delete(f"{MAPS}?labelSelector=app%3Dweb").json()
    assert [item["metadata"]["name"] for item in gone["items"]] == ["a"]
    assert alice.list(MAPS) == ["b"]


def test_the_request_id_comes_back_on_answers_and_refusals(alice, settings_map):
    headers = {"X-Request-ID": "my-request-7"}
    assert alice.client.get(MAP, headers=headers)["X-Request-ID"] == "my-request-7"
    assert alice.client.get(f"{MAPS}/none", headers=headers)["X-Request-ID"] == "my-request-7"
    assert len(alice.get(MAP)["X-Request-ID"]) == 36


def test_a_failure_inside_says_nothing_of_the_inside(alice, monkeypatch, caplog):
    monkeypatch.setattr("vmportal.service.get", lambda *_: 1 / 0)
    response = alice.get(MAP)
    assert refusal(response)[:2] == (500, "InternalError")
    assert "ZeroDivision" not in response.content.decode()
    assert "ZeroDivisionError" in caplog.text


def test_status_is_read_by_all_and_written_by_nobody_ordinary(alice):
    path = "/api/v1/namespaces/team-a/status"
    assert alice.get(path).json()["kind"] == "Namespace"
    assert refusal(alice.patch(path, {"status": {"phase": "Terminating"}}))[:2] == (403, "Forbidden")
    assert refusal(alice.get(f"{MAP}/status"))[:2] == (404, "NotFound")
