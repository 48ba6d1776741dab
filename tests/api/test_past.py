"""Lists of a version that has passed: later pages of a chunked list, and `resourceVersionMatch=Exact`."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from tests.api.test_lists import EVERYWHERE, MAPS
from tests.api.test_verbs import refusal
from tests.builders import by, config_map, create, kind
from vmportal import service
from vmportal.models import Change

SECRETS = "/api/v1/namespaces/team-a/secrets"


def at(version: str, **query: object) -> dict[str, object]:
    return {"resourceVersion": version, "resourceVersionMatch": "Exact", **query}


def relabel(name: str, **labels: str) -> None:
    def change(current):
        current["metadata"]["labels"] = labels
        return current

    service.update(kind("ConfigMap"), "team-a", name, change, by())


def remove(name: str, namespace: str = "team-a") -> None:
    service.delete(kind("ConfigMap"), namespace, name, by())


def newest(client) -> str:
    return client.get(MAPS).json()["metadata"]["resourceVersion"]


def pages(client, address: str, limit: int, **query: object) -> list[dict]:
    """All objects, page by page."""
    found = client.get(address, {"limit": limit, **query}).json()
    items = found["items"]
    query = {key: value for key, value in query.items() if not key.startswith("resourceVersion")}
    while token := found["metadata"].get("continue"):
        found = client.get(address, {"limit": limit, "continue": token, **query}).json()
        items += found["items"]
    return items


def test_later_pages_show_objects_as_they_were_when_the_list_began(alice, team_a):
    for name in "abcdef":
        create(config_map(name, labels={"app": "web"}))
    whole = alice.get(MAPS).json()["items"]
    first = alice.get(MAPS, {"limit": 2}).json()
    relabel("c", app="db")
    relabel("c", app="other")
    remove("d")
    create(config_map("d", labels={"app": "new"}))
    remove("e")
    create(config_map("ee"))
    rest = alice.get(MAPS, {"limit": 3, "continue": first["metadata"]["continue"]}).json()
    last = alice.get(MAPS, {"continue": rest["metadata"]["continue"]}).json()
    assert first["items"] + rest["items"] + last["items"] == whole
    assert [page["metadata"].get("remainingItemCount") for page in (first, rest, last)] == [4, 1, None]


def test_selectors_mean_what_objects_were(alice, team_a):
    for name in "abcd":
        create(config_map(name, labels={"app": "web" if name != "c" else "db"}))
    first = alice.get(MAPS, {"limit": 1, "labelSelector": "app=web"}).json()
    relabel("b", app="db")
    relabel("c", app="web")
    rest = alice.get(
        MAPS, {"labelSelector": "app=web", "continue": first["metadata"]["continue"], "limit": 5}
    ).json()
    assert [item["metadata"]["name"] for item in rest["items"]] == ["b", "d"]


def test_field_selectors_mean_what_objects_were(alice, team_a):
    create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "a", "namespace": "team-a"},
            "type": "x/y",
        }
    )
    version = newest(alice)
    service.delete(kind("Secret"), "team-a", "a", by())
    found = alice.get(SECRETS, at(version, fieldSelector="type=x/y,metadata.name!=b")).json()
    assert [item["metadata"]["name"] for item in found["items"]] == ["a"]
    assert not alice.get(SECRETS, at(version, fieldSelector="type!=x/y")).json()["items"]


def test_what_a_secret_was_lies_sealed_in_the_database(alice, team_a):
    made = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "team-a"}}
    create({**made, "data": {"password": "aHVudGVyMg=="}})
    version = newest(alice)
    service.delete(kind("Secret"), "team-a", "s", by())
    found = alice.get(SECRETS, at(version)).json()
    assert found["items"][0]["data"] == {"password": "aHVudGVyMg=="}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT before FROM {Change._meta.db_table} WHERE name = 's' AND type = 'DELETED'")
        stored = bytes(cursor.fetchone()[0])
    assert stored.startswith(b"fernet:")


def test_nobody_sees_what_was_in_strangers_namespaces(alice, root, team_a):
    create(config_map("a"))
    create(config_map("b", "team-b"))
    version = newest(alice)
    remove("a")
    remove("b", "team-b")

    def names(client):
        return [item["metadata"]["name"] for item in client.get(EVERYWHERE, at(version)).json()["items"]]

    assert names(alice) == ["a"]
    assert names(root) == ["a", "b"]


def test_an_exact_list_counts_what_remained(alice, team_a):
    for name in "abc":
        create(config_map(name))
    version = newest(alice)
    remove("c")
    found = alice.get(MAPS, at(version, limit=1)).json()
    assert found["metadata"]["remainingItemCount"] == 2
    assert found["metadata"]["resourceVersion"] == version


def test_what_is_too_many_at_once_comes_in_pages(alice, team_a, settings):
    settings.MAX_LIST = 2
    for name in "abc":
        create(config_map(name))
    version = alice.get(MAPS, {"limit": 2}).json()["metadata"]["resourceVersion"]
    remove("c")
    assert refusal(alice.get(MAPS, at(version)))[:2] == (422, "Invalid")
    assert len(pages(alice, MAPS, 2, **at(version))) == 3


def test_a_version_whose_changes_are_swept_is_expired_and_the_list_goes_on_as_it_is(alice, team_a):
    for name in "abc":
        create(config_map(name))
    first = alice.get(MAPS, {"limit": 1}).json()
    relabel("b", app="new")
    create(config_map("d"))
    Change.objects.filter(name="b").delete()
    Change.objects.filter(version__lte=int(first["metadata"]["resourceVersion"])).delete()
    version = first["metadata"]["resourceVersion"]
    assert refusal(alice.get(MAPS, at(version)))[:2] == (410, "Expired")
    refused = alice.get(MAPS, {"limit": 1, "continue": first["metadata"]["continue"]})
    assert refused.status_code == 410
    token = refused.json()["metadata"]["continue"]
    rest = alice.get(MAPS, {"continue": token}).json()
    assert [item["metadata"]["name"] for item in rest["items"]] == ["b", "c", "d"]
    assert rest["items"][0]["metadata"]["labels"] == {"app": "new"}


@pytest.mark.parametrize("seed", range(2))
def test_each_version_can_be_listed_as_it_was_whatever_came_after(alice, team_a, seed):
    chance = random.Random(seed)
    there: set[str] = set()
    seen: list[tuple[str, list[dict]]] = []
    for _ in range(25):
        name = chance.choice("abcdefgh")
        if name not in there:
            create(config_map(name, labels={"app": chance.choice("xy")}))
            there.add(name)
        elif chance.random() < 0.4:
            remove(name)
            there.remove(name)
        else:
            relabel(name, app=chance.choice("xy"), n=str(chance.random()))
        found = alice.get(MAPS).json()
        seen.append((found["metadata"]["resourceVersion"], found["items"]))
    for version, items in seen:
        assert pages(alice, MAPS, chance.randint(1, 4), **at(version)) == items
        chosen = [item for item in items if item["metadata"]["labels"]["app"] == "x"]
        assert pages(alice, MAPS, chance.randint(1, 4), **at(version, labelSelector="app=x")) == chosen
