"""`kill -9` at random moments of many creates: nothing that a client was told of is lost, nothing is made twice."""

from __future__ import annotations

import collections
import http.client
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.builders import vm
from tests.client import VMS, Client, make_room
from tests.peers.portal import PortalProcess

PATH = VMS.format("team-a")
CLIENTS = 4
LEASE_SECONDS = "3"  # what a killed worker was at is taken up again after so long


@dataclass
class Creates:
    """Clients that create machines until each is known to be there, whatever becomes of the portal meanwhile."""

    url: str
    token: str
    names: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)
    done: list[str] = field(default_factory=list)
    cut: int = 0  # connections that broke, or could not be made
    told_twice: int = 0  # creates that had been stored before their answer was lost
    wrong: list[str] = field(default_factory=list)

    def start(self, names: list[str]) -> None:
        for name in names:
            self.names.put(name)
        self.threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join()

    def _run(self) -> None:
        with Client(self.url, self.token) as client:
            while True:
                try:
                    name = self.names.get_nowait()
                except queue.Empty:
                    return
                self._create(client, name)
                self.done.append(name)

    def _create(self, client: Client, name: str) -> None:
        was_cut = False
        while True:
            try:
                answer = client("POST", PATH, vm(name))
            except (OSError, http.client.HTTPException):
                was_cut = True
                self.cut += 1
                time.sleep(0.05)
                continue
            if answer.status == 409 and answer.reason == "AlreadyExists" and was_cut:
                self.told_twice += 1
            elif answer.status != 201:
                self.wrong.append(f"{name}: {answer.status} {answer.body[:300]!r}")
            return


def kill(portal: PortalProcess) -> None:
    portal.process.kill()
    portal.process.wait()


@pytest.mark.parametrize(
    ("count", "kills"), [(60, 3), pytest.param(500, 12, marks=pytest.mark.slow)], ids=["60", "500"]
)
def test_creates_survive_kills_at_random_moments(count, kills, tmp_path, capsys):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    portal = PortalProcess(tmp_path, PORTAL_LEASE_SECONDS=LEASE_SECONDS)
    started = time.monotonic()
    with portal:
        with Client(portal.url, portal.manage("token", "admin").split()[-1]) as admin:
            make_room(admin)
        creates = Creates(portal.url, portal.manage("token", "alice").split()[-1])
        names = [f"asked-{number:03d}" for number in range(count)]
        creates.start(names)
        # All but one strike while clients create, the last while the worker is still at it.
        for moment in [*sorted(chance.sample(range(1, count), kills - 1)), count]:
            wait_until(lambda moment=moment: len(creates.done) >= moment, 120, lambda: f"{creates}")
            time.sleep(chance.uniform(0, 0.05))
            kill(portal)
            portal.__enter__()
        creates.join()
        with Client(portal.url, creates.token) as client:
            wait_until(lambda: len(powered_on(client)) >= count, 180, lambda: states(client))
            machines = powered_on(client)
        seconds = time.monotonic() - started
        kill(portal)
    with capsys.disabled():
        print(
            f"\n  {count} creates, {kills} kills, seed {seed}: {creates.cut} cuts, {creates.told_twice} answers "
            f"lost after the commit; all running after {seconds:.0f} s"
        )
    assert creates.wrong == []
    assert "Traceback" not in portal.log.read_text(), "a pass or a request broke: no lock may fail, either"
    assert creates.cut > 0, "no kill has struck a client: this tries nothing"
    assert_all_there_once(names, machines, tmp_path / "data" / "portal.sqlite3")


def wait_until(is_so: Callable[[], bool], seconds: float, told: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


def listed(client: Client) -> list[dict[str, Any]]:
    """The machines of this test: the demo has some of its own."""
    return [
        item for item in client("GET", PATH).json["items"] if item["metadata"]["name"].startswith("asked-")
    ]


def powered_on(client: Client) -> list[dict[str, Any]]:
    time.sleep(0.2)
    return [
        item
        for item in listed(client)
        if item.get("status", {}).get("powerState") == "PoweredOn"
        and item["status"].get("network", {}).get("primaryIP4")
    ]


def states(client: Client) -> str:
    items = listed(client)
    counted = collections.Counter(item.get("status", {}).get("powerState", "none") for item in items)
    left = next((item for item in items if item.get("status", {}).get("powerState") != "PoweredOn"), {})
    return f"{counted}; the first that is not on: {left.get('status')}"


def assert_all_there_once(names: list[str], machines: list[dict[str, Any]], database: Path) -> None:
    assert sorted(item["metadata"]["name"] for item in machines) == names
    uids = {item["metadata"]["uid"] for item in machines}
    assert len(uids) == len(names)
    for unique in ("instanceUUID", "biosUUID", "uniqueID"):
        assert len({item["status"][unique] for item in machines}) == len(names), unique
    assert len({item["status"]["network"]["primaryIP4"] for item in machines}) == len(names)
    with sqlite3.connect(database) as connection:
        ask = connection.execute
        made = [uid for (uid,) in ask("SELECT ref_uid FROM vmportal_simulatedvm WHERE name LIKE 'asked-%'")]
        assert collections.Counter(made) == collections.Counter(uids)
        for table, where in (
            ("vmportal_simulatedinterface", "1"),
            ("vmportal_work", "1"),
            ("vmportal_change", "type = 'ADDED'"),
            ("vmportal_revision", "action = 'create'"),
        ):
            rows = ask(f"SELECT uid FROM {table} WHERE {where}")
            counted = collections.Counter(uid for (uid,) in rows if uid in uids)
            assert counted == collections.Counter(uids), table
    connection.close()
