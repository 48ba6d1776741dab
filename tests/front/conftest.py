"""A front with a small application behind it, and clients that speak to it in raw bytes."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from vmportal.front.server import Bounds, FrontServer
from vmportal.tls import ensure_server_certificate

THREADS = 4
PATIENCE_SECONDS = 20


class App:
    """Answers with the body that it was sent; `/large` with much, `/stream` until the client is gone."""

    def __init__(self) -> None:
        self.streams = 0
        self.environ: dict = {}

    def __call__(self, environ, start_response):
        self.environ = environ
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/stream":
            start_response("200 OK", [])
            return Endless(self, environ["QUERY_STRING"])
        if environ["PATH_INFO"] == "/large":
            body = b"x" * int(environ["QUERY_STRING"])
        too_large = int(environ.get("CONTENT_LENGTH") or 0) > 1000
        status = "413 Request Entity Too Large" if too_large else "200 OK"
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]


class Endless:
    """A stream that is quiet (a byte now and then), or as loud as the client can hear."""

    def __init__(self, app: App, how: str) -> None:
        self.app, self.piece, self.pause = (
            app,
            b"x" * (65536 if how == "loud" else 1),
            0 if how == "loud" else 0.1,
        )
        app.streams += 1

    def __iter__(self):
        return self

    def __next__(self) -> bytes:
        time.sleep(self.pause)
        return self.piece

    def close(self) -> None:
        self.app.streams -= 1


class Front:
    def __init__(self, server: FrontServer, app: App) -> None:
        self.server, self.app = server, app
        self.address = server.address

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(self.address, timeout=PATIENCE_SECONDS)
        connection.sendall(sent)
        return connection

    def ask(self, sent: bytes) -> bytes:
        """All that comes until the server hangs up."""
        with self.connect(sent) as connection:
            return read_all(connection)

    def answers_quickly(self) -> bool:
        started = time.monotonic()
        return self.ask(GET).startswith(b"HTTP/1.1 200 ") and time.monotonic() - started < 2


GET = b"GET / HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n"


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def wait_until(is_so: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def starting() -> Iterator[Callable[..., Front]]:
    """`start(head_seconds=1, certificate=…)`: a front with these bounds."""
    servers = []

    def started(certificate: tuple[Path, Path] | None = None, **bounds: float) -> Front:
        app = App()
        limits = replace(Bounds(body_bytes=1000, linger_seconds=1), **bounds)
        tls = None
        if certificate:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(*certificate)
        servers.append(FrontServer(("127.0.0.1", 0), app, limits, THREADS, tls))
        servers[-1].start()
        return Front(servers[-1], app)

    yield started
    for server in servers:
        server.stop()


start = pytest.fixture(starting, name="start")
start_one = pytest.fixture(starting, scope="module", name="start_one")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATA_DIR", tmp_path_factory.mktemp("data"))
        return ensure_server_certificate()


@pytest.fixture
def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
