"""Bodies, paths and queries that nobody should send: always a refusal, never a failure of the server."""

from __future__ import annotations

import copy
import json
import random
import time

import pytest

from tests.api.conftest import Caller
from tests.builders import config_map, obj, vm
from vmportal.api.documents import read_json, read_yaml

ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x" * 300,
    "\u0000",
    "ä\n",
    [],
    [None],
    [[]],
    {},
    {"": {}},
    {"a": None},
]
ROLE = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
SENT = {
    "/api/v1/namespaces/team-a/configmaps": config_map(labels={"a": "b"}, annotations={"c": "d"}),
    "/api/v1/namespaces/team-a/secrets": obj("Secret", "s", "team-a", stringData={"a": "b"}, type="Opaque"),
    "/api/v1/namespaces/team-a/events": obj(
        "Event", "e", "team-a", involvedObject={"name": "x"}, lastTimestamp="2026-01-02T03:04:05Z", count=1
    ),
    "/api/v1/namespaces/team-a/serviceaccounts": obj(
        "ServiceAccount", "bot", "team-a", secrets=[{"name": "x"}]
    ),
    "/api/v1/namespaces": obj(
        "Namespace", "new", meta={"labels": {"a": "b"}}, spec={"finalizers": ["kubernetes"]}
    ),
    "/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings": obj(
        "RoleBinding", "rb", "team-a", subjects=[{"kind": "User", "name": "x"}], roleRef=ROLE
    ),
    "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines": vm(
        meta={"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "b"}]},
        network={"interfaces": [{"name": "eth0", "addresses": ["10.0.0.1/24"]}]},
        volumes=[{"name": "a", "persistentVolumeClaim": {"claimName": "b"}}],
        bootstrap={"cloudInit": {"rawCloudConfig": {"name": "x", "key": "y"}}},
    ),
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": {
        "spec": {"resourceAttributes": {"verb": "get"}}
    },
    "/apis/authorization.k8s.io/v1/subjectaccessreviews": {"spec": {"user": "x", "groups": ["y"]}},
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": {"spec": {"namespace": "team-a"}},
}


def places(value, path=()):
    """All paths into a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def replaced(document, path, odd):
    if not path:
        return odd
    result = copy.deepcopy(document)
    inner = result
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return result


@pytest.mark.parametrize("path", SENT, ids=lambda path: path.rsplit("/", 1)[1])
def test_an_odd_value_anywhere_is_refused_or_taken(root, path):
    dice = random.Random(path)
    for place in places(SENT[path]):
        for odd in dice.sample(ODD, 8):
            sent = replaced(SENT[path], place, odd)
            response = root.post(f"{path}?dryRun=All", sent)
            assert response.status_code < 500, (place, odd, response.content)


@pytest.mark.parametrize("kind", ["merge-patch", "strategic-merge-patch", "json-patch"])
def test_an_odd_patch_is_refused_or_taken(root, kind):
    path = "/api/v1/namespaces/team-a/configmaps"
    root.post(path, config_map(finalizers=["a/b"]))
    patch = {
        "metadata": {"labels": {"a": "b"}, "finalizers": ["c/d"], "$setElementOrder/finalizers": ["c/d"]}
    }
    operations = [
        {"op": "move", "from": "/data/color", "path": "/data/b"},
        {"op": "add", "path": "/metadata/x", "value": 1},
    ]
    sent = operations if kind == "json-patch" else patch
    for place in places(sent):
        for odd in [
            *ODD,
            "delete",
            "/metadata",
            "/metadata/name",
            "$patch",
            {"$patch": "delete"},
            {"$retainKeys": 1},
        ]:
            response = root.patch(f"{path}/settings?dryRun=All", replaced(sent, place, odd), kind)
            assert response.status_code < 500, (place, odd, response.content)


@pytest.mark.parametrize(
    "query",
    [
        "limit=1e3", "limit=" + "9" * 40, "continue=%00", "continue=" + "A" * 5000, "labelSelector=%00",
        "labelSelector=" + "a" * 9000, "labelSelector=" + ",".join(f"a{number}" for number in range(3000)),
        "fieldSelector=" + "%20" * 60_000 + "x", "fieldSelector=" + "metadata.name!=a," * 3000,
        "labelSelector=" + "a%20" * 9000, "labelSelector=a" + "%20" * 60_000 + "!", "fieldSelector=%5C",
        "fieldSelector=metadata.name%3D%00",
        "watch=1&resourceVersion=x",
        "watch=1&timeoutSeconds=-1", "watch=1&sendInitialEvents=true",
        "resourceVersion=" + "9" * 30,
        "resourceVersion=²",
        "resourceVersionMatch=x", "dryRun=x", "fieldManager=%0a", "includeObject=x",
        "limit=1&labelSelector=a%3D%22",
    ],
)  # fmt: skip
def test_an_odd_query_is_refused_or_taken(root, query):
    response = root.client.get(f"/api/v1/namespaces/team-a/configmaps?{query}")
    assert response.status_code < 500 or response.status_code == 504
    response.close()


@pytest.mark.parametrize(
    "name", ["%00", "%2e%2e", "a%2Fb", "%ff", "x" * 3000, "'", '"', "ä", "a b", "*", "%25"]
)
def test_an_odd_name_in_an_address_is_refused(root: Caller, name):
    for path in (f"/api/v1/namespaces/team-a/configmaps/{name}", f"/api/v1/namespaces/{name}/configmaps"):
        for response in (root.client.get(path), root.client.delete(path), root.post(path, config_map())):
            assert response.status_code < 500, (path, response.content)


def test_odd_delete_options_are_refused_or_taken(root):
    options = {
        "preconditions": {"uid": "x", "resourceVersion": "1"},
        "dryRun": ["All"],
        "propagationPolicy": "Orphan",
    }
    for place in places(options):
        for odd in ODD:
            path = "/api/v1/namespaces/team-a/configmaps/settings"
            response = root.client.delete(path, json.dumps(replaced(options, place, odd)), "application/json")
            assert response.status_code < 500, (place, odd, response.content)


@pytest.mark.parametrize(
    "accept",
    ["", ";", ",", "application/json;as=", "*/*;q=x", "application/json;as=Table;v=v9;g=x", "\u00ff"],
)
def test_an_odd_accept_header_is_refused_or_taken(root, accept):
    assert root.get("/api/v1/namespaces", Accept=accept).status_code in (200, 406)


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (read_json, f"{{{','.join(f'{chr(34)}{key}{chr(34)}:1' for key in [*range(50_000)] * 2)}}}"),
        (
            read_yaml,
            "\n".join(f"{key}: 1" for key in range(20_000)) + f"\nb: &b {{x: 1}}\n<<: [{'*b,' * 20_000}]\n",
        ),
    ],
    ids=["keys that stand twice", "merge keys"],
)
def test_a_large_body_takes_no_longer_than_its_length_says(read, body):
    """Both once took the square of it: minutes of the whole portal for one request."""
    began = time.process_time()
    read(body.encode())
    assert time.process_time() - began < 5
