"""Sends bytes to a web server and reads what comes, with the time it took. Used by tests/fuzz."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

import httptools

from vmportal.front.server import Bounds

PATIENCE_SECONDS = 30
BOUNDS = Bounds()
STREAM_SECONDS = 0.1  # of a watch so much is read


@dataclass(frozen=True)
class Answer:
    """The first answer to a message; `status` 0: the connection was closed without one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)  # by small letters
    body: bytes = b""
    seconds: float = 0.0
    is_stream: bool = False
    is_whole: bool = True  # as long as its Content-Length says


class _Seen:
    """What the web server's parser makes of a message."""

    is_whole = False
    body_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-length":
            self.body_bytes = int(value)

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)

    def on_message_complete(self) -> None:
        self.is_whole = True


def is_complete(message: bytes) -> bool:
    """Whether a server has nothing more to wait for: who sends less gets no answer."""
    seen = _Seen()
    try:
        httptools.HttpRequestParser(seen).feed_data(message)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return True
    head_bytes = len(message.partition(b"\r\n\r\n")[0])
    return seen.is_whole or seen.body_bytes > BOUNDS.body_bytes or head_bytes > BOUNDS.head_bytes


def ask(port: int, message: bytes, *, is_watch: bool = False) -> Answer:
    """What is answered to `message`. Raises `TimeoutError` when there is nothing to be heard for half a minute."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        started = time.perf_counter()
        with suppress(ConnectionError):  # a refusal may come before all is sent
            connection.sendall(message)
        if not is_complete(message):
            return _Reader(connection, started, is_head=message.startswith(b"HEAD ")).read_for(STREAM_SECONDS)
        return _Reader(connection, started, is_head=message.startswith(b"HEAD ")).read(is_watch=is_watch)


class _Reader:
    def __init__(self, connection: socket.socket, started: float, *, is_head: bool) -> None:
        self.connection, self.started, self.is_head = connection, started, is_head
        self.data = b""

    def _more(self) -> bool:
        try:
            part = self.connection.recv(1 << 20)
        except ConnectionError:
            part = b""
        self.data += part
        return bool(part)

    def read(self, *, is_watch: bool) -> Answer:
        while (end := self.data.find(b"\r\n\r\n")) < 0 or self.data[9:12] == b"100":
            if self.data[9:12] == b"100" and end >= 0:
                self.data = self.data[end + 4 :]
            elif not self._more():
                return Answer(0, body=self.data, seconds=time.perf_counter() - self.started)
        status, headers = _head(self.data[:end])
        is_stream = "content-length" not in headers and status not in (204, 304) and not self.is_head
        if is_stream and is_watch:
            return self.read_for(STREAM_SECONDS, status, headers)
        length = 0 if self.is_head else int(headers.get("content-length", -1))
        while not self._is_at_end(end + 4, length, is_stream=is_stream) and self._more():
            pass
        body = self.data[end + 4 :]
        body = body[:length] if length >= 0 else body
        is_whole = length < 0 or len(body) == length or status in (304, 204)
        return Answer(status, headers, body, time.perf_counter() - self.started, is_stream, is_whole)

    def _is_at_end(self, start: int, length: int, *, is_stream: bool) -> bool:
        if length >= 0:
            return len(self.data) >= start + length
        return not is_stream or self.data.endswith(b"\r\n0\r\n\r\n")

    def read_for(self, seconds: float, status: int = 0, headers: dict[str, str] | None = None) -> Answer:
        """What comes within `seconds`, and then no more."""
        self.connection.settimeout(seconds)
        with suppress(TimeoutError):
            while self._more() and len(self.data) < BOUNDS.body_bytes:
                pass
        return Answer(status, headers or {}, self.data, 0.0, is_stream=True)


def _head(text: bytes) -> tuple[int, dict[str, str]]:
    line, *lines = text.decode("latin-1").split("\r\n")
    if not re.match(r"HTTP/1\.[01] [1-5]\d\d ", line):
        raise AssertionError(f"this is no status line: {line!r}")
    pairs = (one.partition(":") for one in lines)
    return int(line[9:12]), {name.strip().lower(): value.strip() for name, _, value in pairs}
