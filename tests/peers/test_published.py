"""What the portal publishes of itself beside what a kube-apiserver publishes that knows `manage.py crds`.

Both OpenAPI documents, discovery, and the CustomResourceDefinitions themselves. Words are our own.
"""

from __future__ import annotations

import io
import json
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.peers.kube import ControlPlane
from tests.peers.portal import Kubectl, PortalProcess
from tests.peers.test_kinds import CUSTOM, Run, caller, established
from vmportal.api import swagger_protobuf
from vmportal.api.swagger import schema as schema_of_v2

pytestmark = pytest.mark.peers

GROUPS = sorted({(kind.shape.group, kind.shape.version) for kind in CUSTOM})
# What a kube-apiserver takes and the portal has nothing of.
THEIRS = {"pretty", "shardSelector", "ignoreStoreReadErrorWithClusterBreakingPotential"}
# What the portal takes beyond Kubernetes.
OURS = {"X-Request-ID", "Idempotency-Key", "If-Match", "If-None-Match", "wait", "timeout", "wide"}
# Of a deletion of many, a kube-apiserver names the options of watches, of custom kinds none of deletes; it takes both.
OF_COLLECTIONS = {"allowWatchBookmarks", "continue", "limit", "resourceVersion", "resourceVersionMatch"}
OF_COLLECTIONS |= {"sendInitialEvents", "timeoutSeconds", "watch"}
OF_COLLECTIONS |= {"body", "dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"}
# Fields of Kubernetes' own kinds that the portal leaves out, each for want of what it is about.
NOT_OURS = {
    "TokenRequest": {"spec.attestations"},
    "CustomResourceDefinition": {"spec.conversion.webhook", "spec.versions.schema.openAPIV3Schema"},
    "DeleteOptions": {"ignoreStoreReadErrorWithClusterBreakingPotential"},
}


@pytest.fixture(scope="module")
def real(kubectl: Path, kube_apiserver: ControlPlane) -> Iterator[Run]:
    """A server of its own that knows the kinds from `manage.py crds`."""
    crds = io.StringIO()
    call_command("crds", stdout=crds)
    with ControlPlane() as plane:
        run = caller(plane, kubectl)
        run("apply", "--server-side", "-f", "-", given=crds.getvalue())
        yield established(run)


@pytest.fixture(scope="module")
def portal(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    with PortalProcess(tmp_path_factory.mktemp("portal")) as process:
        yield Kubectl(kubectl, process, "alice")


Documents = tuple[Any, Any]


@pytest.fixture(scope="module")
def swaggers(portal: Kubectl, real: Run) -> Documents:
    """(ours, theirs): a kube-apiserver publishes v2 a while after it knows the kinds, and all of v3 before."""
    wanted = {f"/apis/{group}/{version}" for group, version in GROUPS}
    for _ in range(60):
        theirs = json.loads(real("get", "--raw", "/openapi/v2"))
        if wanted <= {"/".join(path.split("/")[:4]) for path in theirs["paths"]}:
            break
    return json.loads(portal("get", "--raw", "/openapi/v2")), theirs


def operations(document: Any) -> dict[tuple[str, str], Any]:
    """By address and method, each with the parameters of its address."""
    return {
        (address, method): {
            **operation,
            "parameters": [*item.get("parameters", ()), *operation.get("parameters", ())],
        }
        for address, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def parameters(document: Any, operation: Any) -> dict[str, Any]:
    """The type of each by its name."""
    shared = document.get("parameters", {})
    found = [shared[one["$ref"].split("/")[-1]] if "$ref" in one else one for one in operation["parameters"]]
    return {one["name"]: (one["in"], one.get("type")) for one in found}


def test_every_operation_is_called_as_there(swaggers: Documents) -> None:
    ours, theirs = map(operations, swaggers)
    assert ours.keys() <= theirs.keys()
    marks = ("operationId", "tags", "x-kubernetes-action", "x-kubernetes-group-version-kind")
    different = [
        (place, mark, operation.get(mark), theirs[place].get(mark))
        for place, operation in ours.items()
        for mark in marks
        if operation.get(mark) != theirs[place].get(mark)
    ]
    assert different == []


def test_every_operation_takes_what_it_takes_there(swaggers: Documents) -> None:
    ours, theirs = map(operations, swaggers)
    different = {}
    for place, operation in ours.items():
        mine, yours = parameters(swaggers[0], operation), parameters(swaggers[1], theirs[place])
        but = OURS | THEIRS
        if operation["x-kubernetes-action"] == "deletecollection":
            but = but | OF_COLLECTIONS
        if place[0].endswith(("reviews", "/token")):
            but = but | {"dryRun", "fieldManager"}  # nothing of them is kept
        if operation["x-kubernetes-action"] == "get":
            but = but | {"resourceVersion"}  # documented of custom kinds alone
        unlike = {(key, value) for key, value in mine.items() ^ yours.items() if key not in but}
        if unlike:
            different[place] = unlike
    assert different == {}


def test_every_operation_answers_with_what_it_answers_there(swaggers: Documents) -> None:
    ours, theirs = map(operations, swaggers)

    def answered(operation: Any) -> Any:
        return next(
            one.get("schema") for code, one in operation["responses"].items() if code in ("200", "201")
        )

    different = [
        (place, answered(operation), answered(theirs[place]))
        for place, operation in ours.items()
        # Of Kubernetes' own kinds some answer a deletion with the object, as v2 cannot say of ours.
        if place[1] != "delete" and answered(operation) != answered(theirs[place])
    ]
    assert different == []


def plain(node: Any) -> Any:
    """A schema without words, and in an order of its own where order says nothing."""
    if isinstance(node, list):
        made = [plain(one) for one in node]
        return sorted(made, key=str) if all(isinstance(one, str) for one in made) else made
    if not isinstance(node, dict):
        return node
    return {
        key: plain(below)
        for key, below in node.items()
        if not (key == "description" and isinstance(below, str))
    }


def test_custom_kinds_are_defined_as_there(swaggers: Documents) -> None:
    ours, theirs = (one["definitions"] for one in swaggers)
    names = [name for name in ours if not name.startswith(("io.k8s.", "JSONPatch"))]
    assert len(names) == 2 * len(CUSTOM)  # each with its list
    assert {name: plain(ours[name]) for name in names} == {name: plain(theirs[name]) for name in names}


@pytest.mark.parametrize(("group", "version"), GROUPS)
def test_the_third_version_defines_them_as_there(
    portal: Kubectl, real: Run, group: str, version: str
) -> None:
    found = []
    for run in (portal, real):
        document = json.loads(run("get", "--raw", f"/openapi/v3/apis/{group}/{version}"))
        schemas = document["components"]["schemas"]
        found.append(
            {name: node for name, node in plain(schemas).items() if name.startswith(("com.", "dev."))}
        )
    ours, theirs = found
    assert _in_one_place(ours) == _in_one_place(theirs)


def _in_one_place(node: Any) -> Any:
    """A kube-apiserver writes `{}` as the default of what it refers to."""
    if isinstance(node, list):
        return [_in_one_place(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _in_one_place(below) for key, below in node.items() if not (key == "default" and below == {})
    }


def fields(document: Any, node: Any, path: str = "", inside: tuple[str, ...] = ()) -> Iterator[str]:
    """The paths of all fields, with what is referred to."""
    if "$ref" in node:
        name = node["$ref"].split("/")[-1]
        if name not in inside:
            yield from fields(document, document["definitions"][name], path, (*inside, name))
        return
    for name, below in node.get("properties", {}).items():
        yield f"{path}.{name}".lstrip(".")
        yield from fields(document, below, f"{path}.{name}", inside)
    for word in ("items", "additionalProperties"):
        if isinstance(node.get(word), dict):
            yield from fields(document, node[word], path, inside)


def test_kubernetes_own_kinds_have_the_fields_that_they_have_there(swaggers: Documents) -> None:
    ours, theirs = swaggers
    different = {}
    for name, node in ours["definitions"].items():
        kind = name.split(".")[-1]
        if not name.startswith("io.k8s.") or kind in ("Status", "Patch", "ListMeta") or kind.endswith("List"):
            continue
        mine, yours = set(fields(ours, node)), set(fields(theirs, theirs["definitions"][name]))
        left_out = tuple(NOT_OURS.get(kind, ()))
        unlike = {path for path in mine ^ yours if not path.startswith(left_out or "-")}
        if unlike:
            different[name] = unlike
    assert different == {}


def test_v2_is_made_of_v3_as_there(swaggers: Documents, real: Run) -> None:
    """Our way from v3 to v2, gone with a kube-apiserver's v3, leads to its v2."""
    theirs = swaggers[1]["definitions"]
    for group, version in GROUPS:
        document = json.loads(real("get", "--raw", f"/openapi/v3/apis/{group}/{version}"))
        for name, node in document["components"]["schemas"].items():
            if name.startswith("com."):
                assert schema_of_v2(node) == theirs[name], name


def messages(text: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, value) of each field of a message, all of whose fields are messages or texts."""
    at = 0

    def varint() -> int:
        nonlocal at
        number, shift = 0, 0
        while True:
            part, at = text[at], at + 1
            number, shift = number | (part & 0x7F) << shift, shift + 7
            if part < 0x80:
                return number

    while at < len(text):
        key, length = varint(), varint()
        assert key & 7 == 2
        yield key >> 3, text[at : at + length]
        at += length


def entries(document: bytes, number: int) -> dict[str, bytes]:
    """What the definitions (9) or the paths (8) hold, by name; YAML may quote in either way."""
    [part] = [value for field, value in messages(document) if field == number]
    pairs = [[value for _, value in messages(entry)] for _, entry in messages(part)]
    return {name.decode(): value.replace(b"'", b'"') for name, value in pairs}


def test_protobuf_is_written_as_there(kube_apiserver: ControlPlane) -> None:
    """Of the same document byte for byte, where it refers to no shared parameter: ours have none."""
    found = []
    for accept in ("application/json", swagger_protobuf.MEDIA_TYPE):
        token = {"Authorization": f"Bearer {kube_apiserver.tokens['admin']}", "Accept": accept}
        asked = urllib.request.Request(f"{kube_apiserver.url}/openapi/v2", headers=token)
        tls = ssl.create_default_context(cafile=kube_apiserver.ca_file)
        with urllib.request.urlopen(asked, timeout=60, context=tls) as answer:
            found.append(answer.read())
    theirs = found[1]
    ours = swagger_protobuf.encode(with_parameters(json.loads(found[0])))
    assert entries(ours, 9) == entries(theirs, 9)
    paths = {name: value for name, value in entries(theirs, 8).items() if b"#/parameters/" not in value}
    assert len(paths) > 20
    assert {name: value for name, value in entries(ours, 8).items() if name in paths} == paths


def with_parameters(document: Any) -> Any:
    """The document with its shared parameters where they are used."""
    for item in document["paths"].values():
        for holder in (item, *(one for one in item.values() if isinstance(one, dict))):
            if "parameters" in holder:
                holder["parameters"] = [
                    document["parameters"][one["$ref"].split("/")[-1]] if "$ref" in one else one
                    for one in holder["parameters"]
                ]
    return document


@pytest.mark.parametrize("group", sorted({group for group, _ in GROUPS}))
def test_kubectl_lists_the_same_resources(portal: Kubectl, real: Run, group: str) -> None:
    """Names, short names, categories, verbs."""

    def resources(run: Any) -> list[list[str]]:
        lines = run("api-resources", f"--api-group={group}", "-o", "wide", "--no-headers").splitlines()
        return sorted([",".join(sorted(word.split(","))) for word in line.split()] for line in lines)

    assert resources(portal) == resources(real)


def test_kubectl_reads_and_awaits_definitions(portal: Kubectl, real: Run) -> None:
    names = ["get", "crd", "-o", "name"]
    assert portal(*names) == real(*names)
    name = "virtualmachines.vmoperator.vmware.com"
    portal("wait", "--for=condition=established", f"crd/{name}", "--timeout=5s")
    columns = ["get", "crd", name, "-o", "wide", "--no-headers"]

    def cells(run: Any) -> list[str]:
        return [word for word in run(*columns).split() if not word.startswith("20")]

    assert cells(portal) == cells(real)
    specs = [json.loads(run("get", "crd", name, "-o", "json"))["spec"] for run in (portal, real)]
    assert plain(specs[0]) == plain(specs[1])


def test_kubectl_explains_a_field_in_words(portal: Kubectl) -> None:
    assert portal("explain", "vm.spec.className").partition("DESCRIPTION:")[2].strip()
    assert "acceptedNames" in portal("explain", "crd.status")


def test_a_definition_cannot_be_written(portal: Kubectl) -> None:
    crd = portal("get", "crd", "virtualmachines.vmoperator.vmware.com", "-o", "json")
    done = portal.run("replace", "-f", "-", given=crd)
    assert done.returncode != 0
    assert "the kinds of this portal are fixed" in done.stderr
