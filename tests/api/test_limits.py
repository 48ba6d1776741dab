"""How much one client may ask: rate, requests at once, watches, bodies. Each refusal names the way out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, closing

import pytest
from django.test import Client

from tests.builders import config_map, create
from tests.client import CONFIG_MAPS
from vmportal import settings as defaults
from vmportal.api import feed, watch
from vmportal.limits import CLIENTS_KEPT, Buckets, Known, Places, Rate, digest, neighborhood
from vmportal.middleware import KNOWN, PLACES
from vmportal.models import Token

MAPS = CONFIG_MAPS.format("team-a")


@pytest.fixture
def slow(settings):
    """Few requests are taken, and the bucket hardly fills while a test runs."""
    settings.CLIENT_RATE, settings.ADDRESS_RATE = Rate(0.05, 4), Rate(0.05, 6)


@pytest.fixture
def _own_feed(monkeypatch):
    """It stops with the test, whose database its thread reads."""
    fresh = feed.Feed()
    monkeypatch.setattr(watch, "FEED", fresh)
    yield
    fresh.stop()
    fresh._thread.join()


def statuses(caller, times: int, path: str = MAPS) -> list[int]:
    return [caller.get(path).status_code for _ in range(times)]


def demand_too_many(answer, seconds: int | None = None) -> str:
    """That it is what client-go waits for and tries again; the message."""
    status = answer.json()
    assert (answer.status_code, status["kind"], status["reason"]) == (429, "Status", "TooManyRequests")
    assert answer["Retry-After"] == str(status["details"]["retryAfterSeconds"])
    assert int(answer["Retry-After"]) >= 1
    assert answer["X-Request-ID"]
    return status["message"]


def test_a_bucket_holds_a_burst_and_fills_with_time():
    buckets, rate = Buckets(), Rate(2, 3)
    assert [buckets.take("a", rate, now=10.0) for _ in range(4)] == [0, 0, 0, 1]
    assert buckets.take("b", rate, now=10.0) == 0
    assert buckets.take("a", rate, now=10.5) == 0
    assert buckets.take("a", rate, now=10.6) == 1
    assert [buckets.take("a", rate, now=100.0) for _ in range(4)] == [0, 0, 0, 1]


def test_who_is_refused_hears_when_there_is_room_again():
    buckets, rate = Buckets(), Rate(0.1, 1)
    assert buckets.take("a", rate, now=0.0) == 0
    wait = buckets.take("a", rate, now=2.0)
    assert wait == 8
    assert buckets.take("a", rate, now=2.0 + wait) == 0


def test_a_dear_request_takes_more():
    buckets, rate = Buckets(), Rate(1, 20)
    assert [buckets.take("a", rate, now=0.0, cost=10) for _ in range(3)] == [0, 0, 10]


def test_clients_are_not_remembered_without_end():
    buckets, known = Buckets(), Known()
    for number in range(CLIENTS_KEPT + 10):
        buckets.take(str(number), Rate(1, 1), now=0.0)
        known.learn(b"%d" % number, "alice")
    assert len(buckets._left) == len(known._clients) == CLIENTS_KEPT
    assert known.client(b"0") is None


def test_a_place_is_given_back_once():
    places = Places()
    first, second = places.take("a", 2), places.take("a", 2)
    assert places.take("a", 2) is None
    assert places.take("b", 2)
    first()
    first()
    assert places.take("a", 2)
    assert places.take("a", 2) is None
    second()


def test_of_ipv6_a_network_counts_as_one_client():
    assert neighborhood("2001:db8::1") == neighborhood("2001:db8::ffff:1") != neighborhood("2001:db8:1::1")
    assert neighborhood("192.0.2.1") != neighborhood("192.0.2.2")


def test_a_token_that_asks_too_much_is_told_when_to_come_back(alice, slow):
    assert statuses(alice, 6) == [200, 200, 200, 200, 200, 429]  # the first counted for the address
    message = demand_too_many(alice.get(MAPS))
    assert "0.05 a second" in message
    assert "try again in" in message


def test_tokens_do_not_spend_what_is_others(alice, ed, slow):
    statuses(alice, 6)
    assert alice.get(MAPS).status_code == 429
    assert ed.get(MAPS).status_code == 200


def test_a_good_token_is_heard_where_others_guess(alice, slow):
    alice.get(MAPS)
    guesser = Client(headers={"Authorization": "Bearer guessed"})
    assert [guesser.get(MAPS).status_code for _ in range(7)] == [401] * 5 + [429] * 2
    demand_too_many(guesser.get("/apis"))
    assert alice.get(MAPS).status_code == 200


def test_each_address_has_its_own(slow, db):
    assert [Client().get("/apis").status_code for _ in range(7)][-1] == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get("/apis").status_code == 401


def test_a_revoked_token_counts_for_its_address_again(alice, slow):
    statuses(alice, 2)
    Token.objects.filter(user=alice.user).delete()
    assert statuses(alice, 8) == [401] * 6 + [429] * 2  # one of its own bucket, five of the address


def test_guessing_passwords_is_dear(settings, db):
    settings.ADDRESS_RATE = Rate(0.05, 30)
    tried = [
        Client().post("/sign-in/", {"username": f"user-{number}", "password": "x"}) for number in range(4)
    ]
    assert [answer.status_code for answer in tried] == [422, 422, 422, 429]
    assert "Retry-After" in tried[-1]
    assert b"try again in" in tried[-1].content


def test_a_good_token_guesses_no_passwords_faster(alice, settings):
    settings.ADDRESS_RATE = Rate(0.05, 31)
    alice.get(MAPS)
    tried = [
        alice.client.post("/sign-in/", {"username": f"user-{number}", "password": "x"}) for number in range(4)
    ]
    assert [answer.status_code for answer in tried] == [422, 422, 422, 429]


def test_a_session_has_a_bucket_of_its_own(alice, slow):
    browser = Client()
    browser.force_login(alice.user)
    assert [browser.get(MAPS).status_code for _ in range(6)] == [200] * 5 + [429]
    assert alice.get(MAPS).status_code == 200


def test_supervisors_are_always_heard(slow, db):
    assert {Client().get("/livez").status_code for _ in range(30)} == {200}
    assert {Client().get("/readyz").status_code for _ in range(30)} == {200}


def test_nothing_is_limited_where_it_is_switched_off(alice, settings):
    settings.CLIENT_RATE, settings.MAX_PARALLEL, settings.MAX_LIST = Rate(0, 0), 0, 0
    assert set(statuses(alice, 50)) == {200}


def test_500_machines_are_applied_at_full_speed():
    """Each takes a get and a post; discovery comes before. Faster than the portal can make them: 500 in a second."""
    buckets = Buckets()
    waits = [buckets.take("a", defaults.CLIENT_RATE, now=number / 1000) for number in range(1100)]
    assert not any(waits)


@pytest.mark.usefixtures("_own_feed")
@pytest.mark.django_db(transaction=True)
def test_only_so_many_requests_of_one_client_are_answered_at_once(alice, settings):
    settings.MAX_PARALLEL = 2
    alice.get(MAPS)
    with closing_all(alice.get(MAPS + "?watch=true") for _ in range(3)):  # these count among the watches
        client = KNOWN.client(digest(f"Bearer {alice.token}"))
        places = [PLACES.take(client, 2) for _ in range(2)]
        assert "wait for one of them" in demand_too_many(alice.get(MAPS))
        places[0]()
        assert alice.get(MAPS).status_code == 200
        places[1]()


def closing_all(streams: Iterable) -> ExitStack:
    stack = ExitStack()
    for stream in streams:
        assert stream.status_code == 200
        stack.enter_context(closing(stream))
    return stack


@pytest.mark.usefixtures("_own_feed")
@pytest.mark.django_db(transaction=True)
def test_one_user_does_not_take_all_watches(alice, ed, settings):
    settings.MAX_WATCHES, settings.MAX_WATCHES_PER_USER = 4, 2
    with closing_all(alice.get(MAPS + "?watch=true") for _ in range(2)):
        assert "alice holds 2 watches" in demand_too_many(alice.get(MAPS + "?watch=true"))
        with closing_all(ed.get(MAPS + "?watch=true") for _ in range(2)):
            pass


def test_a_body_that_is_too_large_is_told_as_a_status(alice, settings):
    settings.MAX_BODY_BYTES = 1000
    answer = alice.post(MAPS, config_map("large", data={"k": "x" * 1000}))
    assert answer.status_code == 413
    status = answer.json()
    assert (status["kind"], status["reason"], status["code"]) == ("Status", "RequestEntityTooLarge", 413)
    assert "limit is 1000" in status["message"]


def test_a_page_refuses_a_body_that_is_too_large(alice, settings):
    settings.MAX_BODY_BYTES = 1000
    answer = alice.client.post("/sign-in/", {"username": "x" * 2000})
    assert answer.status_code == 413
    assert b"limit is 1000" in answer.content


@pytest.mark.parametrize("option", ["labelSelector", "fieldSelector"])
def test_a_selector_is_not_longer_than_databases_take(alice, option):
    """SQLite takes so many parameters in one statement, and conditions so deep."""
    key = "app" if option == "labelSelector" else "metadata.name"
    many = ",".join(f"{key}=v{number}" for number in range(101))
    assert "at most 100 requirements, this one 101" in alice.get(MAPS, {option: many}).json()["message"]


def test_a_selector_has_not_more_values_than_databases_take(alice):
    values = ",".join(f"v{number}" for number in range(1000))
    assert alice.get(MAPS, {"labelSelector": f"app in ({values})"}).status_code == 200
    answer = alice.get(MAPS, {"labelSelector": f"app in ({values},v1000)"})
    assert answer.status_code == 400
    assert "at most 1000 values, this one 1001" in answer.json()["message"]


def test_a_list_that_is_too_long_is_asked_for_in_pages(alice, settings):
    settings.MAX_LIST = 3
    for number in range(5):
        create(config_map(f"map-{number}"))
    whole = alice.get(MAPS)
    assert whole.status_code == 422
    cause = whole.json()["details"]["causes"][0]
    assert (cause["field"], cause["reason"]) == ("limit", "FieldValueInvalid")
    assert "ask in pages, with limit and continue" in cause["message"]
    assert len(alice.list(MAPS, labelSelector="!app", limit=2)) == 2
    page = alice.get(MAPS, {"limit": "500"}).json()
    assert len(page["items"]) == 3
    rest = alice.get(MAPS, {"limit": "500", "continue": page["metadata"]["continue"]}).json()
    assert len(rest["items"]) == 2


def test_a_list_just_short_enough_is_given_whole(alice, settings):
    settings.MAX_LIST = 3
    for number in range(3):
        create(config_map(f"map-{number}"))
    assert len(alice.list(MAPS)) == 3
