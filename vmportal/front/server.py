"""A port of the embedded web server, with an event loop on a thread of its own. Started by `vmportal.embedded`.

A new client always comes in: when there are too many connections, the one that has kept the portal waiting longest makes
room.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvicorn.config import Config

from vmportal.front.application import Threads
from vmportal.front.connection import Connection, Refused, status_answer
from vmportal.limits import neighborhood

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BACKLOG = 128
STOP_SECONDS = 1.0  # for answers that are on their way


@dataclass(frozen=True)
class Bounds:
    """How much of the portal clients may take before it has seen who they are. Seconds are of the whole act."""

    connections: int = 1000
    connections_per_address: int = 250
    head_bytes: int = 128 * 1024
    body_bytes: int = 3 * 1024 * 1024
    held_bytes: int = 64 * 1024 * 1024  # of all bodies that are being read or answered
    head_seconds: float = 10.0  # of the TLS handshake, too
    body_seconds: float = 60.0
    idle_seconds: float = 75.0  # between two requests, or until a part of an answer is read
    send_seconds: float = 30.0  # for a part of a stream
    linger_seconds: float = 5.0  # until the client, too, hangs up


class FrontServer:
    """`start()`, then `stop()`. Requests are answered by up to `threads` threads; `tls`: of a port that speaks TLS."""

    def __init__(
        self,
        address: tuple[str, int],
        application: WSGIApplication,
        bounds: Bounds,
        threads: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address, self.bounds, self.tls = address, bounds, tls
        self._threads = Threads(application, threads)
        self.config = Config(
            self._threads,
            interface="asgi3",
            lifespan="off",
            ws="none",
            proxy_headers=False,  # the portal knows its proxies itself
            http=Connection,
            timeout_keep_alive=bounds.idle_seconds,  # type: ignore[arg-type]  # given to `call_later`
            access_log=False,
            log_config=None,
        )
        self.held = 0  # bytes of bodies
        self._connections: set[Connection] = set()
        self._of_address: Counter[str] = Counter()
        self._handshakes: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="front", daemon=True)

    def start(self) -> None:
        """Raises `OSError` when the port is taken. `address` is then the one that was given by the system."""
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        self._socket = socket.create_server(self.address, family=family, backlog=BACKLOG)
        self._socket.setblocking(False)
        self.address = self._socket.getsockname()[:2]
        self._thread.start()

    def stop(self) -> None:
        """Answers that are on their way are finished within a second, or never."""
        with suppress(RuntimeError):  # it has stopped already
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._threads.pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        accepting = asyncio.create_task(self._accept())
        await self._stopping.wait()
        accepting.cancel()
        self._socket.close()
        for connection in list(self._connections):
            if connection.is_answering:
                connection.shutdown()
            else:
                connection.end()
        deadline = self._loop.time() + STOP_SECONDS
        while self._connections and self._loop.time() < deadline:
            await asyncio.sleep(0.05)
        for connection in list(self._connections):
            connection.end()
        await asyncio.sleep(0.05)  # for them to notice

    async def _accept(self) -> None:
        while True:
            try:
                sock, address = await self._loop.sock_accept(self._socket)
            except OSError as error:
                self._relieve(error)
                await asyncio.sleep(0.05)
                continue
            if self._make_room(address[0]):
                task = asyncio.create_task(self._take_in(sock, address[0]))
                self._handshakes.add(task)
                task.add_done_callback(self._handshakes.discard)
            else:
                with sock, suppress(OSError):
                    sock.send(status_answer(503, "there are too many connections"))

    async def _take_in(self, sock: socket.socket, address: str) -> None:
        connection = Connection(self, sock, address)
        self._connections.add(connection)
        self._of_address[connection.neighborhood] += 1
        try:
            with sock.dup() as spare:  # asyncio closes the other after a failed handshake
                await self._shake_hands(connection, sock, spare)
        except OSError as error:
            sock.close()
            self.forget(connection)
            self._relieve(error)

    async def _shake_hands(self, connection: Connection, sock: socket.socket, spare: socket.socket) -> None:
        limit = self.bounds.head_seconds if self.tls else None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self._loop.connect_accepted_socket(
                lambda: connection, sock, ssl=self.tls, ssl_handshake_timeout=limit
            )
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                told = "this port speaks TLS: write https:// in front of the address"
                spare.send(status_answer(400, told))
            raise

    def _relieve(self, error: OSError) -> None:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            self._end_first(self._connections)

    def forget(self, connection: Connection) -> None:
        """It is closed, or about to be."""
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        self.held -= connection.held
        connection.held = 0
        self._of_address[connection.neighborhood] -= 1
        if not self._of_address[connection.neighborhood]:
            del self._of_address[connection.neighborhood]

    def hold(self, connection: Connection, more: int) -> None:
        """Count bytes of bodies. When all together are too many, who is still sending makes room.

        Raises `Refused` when nobody is.
        """
        self.held += more
        while self.held > self.bounds.held_bytes and more > 0:
            if not self._end_first(one for one in self._connections if one.held and one is not connection):
                raise Refused(503, "too many large requests at once: try again")

    def _make_room(self, address: str) -> bool:
        """Whether one more may come in; for it the one ends that has been waited for longest."""
        near = neighborhood(address)
        if self._of_address[near] >= self.bounds.connections_per_address:
            return self._end_first(one for one in self._connections if one.neighborhood == near)
        if len(self._connections) >= self.bounds.connections:
            return self._end_first(self._connections)
        return True

    def _end_first(self, candidates: Iterable[Connection]) -> bool:
        """End the one that has been waited for longest; False when there is none."""
        waited_for = [one for one in candidates if not one.is_answering]
        if waited_for:
            min(waited_for, key=lambda one: one.since).end()
        return bool(waited_for)
