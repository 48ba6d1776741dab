"""The client of a Supervisor at a real API server: objects out and in, conflicts, watches; and how quick it is."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.peers.kube import ControlPlane
from vmportal.backends.supervisor.access import Access, Resource
from vmportal.backends.supervisor.answers import Conflicting, Denied, NotServed, NotThere, Refused
from vmportal.backends.supervisor.client import Client

pytestmark = pytest.mark.peers

MAPS = Resource("", "v1", "configmaps")
NAMESPACES = Resource("", "v1", "namespaces", is_namespaced=False)
MANY, THREADS = 400, 8
LEAST_SHARE = 0.4  # of what raw requests reach; measured 0.8 to 1.1


def access(plane: ControlPlane, user: str = "admin") -> Access:
    return Access(plane.url, ca=plane.ca_file.read_text(), token=plane.tokens[user])


def config(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture
def client(kube_apiserver) -> Iterator[Client]:
    made = Client(access(kube_apiserver))
    yield made
    made.close()


@pytest.fixture
def namespace(client) -> str:
    name = f"client-{uuid.uuid4().hex[:8]}"
    client.apply(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def test_what_is_applied_is_there_and_what_is_left_out_goes(client, namespace):
    made = client.apply(MAPS, namespace, config("a", one="1", two="2"))
    assert made["metadata"]["managedFields"][0]["manager"] == "vm-portal"
    client.apply(MAPS, namespace, config("a", one="1"))
    assert client.get(MAPS, namespace, "a")["data"] == {"one": "1"}


def test_a_dry_run_leaves_nothing(client, namespace):
    client.apply(MAPS, namespace, config("a", one="1"), dry_run=True)
    with pytest.raises(NotThere):
        client.get(MAPS, namespace, "a")


def test_what_others_own_is_not_taken(client, namespace):
    client.apply(MAPS, namespace, config("a", one="1"), manager="kubectl")
    with pytest.raises(Conflicting) as conflict:
        client.apply(MAPS, namespace, config("a", one="2"))
    assert conflict.value.owners == (("kubectl", "data.one"),)
    client.apply(MAPS, namespace, config("a", one="2"), force=True)
    assert client.get(MAPS, namespace, "a")["data"] == {"one": "2"}


def test_what_is_refused_says_where(client, namespace):
    with pytest.raises(Refused) as refusal:
        client.apply(MAPS, namespace, {**config("a"), "spec": {"nonsense": 1}})
    assert [cause.path for cause in refusal.value.causes] == ["spec"]


def test_what_is_done_once_is_owned_and_not_applied(client, namespace):
    client.apply(MAPS, namespace, config("a", one="1"))
    client.merge(MAPS, namespace, "a", {"data": {"two": "2"}})
    client.apply(MAPS, namespace, config("a", one="3"))
    assert client.get(MAPS, namespace, "a")["data"] == {"one": "3", "two": "2"}


def test_only_the_one_that_is_meant_is_deleted(client, namespace):
    uid = client.apply(MAPS, namespace, config("a"))["metadata"]["uid"]
    with pytest.raises(Conflicting):
        client.delete(MAPS, namespace, "a", uid=str(uuid.uuid4()))
    client.delete(MAPS, namespace, "a", uid=uid, dry_run=True)
    client.delete(MAPS, namespace, "a", uid=uid)
    with pytest.raises(NotThere):
        client.delete(MAPS, namespace, "a")


def test_a_kind_that_is_not_served_is_told_from_an_object_that_is_not_there(client, namespace):
    with pytest.raises(NotServed):
        client.get(Resource("vmoperator.vmware.com", "v9", "virtualmachines"), namespace, "a")
    with pytest.raises(NotThere):
        client.apply(MAPS, "no-such-namespace", config("a"))


def test_who_may_not_is_told_so(kube_apiserver, namespace):
    bob = Client(access(kube_apiserver, "bob"))
    with pytest.raises(Denied, match="bob"):
        bob.get(MAPS, namespace, "a")
    bob.close()


def test_pages_are_of_one_moment_and_a_watch_goes_on_from_there(client, namespace):
    for number in range(5):
        client.apply(MAPS, namespace, config(f"map-{number}"))
    pages = client.pages(MAPS, namespace, limit=2)
    names = [item["metadata"]["name"] for item in next(pages)[0]]
    client.apply(MAPS, namespace, config("map-9"))
    version = ""
    for items, at in pages:
        names += [item["metadata"]["name"] for item in items]
        version = at
    assert names == [f"map-{number}" for number in range(5)]
    events = client.watch(MAPS, namespace, version=version, seconds=20)
    assert next(event for event in events if event[0] != "BOOKMARK")[1]["metadata"]["name"] == "map-9"
    client.delete(MAPS, namespace, "map-9")
    assert next(event for event in events if event[0] != "BOOKMARK")[0] == "DELETED"
    events.close()


def test_a_watch_ends_when_it_is_told_to(client, namespace):
    _, version = client.all(MAPS, namespace)
    assert [
        event for event in client.watch(MAPS, namespace, version=version, seconds=1) if event[0] != "BOOKMARK"
    ] == []


def test_it_applies_about_as_quickly_as_raw_requests(client, kube_apiserver, namespace, capsys):
    """Issue 6, scale: no less than 40 % of raw concurrent applies. Two rounds of each: the better counts."""
    here, local = access(kube_apiserver), threading.local()
    tls = ssl.create_default_context(cadata=here.ca)
    opened: list[http.client.HTTPSConnection] = []

    def raw(name: str) -> None:
        if not hasattr(local, "wire"):
            local.wire = http.client.HTTPSConnection(here.server.removeprefix("https://"), context=tls)
            opened.append(local.wire)
        path = f"{MAPS.path(namespace, name)}?fieldManager=raw&fieldValidation=Strict"
        headers = {"Authorization": f"Bearer {here.token}", "Content-Type": "application/apply-patch+yaml"}
        local.wire.request("PATCH", path, json.dumps(config(name, one="1")), headers)
        answer = local.wire.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()

    def ours(name: str) -> None:
        client.apply(MAPS, namespace, config(name, one="1"))

    def rate(apply: Callable[[str], None], prefix: str) -> float:
        with ThreadPoolExecutor(THREADS) as pool:
            began = time.perf_counter()
            for done in [pool.submit(apply, f"{prefix}-{number}") for number in range(MANY)]:
                done.result()
            return MANY / (time.perf_counter() - began)

    rates = [(rate(raw, f"raw-{turn}"), rate(ours, f"ours-{turn}")) for turn in range(2)]
    for wire in opened:
        wire.close()
    quickest_raw, quickest = (max(column) for column in zip(*rates, strict=True))
    with capsys.disabled():
        print(f"\n  applies a second, {THREADS} threads: raw {quickest_raw:.0f}, the client {quickest:.0f}")
    assert quickest > LEAST_SHARE * quickest_raw
