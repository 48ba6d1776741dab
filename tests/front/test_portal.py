"""The real process under clients that are slow, stuck or gone: the others hardly notice. Prints what it measured."""

from __future__ import annotations

import json
import re
import socket
import ssl
import statistics
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.client import CONFIG_MAPS, Client
from tests.front.conftest import wait_until
from tests.front.raw import chunked, post
from tests.peers.portal import PortalProcess

pytestmark = pytest.mark.slow

MAPS = CONFIG_MAPS.format("team-a")
PAGE = "/ns/team-a/vms/"
SAMPLES = 100
MOST_SECONDS = 0.1  # of a page, at the 95th percentile, beyond what it takes when nobody else is there
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("portal")) as portal:
        portal.tokens = {who: portal.manage("token", who).split()[-1] for who in ("alice", "admin")}
        portal.cookies = sign_in(portal)
        yield portal


def sign_in(portal: PortalProcess) -> str:
    """The cookies of alice's browser."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{portal.url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = {"csrfmiddlewaretoken": token, "username": "alice", "password": "alice"}
    browser.open(f"{portal.url}/sign-in/", urllib.parse.urlencode(form).encode()).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def p95_of_pages(portal: PortalProcess) -> float:
    """Seconds."""
    times = []
    with Client(portal.url, Cookie=portal.cookies) as browser:
        for _ in range(SAMPLES):
            started = time.perf_counter()
            assert browser("GET", PAGE).status == 200
            times.append(time.perf_counter() - started)
    return statistics.quantiles(times, n=20)[-1]


def mib(portal: PortalProcess) -> float:
    status = Path(f"/proc/{portal.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def say(capsys, *lines: str) -> None:
    with capsys.disabled():
        print("", *lines, sep="\n  ")


def connect(portal: PortalProcess, *, tls: bool = False) -> socket.socket:
    return socket.create_connection(("127.0.0.1", portal.tls_port if tls else portal.port), timeout=30)


class Watcher:
    """One watch of all ConfigMaps of team-a. `status` is the answer's."""

    def __init__(self, portal: PortalProcess, who: str, *, reads: bool = True) -> None:
        self.socket = socket.socket()
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", portal.port))
        head = [
            f"GET {MAPS}?watch=true HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {portal.tokens[who]}",
        ]
        self.socket.sendall("\r\n".join([*head, "", ""]).encode())
        self.status = int(self.socket.recv(20)[9:12])
        self.bytes = 0
        if self.status != 200:
            self.socket.close()
        elif reads:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError):
            while part := self.socket.recv(65536):
                self.bytes += len(part)

    def vanish(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def test_50_watchers_one_of_them_stuck_leave_pages_quick(portal, capsys):
    alone, before = p95_of_pages(portal), mib(portal)
    watchers = [Watcher(portal, "alice", reads=number > 0) for number in range(32)]
    watchers += [Watcher(portal, "admin") for _ in range(18)]
    assert sorted(one.status for one in watchers) == [200] * 48 + [429] * 2
    assert Watcher(portal, "alice").status == 429
    with ExitStack() as stack:
        stack.callback(lambda: [one.vanish() for one in watchers])
        stop = threading.Event()
        writer = threading.Thread(target=write, args=(portal, stop))
        writer.start()
        stack.callback(writer.join)
        stack.callback(stop.set)
        crowded = p95_of_pages(portal)
        started = time.monotonic()
        wait_until(lambda: _one_more(portal, watchers), seconds=90)  # the stuck one's place
        cut_off = time.monotonic() - started
        crowded = max(crowded, p95_of_pages(portal))
        after = mib(portal)
    say(
        capsys,
        f"p95 of a page: {alone * 1000:.0f} ms alone, {crowded * 1000:.0f} ms with 48 watchers, one of them stuck",
        f"the stuck one was cut off {cut_off:.0f} s later; memory {before:.0f} -> {after:.0f} MiB",
    )
    assert crowded < alone + MOST_SECONDS
    assert after - before < 80
    assert min(one.bytes for one in watchers[1:32]) > 100_000


def write(portal: PortalProcess, stop: threading.Event) -> None:
    """Ten changes a second of 20 kB each, which every watcher is told."""
    with Client(portal.url, portal.tokens["alice"]) as alice:
        alice("POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "busy"}})
        number = 0
        while not stop.wait(0.1):
            number += 1
            data = {"k": str(number) + "x" * 20_000}
            assert alice("PATCH", f"{MAPS}/busy", {"data": data}, MERGE).status == 200


def test_vanished_watchers_free_their_threads_within_seconds(portal, capsys):
    for vanished in [Watcher(portal, "alice") for _ in range(20)]:
        vanished.vanish()
    started = time.monotonic()
    more: list[Watcher] = []
    wait_until(lambda: _one_more(portal, more) and len(more) == 32, seconds=30)
    seconds = time.monotonic() - started
    say(capsys, f"20 vanished watchers made room within {seconds:.1f} s")
    for one in more:
        one.vanish()
    assert seconds < 12


def _one_more(portal: PortalProcess, watchers: list[Watcher]) -> bool:
    watcher = Watcher(portal, "alice")
    if watcher.status == 200:
        watchers.append(watcher)
    return watcher.status == 200


HALF_OPEN = {
    "silent": b"",
    "headers": b"GET / HTTP/1.1\r\nX-A: ",
    "bodies": b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx",
    "handshakes": b"\x16\x03\x01\x02\x00",
}


@pytest.mark.parametrize("what", HALF_OPEN)
def test_200_half_open_connections_delay_nobody(portal, capsys, what):
    alone = p95_of_pages(portal)
    stuck = [connect(portal, tls=what == "handshakes") for _ in range(200)]
    for connection in stuck:
        connection.sendall(HALF_OPEN[what])
    stop = threading.Event()
    trickle = threading.Thread(target=_trickle, args=(stuck if HALF_OPEN[what] else [], stop))
    trickle.start()
    crowded = p95_of_pages(portal)
    started = time.perf_counter()
    assert get_over_tls(portal).startswith(b"HTTP/1.1 200 ")
    tls = time.perf_counter() - started
    stop.set()
    trickle.join()
    for connection in stuck:
        connection.close()
    say(
        capsys,
        f"p95 of a page: {alone * 1000:.0f} ms alone, {crowded * 1000:.0f} ms with 200 {what} that trickle; "
        f"a get over TLS {tls * 1000:.0f} ms",
    )
    assert crowded < alone + MOST_SECONDS
    assert tls < 1


def _trickle(connections: list[socket.socket], stop: threading.Event) -> None:
    while not stop.wait(0.5):
        for connection in connections:
            with suppress(OSError):
                connection.sendall(b"x")


def get_over_tls(portal: PortalProcess) -> bytes:
    context = ssl.create_default_context(cafile=str(portal.folder / "data" / "tls" / "ca.crt"))
    with context.wrap_socket(connect(portal, tls=True), server_hostname="127.0.0.1") as connection:
        connection.sendall(b"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.recv(4096)


def config_map(name: str, size: int = 1) -> bytes:
    data = {"k": "x" * size}
    return json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    ).encode()


def test_a_chunked_body_is_stored(portal):
    body = chunked(config_map("chunked", 50_000))
    status, stored = post(portal.port, portal.tokens["alice"], body, "Transfer-Encoding: chunked")
    assert status == 201
    assert len(json.loads(stored)["data"]["k"]) == 50_000


@pytest.mark.parametrize("how", ["known", "chunked"])
def test_a_body_beyond_the_limit_is_told_as_a_status(portal, how):
    body = config_map("large", 4 * 1024 * 1024)
    header = "Transfer-Encoding: chunked" if how == "chunked" else f"Content-Length: {len(body)}"
    sent = chunked(body, 65536) if how == "chunked" else body
    status, answer = post(portal.port, portal.tokens["alice"], sent, header)
    told = json.loads(answer)
    assert (status, told["kind"], told["reason"]) == (413, "Status", "RequestEntityTooLarge")
    assert "limit is 3145728" in told["message"]


def test_two_lengths_are_refused(portal):
    headers = ("Content-Length: 4", "Transfer-Encoding: chunked")
    status, answer = post(portal.port, portal.tokens["alice"], b"0\r\n\r\n", *headers)
    assert (status, json.loads(answer)["reason"]) == (400, "BadRequest")


def test_nothing_of_all_that_stays(portal):
    wait_until(lambda: open_sockets(portal) < 40, seconds=90)


def open_sockets(portal: PortalProcess) -> int:
    found = 0
    for link in Path(f"/proc/{portal.process.pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found += "socket:" in str(link.readlink())
    return found
