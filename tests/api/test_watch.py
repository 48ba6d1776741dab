"""Watch streams through a real server: what comes, in which order, and when they end."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections

from tests.api.conftest import Caller, bind
from tests.api.issuer import AUDIENCE, TestIssuer
from tests.api.test_lists import TABLE
from tests.builders import by, config_map, create, kind, make_namespace, obj
from vmportal import service
from vmportal.access import forget_memberships
from vmportal.api import feed, oidc, tokens, watch
from vmportal.api.auth import new_token
from vmportal.front.server import Bounds, FrontServer
from vmportal.models import Change, Counter, Token, User
from vmportal.oidc import Issuer

pytestmark = pytest.mark.django_db(transaction=True)

MAPS = "/api/v1/namespaces/team-a/configmaps"
CONFIG_MAP = kind("ConfigMap")


@pytest.fixture
def server(monkeypatch) -> Iterator[FrontServer]:
    """The web server of the embedded portal, with a feed of its own."""
    fresh = feed.Feed()
    monkeypatch.setattr(watch, "FEED", fresh)
    made = FrontServer(("127.0.0.1", 0), get_wsgi_application(), Bounds(), threads=8)
    made.start()
    yield made
    fresh.stop()
    made.stop()
    if fresh._thread:
        fresh._thread.join(5)


@pytest.fixture
def alice(server) -> Caller:
    forget_memberships()
    make_namespace()
    bind("alice", "edit")
    return Caller("alice")


class Stream:
    """One open watch: `next()` is the next event, `rest()` all until it ends."""

    def __init__(
        self,
        server: FrontServer,
        caller: Caller,
        path: str,
        accept: str = "",
        token: str = "",
        name: str = "",  # in whose name it is opened
        **query: str,
    ) -> None:
        self.connection = http.client.HTTPConnection(*server.address, timeout=15)
        headers = {"Authorization": f"Bearer {token or caller.token}", "Accept": accept or "application/json"}
        if name:
            headers["Impersonate-User"] = name
        self.connection.request("GET", f"{path}?{urlencode({'watch': 'true', **query})}", headers=headers)
        self.response = self.connection.getresponse()

    def next(self) -> dict | None:
        while line := self.response.readline():
            if line.strip():
                return json.loads(line)
        return None

    def rest(self) -> list[dict]:
        found = []
        while event := self.next():
            found.append(event)
        return found

    def seen(self, count: int) -> list[tuple[str, str]]:
        events = [self.next() for _ in range(count)]
        return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


@pytest.fixture
def open_watch(server, alice):
    made = []

    def open_(path: str = MAPS, caller: Caller | None = None, **options: str) -> Stream:
        made.append(Stream(server, caller or alice, path, **options))
        return made[-1]

    yield open_
    for stream in made:
        stream.connection.close()


def change(name: str, **meta) -> dict:
    def apply(current: dict) -> dict:
        return {**current, "metadata": {**current["metadata"], **meta}}

    return service.update(CONFIG_MAP, "team-a", name, apply, by()).object


def remove(name: str) -> None:
    service.delete(CONFIG_MAP, "team-a", name, by())


def newest() -> str:
    return str(Counter.read()["version"])


def test_from_zero_the_state_comes_first_and_then_every_change(open_watch):
    create(config_map("a"))
    stream = open_watch(resourceVersion="0")
    assert stream.seen(1) == [("ADDED", "a")]
    create(config_map("b"))
    change("a", labels={"x": "y"})
    remove("b")
    assert stream.seen(3) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]


def test_from_a_version_only_what_came_after(open_watch):
    create(config_map("a"))
    version = newest()
    create(config_map("b"))
    stream = open_watch(resourceVersion=version)
    assert stream.seen(1) == [("ADDED", "b")]
    create(config_map("c"))
    assert stream.seen(1) == [("ADDED", "c")]


def test_a_deletion_while_away_is_told_with_its_own_version(open_watch):
    create(config_map("a"))
    version = newest()
    remove("a")
    event = open_watch(resourceVersion=version).next()
    assert event["type"] == "DELETED"
    assert int(event["object"]["metadata"]["resourceVersion"]) > int(version)


def test_through_a_selector_a_change_of_labels_is_a_coming_and_a_going(open_watch):
    create(config_map("a", labels={"app": "web"}))
    create(config_map("b", labels={"app": "db"}))
    stream = open_watch(resourceVersion="0", labelSelector="app=web")
    assert stream.seen(1) == [("ADDED", "a")]
    change("a", labels={"app": "db"})
    change("b", labels={"app": "web"})
    change("a", annotations={"nobody": "sees"})
    change("b", annotations={"all": "see"})
    remove("b")
    assert stream.seen(4) == [("DELETED", "a"), ("ADDED", "b"), ("MODIFIED", "b"), ("DELETED", "b")]


def test_a_field_selector_shows_one_object(open_watch):
    stream = open_watch(resourceVersion="0", fieldSelector="metadata.name=b")
    create(config_map("a"))
    create(config_map("b"))
    assert stream.seen(1) == [("ADDED", "b")]


def test_who_loses_sight_of_an_object_sees_it_as_it_was(open_watch):
    create(config_map("a", labels={"app": "web"}))
    stream = open_watch(labelSelector="app=web", resourceVersion=newest())

    def relabel(current):
        current["metadata"]["labels"] = {"app": "db"}
        current["data"] = {"color": "red"}
        return current

    service.update(kind("ConfigMap"), "team-a", "a", relabel, by())
    event = stream.next()
    assert event["type"] == "DELETED"
    assert (event["object"]["metadata"]["labels"], event["object"]["data"]) == (
        {"app": "web"},
        {"color": "blue"},
    )
    assert event["object"]["metadata"]["resourceVersion"] == newest()


def test_a_watch_ends_at_its_timeout_with_a_bookmark(open_watch):
    create(config_map("a"))
    stream = open_watch(resourceVersion=newest(), timeoutSeconds="1", allowWatchBookmarks="true")
    events = stream.rest()
    assert [event["type"] for event in events] == ["BOOKMARK"]
    assert events[0]["object"]["metadata"]["resourceVersion"] == newest()
    assert events[0]["object"]["kind"] == "ConfigMap"


def test_initial_events_end_with_their_bookmark(open_watch):
    create(config_map("a"))
    stream = open_watch(
        sendInitialEvents="true", resourceVersionMatch="NotOlderThan", allowWatchBookmarks="true"
    )
    assert stream.next()["type"] == "ADDED"
    end = stream.next()
    assert end["type"] == "BOOKMARK"
    assert end["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    refused = open_watch(sendInitialEvents="true")
    assert refused.response.status == 422


def test_a_version_that_is_forgotten_is_gone(open_watch):
    create(config_map("a"))
    version = newest()
    create(config_map("b"))
    create(config_map("c"))
    Change.objects.filter(version__lte=int(version) + 1).delete()
    events = open_watch(resourceVersion=version).rest()
    assert [(event["type"], event["object"]["code"], event["object"]["reason"]) for event in events] == [
        ("ERROR", 410, "Expired")
    ]
    assert open_watch(resourceVersion="99999").rest()[0]["object"]["code"] == 410


def test_a_table_watch_sends_its_columns_once(open_watch):
    create(config_map("a"))
    stream = open_watch(accept=TABLE, resourceVersion="0")
    first = stream.next()["object"]
    create(config_map("b"))
    second = stream.next()["object"]
    assert first["columnDefinitions"][0]["name"] == "Name"
    assert second["columnDefinitions"] is None
    assert [table["rows"][0]["cells"][0] for table in (first, second)] == ["a", "b"]
    assert second["metadata"]["resourceVersion"] == newest()


def test_two_watchers_see_every_change_once_and_in_order(open_watch):
    streams = [open_watch(resourceVersion=newest()) for _ in range(2)]
    names = [f"m{number}" for number in range(40)]

    def write(mine: list[str]) -> None:
        for name in mine:
            create(config_map(name))
        connections.close_all()

    writers = [threading.Thread(target=write, args=(names[part::4],)) for part in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    for stream in streams:
        events = [stream.next() for _ in names]
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
        assert versions == sorted(set(versions))
        assert {event["object"]["metadata"]["name"] for event in events} == set(names)


def test_a_member_who_is_removed_loses_the_stream(open_watch):
    stream = open_watch(resourceVersion="0")
    started = time.monotonic()
    service.delete(kind("RoleBinding"), "team-a", "alice-edit", by())
    events = stream.rest()
    assert [(event["type"], event["object"]["reason"]) for event in events] == [("ERROR", "Forbidden")]
    assert time.monotonic() - started < 5


def test_a_revoked_token_loses_the_stream(open_watch, alice):
    other, _ = new_token(alice.user, None)
    stays, stream = open_watch(resourceVersion="0"), open_watch(resourceVersion="0", token=other)
    started = time.monotonic()
    tokens.revoke(Token.objects.filter(token_key=other[:15]), "alice")
    events = stream.rest()
    assert [(event["type"], event["object"]["reason"]) for event in events] == [("ERROR", "Unauthorized")]
    assert time.monotonic() - started < 3
    create(config_map("after"))
    assert stays.seen(1) == [("ADDED", "after")]


def test_a_token_that_ends_loses_the_stream(open_watch, alice, monkeypatch):
    monkeypatch.setattr(feed, "RECHECK_SECONDS", 0.1)
    short, _ = new_token(alice.user, dt.timedelta(seconds=1))
    assert open_watch(resourceVersion="0", token=short).rest()[-1]["object"]["reason"] == "Unauthorized"


def test_a_watch_in_another_s_name_sees_what_that_one_may(open_watch, server, monkeypatch):
    monkeypatch.setattr(feed, "RECHECK_SECONDS", 0.1)
    make_namespace("team-b")
    root = Caller("root", is_admin=True)
    first, second = (
        open_watch("/api/v1/configmaps", caller=root, name="alice", resourceVersion="0") for _ in range(2)
    )
    create(config_map("hidden", "team-b"))
    create(config_map("seen", "team-a"))
    assert first.seen(1) == [("ADDED", "seen")]
    User.objects.filter(pk=root.user.pk).update(is_superuser=False)
    assert second.rest()[-1]["object"]["reason"] == "Forbidden"


def test_a_watch_of_an_identity_ends_with_its_token(open_watch, settings, monkeypatch, tmp_path):
    monkeypatch.setattr(feed, "RECHECK_SECONDS", 0.1)
    with TestIssuer(tmp_path) as issuer:
        settings.OIDC = Issuer(issuer.url, (AUDIENCE,), username_prefix="corp:", ca_file=str(issuer.ca_file))
        bind("corp:carol", "view")
        ends = int(time.time()) + 2 - oidc.LEEWAY
        stream = open_watch(token=issuer.token(exp=ends), resourceVersion="0")
        create(config_map("seen"))
        assert stream.seen(1) == [("ADDED", "seen")]
        assert stream.rest()[-1]["object"]["reason"] == "Unauthorized"


def test_a_token_of_a_namespace_watches_no_other(open_watch, alice):
    make_namespace("team-b")
    bind("alice", "view", "team-b")
    scoped, _ = new_token(alice.user, None, namespace="team-a")
    stream = open_watch("/api/v1/configmaps", resourceVersion="0", token=scoped)
    create(config_map("hidden", "team-b"))
    create(config_map("seen", "team-a"))
    bind("alice", "edit", "team-b")  # memberships are looked at anew, and the scope stays
    create(config_map("also", "team-a"))
    assert stream.seen(2) == [("ADDED", "seen"), ("ADDED", "also")]


def test_a_new_membership_makes_a_watch_over_all_namespaces_list_again(open_watch, alice):
    stream = open_watch("/api/v1/configmaps", resourceVersion="0")
    make_namespace("team-b")
    bind("alice", "view", "team-b")
    assert stream.rest()[-1]["object"]["reason"] == "Expired"


def test_a_watch_over_all_namespaces_hides_those_of_strangers(open_watch):
    make_namespace("team-b")
    stream = open_watch("/api/v1/configmaps", resourceVersion=newest())
    create(config_map("hidden", "team-b"))
    create(config_map("shown"))
    assert stream.seen(1) == [("ADDED", "shown")]


def test_too_many_watches_are_refused_and_told_when_to_come_back(open_watch, settings):
    settings.MAX_WATCHES = 1
    first = open_watch(resourceVersion="0")
    second = open_watch(resourceVersion="0")
    assert second.response.status == 429
    assert second.response.getheader("Retry-After") == "5"
    assert json.loads(second.response.read())["reason"] == "TooManyRequests"
    first.connection.close()


def test_a_client_that_went_away_frees_its_place(open_watch, settings, monkeypatch):
    monkeypatch.setattr(watch, "HEARTBEAT_SECONDS", 0.2)
    settings.MAX_WATCHES = 1
    stream = open_watch(resourceVersion="0")
    stream.response.close()
    stream.connection.close()
    deadline = time.monotonic() + 5
    while (again := open_watch(resourceVersion="0")).response.status == 429 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert again.response.status == 200


def test_streams_end_when_the_server_stops(open_watch):
    stream = open_watch(resourceVersion="0")
    watch.stop_watches()
    assert stream.rest() == []


def test_a_stranger_may_not_watch(open_watch):
    bob = Caller("bob")
    stream = open_watch(caller=bob, resourceVersion="0")
    assert stream.response.status == 404


def test_a_secret_comes_through_a_watch_in_clear_for_who_may_read_it(open_watch):
    stream = open_watch("/api/v1/namespaces/team-a/secrets", resourceVersion="0")
    create(obj("Secret", "key", "team-a", stringData={"a": "b"}))
    assert stream.next()["object"]["data"] == {"a": "Yg=="}
