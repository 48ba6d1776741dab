"""The portal, a WSGI application, as uvicorn calls it: a thread for each request that is there whole.

An answer of known length leaves its thread as a whole; a stream keeps it, and each piece waits until the client takes it.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from asgiref.wsgi import WsgiToAsgiInstance
from django.utils.http import http_date

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from vmportal.front.connection import Connection

MOST_UNSENT = 4 * 1024 * 1024  # bytes of an answer that wait without a thread until the client reads them
FRAMING = (b"content-length", b"transfer-encoding", b"expect")  # headers that are said and done


class Threads:
    def __init__(self, application: WSGIApplication, most: int) -> None:
        self.application = application
        self.pool = ThreadPoolExecutor(most, "request")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """`scope["state"]` is the connection's: itself, the `body` and its `length` (None: there is none)."""
        state, loop = scope["state"], asyncio.get_running_loop()
        answer = Answer(state["connection"], send, loop)
        environ = _environ(scope, state["body"], state["length"])
        for message in await loop.run_in_executor(self.pool, answer.make, self.application, environ):
            await send(message)


def _environ(scope: Any, body: bytes, length: int | None) -> Any:
    headers = [(name, value) for name, value in scope["headers"] if name not in FRAMING]
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    adapter: Any = WsgiToAsgiInstance(None, duplicate_header_limit=0)  # type: ignore[no-untyped-call]
    adapter.scope = {**scope, "headers": headers}
    return adapter.build_environ(adapter.scope, io.BytesIO(body))


class Gone(ConnectionError):
    """The client has hung up, or was cut off."""


class Answer:
    """What is yet to be sent, as ASGI messages."""

    def __init__(self, connection: Connection, send: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.connection, self.loop = connection, loop
        self._send = send
        self._waiting: list[Any] = []
        self._size = 0
        self._is_stream = False

    def make(self, application: WSGIApplication, environ: Any) -> list[Any]:
        """In a thread; what is returned needs none any more."""
        chunks: Iterable[bytes] = application(environ, self._start)  # type: ignore[arg-type]
        try:
            for chunk in chunks:
                self._waiting.append({"type": "http.response.body", "body": chunk, "more_body": True})
                self._size += len(chunk)
                if self._is_stream or self._size > MOST_UNSENT:
                    self._flush()
        except Gone:
            return []
        finally:
            getattr(chunks, "close", lambda: None)()
        return [*self._waiting, {"type": "http.response.body", "body": b"", "more_body": False}]

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        named = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._is_stream = not any(name == b"content-length" for name, _ in named)
        named += [(b"date", http_date().encode()), (b"server", b"vm-portal")]
        self._waiting = [{"type": "http.response.start", "status": int(status[:3]), "headers": named}]

    def _flush(self) -> None:
        """Send what waits, and wait until the client has taken it. Raises `Gone`."""
        messages, self._waiting, self._size = self._waiting, [], 0
        if not self.connection.is_lost:
            asyncio.run_coroutine_threadsafe(self._deliver(messages), self.loop).result()
        if self.connection.is_lost:
            raise Gone

    async def _deliver(self, messages: list[Any]) -> None:
        for message in messages:
            await self._send(message)
            await self.connection.drain()
