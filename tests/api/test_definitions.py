"""CustomResourceDefinitions, read through the API as in a cluster that has the portal's kinds."""

from __future__ import annotations

import io
import json

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.api.test_verbs import refusal

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
VMS = "virtualmachines.vmoperator.vmware.com"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"


def events(response) -> list[dict]:
    return [json.loads(line) for line in b"".join(response.streaming_content).split(b"\n") if line.strip()]


def test_they_are_what_the_command_prints(alice):
    out = io.StringIO()
    call_command("crds", stdout=out)
    printed = {crd["metadata"]["name"]: crd["spec"] for crd in yaml.safe_load_all(out.getvalue())}
    found = alice.get(CRDS).json()
    assert (found["kind"], found["apiVersion"]) == ("CustomResourceDefinitionList", "apiextensions.k8s.io/v1")
    shown = {crd["metadata"]["name"]: dict(crd["spec"]) for crd in found["items"]}
    for spec in shown.values():
        assert spec.pop("conversion") == {"strategy": "None"}
    assert shown == printed


def test_one_is_established_with_its_names(alice):
    crd = alice.get(f"{CRDS}/{VMS}").json()
    conditions = {one["type"]: one["status"] for one in crd["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert crd["status"]["acceptedNames"]["shortNames"] == ["vm"]
    assert crd["status"]["storedVersions"] == ["v1alpha5"]
    assert crd == alice.get(f"{CRDS}/{VMS}").json()  # with its uid and its age


def test_a_stranger_may_read_them_and_nobody_unknown(bob, db):
    assert bob.get(f"{CRDS}/{VMS}").status_code == 200
    assert refusal(Client().get(CRDS))[0] == 401
    assert refusal(bob.get(f"{CRDS}/nothing.example.com"))[:2] == (404, "NotFound")


def test_one_is_found_by_its_name(alice):
    assert alice.list(CRDS, fieldSelector=f"metadata.name={VMS}") == [VMS]
    assert len(alice.list(CRDS, fieldSelector=f"metadata.name!={VMS}")) == len(alice.list(CRDS)) - 1
    assert alice.list(CRDS, labelSelector="app=web") == []
    assert refusal(alice.get(f"{CRDS}?fieldSelector=spec.group=x"))[0] == 400


def test_kubectl_prints_them(alice):
    table = alice.get(f"{CRDS}/{VMS}", Accept=TABLE).json()
    assert [column["name"] for column in table["columnDefinitions"]][:4] == [
        "Name",
        "Scope",
        "Versions",
        "Created At",
    ]
    [row] = table["rows"]
    assert row["cells"][:3] == [VMS, "Namespaced", "v1alpha5(storage)"]
    assert row["cells"][4:] == ["vmoperator.vmware.com", "VirtualMachine", "vm", True]
    assert len(alice.get(CRDS, Accept=TABLE).json()["rows"]) == len(alice.list(CRDS))


def test_metadata_alone_and_yaml_are_answered(alice):
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    found = alice.get(CRDS, Accept=accept).json()
    assert found["kind"] == "PartialObjectMetadataList"
    assert {item["kind"] for item in found["items"]} == {"PartialObjectMetadata"}
    text = alice.get(f"{CRDS}/{VMS}", Accept="application/yaml").content
    assert yaml.safe_load(text) == alice.get(f"{CRDS}/{VMS}").json()


def test_a_watch_tells_the_state_and_is_quiet_then(alice):
    told = events(alice.get(f"{CRDS}?watch=true&timeoutSeconds=1"))
    assert {event["type"] for event in told} == {"ADDED"}
    assert [event["object"]["metadata"]["name"] for event in told] == alice.list(CRDS)
    version = alice.get(CRDS).json()["metadata"]["resourceVersion"]
    assert events(alice.get(f"{CRDS}?watch=true&timeoutSeconds=1&resourceVersion={version}")) == []


def test_an_informer_gets_its_bookmark(alice):
    query = "watch=true&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true"
    told = events(
        alice.get(f"{CRDS}?{query}&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name={VMS}")
    )
    assert [event["type"] for event in told] == ["ADDED", "BOOKMARK"]
    assert told[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    tables = events(alice.get(f"{CRDS}?watch=true&timeoutSeconds=1", Accept=TABLE))
    assert [bool(event["object"]["columnDefinitions"]) for event in tables[:2]] == [True, False]


@pytest.mark.parametrize("who", ["alice", "root"])
def test_nobody_writes_them(who, request):
    caller = request.getfixturevalue(who)
    crd = caller.get(f"{CRDS}/{VMS}").json()
    for response in (
        caller.post(CRDS, crd),
        caller.put(f"{CRDS}/{VMS}", crd),
        caller.patch(f"{CRDS}/{VMS}", {"metadata": {"labels": {"a": "b"}}}),
        caller.delete(f"{CRDS}/{VMS}"),
    ):
        code, reason, message = refusal(response)
        assert (code, reason) == (405, "MethodNotAllowed")
        assert "fixed" in message


@pytest.mark.parametrize("who", ["bob", "root"])
def test_reviews_say_who_may_do_what_with_them(who, request):
    caller = request.getfixturevalue(who)
    for verb, is_allowed in (("list", True), ("create", False)):
        spec = {"verb": verb, "group": "apiextensions.k8s.io", "resource": "customresourcedefinitions"}
        review = {"spec": {"resourceAttributes": spec}}
        answer = caller.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
        assert answer.json()["status"]["allowed"] is is_allowed
