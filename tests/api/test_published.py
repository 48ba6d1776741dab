"""What the API says of itself: discovery plain and aggregated, OpenAPI, version."""

from __future__ import annotations

import pytest
import yaml
from django.test import Client

from tests.api.test_verbs import refusal
from vmportal.kinds import KINDS

VMOP = "vmoperator.vmware.com"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def test_aggregated_discovery_lists_every_kind_once(alice):
    found = set()
    for path in ("/api", "/apis"):
        response = alice.get(path, Accept=f"{AGGREGATED},application/json")
        assert response["Content-Type"] == AGGREGATED
        assert response.json()["apiVersion"] == "apidiscovery.k8s.io/v2"
        for item in response.json()["items"]:
            for version in item["versions"]:
                found |= {
                    (item["metadata"].get("name", ""), version["version"], resource["resource"])
                    for resource in version["resources"]
                }
    shapes = {(kind.shape.group, kind.shape.version, kind.shape.plural) for kind in KINDS}
    assert shapes <= found
    assert ("authorization.k8s.io", "v1", "selfsubjectaccessreviews") in found


def test_discovery_is_yaml_for_who_asks_for_that(alice):
    response = alice.get("/apis", Accept="application/yaml")
    assert response["Content-Type"] == "application/yaml"
    assert yaml.safe_load(response.content) == alice.get("/apis").json()


def test_an_older_client_gets_the_version_it_knows(alice):
    accept = AGGREGATED.replace("v=v2", "v=v2beta1")
    assert alice.get("/apis", Accept=accept).json()["apiVersion"] == "apidiscovery.k8s.io/v2beta1"
    assert alice.get("/apis", Accept=AGGREGATED.replace("v=v2", "v=v9")).status_code == 406


def test_plain_discovery_says_the_same(alice):
    assert alice.get("/api").json()["versions"] == ["v1"]
    groups = {group["name"]: group for group in alice.get("/apis").json()["groups"]}
    assert groups[VMOP]["preferredVersion"]["version"] == "v1alpha5"
    assert alice.get(f"/apis/{VMOP}").json()["versions"] == groups[VMOP]["versions"]
    resources = {one["name"]: one for one in alice.get(f"/apis/{VMOP}/v1alpha5").json()["resources"]}
    assert resources["virtualmachines"]["shortNames"] == ["vm"]
    assert resources["virtualmachines/status"]["verbs"] == ["get", "patch", "update"]
    core = {one["name"]: one for one in alice.get("/api/v1").json()["resources"]}
    assert core["serviceaccounts/token"]["kind"] == "TokenRequest"
    assert core["namespaces"]["namespaced"] is False
    assert refusal(alice.get("/apis/nobody.example.com"))[0] == 404
    assert refusal(alice.get("/apis/nobody.example.com/v1"))[0] == 404


@pytest.mark.parametrize(
    "path", ["/api", "/apis", f"/apis/{VMOP}/v1alpha5", "/openapi/v3", "/openapi/v3/api/v1"]
)
def test_what_has_not_changed_is_not_sent_again(alice, path):
    first = alice.get(path)
    again = alice.get(path, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Content-Type"] == first["Content-Type"]
    assert alice.get(path, **{"If-None-Match": '"other"'}).status_code == 200


def test_the_openapi_index_leads_to_documents_that_may_be_kept(alice):
    paths = alice.get("/openapi/v3").json()["paths"]
    assert {"api/v1", f"apis/{VMOP}/v1alpha5"} <= set(paths)
    response = alice.get(paths["api/v1"]["serverRelativeURL"])
    assert "immutable" in response["Cache-Control"]
    assert alice.get("/openapi/v3/api/v1")["Cache-Control"] == "no-cache, private"
    assert refusal(alice.get("/openapi/v3/apis/x/v1"))[0] == 404


def test_documents_hold_what_kubectl_looks_for(alice):
    document = alice.get(f"/openapi/v3/apis/{VMOP}/v1alpha5").json()
    base = f"/apis/{VMOP}/v1alpha5/namespaces/{{namespace}}/virtualmachines"
    gvk = {"group": VMOP, "version": "v1alpha5", "kind": "VirtualMachine"}
    patch = document["paths"][f"{base}/{{name}}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == gvk
    assert {"fieldValidation", "dryRun"} <= {parameter["name"] for parameter in patch["parameters"]}
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]
    schema = document["components"]["schemas"]["com.vmware.vmoperator.v1alpha5.VirtualMachine"]
    assert schema["x-kubernetes-group-version-kind"] == [gvk]
    assert "volumes" in schema["properties"]["spec"]["properties"]


def test_builtin_kinds_say_how_their_lists_are_merged(alice):
    schemas = alice.get("/openapi/v3/api/v1").json()["components"]["schemas"]
    account = schemas["io.k8s.api.core.v1.ServiceAccount"]["properties"]
    assert account["secrets"]["x-kubernetes-patch-merge-key"] == "name"
    assert account["secrets"]["x-kubernetes-patch-strategy"] == "merge"
    assert "x-kubernetes-patch-strategy" not in account["imagePullSecrets"]  # replaced as a whole


def test_every_reference_of_every_document_leads_somewhere(alice):
    for path in alice.get("/openapi/v3").json()["paths"]:
        document = alice.get(f"/openapi/v3/{path}").json()
        schemas = document["components"]["schemas"]
        for name in references(document):
            assert name.removeprefix("#/components/schemas/") in schemas


def references(node) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(item) for item in node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_operation_ids_are_unique(alice):
    for path in alice.get("/openapi/v3").json()["paths"]:
        document = alice.get(f"/openapi/v3/{path}").json()
        ids = [
            operation["operationId"]
            for item in document["paths"].values()
            for operation in item.values()
            if isinstance(operation, dict)
        ]
        assert len(ids) == len(set(ids))


def test_the_version_is_for_everybody(db):
    version = Client().get("/version").json()
    assert version["gitVersion"].startswith("v1.37.")
