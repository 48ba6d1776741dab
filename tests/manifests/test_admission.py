"""Each manifest, sent to the API without kubectl: taken, or refused on the field and with the type it says.

What becomes of those that are taken is seen by `test_kubectl`, in a portal that runs.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest
import yaml
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from tests.builders import kind
from tests.manifests.reading import CATALOGUE, FOLDER, MANIFESTS, NAMESPACE, Manifest, read
from vmportal import demo
from vmportal.errors import CAUSE_REASON

pytestmark = pytest.mark.django_db

Object = dict[str, Any]
TAKEN = "taken"


def test_each_manifest_is_taken_or_refused_as_it_says():
    demo.seed()
    admin, alice = client_of("admin"), client_of("alice")
    for obj in yaml.safe_load_all(CATALOGUE.read_text()):
        put(admin, obj)
    answers = {manifest.path.stem: answer_to(manifest, admin, alice) for manifest in MANIFESTS}
    assert answers == {manifest.path.stem: expected_of(manifest) for manifest in MANIFESTS}


def client_of(user: str) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(username=user))
    return client


def expected_of(manifest: Manifest) -> Any:
    if manifest.outcome != "refused":
        return TAKEN
    path, type_ = manifest.refusal
    return [(path, CAUSE_REASON[type_])]


def answer_to(manifest: Manifest, admin: Client, alice: Client) -> Any:
    """`taken`, or pairs of path and reason. Leaves nothing behind."""
    with transaction.atomic():
        for name in manifest.needs:
            for obj in read(FOLDER / name).objects:
                put(admin, obj)
        *offered, last = manifest.objects
        for obj in offered if last["kind"] == "VirtualMachine" else manifest.objects:
            put(admin, obj)
        answer = create(alice, last) if last["kind"] == "VirtualMachine" else TAKEN
        transaction.set_rollback(True)
    return answer


def create(client: Client, obj: Object) -> Any:
    response = client.post(address(obj) + "?dryRun=All", yaml.safe_dump(obj), "application/yaml")
    if response.status_code == HTTPStatus.CREATED:
        return TAKEN
    return [
        (cause["field"], cause["reason"]) for cause in response.json().get("details", {}).get("causes", [])
    ]


def put(client: Client, obj: Object) -> None:
    """Make the object, or make it the same again; its status too."""
    here = f"{address(obj)}/{obj['metadata']['name']}"
    found = client.get(here)
    if found.status_code == HTTPStatus.NOT_FOUND:
        saved = client.post(address(obj), json.dumps(obj), "application/json")
    else:
        saved = send(client, here, obj, found.json())
    assert saved.status_code in (HTTPStatus.OK, HTTPStatus.CREATED), saved.content
    if "status" in obj:
        saved = send(client, f"{here}/status", obj, saved.json())
        assert saved.status_code == HTTPStatus.OK, saved.content


def send(client: Client, here: str, obj: Object, found: Object) -> Any:
    meta = {**obj["metadata"], "resourceVersion": found["metadata"]["resourceVersion"]}
    return client.put(here, json.dumps({**obj, "metadata": meta}), "application/json")


def address(obj: Object) -> str:
    """Where objects of its kind and namespace are listed."""
    shape = kind(obj["kind"]).shape
    root = f"/apis/{shape.group}" if shape.group else "/api"
    inside = f"namespaces/{obj['metadata'].get('namespace', NAMESPACE)}/" if shape.namespaced else ""
    return f"{root}/{shape.version}/{inside}{shape.plural}"
