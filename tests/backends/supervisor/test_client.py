"""The client of a Supervisor on a bad day: what went wrong is one of a few errors, in words, and in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.backends.supervisor.odd_server import TOKEN, Answer, OddServer
from tests.certificates import Authority
from vmportal.backends.base import BackendRefused, BackendUnavailable
from vmportal.backends.supervisor import client as module
from vmportal.backends.supervisor.access import Access, Resource
from vmportal.backends.supervisor.answers import (
    Away,
    Conflicting,
    CredentialsRefused,
    Denied,
    Expired,
    NotServed,
    NotThere,
    Refused,
    Throttled,
    Untrusted,
)
from vmportal.backends.supervisor.client import Client

VMS = Resource("vmoperator.vmware.com", "v1alpha5", "virtualmachines")
SECRETS = Resource("", "v1", "secrets")
WISH = {"apiVersion": VMS.api_version, "kind": "VirtualMachine", "metadata": {"name": "web-1"}, "spec": {}}


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[OddServer]:
    with OddServer(tmp_path_factory.mktemp("odd")) as running:
        yield running


@pytest.fixture
def client(server) -> Iterator[Client]:
    server.answer, server.asked = Answer(), []
    made = Client(server.access())
    yield made
    made.close()


def status(code: int, reason: str, message: str = "No.", causes: list | None = None, **details) -> Answer:
    if causes:
        details["causes"] = causes
    body = {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}
    return Answer(code, body)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(401, "Unauthorized"), CredentialsRefused),
        (status(403, "Forbidden"), Denied),
        (status(404, "NotFound", name="web-1", kind="virtualmachines"), NotThere),
        (status(404, "NotFound", name="team-a", kind="namespaces"), NotThere),
        (Answer(404, "404 page not found\n"), NotServed),
        (status(409, "AlreadyExists", name="web-1"), Conflicting),
        (status(410, "Expired"), Expired),
        (status(422, "Invalid"), Refused),
        (status(429, "TooManyRequests", retryAfterSeconds=7), Throttled),
        (status(500, "InternalError", "etcdserver: request timed out"), Away),
        (status(503, "ServiceUnavailable"), Away),
        (Answer(502, "<html>"), Away),
        (Answer(200, "<html>"), Away),
        (Answer(302, "", {"Location": "https://127.0.0.1:1/"}), Away),
        (Answer(200, {"a": "b" * 100}, cut=20), Away),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else f"{value.code}",
)
def test_each_answer_is_an_error_of_ours(client, server, answer, error):
    server.answer = answer
    with pytest.raises(error) as found:
        client.apply(VMS, "team-a", WISH)
    assert type(found.value) is error
    assert isinstance(found.value, BackendUnavailable | BackendRefused)
    assert TOKEN not in str(found.value)
    assert len(server.asked) == 1, "nothing is tried again behind the caller's back"


def test_how_long_to_wait_is_told(client, server):
    server.answer = status(429, "TooManyRequests", retryAfterSeconds=7)
    with pytest.raises(Throttled) as found:
        client.get(VMS, "team-a", "web-1")
    assert found.value.retry_after == 7
    server.answer = Answer(503, "", {"Retry-After": "12"})
    with pytest.raises(Away) as found:
        client.get(VMS, "team-a", "web-1")
    assert found.value.retry_after == 12


def test_a_conflict_names_who_has_which_field(client, server):
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{who}" using v1',
            "field": f".spec.{what}",
        }
        for who, what in (("kubectl", "className"), ('a "b"', "imageName"))
    ]
    causes[1]["message"] = r'conflict with "a \"b\"" using v1'
    server.answer = status(409, "Conflict", causes=causes)
    with pytest.raises(Conflicting) as found:
        client.apply(VMS, "team-a", WISH)
    assert found.value.owners == (("kubectl", "spec.className"), (r"a \"b\"", "spec.imageName"))


def test_a_field_that_is_not_known_there_is_refused_at_its_place(client, server):
    """An apply answers 500 for it."""
    message = (
        "failed to create typed patch object (a/b; x/v1, Kind=VirtualMachine): errors:\n"
        "  .spec.className: expected string, got &value.valueUnstructured{Value:3}\n"
        "  .spec.nonsense: field not declared in schema"
    )
    server.answer = status(500, "", message)
    with pytest.raises(Refused) as found:
        client.apply(VMS, "team-a", WISH)
    assert [cause.path for cause in found.value.causes] == ["spec.className", "spec.nonsense"]


def test_of_a_secret_no_value_is_repeated(client, server):
    causes = [{"reason": "FieldValueInvalid", "message": 'Invalid value: "hush"', "field": "data[key]"}]
    server.answer = status(422, "Invalid", 'Secret "a" is invalid: "hush"', causes)
    with pytest.raises(Refused) as found:
        client.apply(SECRETS, "team-a", {"metadata": {"name": "a"}})
    assert "hush" not in f"{found.value}{found.value.causes}"
    assert "data[key]" in str(found.value)


def test_what_is_applied_is_said_completely(client, server):
    client.apply(VMS, "team-a", WISH, dry_run=True)
    method, path, headers = server.asked[0]
    place, _, query = path.partition("?")
    assert (method, place) == ("PATCH", f"{VMS.path('team-a')}/web-1")
    assert set(query.split("&")) == {
        "fieldManager=vm-portal", "force=false", "fieldValidation=Strict", "dryRun=All",
    }  # fmt: skip
    assert headers["Content-Type"] == "application/apply-patch+yaml"
    assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_odd_names_stay_in_their_place():
    assert (
        VMS.path("a/../b", "x?y")
        == f"{VMS.path()[: -len('/virtualmachines')]}/namespaces/a%2F..%2Fb/virtualmachines/x%3Fy"
    )


def test_an_answer_that_does_not_come_ends_in_time(client, server, monkeypatch):
    monkeypatch.setattr(module, "READ_SECONDS", 0.2)
    server.answer = Answer(seconds=1.0)
    began = time.monotonic()
    with pytest.raises(Away, match="too long"):
        client.get(VMS, "team-a", "web-1")
    assert time.monotonic() - began < 0.9


def test_no_more_is_asked_at_once_than_is_allowed(server, monkeypatch):
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    server.answer = Answer(seconds=0.5)
    one = Client(server.access(), connections=1)
    busy = threading.Thread(target=lambda: one.read("/version"))
    busy.start()
    time.sleep(0.1)
    with pytest.raises(Away, match="in use"):
        one.read("/version")
    busy.join()
    one.close()


def test_who_is_not_to_be_trusted_gets_no_token(server):
    server.asked = []
    access = server.access()
    for wrong in (
        Access(access.server, ca=Authority().pem, token=TOKEN),
        Access(access.server, token=TOKEN),
        Access(access.server, ca=access.ca, tls_server_name="elsewhere", token=TOKEN),
    ):
        with pytest.raises(Untrusted, match="not to be trusted"):
            Client(wrong).read("/version")
    assert server.asked == []


def test_a_server_is_believed_when_that_is_wished_for(server):
    server.answer = Answer(body={"gitVersion": "v1"})
    access = Access(server.access().server, is_verified=False)
    one = Client(access)
    assert one.read("/version") == {"gitVersion": "v1"}
    one.close()


@pytest.mark.parametrize(
    ("address", "words"),
    [("https://127.0.0.1:1", "takes no connection"), ("https://nowhere.invalid", "no such host")],
)
def test_nobody_there_is_told_in_words(address, words):
    with pytest.raises(Away, match=words):
        Client(Access(address)).read("/version")


def test_an_account_that_cannot_be_read_is_told_at_once(server):
    certificate, key = Authority().issue("me")
    with pytest.raises(CredentialsRefused):
        Client(server.access(certificate=certificate, key=Authority().issue("you")[1]))
    with pytest.raises(Untrusted):
        Client(Access("https://a", ca="no PEM"))
    assert Client(server.access(certificate=certificate, key=key))


def test_a_list_is_read_page_by_page(client, server):
    pages = [
        {"metadata": {"resourceVersion": "7", "continue": "more"}, "items": [{"a": 1}]},
        {"metadata": {"resourceVersion": "7"}, "items": [{"a": 2}]},
    ]
    found = []
    server.answer = Answer(body=pages[0])
    reading = client.pages(VMS, limit=1)
    found.append(next(reading))
    server.answer = Answer(body=pages[1])
    found += list(reading)
    assert found == [([{"a": 1}], "7"), ([{"a": 2}], "7")]
    assert "continue=more" in server.asked[1][1]


def test_a_watch_tells_what_happens_until_it_is_too_old(client, server):
    lines = (
        '{"type": "ADDED", "object": {"metadata": {"name": "web-1"}}}\n'
        '{"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}\n'
    )
    server.answer = Answer(body=lines)
    events = client.watch(VMS, version="1")
    assert next(events) == ("ADDED", {"metadata": {"name": "web-1"}})
    with pytest.raises(Expired):
        next(events)


def test_half_an_event_is_none(client, server):
    line = '{"type": "ADDED", "object": {}}\n'
    chunks = f"{len(line):x}\r\n{line}\r\n{len(line):x}\r\n{line[:10]}"
    server.answer = Answer(body=chunks, headers={"Transfer-Encoding": "chunked"}, cut=len(chunks))
    events = client.watch(VMS, version="1")
    assert next(events) == ("ADDED", {})
    with pytest.raises(Away):
        next(events)
