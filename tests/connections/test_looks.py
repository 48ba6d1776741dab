"""How a connection is looked at: when again, by which client, and what of it can be read afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.utils import timezone

from tests.backends.supervisor.odd_server import TOKEN, Answer, OddServer
from tests.builders import by, create, kind
from tests.connections.builders import OPERATOR, connection, kubeconfig, secret
from vmportal import service, tasks, work
from vmportal.connections import clients
from vmportal.connections.account import Unusable
from vmportal.models import Change, Connection, Event, Work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_namespace")]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[OddServer]:
    with OddServer(tmp_path_factory.mktemp("odd")) as running:
        yield running


def made(server: OddServer) -> str:
    """The uid of a connection to the server, with its Secret."""
    access = server.access()
    create(secret(token=TOKEN))
    return create(connection(server=access.server, certificateAuthority=access.ca))["metadata"]["uid"]


def stored(uid: str) -> dict:
    return json.loads(Connection.objects.get(uid=uid).body)


def look(uid: str) -> dict:
    work.nudge_now(uid)
    tasks.sync("connections.vmportal.dev", uid)
    return {one["type"]: one for one in stored(uid)["status"]["conditions"]}


def seconds_until_next(uid: str) -> float:
    return (Work.objects.get(uid=uid).due_at - timezone.now()).total_seconds()


def test_a_server_that_has_too_much_to_do_is_left_alone_as_long_as_it_wants(server):
    server.answer = Answer(429, "", {"Retry-After": "50"})
    uid = made(server)
    assert look(uid)["Reachable"]["reason"] == "Throttled"
    assert 40 < seconds_until_next(uid) <= 50


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(401, ""), "CredentialsRefused"),
        (Answer(503, ""), "Unreachable"),
        (Answer(200, "<html>"), "Unreachable"),
        (Answer(200, {"kind": "Pod"}), "RightsMissing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_and_tried_again_soon(server, answer, reason):
    server.answer = answer
    uid = made(server)
    assert look(uid)["Ready"]["reason"] == reason
    assert 5 < seconds_until_next(uid) <= 15


def test_the_same_trouble_again_is_no_news(server):
    server.answer = Answer(503, "")
    uid = made(server)
    look(uid)
    look(uid)
    event = Event.objects.get(involved_uid=uid)
    assert json.loads(event.body)["count"] == 1


def test_nothing_secret_is_left_anywhere_in_clear(server):
    server.answer = Answer(401, f"no such token: {TOKEN}")
    uid = made(server)
    look(uid)
    told = json.dumps(stored(uid)) + "".join(Event.objects.values_list("body", flat=True))
    assert TOKEN not in told
    assert [
        one for one in Change.objects.filter(kind="connections.vmportal.dev") if TOKEN in str(one.body)
    ] == []


def test_one_client_serves_until_the_secret_is_another(server):
    uid = made(server)
    first = clients.client_for(stored(uid))
    assert clients.client_named("site-1") is first
    new = secret(token="another")["data"]
    service.update(kind("Secret"), OPERATOR, "site-1", lambda found: {**found, "data": new}, by())
    second = clients.client_for(stored(uid))
    assert second is not first
    assert second.access.token == "another"


def test_another_client_serves_when_the_connection_is_changed(server):
    uid = made(server)
    first = clients.client_for(stored(uid))

    def renamed(found: dict) -> dict:
        found["spec"]["supervisor"]["fieldManager"] = "portal-b"
        return found

    service.update(kind("Connection"), "", "site-1", renamed, by())
    assert clients.client_for(stored(uid)).access.field_manager == "portal-b"
    assert first.access.field_manager == "vm-portal"


def test_a_file_is_read_again_when_it_changes_and_never_from_elsewhere(settings, tmp_path):
    folder = tmp_path / "mounted"
    folder.mkdir()
    (folder / "site").write_text(kubeconfig())
    settings.KUBECONFIG_DIR = str(folder)
    document = create(connection(server=None, secretRef=None, kubeconfigFile="site"))
    assert clients.client_for(document).access.token == "t-1"
    (folder / "site").write_text(kubeconfig({"token": "token-2"}))
    assert clients.client_for(document).access.token == "token-2"
    (folder / "site").unlink()
    (tmp_path / "outside").write_text(kubeconfig())
    (folder / "site").symlink_to(tmp_path / "outside")
    with pytest.raises(Unusable, match="no file"):
        clients.client_for(document)
    settings.KUBECONFIG_DIR = ""
    with pytest.raises(Unusable, match="no file"):
        clients.client_for(document)


def test_a_connection_that_is_gone_leaves_no_client(server):
    uid = made(server)
    clients.client_for(stored(uid))
    service.delete(kind("Connection"), "", "site-1", by())
    another = create(connection("site-2", server=server.access().server))
    clients.client_for(another)
    assert set(clients._HELD) == {another["metadata"]["uid"]}
