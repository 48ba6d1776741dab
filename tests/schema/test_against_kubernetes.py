"""Our pruning, defaults, validation and managedFields beside a real kube-apiserver's, object by object.

The objects are those of the conformance corpus, as users send them; the server has the real CRDs and no
webhooks. What it makes of each, or says against it, is what we make of it and say.
"""

from __future__ import annotations

import copy
import gzip
import http.client
import json
import re
import ssl
import subprocess
import urllib.parse
from pathlib import Path

import pytest

from tests.peers.crds import reduced
from tests.shared import shared
from vmportal import managed
from vmportal.errors import CAUSE_REASON
from vmportal.schema import apply_defaults, prune, validate
from vms.schema import (
    CLUSTER_VIRTUAL_MACHINE_IMAGE,
    VIRTUAL_MACHINE,
    VIRTUAL_MACHINE_CLASS,
    VIRTUAL_MACHINE_IMAGE,
)

pytestmark = pytest.mark.peers

CASES = Path(__file__).parents[1] / "conformance" / "data" / "cases.jsonl.gz"
SHAPES = (VIRTUAL_MACHINE, VIRTUAL_MACHINE_CLASS, VIRTUAL_MACHINE_IMAGE, CLUSTER_VIRTUAL_MACHINE_IMAGE)
BY_KIND = {shape.kind: shape for shape in SHAPES}
HEAD = ("apiVersion", "kind", "metadata")
TYPES = {reason: kind for kind, reason in CAUSE_REASON.items()}
TOO_WIDE = re.compile(r"Checked value must be of type integer with format int(?:32|64) in (\S+)")


class Server:
    """A connection to the kube-apiserver, with the CRDs in it."""

    def __init__(self, plane, kubectl):
        url = urllib.parse.urlsplit(plane.url)
        tls = ssl.create_default_context(cafile=plane.ca_file)
        self.link = http.client.HTTPSConnection(url.hostname, url.port, context=tls, timeout=30)
        self.token = plane.tokens["admin"]
        self.kubectl = [kubectl, "--kubeconfig", plane.kubeconfig()]
        files = [shared(f"crds/{shape.group}_{shape.plural}.yaml") for shape in SHAPES]
        self._run("apply", "--server-side", "-f", "-", given=reduced(files, "v1alpha5"))
        names = [f"crd/{shape.group_resource}" for shape in SHAPES]
        self._run("wait", "--for=condition=Established", "--timeout=60s", *names)

    def _run(self, *words, given=""):
        subprocess.run([*self.kubectl, *words], input=given, text=True, check=True, capture_output=True)

    def send(self, method, obj, name="", **query):
        """The status, the answer, and the unknown fields that it warns of."""
        shape = BY_KIND[obj["kind"]]
        place = "namespaces/default/" if shape.namespaced else ""
        path = f"/apis/{shape.api_version}/{place}{shape.plural}{name and f'/{name}'}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.link.request(
            method,
            f"{path}?{urllib.parse.urlencode(query)}",
            json.dumps(obj) if method != "DELETE" else None,
            headers,
        )
        answer = self.link.getresponse()
        warnings = " ".join(answer.headers.get_all("Warning", []))
        return answer.status, json.loads(answer.read()), set(re.findall(r'field \\"([^"\\]*)\\"', warnings))

    def write(self, method, obj, name, manager):
        """What is stored then; None if it is refused."""
        status, answer, _ = self.send(method, obj, name, fieldManager=manager)
        return answer if status < 300 else None


@pytest.fixture(scope="module")
def server(kube_apiserver, kubectl):
    server = Server(kube_apiserver, kubectl)
    yield server
    server.link.close()


def cases():
    with gzip.open(CASES, "rt") as lines:
        for case in map(json.loads, lines):
            api_version = (case["object"] or {}).get("apiVersion")
            if case["kind"] in BY_KIND and api_version == VIRTUAL_MACHINE.api_version:
                yield case


def named(obj, **more):
    """The object under a name that fits, without metadata that the server would judge by itself."""
    kept = {key: value for key, value in obj.items() if key != "metadata"}
    return copy.deepcopy(kept) | {"metadata": {"name": "a", **more}}


def objects():
    """Each object of the corpus once."""
    found = {json.dumps(named(case["object"]), sort_keys=True) for case in cases()}
    return [json.loads(text) for text in sorted(found)]


def body(obj):
    return {key: value for key, value in obj.items() if key not in HEAD}


def faults_told(answer):
    """Path -> types. What the server tells without a path, it tells of a width, or a second time."""
    told: dict[str, set[str]] = {}
    for cause in answer["details"]["causes"]:
        path = cause["field"]
        if path == "<nil>":
            width = TOO_WIDE.search(cause["message"])
            if not width:
                continue
            path = width[1]
        told.setdefault(path, set()).add(TYPES[cause["reason"]])
    return told


def test_the_same_is_pruned_filled_in_and_refused(server):
    different = []
    for obj in objects():
        obj.pop("status", None)
        schema = BY_KIND[obj["kind"]].schema
        status, answer, warned = server.send("POST", obj, dryRun="All", fieldValidation="Warn")
        pruned, unknown = prune(schema, body(obj))
        ours = apply_defaults(schema, pruned)
        faults = {error.path: error.type for error in validate(schema, ours)}
        told = {} if status == 201 else faults_told(answer)
        same = faults.keys() == told.keys() and all(kind in told[path] for path, kind in faults.items())
        if not same or set(unknown) != warned or (status == 201 and ours != body(answer)):
            different.append((obj, faults, told, unknown, warned, answer))
    assert different == []


def test_the_same_fields_belong_to_the_same_managers(server):
    """Every fourth update of the corpus: one manager creates, one reports the status, one changes."""
    updates = [case for case in cases() if case["operation"] == "UPDATE"][::4]
    different, compared = [], 0
    for case in updates:
        made = server.write("POST", named(case["oldObject"], labels={"a": "1", "b": "1"}), "", "maker")
        if made is None:
            continue
        seen = server.write(
            "PUT", made | {"status": case["oldObject"].get("status", {})}, "a/status", "reporter"
        )
        kept = {"name": "a", "resourceVersion": (seen or made)["metadata"]["resourceVersion"]}
        wish = named(case["object"]) | {"metadata": kept | {"labels": {"b": "2"}, "annotations": {"c": "3"}}}
        changed = server.write("PUT", wish, "a", "changer") if seen else None
        server.write("DELETE", made, "a", "maker")
        if changed:
            compared += 1
            ours = _recorded({}, made, "maker", [])
            ours = _recorded(made, seen, "reporter", ours, subresource="status")
            ours = _recorded(seen, changed, "changer", ours)
            if ours != changed["metadata"]["managedFields"]:
                different.append((made, seen, wish, ours, changed["metadata"]["managedFields"]))
    assert different == []
    assert compared > len(updates) / 2


def _recorded(old, new, manager, entries, **more):
    """What we make of a write, at the time that the server gave it."""
    shape = BY_KIND[new["kind"]]
    now = next((one["time"] for one in new["metadata"]["managedFields"] if one["manager"] == manager), "")
    return managed.record(
        shape.schema, old, new, manager, api_version=shape.api_version, now=now, managed=entries, **more
    )
