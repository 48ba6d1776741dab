"""The fuzz itself: the same seed sends the same, recorded requests are whole, and a wrong answer is seen as one."""

from __future__ import annotations

import json
from random import Random

import pytest

from tests.fuzz.fuzzing import wrong
from tests.fuzz.mutations import mutated, on_the_wire
from tests.fuzz.raw import Answer, is_complete
from tests.fuzz.sent import CORPUS, seeds

TOKENS = {"admin": "a", "editor": "e", "viewer": "v"}
JSON = {"content-type": "application/json"}
GET = b"GET /api/v1/namespaces HTTP/1.1\r\n\r\n"


def messages(seed: str) -> list[bytes]:
    found, dice = seeds(), Random(seed)
    return [on_the_wire(dice, mutated(dice, found).bytes(TOKENS, "x")) for _ in range(300)]


def test_the_same_seed_sends_the_same():
    assert messages("1") == messages("1")
    assert messages("1") != messages("2")


def test_most_messages_are_whole_and_no_two_alike():
    made = messages("1")
    assert len({*made}) > 250
    assert sum(map(is_complete, made)) > 200


@pytest.mark.parametrize("client", ["kubectl", "python", "curl"])
def test_requests_of_clients_are_recorded(client):
    recorded = json.loads((CORPUS / f"{client}.json").read_text())
    assert len(recorded) > 5
    assert "authorization" not in {name.lower() for one in recorded for name, _ in one["headers"]}
    assert all(is_complete(one.bytes(TOKENS, "x")) for one in seeds())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, JSON, b'{"kind":"Status","code":500}'),
        Answer(400, JSON, b'{"kind":"Status","code":422}'),
        Answer(404, {"content-type": "text/html"}, b"<h1>Not found</h1>"),
        Answer(200, JSON, b"{"),
        Answer(200, JSON, b"{}", is_whole=False),
        Answer(400, JSON, b'{"code":400,"message":"Traceback (most recent call last)"}'),
    ],
)
def test_a_wrong_answer_is_seen(answer):
    assert wrong(GET, answer)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, JSON, b'{"kind":"List"}'),
        Answer(404, JSON, b'{"kind":"Status","code":404}'),
        Answer(504, JSON, b'{"kind":"Status","reason":"Timeout","code":504}'),
    ],
)
def test_a_right_answer_is_none(answer):
    assert not wrong(GET, answer)
