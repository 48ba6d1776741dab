"""`X-Request-ID`: in every answer, in the history of what was changed, in the notes and in the log."""

from __future__ import annotations

import logging
import uuid

import pytest
from django.test import Client

from tests.api.conftest import Caller
from tests.api.test_verbs import MAP, MAPS
from tests.builders import config_map
from vmportal import request_ids
from vmportal.models import Audit, Revision

ID = {"X-Request-ID": "my.request:7"}


@pytest.mark.parametrize(
    "path",
    [
        MAPS,
        f"{MAPS}/none",
        f"{MAPS}?format=csv",
        f"{MAPS}?labelSelector=(((",
        f"{MAP}?wait=nonsense",
        "/apis",
        "/apis/none/v1/none",
        "/openapi/v3",
        "/version",
        "/livez",
        "/readyz",
        "/metrics",
        "/",
        "/sign-in/",
        "/no/such/page/",
        "/static/no-such-file",
    ],
)
def test_every_answer_has_the_id_of_its_request(alice, path):
    for client in (alice.client, Client()):
        answer = client.get(path, headers=ID)
        assert answer["X-Request-ID"] == ID["X-Request-ID"]
        if answer.streaming:
            assert b"".join(answer)


def test_a_host_that_is_not_ours_has_one_too(db):
    answer = Client().get("/", headers={**ID, "Host": "elsewhere.example"})
    assert (answer.status_code, answer["X-Request-ID"]) == (400, ID["X-Request-ID"])


@pytest.mark.parametrize("sent", ["", "a b", "a\tb", "x" * 65, "é", "<script>", "a;b", "a\u2028"])
def test_an_odd_id_is_replaced(alice, sent):
    answer = alice.get(MAPS, **{"X-Request-ID": sent})
    assert str(uuid.UUID(answer["X-Request-ID"])) == answer["X-Request-ID"]


def test_it_stands_in_the_history(alice):
    made = alice.post(MAPS, config_map(), **ID)
    alice.client.patch(MAP, {"data": {"a": "b"}}, "application/merge-patch+json", headers=ID)
    alice.client.delete(MAP, headers=ID)
    ids = Revision.objects.filter(uid=made.json()["metadata"]["uid"]).values_list("action", "request_id")
    assert sorted(ids) == [(action, ID["X-Request-ID"]) for action in ("create", "delete", "update")]


def test_it_stands_in_all_notes(vera):
    vera.post(MAPS, config_map(), **ID)
    Client().post("/sign-in/", {"username": "vera", "password": "wrong"}, headers=ID)
    browser = Client(headers=ID)
    browser.force_login(vera.user)
    browser.post("/sign-out/")
    assert sorted(Audit.objects.filter(request_id=ID["X-Request-ID"]).values_list("action", flat=True)) == [
        "forbidden",
        "sign-in-failed",
        "sign-out",
    ]


def test_it_stands_in_the_log_of_what_broke(alice, monkeypatch, caplog):
    """The answer says that the log has it."""

    def broken(*_, **__):
        raise RuntimeError("a fault of the portal")

    monkeypatch.setattr("vmportal.api.views.service.get", broken)
    caplog.handler.addFilter(request_ids.InLog())
    with caplog.at_level(logging.ERROR):
        answer = Caller("root", is_admin=True).get(MAP, **ID)
    assert (answer.status_code, answer["X-Request-ID"]) == (500, ID["X-Request-ID"])
    assert "X-Request-ID" in answer.json()["message"]
    [record] = [one for one in caplog.records if one.name == "vmportal.api.status"]
    assert record.request_id == ID["X-Request-ID"]
    assert request_ids.CURRENT.get() == ""
