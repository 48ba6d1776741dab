"""`?wait=`: an answer that comes when the object is as one waits for it, or says that it is not."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections

from tests.api.conftest import Caller, bind
from tests.builders import by, config_map, create, kind, make_namespace
from vmportal import service
from vmportal.access import forget_memberships
from vmportal.api import awaited, feed, waiting, watch
from vmportal.errors import BadRequest
from vmportal.front.server import Bounds, FrontServer
from vms.schema import VIRTUAL_MACHINE

pytestmark = pytest.mark.django_db(transaction=True)

MAPS = "/api/v1/namespaces/team-a/configmaps"
MAP = f"{MAPS}/settings"
RED = "wait=jsonpath=.data.color=red"


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Site:
    """A portal's web server, asked by several clients at once."""

    def __init__(self, server: FrontServer) -> None:
        self.server = server
        self.pool = ThreadPoolExecutor(8)
        forget_memberships()
        make_namespace()
        bind("alice", "edit")
        self.alice = Caller("alice")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(*self.server.address, timeout=20)
        sent = {"Authorization": f"Bearer {self.alice.token}", "Content-Type": "application/json", **headers}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        try:
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def begin(self, method: str, path: str, body: Any = None, **headers: str) -> Future[Answer]:
        """Ask in the background; returns when the server has taken it on."""
        before = len(waiting.FEED._subscriptions)
        asked = self.pool.submit(self.ask, method, path, body, **headers)
        end = time.monotonic() + 5
        while len(waiting.FEED._subscriptions) == before and not asked.done() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.05)  # it reads the object
        return asked


@pytest.fixture
def site(monkeypatch) -> Iterator[Site]:
    fresh = feed.Feed()
    for module in (watch, waiting):
        monkeypatch.setattr(module, "FEED", fresh)
    server = FrontServer(("127.0.0.1", 0), get_wsgi_application(), Bounds(), threads=8)
    server.start()
    made = Site(server)
    yield made
    fresh.stop()
    made.pool.shutdown()
    server.stop()
    if fresh._thread:
        fresh._thread.join(5)
    connections.close_all()


def paint(color: str) -> None:
    def change(current: dict) -> dict:
        current["data"]["color"] = color
        return current

    service.update(kind("ConfigMap"), "team-a", "settings", change, by())


def message(answer: Answer) -> str:
    assert answer.json["kind"] == "Status"
    return answer.json["message"]


def test_what_is_so_already_is_answered_at_once(site):
    create(config_map())
    answer = site.ask("GET", f"{MAP}?wait=jsonpath=.data.color=blue")
    assert (answer.status, answer.json["data"]) == (200, {"color": "blue"})


def test_the_answer_comes_when_it_becomes_so(site):
    create(config_map())
    asked = site.begin("GET", f"{MAP}?{RED}&timeout=10s")
    paint("green")
    paint("red")
    assert (asked.result(5).status, asked.result().json["data"]) == (200, {"color": "red"})
    assert not waiting.FEED._subscriptions


def test_a_wait_in_vain_is_a_504_that_says_how_it_stands(site):
    """`curl -f` fails, `curl --retry` asks again."""
    made = create(config_map())
    began = time.monotonic()
    answer = site.ask("GET", f"{MAP}?{RED}&timeout=300ms")
    assert 0.3 <= time.monotonic() - began < 3
    assert (answer.status, answer.json["reason"]) == (504, "Timeout")
    assert message(answer) == (
        "timed out after 0.3s waiting for jsonpath=.data.color=red of configmaps "
        '"settings": .data.color is blue.'
    )
    assert answer.json["details"]["uid"] == made["metadata"]["uid"]
    assert not waiting.FEED._subscriptions


def test_what_goes_meanwhile_is_a_404(site):
    create(config_map())
    asked = site.begin("GET", f"{MAP}?{RED}&timeout=10s")
    service.delete(kind("ConfigMap"), "team-a", "settings", by())
    create(config_map(data={"color": "red"}))  # another of the same name
    assert asked.result(5).status == 404
    assert site.ask("GET", f"{MAPS}/none?{RED}").status == 404


def test_one_can_wait_until_it_is_there_and_until_it_is_gone(site):
    asked = site.begin("GET", f"{MAP}?wait=create")
    made = create(config_map())
    assert asked.result(5).json["metadata"]["uid"] == made["metadata"]["uid"]
    asked = site.begin("GET", f"{MAP}?wait=delete")
    service.delete(kind("ConfigMap"), "team-a", "settings", by())
    answer = asked.result(5)
    assert (answer.status, answer.json["status"]) == (200, "Success")
    assert answer.json["details"]["uid"] == made["metadata"]["uid"]
    assert site.ask("GET", f"{MAP}?wait=delete").status == 200, "gone already"


def test_a_delete_waits_for_finalizers(site):
    create(config_map(finalizers=["example.com/hold"]))
    asked = site.begin("DELETE", f"{MAP}?wait=delete&timeout=10s")

    def let_go(current: dict) -> dict:
        current["metadata"]["finalizers"] = []
        return current

    end = time.monotonic() + 5
    while not service.get(kind("ConfigMap"), "team-a", "settings", by().caller).deleting:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert not asked.done()
    service.update(kind("ConfigMap"), "team-a", "settings", let_go, by())
    assert (asked.result(5).status, asked.result().json["status"]) == (200, "Success")


def test_writes_wait_too_and_say_that_they_are_done(site):
    asked = site.begin("POST", f"{MAPS}?{RED}&timeout=10s", config_map())
    time.sleep(0.2)
    paint("red")
    assert (asked.result(5).status, asked.result().json["data"]) == (201, {"color": "red"})
    answer = site.ask("POST", f"{MAPS}?{RED}&timeout=0s", config_map("other"))
    assert answer.status == 504
    assert message(answer).endswith("What was asked for has been carried out.")
    assert site.ask("GET", f"{MAPS}/other").status == 200
    patched = site.ask(
        "PATCH", f"{MAP}?wait=jsonpath=.data.size=1", {"data": {"size": "1"}},
        **{"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    assert patched.status == 200


def test_a_create_that_is_sent_again_waits_again(site):
    """What the portal answered to the first is old by then: it is looked at as it is now."""
    path, key = f"{MAPS}?{RED}&timeout=", {"Idempotency-Key": "k-1"}
    assert site.ask("POST", f"{path}0s", config_map(), **key).status == 504
    paint("red")
    again = site.ask("POST", f"{path}10s", config_map(), **key)
    assert (again.status, again.json["data"], again.headers["Idempotency-Replayed"]) == (
        201,
        {"color": "red"},
        "true",
    )
    service.delete(kind("ConfigMap"), "team-a", "settings", by())
    assert site.ask("POST", f"{path}10s", config_map(), **key).status == 404


def test_waits_count_as_watches(site, settings):
    settings.MAX_WATCHES = 1
    create(config_map())
    asked = site.begin("GET", f"{MAP}?{RED}&timeout=10s")
    refused = site.ask("POST", f"{MAPS}?{RED}", config_map("other"))
    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    assert site.ask("GET", f"{MAPS}/other").status == 404, "what cannot be waited for is not begun"
    paint("red")
    assert asked.result(5).status == 200


def test_who_loses_a_membership_waits_no_longer(site):
    create(config_map())
    asked = site.begin("GET", f"{MAP}?{RED}&timeout=15s")
    service.delete(kind("RoleBinding"), "team-a", "alice-edit", by())
    assert asked.result(10).status == 403


def test_a_portal_that_stops_lets_them_go(site):
    create(config_map())
    asked = site.begin("GET", f"{MAP}?{RED}&timeout=15s")
    waiting.FEED.stop()
    assert asked.result(5).status == 504


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("wait=Ready", "wait is one of condition=<type>[=<status>], jsonpath=<path>[=<value>], create, delete"),
        ("wait=", "wait is one of condition="),
        ("wait=condition=Ready", "configmaps have no conditions"),
        ("wait=jsonpath=.dta.color=red", ".dta.color is no field of a ConfigMap: it has apiVersion, binaryData, data"),
        ("wait=jsonpath=.metadata.nme", ".metadata has annotations"),
        ("wait=jsonpath=.data[", "is not understood"),
        ("wait=delete&timeout=soon", "timeout is a duration such as 30s or 1m"),
        ("wait=delete&timeout=1h", "timeout is a duration such as 30s or 1m"),
        ("wait=delete&timeout=61s", "timeout is 60s at most"),
        ("wait=" + "x" * 600, "wait is too long"),
    ],
)  # fmt: skip
def test_what_nobody_can_wait_for_is_a_400(site, query, said):
    answer = site.ask("GET", f"{MAP}?{query}")
    assert answer.status == 400
    assert said in message(answer)


def test_only_one_object_that_is_kept_can_be_waited_for(site):
    for method, path in (
        ("GET", f"{MAPS}?wait=delete"),
        ("GET", f"{MAPS}?watch=true&wait=delete"),
        ("DELETE", f"{MAPS}?wait=delete"),
        ("DELETE", f"{MAP}?{RED}"),
        ("POST", f"{MAPS}?wait=create&dryRun=All"),
    ):
        assert site.ask(method, path, config_map() if method == "POST" else None).status == 400, (
            method,
            path,
        )
    assert not waiting.FEED._subscriptions


def test_watches_and_waits_have_the_id_of_their_request(site):
    for query in ("watch=true&timeoutSeconds=1", "wait=delete"):
        path = MAPS if "watch" in query else MAP
        answer = site.ask("GET", f"{path}?{query}", **{"X-Request-ID": "mine-7"})
        assert (answer.status, answer.headers["X-Request-ID"]) == (200, "mine-7")


def test_a_timeout_alone_is_not_minded(site):
    """client-go sends its own with every request."""
    assert site.ask("GET", f"{MAPS}?timeout=whatever").status == 200


VM = {
    "metadata": {"name": "web-1", "generation": 3},
    "status": {
        "powerState": "PoweredOn",
        "conditions": [
            {"type": "Created", "status": "True", "observedGeneration": 2},
            {"type": "Ready", "status": "False", "reason": "Booting", "message": "not yet"},
        ],
    },
}


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("condition=Ready", False),
        ("condition=ready=false", True),
        ("condition=Ready=Unknown", False),
        ("condition=Created", False),  # of an older generation
        ("condition=Other=False", False),
        ("jsonpath=.status.powerState=PoweredOn", True),
        ("jsonpath={.status.powerState}=PoweredOn", True),
        ("jsonpath=$.status.powerState=PoweredOff", False),
        ("jsonpath=status.powerState", True),
        ("jsonpath=.status.uniqueID", False),
        ('jsonpath=.status.conditions[?(@.type=="Ready")].status=False', True),
        ("jsonpath=.metadata.generation=3", True),
        ("delete", False),
        ("create", True),
    ],
)
def test_conditions_and_paths_are_read_as_kubectl_does(text, is_met):
    assert awaited.read(text, VIRTUAL_MACHINE).is_met(VM) is is_met


def test_conditions_are_told_with_their_reasons():
    assert awaited.read("condition=ready", VIRTUAL_MACHINE).stands(VM) == "Ready is False (Booting: not yet)"
    wish = awaited.read("condition=Redy", VIRTUAL_MACHINE)
    assert wish.stands(VM) == "there is no condition Redy yet, of Created, Ready"
    assert wish.stands({"metadata": {}}) == "there is no condition Redy yet, of none"


def test_what_is_no_condition_is_told():
    with pytest.raises(BadRequest, match="is no type of a condition"):
        awaited.read("condition= =True", VIRTUAL_MACHINE)


def test_a_slip_in_a_path_names_what_there_is():
    with pytest.raises(BadRequest, match=r"\.status has .*powerState"):
        awaited.read("jsonpath=.status.powrState=PoweredOn", VIRTUAL_MACHINE)
    for path in (".metadata.labels.any", ".status.conditions[0].status", ".metadata.annotations['a.b/c']"):
        awaited.read(f"jsonpath={path}=x", VIRTUAL_MACHINE)
