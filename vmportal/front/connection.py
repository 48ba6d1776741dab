"""One client's connection: bytes in, bytes out, never waiting but where an answer is a stream.

Used by the front's `Connections` on their thread, and by cheroot's threads while they answer.
"""

from __future__ import annotations

import errno
import io
import json
import select
import socket
import ssl
import time
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any

from cheroot.server import HTTPConnection

from vmportal.front.framing import Framed, Incoming, Refused
from vmportal.limits import neighborhood

if TYPE_CHECKING:
    from vmportal.front.server import FrontServer

RECEIVED_AT_ONCE = 65536
SENT_AT_ONCE = 16384  # of TLS: one record, which must be tried again as it was
SLICE = 262144  # bytes of a stream that must be taken within `send_seconds`
GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)
_REASONS = {
    400: "BadRequest",
    408: "Timeout",
    413: "RequestEntityTooLarge",
    431: "RequestEntityTooLarge",
    503: "ServiceUnavailable",
}
_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Phase(Enum):
    """What the client is waited for, while no thread is busy with it."""

    HANDSHAKE = "handshake"
    REQUEST = "request"
    READS = "reads"  # the rest of an answer
    HANGS_UP = "hangs up"


class Connection(HTTPConnection):
    """cheroot reads a request from `rfile`, where all of it is, and writes its answer to `wfile`, which is this."""

    server: FrontServer

    def __init__(self, server: FrontServer, sock: socket.socket, address: Any) -> None:
        self.server = server
        self.socket = sock
        self.remote_addr, self.remote_port = address[:2]
        self.neighborhood = neighborhood(self.remote_addr)
        self.is_tls = isinstance(sock, ssl.SSLSocket)
        self.ssl_env = {"HTTPS": "on"} if self.is_tls else {}
        self.phase = Phase.HANDSHAKE if self.is_tls else Phase.REQUEST
        self.since = self.deadline = 0.0  # monotonic, set by `Connections`
        self.held = 0  # bytes of it that `Connections` has counted
        self.incoming = Incoming(server.bounds.head_bytes, server.bounds.body_bytes)
        self.framed = Framed(b"", b"", 0)
        self.rfile = io.BytesIO()
        self.wfile = self
        self.is_last = False  # hang up after this answer
        self.requests_seen = 0
        self._unsent: deque[memoryview] = deque()
        self.unsent = 0  # bytes

    def receive(self) -> bool | None:
        """Take in what is there. None: nothing yet; False: the client has hung up. Raises `OSError`."""
        try:
            data = self.socket.recv(RECEIVED_AT_ONCE)
            while self.is_tls and self.socket.pending():
                data += self.socket.recv(RECEIVED_AT_ONCE)
        except _AGAIN:
            return None
        self.incoming.buffer += data
        return bool(data)

    def discard(self) -> bool | None:
        """As `receive`, of one whose words count no more."""
        try:
            return bool(self.socket.recv(RECEIVED_AT_ONCE))
        except _AGAIN:
            return None

    def begin(self, framed: Framed) -> None:
        """Lay a request out for cheroot."""
        self.framed = framed
        self.rfile = io.BytesIO(framed.head + framed.body)

    def write(self, data: bytes) -> int:
        """Keep for sending; cheroot's part of the writing end."""
        self._unsent.append(memoryview(data))
        self.unsent += len(data)
        return len(data)

    def refuse(self, refused: Refused) -> None:
        self.write(status_answer(refused.status, refused.message))
        self.is_last = True

    def send(self) -> bool:
        """Send what the client takes now; True when that is all. Raises `OSError`."""
        most = SENT_AT_ONCE if self.is_tls else SLICE
        while self._unsent:
            if not self.is_tls and len(self._unsent) > 1 and self.unsent <= SLICE:
                self._unsent = deque([memoryview(b"".join(self._unsent))])
            part = self._unsent[0]
            try:
                sent = self.socket.send(part[:most])
            except _AGAIN:
                return False
            self.unsent -= sent
            if sent == len(part):
                self._unsent.popleft()
            else:
                self._unsent[0] = part[sent:]
        return True

    def drain(self) -> None:
        """Send all, waiting for the client. Raises `OSError` for one that is gone, or takes too long for a slice."""
        if self._poll(0, 0) & GONE:
            self._forget()
            raise ConnectionResetError(errno.ECONNRESET, "the client is gone")
        seconds = self.server.bounds.send_seconds
        left, deadline = self.unsent, time.monotonic() + seconds
        while not self.send():
            if left - self.unsent >= SLICE:
                left, deadline = self.unsent, time.monotonic() + seconds
            if time.monotonic() > deadline:
                self._forget()
                raise TimeoutError("timed out")
            self._poll(select.POLLOUT, deadline - time.monotonic())

    def _poll(self, events: int, seconds: float) -> int:
        poll = select.poll()
        poll.register(self.socket, events | GONE)
        found = poll.poll(max(seconds, 0) * 1000)
        return found[0][1] if found else 0

    def close(self) -> None:
        """By cheroot, after the last answer: there may be something left to send."""
        self.server.retire(self)

    def hang_up(self) -> None:
        """No more will be sent; what the client still sends, it may finish sending."""
        self.phase = Phase.HANGS_UP
        self.socket.shutdown(socket.SHUT_WR)

    def _forget(self) -> None:
        self._unsent.clear()
        self.unsent = 0

    def end(self) -> None:
        self._forget()
        self.rfile.close()
        self.socket.close()


def status_answer(status: str, message: str) -> bytes:
    """A whole answer: Kubernetes' `Status`. `status` is a status line's code and phrase."""
    code = int(status[:3])
    body = json.dumps(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message or status[4:],
            "reason": _REASONS.get(code, status[4:].title().replace(" ", "")),
            "code": code,
        }
    ).encode()
    head = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-cache, private",
        "Connection: close",
        *(["Retry-After: 1"] if code == 503 else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
