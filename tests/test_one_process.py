"""`manage.py portal`, really started: soon ready, small, clean to stop, and all there again the second time."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.client import CONFIG_MAPS, VMS, Client
from tests.peers.portal import CHECKOUT, PortalProcess

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc, which Linux has")

READY_SECONDS, STOP_SECONDS, MOST_MIB = 3.0, 3.0, 150
MAPS = CONFIG_MAPS.format("team-a")


@dataclass
class Life:
    """One run of the portal, as seen from outside."""

    ready_seconds: float
    ready_cpu_seconds: float  # what it takes where nothing else runs
    uids: dict[str, str]  # name -> uid of the VMs and ConfigMaps of team-a
    mib: float = 0
    stop_seconds: float = 0
    exit_code: int = -1
    said: str = ""

    def __str__(self) -> str:
        return (
            f"ready in {self.ready_seconds:.1f} s ({self.ready_cpu_seconds:.1f} s of CPU), "
            f"{self.mib:.0f} MiB, stopped in {self.stop_seconds:.1f} s"
        )


@dataclass
class Story:
    first: Life
    second: Life
    intruder: subprocess.CompletedProcess[str]  # started on the ports of the second
    to_a_huge_header: bytes  # the second's answer


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    portal = PortalProcess(tmp_path_factory.mktemp("portal"))
    try:
        yield _tell(portal)
    finally:
        portal.stop()


def _tell(portal: PortalProcess) -> Story:
    first = _begin(portal)
    token = portal.manage("token", "alice").split()[-1]
    with Client(portal.url, token) as alice:
        made = alice("POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}})
        assert made.status == 201
        first.uids = _uids(alice)
    _end(portal, first, signal.SIGINT)
    second = _begin(portal)
    with Client(portal.url, token) as alice:
        second.uids = _uids(alice)
    intruder = subprocess.run(
        [sys.executable, "manage.py", "portal"],
        cwd=CHECKOUT,
        env=portal.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    answer = _send_huge_header(portal.port)
    _end(portal, second, signal.SIGTERM)
    return Story(first, second, intruder, answer)


def _send_huge_header(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with suppress(OSError):  # it may hang up before all is sent
            connection.sendall(
                b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200_000 + b"\r\n\r\n"
            )
        with suppress(OSError):
            return connection.recv(100)
    return b""


def _begin(portal: PortalProcess) -> Life:
    started = time.monotonic()
    portal.__enter__()
    user, system = Path(f"/proc/{portal.process.pid}/stat").read_text().rsplit(")")[1].split()[11:13]
    cpu = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return Life(time.monotonic() - started, cpu, {})


def _uids(client: Client) -> dict[str, str]:
    items = [item for path in (VMS.format("team-a"), MAPS) for item in client("GET", path).json["items"]]
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}


def _end(portal: PortalProcess, life: Life, number: signal.Signals) -> None:
    status = Path(f"/proc/{portal.process.pid}/status").read_text()
    life.mib = int(status.split("VmRSS:")[1].split()[0]) / 1024
    started = time.monotonic()
    portal.process.send_signal(number)
    life.exit_code = portal.process.wait(60)
    life.stop_seconds = time.monotonic() - started
    life.said = portal.log.read_text()
    portal.log.unlink()


def test_it_is_ready_within_three_seconds(story, capsys):
    """Counted in seconds of CPU, as others may use the machine that tests run on."""
    with capsys.disabled():
        print(f"\n  first start: {story.first}\n  second start: {story.second}")
    assert story.first.ready_cpu_seconds < READY_SECONDS
    assert story.second.ready_cpu_seconds < READY_SECONDS


def test_it_is_small(story):
    assert max(story.first.mib, story.second.mib) < MOST_MIB


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_signal_stops_it_cleanly(story, which):
    """The first is interrupted from the keyboard, the second terminated."""
    life = getattr(story, which)
    assert life.exit_code == 0
    assert life.stop_seconds < STOP_SECONDS
    assert "Traceback" not in life.said
    assert life.said.endswith("Stopping …\n")


def test_it_says_where_it_is_and_who_may_sign_in(story):
    for words in ("http://127.0.0.1:", "https://127.0.0.1:", "alice / alice", "Ctrl-C stops it."):
        assert words in story.first.said


def test_a_second_start_keeps_everything_and_doubles_nothing(story):
    assert "mine" in story.first.uids
    assert len(story.first.uids) > 4, "the demo's machines are there too"
    assert story.second.uids == story.first.uids


def test_a_taken_port_is_one_clear_line(story):
    assert story.intruder.returncode == 1
    assert story.intruder.stdout == ""
    (line,) = story.intruder.stderr.splitlines()
    assert "is taken" in line
    assert "PORTAL_PORT" in line


def test_a_header_without_end_is_refused(story):
    """Nobody need sign in to send one: it must not fill the memory."""
    assert b" 200 " not in story.to_a_huge_header
