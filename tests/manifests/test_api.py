"""Each manifest, sent to the API without kubectl: taken or refused as it says, and made true in this process.

`test_kubectl` does the same from outside, with all parts of the portal running.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest
import yaml
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.utils import timezone
from kombu.transport.memory import Channel

from tests.builders import kind
from tests.manifests.reading import CATALOGUE, FOLDER, MANIFESTS, NAMESPACE, Manifest, read
from vmportal import demo
from vmportal.api.jsonpath import find
from vmportal.backends.simulator.models import SimulatedVM
from vmportal.errors import CAUSE_REASON
from vmportal.models import Work
from vmportal.tasks import sync
from vmportal.watcher import VMS, look_once

pytestmark = pytest.mark.django_db

Object = dict[str, Any]
TAKEN = "taken"
WISHES = [manifest for manifest in MANIFESTS if manifest.outcome != "stored"]
MOST_PASSES = 50
ADAPTERS = ("VirtualE1000", "VirtualE1000e", "VirtualVmxnet2", "VirtualVmxnet3")


@pytest.fixture
def people(settings) -> Iterator[dict[str, Client]]:
    """The demo, with the catalogue of this folder beside its own; `alice` may edit there."""
    settings.SIMULATOR_INSTANT = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody signs in here
    demo.seed()
    clients = {name: Client() for name in ("admin", "alice")}
    for name, client in clients.items():
        client.force_login(get_user_model().objects.get(username=name))
    for obj in yaml.safe_load_all(CATALOGUE.read_text()):
        put(clients["admin"], obj)
    yield clients
    Channel.queues.clear()  # the broker in memory outlives a test


def test_each_wish_is_taken_or_refused_as_its_manifest_says(people):
    answers = {}
    for manifest in WISHES:
        with applied_by_admin(people["admin"], manifest):
            answers[manifest.path.stem] = create(people["alice"], manifest.objects[-1], dry_run=True)
    assert answers == {manifest.path.stem: expected_answer(manifest) for manifest in WISHES}


def test_each_vm_comes_to_what_its_manifest_says(people):
    found, expected = {}, {}
    for manifest in MANIFESTS:
        if manifest.outcome == "runs":
            with applied_by_admin(people["admin"], manifest):
                found[manifest.path.stem] = what_becomes_of(manifest, people["alice"])
            expected[manifest.path.stem] = expected_to_be_shown(manifest)
    assert found == expected


def test_what_an_administrator_offers_is_stored(people):
    for manifest in MANIFESTS:
        if manifest.outcome == "stored":
            for obj in manifest.objects:
                put(people["admin"], obj)
                stored = people["admin"].get(f"{address(obj)}/{obj['metadata']['name']}").json()
                assert stored["spec"] == obj["spec"], manifest.path.stem


@contextmanager
def applied_by_admin(admin: Client, manifest: Manifest) -> Iterator[None]:
    """What the manifest needs, and all of it but its VM. Everything is gone afterwards."""
    with transaction.atomic():
        needed = [obj for name in manifest.needs for obj in read(FOLDER / name).objects]
        for obj in [*needed, *manifest.objects[:-1]]:
            put(admin, obj)
        yield
        transaction.set_rollback(True)


def expected_answer(manifest: Manifest) -> Any:
    if manifest.outcome == "runs":
        return TAKEN
    return [(path, CAUSE_REASON[type_]) for path, type_ in manifest.refusals]


def create(client: Client, obj: Object, *, dry_run: bool = False) -> Any:
    """`taken`, or a pair of field and reason for each cause of the refusal."""
    query = "?dryRun=All" if dry_run else ""
    response = client.post(address(obj) + query, yaml.safe_dump(obj), "application/yaml")
    if response.status_code == HTTPStatus.CREATED:
        return TAKEN
    return [
        (cause["field"], cause["reason"]) for cause in response.json().get("details", {}).get("causes", [])
    ]


def make_true(obj: Object) -> None:
    """Work on the object as worker and watcher do, until nothing is due and vSphere has nothing new."""
    uid = obj["metadata"]["uid"]
    for _ in range(MOST_PASSES):
        look_once()
        if not Work.objects.filter(uid=uid, due_at__lte=timezone.now()).exists():
            return
        sync(VMS, uid)
    raise AssertionError(f"after {MOST_PASSES} passes still due: {obj['metadata']['name']}")


def what_becomes_of(manifest: Manifest, client: Client) -> dict[str, str]:
    wish = manifest.objects[-1]
    assert create(client, wish) == TAKEN, manifest.path.stem
    here = f"{address(wish)}/{wish['metadata']['name']}"
    make_true(client.get(here).json())
    vm = client.get(here).json()
    shown = {path: " ".join(map(as_kubectl_prints, find(path, vm))) for path, _ in manifest.shows}
    if manifest.adapters:
        shown["adapters"] = " ".join(adapters_in_vsphere(vm)) or "none"
    return {"power state": vm["status"].get("powerState"), **shown}


def adapters_in_vsphere(vm: Object) -> list[str]:
    machine = SimulatedVM.objects.get(ref_uid=vm["metadata"]["uid"])
    types = (device["_typeName"] for device in machine.config["hardware"]["device"])
    return [name for name in types if name in ADAPTERS]


def expected_to_be_shown(manifest: Manifest) -> dict[str, str]:
    shown = {"power state": manifest.power_state, **dict(manifest.shows)}
    return {**shown, "adapters": manifest.adapters} if manifest.adapters else shown


def as_kubectl_prints(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


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
