"""The scale subresource of a replica set: read, replaced and patched as kubectl and autoscalers do."""

from __future__ import annotations

import json

import pytest

from tests.api.test_kinds import address
from tests.api.test_verbs import refusal
from tests.builders import kind, obj
from tests.samples import NAME, sample

SET = kind("VirtualMachineReplicaSet")
PATH = address(SET.shape, name=NAME)


@pytest.fixture
def replica_set(ed):
    """A set of two."""
    made = ed.post(address(SET.shape), sample(SET))
    assert made.status_code == 201, made.content
    return made.json()


def wished(ed):
    return ed.get(PATH).json()["spec"]["replicas"]


def test_its_scale_is_an_object_of_its_own(ed, replica_set):
    scale = ed.get(f"{PATH}/scale").json()
    assert (scale["apiVersion"], scale["kind"]) == ("autoscaling/v1", "Scale")
    assert scale["metadata"]["resourceVersion"] == replica_set["metadata"]["resourceVersion"]
    assert (scale["spec"], scale["status"]) == ({"replicas": 2}, {"replicas": 0})


def test_a_patch_of_the_scale_changes_the_set(ed, replica_set):
    answer = ed.patch(f"{PATH}/scale", {"spec": {"replicas": 5}})
    assert (answer.status_code, answer.json()["spec"]) == (200, {"replicas": 5})
    changed = ed.get(PATH).json()
    assert changed["spec"] == {**replica_set["spec"], "replicas": 5}
    assert changed["metadata"]["generation"] == 2


def test_a_replaced_scale_must_be_the_newest(ed, replica_set):
    scale = ed.get(f"{PATH}/scale").json()
    scale["spec"]["replicas"] = 1
    assert ed.put(f"{PATH}/scale", scale).status_code == 200
    assert refusal(ed.put(f"{PATH}/scale", scale | {"spec": {"replicas": 9}}))[:2] == (409, "Conflict")
    assert wished(ed) == 1


def test_a_dry_run_scales_nothing(ed, replica_set):
    assert ed.patch(f"{PATH}/scale?dryRun=All", {"spec": {"replicas": 5}}).status_code == 200
    assert wished(ed) == 2


@pytest.mark.parametrize("number", [-1, 2**31, "3", True, 1.5])
def test_a_number_that_is_none_is_refused(ed, replica_set, number):
    answer = ed.patch(f"{PATH}/scale", {"spec": {"replicas": number}})
    assert answer.status_code == 422
    assert answer.json()["details"]["causes"][0]["field"].removeprefix(".") == "spec.replicas"
    assert wished(ed) == 2


def test_something_else_than_a_scale_is_refused(ed, replica_set):
    assert refusal(ed.put(f"{PATH}/scale", replica_set))[0] == 400


def test_a_set_of_less_than_nothing_is_refused_at_the_place_of_the_scale(ed):
    """RSS-02: with its leading dot, as a kube-apiserver says it."""
    body = sample(SET)
    body["spec"]["replicas"] = -1
    answer = ed.post(address(SET.shape), body)
    assert answer.status_code == 422
    assert [cause["field"] for cause in answer.json()["details"]["causes"]] == [".spec.replicas"]


def test_only_editors_scale(ed, vera, bob, replica_set):
    assert vera.get(f"{PATH}/scale").status_code == 200
    assert vera.patch(f"{PATH}/scale", {"spec": {"replicas": 5}}).status_code == 403
    assert bob.get(f"{PATH}/scale").status_code == 404


def test_kinds_without_a_scale_have_none(ed):
    assert ed.post(address(kind("ConfigMap").shape), obj("ConfigMap", NAME, "team-a")).status_code == 201
    assert ed.get(f"{address(kind('ConfigMap').shape, name=NAME)}/scale").status_code == 404


def test_discovery_and_openapi_tell_of_it(ed):
    root = "/apis/vmoperator.vmware.com/v1alpha5"
    served = {one["name"]: one for one in ed.get(root).json()["resources"]}
    assert served["virtualmachinereplicasets/scale"]["kind"] == "Scale"
    assert served["virtualmachinereplicasets/scale"]["group"] == "autoscaling"
    document = ed.get(f"/openapi/v3{root}").json()
    assert f"{root}/namespaces/{{namespace}}/virtualmachinereplicasets/{{name}}/scale" in document["paths"]
    assert "io.k8s.api.autoscaling.v1.Scale" in document["components"]["schemas"]


def test_an_applied_scale_owns_the_number_of_the_set(ed, replica_set):
    def apply(body, manager, **query):
        asked = "&".join(f"{key}={value}" for key, value in {"fieldManager": manager, **query}.items())
        return ed.client.patch(f"{PATH}/scale?{asked}", json.dumps(body), "application/apply-patch+yaml")

    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": NAME}}
    refused = apply(scale | {"spec": {"replicas": 7}}, "autoscaler")
    assert refused.json()["message"] == (
        'Apply failed with 1 conflict: conflict with "kubectl" using autoscaling/v1: .spec.replicas'
    )
    taken = apply(scale | {"spec": {"replicas": 7}}, "autoscaler", force="true")
    assert (taken.status_code, taken.json()["spec"]) == (200, {"replicas": 7})
    fields = {entry["manager"]: entry for entry in ed.get(PATH).json()["metadata"]["managedFields"]}
    assert "f:replicas" not in fields["kubectl"]["fieldsV1"]["f:spec"]
    assert fields["autoscaler"]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
    assert fields["autoscaler"]["subresource"] == "scale"
    assert fields["autoscaler"]["apiVersion"] == SET.shape.api_version
    assert apply(scale | {"spec": {"replicas": 7}}, "other").status_code == 200
    assert apply(scale | {"spec": {"replicas": -1}}, "autoscaler", force="true").status_code == 422
    missing = ed.client.patch(
        f"{PATH}x/scale?fieldManager=a", json.dumps(scale), "application/apply-patch+yaml"
    )
    assert missing.status_code == 404


def test_who_scales_owns_the_number_through_the_scale(ed, replica_set):
    ed.patch(f"{PATH}/scale", {"spec": {"replicas": 5}})
    owners = ed.get(PATH).json()["metadata"]["managedFields"]
    assert [
        entry.get("subresource")
        for entry in owners
        if entry["fieldsV1"].get("f:spec", {}).get("f:replicas") == {}
    ] == ["scale"]
