"""All connections that no thread is busy with: a thread reads requests, sends rests, ends what takes too long.

Stands where cheroot has its manager of kept connections. A new client always comes in: when there are too many
connections, the one that has kept the portal waiting longest makes room.
"""

from __future__ import annotations

import errno
import selectors
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmportal.front.connection import Connection, Phase, status_answer
from vmportal.front.framing import Refused
from vmportal.limits import neighborhood

if TYPE_CHECKING:
    from vmportal.front.server import FrontServer

ACCEPTED_AT_ONCE = 64
UNCOUNTED = 16384  # bytes; of smaller requests there are no more than of connections
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


@dataclass(frozen=True)
class Bounds:
    """How much of the portal clients may take before it has seen who they are. Seconds are of the whole act."""

    connections: int = 1000
    connections_per_address: int = 250
    head_bytes: int = 128 * 1024
    body_bytes: int = 3 * 1024 * 1024
    held_bytes: int = 64 * 1024 * 1024  # of all requests that are being read or answered
    head_seconds: float = 10.0  # the TLS handshake included
    body_seconds: float = 60.0
    idle_seconds: float = 75.0  # between two requests
    send_seconds: float = 30.0  # for a quarter of a mebibyte of a stream
    rest_seconds: float = 120.0  # for what is left of an answer
    linger_seconds: float = 5.0  # until the client, too, hangs up


class Connections:
    """`run` in a thread of its own; `put` and `retire` are called by the threads that answer."""

    can_add_keepalive_connection = True  # they cost no thread

    def __init__(self, server: FrontServer) -> None:
        self.server, self.bounds = server, server.bounds
        self._lock = threading.Lock()  # over all that follows; who claims a connection has it alone
        self._selector = selectors.DefaultSelector()
        self._waiting: set[Connection] = set()
        self._of_address: Counter[str] = Counter()
        self._total = 0
        self._held = 0
        self._is_stopping = False
        self._stopped = threading.Event()
        self._stopped.set()
        server.socket.setblocking(False)
        self._selector.register(server.socket, _READ)

    def run(self, interval: float) -> None:
        self._stopped.clear()
        checked = time.monotonic()
        try:
            while not self._is_stopping:
                for key, _ in self._selector.select(interval):
                    if key.data is None:
                        self._accept()
                    else:
                        self._go_on(key.data)
                if (now := time.monotonic()) - checked > interval:
                    checked = now
                    self._expire(now)
        finally:
            self._stopped.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._stopped.wait()

    def close(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        self._end_first(waiting, len(waiting))
        self._selector.close()

    def put(self, connection: Connection) -> None:
        """An answer is written; the connection is kept for the next request."""
        self._count(connection)
        if connection.unsent:
            self._wait(connection, Phase.READS, self.bounds.rest_seconds, _WRITE)
        else:
            self._next(connection)

    def retire(self, connection: Connection) -> None:
        """An answer is written, the last one."""
        self._count(connection)
        connection.is_last = True
        if connection.unsent:
            self._wait(connection, Phase.READS, self.bounds.rest_seconds, _WRITE)
        else:
            self._hang_up(connection)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                sock, address = self.server.socket.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._end_first(list(self._waiting))
                return
            if not self._make_room(address[0]):
                with sock, suppress(OSError):
                    sock.send(status_answer("503 Service Unavailable", "there are too many connections"))
                continue
            self._take_in(sock, address)

    def _take_in(self, sock: socket.socket, address: tuple[str, int]) -> None:
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self.server, self.server.secured(sock), address)
        except OSError:  # it is gone already
            sock.close()
            return
        with self._lock:
            self._total += 1
            self._of_address[connection.neighborhood] += 1
        self._wait(connection, connection.phase, self.bounds.head_seconds)

    def _make_room(self, address: str) -> bool:
        """Whether one more may come in; for it the one ends that has been waited for longest."""
        bounds, near = self.bounds, neighborhood(address)
        with self._lock:
            if self._of_address[near] >= bounds.connections_per_address:
                candidates = [one for one in self._waiting if one.neighborhood == near]
            elif self._total >= bounds.connections:
                candidates = list(self._waiting)
            else:
                return True
        return self._end_first(candidates)

    def _end_first(self, candidates: Iterable[Connection], most: int = 1) -> bool:
        """End those that have been waited for longest; False when there are none."""
        ended = 0
        for connection in sorted(candidates, key=lambda one: one.since):
            if ended < most and self._claim(connection):
                self._end(connection)
                ended += 1
        return ended > 0

    def _go_on(self, connection: Connection) -> None:
        """The client has done something."""
        if not self._claim(connection):  # it was ended since the selector named it
            return
        try:
            {
                Phase.HANDSHAKE: self._shake_hands,
                Phase.REQUEST: self._read,
                Phase.READS: self._send,
                Phase.HANGS_UP: self._linger,
            }[connection.phase](connection)
        except OSError:
            self._end(connection)
        except Exception:  # logged by cheroot
            self._end(connection)
            raise

    def _shake_hands(self, connection: Connection) -> None:
        try:
            connection.socket.do_handshake()
        except ssl.SSLWantReadError:
            return self._register(connection)
        except ssl.SSLWantWriteError:
            return self._register(connection, _WRITE)
        except ssl.SSLError as error:
            if error.reason != "HTTP_REQUEST":
                raise
            told = "this port speaks TLS: write https:// in front of the address"
            socket.socket.send(connection.socket, status_answer("400 Bad Request", told))
            return self._hang_up(connection)
        connection.phase = Phase.REQUEST
        self._read(connection)

    def _read(self, connection: Connection) -> None:
        was_idle = connection.incoming.is_idle
        received = connection.receive()
        if received is None:
            self._register(connection)
        elif not received:
            self._end(connection)
        else:
            if was_idle:
                self._limit(connection, self.bounds.head_seconds)
            self._advance(connection)

    def _next(self, connection: Connection) -> None:
        """Wait for the next request; its beginning may be there already."""
        if connection.incoming.is_idle:
            return self._wait(connection, Phase.REQUEST, self.bounds.idle_seconds)
        connection.phase = Phase.REQUEST
        self._limit(connection, self.bounds.head_seconds)
        self._advance(connection)

    def _advance(self, connection: Connection) -> None:
        """Hand the request over when it is complete, or wait for more of it."""
        had_head = bool(connection.incoming.head)
        try:
            framed = connection.incoming.next()
            self._count(connection, connection.incoming.size + (len(framed.body) if framed else 0))
        except Refused as refused:
            connection.refuse(refused)
            return self._send(connection)
        if framed is not None:
            connection.begin(framed)
            return self.server.requests.put(connection)
        if connection.incoming.head and not had_head:
            self._limit(connection, self.bounds.body_seconds)
            if connection.incoming.framing.expects_continue:
                connection.write(CONTINUE)
                try:
                    connection.send()
                except OSError:
                    return self._end(connection)
        self._register(connection)

    def _send(self, connection: Connection) -> None:
        try:
            is_all = connection.send()
        except OSError:
            return self._end(connection)
        if not is_all:
            if connection.phase is Phase.READS:
                return self._register(connection, _WRITE)
            return self._wait(connection, Phase.READS, self.bounds.rest_seconds, _WRITE)
        return self._hang_up(connection) if connection.is_last else self._next(connection)

    def _hang_up(self, connection: Connection) -> None:
        """Closing at once would take the answer from a client that is still sending."""
        try:
            connection.hang_up()
        except OSError:
            return self._end(connection)
        self._wait(connection, Phase.HANGS_UP, self.bounds.linger_seconds)

    def _linger(self, connection: Connection) -> None:
        if connection.discard() is False:
            self._end(connection)
        else:
            self._register(connection)

    def _expire(self, now: float) -> None:
        with self._lock:
            late = [one for one in self._waiting if one.deadline < now]
        for connection in filter(self._claim, late):
            if connection.phase is Phase.REQUEST and not connection.incoming.is_idle:
                seconds = now - connection.since
                told = f"the request was not complete after {seconds:.0f} seconds: send it faster"
                connection.refuse(Refused("408 Request Timeout", told))
                self._send(connection)
            else:
                self._end(connection)

    def _count(self, connection: Connection, held: int = 0) -> None:
        """Note how many bytes of requests it holds. When all together hold too many, who is still sending makes room.

        Raises `Refused` when nobody is.
        """
        held = held if held > UNCOUNTED else 0
        while held != connection.held:
            with self._lock:
                more = held - connection.held
                if more <= 0 or self._held + more <= self.bounds.held_bytes:
                    self._held += more
                    connection.held = held
                    return
                candidates = [one for one in self._waiting if one.held]
            if not self._end_first(candidates):
                raise Refused("503 Service Unavailable", "too many large requests at once: try again")

    def _limit(self, connection: Connection, seconds: float) -> None:
        connection.since = time.monotonic()
        connection.deadline = connection.since + seconds

    def _wait(self, connection: Connection, phase: Phase, seconds: float, events: int = _READ) -> None:
        connection.phase = phase
        self._limit(connection, seconds)
        self._register(connection, events)

    def _register(self, connection: Connection, events: int = _READ) -> None:
        with self._lock:
            if not self._is_stopping:
                self._waiting.add(connection)
                self._selector.register(connection.socket, events, connection)
                return
        self._end(connection)

    def _claim(self, connection: Connection) -> bool:
        """Wait for it no longer; False when somebody else has it already."""
        with self._lock:
            if connection not in self._waiting:
                return False
            self._waiting.discard(connection)
            self._selector.unregister(connection.socket)
            return True

    def _end(self, connection: Connection) -> None:
        self._count(connection)
        with self._lock:
            self._total -= 1
            self._of_address[connection.neighborhood] -= 1
            if not self._of_address[connection.neighborhood]:
                del self._of_address[connection.neighborhood]
        connection.end()
