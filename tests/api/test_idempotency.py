"""`Idempotency-Key`: who does not know whether a create has arrived sends it again, and nothing is there twice."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.api.conftest import Caller
from tests.api.test_verbs import MAPS, SECRETS, refusal
from tests.builders import ADMIN, by, config_map, create, kind, make_namespace, obj
from tests.offers.conftest import work_off
from vmportal import service
from vmportal.api import idempotency
from vmportal.keys import MARK
from vmportal.models import ConfigMap, IdempotencyKey, Namespace, Secret
from vmportal.tasks import sweep

NAMELESS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "job-"}}


def send(caller: Caller, body: Any, key: str, path: str = MAPS, **headers: str):
    return caller.post(path, body, **{"Idempotency-Key": key, **headers})


def test_what_is_sent_again_is_answered_again(alice):
    first = send(alice, NAMELESS, "k-1")
    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first
    second = send(alice, NAMELESS, "k-1")
    assert (second.status_code, second.content) == (201, first.content)
    assert second["Idempotency-Replayed"] == "true"
    assert ConfigMap.objects.count() == 1


def test_the_answer_stays_whatever_becomes_of_the_object(alice):
    first = send(alice, config_map(), "k-1").content
    alice.patch(f"{MAPS}/settings", {"data": {"color": "red"}})
    assert send(alice, config_map(), "k-1").content == first
    alice.delete(f"{MAPS}/settings")
    assert send(alice, config_map(), "k-1").content == first
    assert not ConfigMap.objects.exists()


def test_the_form_is_that_of_the_second_request(alice):
    send(alice, config_map(), "k-1")
    assert send(alice, config_map(), "k-1", Accept="application/yaml").content.startswith(b"apiVersion: v1")


def test_warnings_come_again(alice):
    warned = {**config_map(), "colour": 1}
    first, second = (send(alice, warned, "k-1", f"{MAPS}?fieldValidation=Warn") for _ in range(2))
    assert "unknown field" in first["Warning"]
    assert first["Warning"] == second["Warning"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (MAPS, config_map(data={"color": "red"})),
        (f"{MAPS}?fieldManager=other", config_map()),
        (SECRETS, obj("Secret", "settings")),
    ],
)
def test_a_key_stands_for_one_request(alice, path, body):
    send(alice, config_map(), "k-1")
    code, reason, message = refusal(send(alice, body, "k-1", path))
    assert (code, reason) == (422, "Invalid")
    assert message.startswith("Idempotency-Key 'k-1' came with another request before")


def test_how_the_body_is_written_makes_no_difference(alice):
    send(alice, config_map(), "k-1")
    text = (
        b"metadata: {namespace: team-a, name: settings}\n"
        b"data: {color: blue}\nkind: ConfigMap\napiVersion: v1\n"
    )
    again = alice.post(MAPS, text, "application/yaml", **{"Idempotency-Key": '"k-1"'})
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")


def test_a_key_belongs_to_one_caller(alice, ed):
    assert (
        send(alice, NAMELESS, "k-1").json()["metadata"]["name"]
        != send(ed, NAMELESS, "k-1").json()["metadata"]["name"]
    )


def test_a_new_namespace_of_the_same_name_knows_no_keys(root):
    """A script that makes all anew once got the answers of last time, and nothing was there."""
    first = send(root, config_map(), "k-1").json()
    root.delete("/api/v1/namespaces/team-a")
    work_off()
    assert not Namespace.objects.filter(name="team-a").exists()
    assert send(root, config_map(), "k-1").status_code == 404
    make_namespace("team-a")
    anew = send(root, config_map(), "k-1")
    assert (anew.status_code, "Idempotency-Replayed" in anew) == (201, False)
    assert anew.json()["metadata"]["uid"] != first["metadata"]["uid"]
    assert ConfigMap.objects.filter(namespace="team-a").get().uid == anew.json()["metadata"]["uid"]
    assert send(root, config_map(), "k-1").content == anew.content


def test_a_key_is_another_one_in_another_namespace(root):
    send(root, NAMELESS, "k-1")
    there = send(root, NAMELESS, "k-1", MAPS.replace("team-a", "team-b"))
    assert (there.status_code, there.json()["metadata"]["namespace"]) == (201, "team-b")


def test_what_stands_in_no_namespace_has_keys_as_well(root):
    first = send(root, obj("Namespace", "team-c"), "k-1", "/api/v1/namespaces")
    assert send(root, obj("Namespace", "team-c"), "k-1", "/api/v1/namespaces").content == first.content


def test_a_refusal_is_not_remembered(alice):
    """Nothing was done, and what was in the way may be gone by the next time."""
    create(config_map())
    assert send(alice, config_map(), "k-1").status_code == 409
    alice.delete(f"{MAPS}/settings")
    again = send(alice, config_map(), "k-1")
    assert (again.status_code, "Idempotency-Replayed" in again) == (201, False)


def test_a_dry_run_leaves_the_key_free(alice):
    assert send(alice, config_map(), "k-1", f"{MAPS}?dryRun=All").status_code == 201
    assert not IdempotencyKey.objects.exists()
    assert send(alice, config_map(), "k-1").status_code == 201
    assert ConfigMap.objects.count() == 1


def test_who_may_no_longer_create_is_told_so(alice, root):
    send(alice, config_map(), "k-1")
    root.delete("/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings/alice-admin")
    assert send(alice, config_map(), "k-1").status_code == 404


@pytest.mark.parametrize("key", ["", " ", '""', '"open', '"a"b"', "x" * 256, "é", "a\tb"])
def test_odd_keys_are_refused(alice, key):
    code, _, message = refusal(send(alice, config_map(), key))
    assert code == 400
    assert "must be 1 to 255 letters of ASCII" in message
    assert not ConfigMap.objects.exists()


def test_keys_of_any_usual_form_are_taken(alice):
    for number, key in enumerate((str(uuid.uuid4()), f'"{uuid.uuid4()}"', "x" * 255, r'"a \"b\""', "a,b c")):
        assert send(alice, config_map(f"m-{number}"), key).status_code == 201


def test_secrets_do_not_lie_in_clear(alice):
    secret = obj("Secret", "s", "team-a", stringData={"password": "hunter2"})
    first = send(alice, secret, "my-secret-key", SECRETS)
    assert send(alice, secret, "my-secret-key", SECRETS).content == first.content
    assert Secret.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, request, body FROM {IdempotencyKey._meta.db_table}")
        [row] = cursor.fetchall()
    assert row[2].startswith(MARK)
    assert not any(text in "".join(row) for text in ("hunter2", "aHVudGVyMg", "my-secret-key"))


def test_keys_are_kept_for_a_day(alice, settings):
    first = send(alice, NAMELESS, "k-1").json()["metadata"]["name"]
    IdempotencyKey.objects.update(at=timezone.now() - dt.timedelta(hours=23, minutes=59))
    sweep()
    assert send(alice, NAMELESS, "k-1").json()["metadata"]["name"] == first
    IdempotencyKey.objects.update(at=timezone.now() - dt.timedelta(hours=24, minutes=1))
    assert send(alice, NAMELESS, "k-1").json()["metadata"]["name"] != first, "over, if not yet swept"
    IdempotencyKey.objects.update(at=timezone.now() - dt.timedelta(hours=24, minutes=1))
    sweep()
    assert not IdempotencyKey.objects.exists()


def test_reads_and_other_writes_do_not_mind_a_key(alice):
    send(alice, config_map(), "k-1")
    headers = {"Idempotency-Key": "k-1"}
    path = f"{MAPS}/settings"
    assert alice.get(path, **headers).status_code == 200
    patched = alice.client.patch(path, {"data": {"a": "b"}}, "application/merge-patch+json", headers=headers)
    assert patched.status_code == 200
    assert alice.client.delete(path, headers=headers).status_code == 200


class Broken(Exception):
    pass


@transaction.atomic
def carry_out_and_crash(key: idempotency.Key, act: Callable[[], service.Saved]) -> None:
    """After all statements, before the commit."""
    idempotency.once(key, kind("ConfigMap"), act)
    raise Broken


def test_the_key_is_there_exactly_when_the_object_is(alice):
    """A crash at any moment before the commit leaves neither, after it both."""
    key = idempotency.Key("k", "id-1", "request-1")

    def act() -> service.Saved:
        return service.create(kind("ConfigMap"), "team-a", config_map(), by(ADMIN))

    def crash() -> service.Saved:
        act()
        raise Broken

    with pytest.raises(Broken):
        idempotency.once(key, kind("ConfigMap"), crash)
    assert not ConfigMap.objects.exists()
    assert not IdempotencyKey.objects.exists()
    with pytest.raises(Broken):
        carry_out_and_crash(key, act)
    assert not ConfigMap.objects.exists()
    assert not IdempotencyKey.objects.exists()
    saved, is_again = idempotency.once(key, kind("ConfigMap"), act)
    assert not is_again
    assert idempotency.once(key, kind("ConfigMap"), crash) == (saved, True)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_one_creates(alice):
    gate = threading.Barrier(6)

    def run(number: int):
        try:
            gate.wait()
            answer = send(alice, NAMELESS, f"k-{number % 2}")
            return number % 2, answer.status_code, answer.content, answer.get("Idempotency-Replayed")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(run, range(6)))
    assert {status for _, status, *_ in answers} == {201}
    assert ConfigMap.objects.count() == 2
    for which in (0, 1):
        of_one = [answer for answer in answers if answer[0] == which]
        assert len({content for _, _, content, _ in of_one}) == 1
        assert sorted(replayed or "" for *_, replayed in of_one) == ["", "true", "true"]


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_the_other_is_told_to_come_again(alice, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: the second waits as every write does")
    monkeypatch.setattr(idempotency, "OTHER_WAIT_SECONDS", 0.2)
    has_key, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                uid = Namespace.objects.get(name="team-a").uid
                key = idempotency.Key("k-1", idempotency._digest("key", f"alice\0alice\0{uid}\0k-1"), "")
                idempotency._take(key)
                has_key.set()
                may_end.wait(10)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert has_key.wait(10)
        answer = send(alice, NAMELESS, "k-1")
        assert refusal(answer)[:2] == (409, "Conflict")
        assert answer["Retry-After"] == "1"
    finally:
        may_end.set()
        holder.join()
    assert not ConfigMap.objects.exists()
