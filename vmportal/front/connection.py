"""One client's connection: uvicorn's, which waits for all of a request, and for no client longer than it may take.

Made by `FrontServer`; everything happens on the thread of its event loop.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from vmportal.limits import neighborhood

if TYPE_CHECKING:
    from vmportal.front.server import FrontServer

SLICE = 65536  # bytes of an answer that must be taken, unless all are, before a client counts as stuck
_REASONS = {
    400: ("Bad Request", "BadRequest"),
    408: ("Request Timeout", "Timeout"),
    431: ("Request Header Fields Too Large", "RequestEntityTooLarge"),
    501: ("Not Implemented", "NotImplemented"),
    503: ("Service Unavailable", "ServiceUnavailable"),
}


class Refused(Exception):
    """A request that is answered without the application, whereupon the connection is closed."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Connection(HttpToolsProtocol):
    def __init__(self, front: FrontServer, sock: socket.socket, address: str) -> None:
        super().__init__(front.config, ServerState(), {})
        self.front, self.bounds = front, front.bounds
        self.neighborhood = neighborhood(address)
        self.since = self.loop.time()  # when the portal began to wait for the client
        self.is_answering = False
        self.is_lost = False
        self.held = 0  # bytes of bodies
        self._socket = sock
        self._timer: asyncio.TimerHandle | None = None
        self._begun: RequestResponseCycle | None = None  # its body is not there yet
        self._is_in_head = False
        self._is_in_request = False
        self._is_hanging_up = False
        self._is_discarding = False  # the rest of a request that is answered
        self._head_bytes = 0
        self._unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limit(self.bounds.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._unlimit()
        self._unset_keepalive_if_required()
        self.front.forget(self)
        super().connection_lost(exc)

    def end(self) -> None:
        """At once, even in the middle of a TLS handshake."""
        self.front.forget(self)
        if self.transport is not None:
            self.transport.abort()
        else:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    # What comes

    def data_received(self, data: bytes) -> None:
        if self._is_hanging_up:
            return
        self._unset_keepalive_if_required()
        was_in_head = self._is_in_head
        try:
            self.parser.feed_data(data)
            if was_in_head and self._is_in_head:
                self._head_bytes += len(data)
                self._demand_short(self._head_bytes)
        except httptools.HttpParserUpgrade:  # nobody has to follow an offer, but here the parser ends
            self.cycle.keep_alive = False
        except Refused as refused:
            self._refuse(refused)
        except httptools.HttpParserError as error:
            ours = error.__context__  # of a callback
            self._refuse(ours if isinstance(ours, Refused) else Refused(400, f"it cannot be read: {error}"))

    def _demand_short(self, head: int) -> None:
        if head > self.bounds.head_bytes:
            told = f"the headers are larger than {self.bounds.head_bytes} bytes: send fewer, or shorter ones"
            raise Refused(431, told)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = self._is_in_request = True
        self._head_bytes = 0
        self._limit(self.bounds.head_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        if b"_" not in name:  # it would look to the application like another
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._demand_short(len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers))
        version, length = self.parser.get_http_version(), None
        if version not in ("1.0", "1.1"):
            raise Refused(400, "requests are read in HTTP/1.0 and HTTP/1.1")
        for name, value in self.headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                if version == "1.0":
                    raise Refused(400, "HTTP/1.0 knows no Transfer-Encoding: send Content-Length")
                if value.lower() != b"chunked":
                    raise Refused(501, "the only Transfer-Encoding that is read is `chunked`")
            elif name == b"upgrade" and self.parser.should_upgrade() and self._has_body():
                raise Refused(400, "a request with a body is read in HTTP/1.1: leave Upgrade away")
        self.scope["state"].update(connection=self, body=b"", length=length)
        self._limit(self.bounds.body_seconds)
        super().on_headers_complete()

    def _has_body(self) -> bool:
        return any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    def on_body(self, body: bytes) -> None:
        cycle, state = self.cycle, self.cycle.scope["state"]
        if self._is_cut(state):
            return
        cycle.body += body
        self.held += len(body)
        self.front.hold(self, len(body))
        if len(cycle.body) > self.bounds.body_bytes:
            state["length"] = len(cycle.body)
            cycle.body.clear()
            self._answer_whole()

    def on_message_complete(self) -> None:
        self._is_in_request = False
        self._unlimit()
        state = self.cycle.scope["state"]
        if not self._is_cut(state):
            body = state["body"] = bytes(self.cycle.body)
            self.cycle.body.clear()
            if body:
                state["length"] = len(body)
        super().on_message_complete()
        if self._is_discarding:
            self._is_discarding = False
            self._look_again()
        self._answer_whole()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """By uvicorn, at the end of the head, or when the request before it is answered."""
        self._begun = cycle
        if cycle.waiting_for_100_continue and not self._is_cut(cycle.scope["state"]):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False
        self._answer_whole()

    def _answer_whole(self) -> None:
        """Have the request answered that is next, if it is whole, or so large that it will not be read."""
        cycle = self._begun
        if cycle is not None and (not cycle.more_body or self._is_cut(cycle.scope["state"])):
            self._begun, self.is_answering = None, True
            super()._start_asgi_task(cycle, self.app)

    def _is_cut(self, state: Any) -> bool:
        return (state["length"] or 0) > self.bounds.body_bytes

    # What goes

    def on_response_complete(self) -> None:
        self.is_answering = False
        self.since = self.loop.time()
        self.front.hold(self, -self.held)
        self.held = 0
        self._unsent = self.transport.get_write_buffer_size()
        if self._is_in_request and not self.pipeline and self._is_cut(self.cycle.scope["state"]):
            return self._discard()
        if self.transport.is_closing():  # as soon as all is read
            self._look_again()
        super().on_response_complete()

    def _discard(self) -> None:
        """Let the client finish what is too large, as it may read the answer only then, and go on."""
        if self.cycle.waiting_for_100_continue:  # it may send nothing more of it, and begin anew
            return self._hang_up()
        self._is_discarding = True
        self.flow.resume_reading()
        self._limit(self.bounds.linger_seconds)

    def _look_again(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def timeout_keep_alive_handler(self) -> None:
        """By uvicorn, some time after an answer: the client may still be reading it."""
        if self._is_stuck():
            self.end()
        else:
            self._look_again()

    async def drain(self) -> None:
        """Wait until the client has taken what was sent; one that is stuck is cut off."""
        while self.flow.write_paused and not self.is_lost:
            self._unsent = self.transport.get_write_buffer_size()
            try:
                await asyncio.wait_for(self.flow.drain(), self.bounds.send_seconds)
            except TimeoutError:
                if self._is_stuck():
                    self.end()

    def _is_stuck(self) -> bool:
        before, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        return self._unsent > before - SLICE

    def _refuse(self, refused: Refused) -> None:
        if self.is_answering:  # what came before is answered yet
            self._is_hanging_up, self.cycle.keep_alive = True, False
            return
        self.transport.write(status_answer(refused.code, refused.message))
        self._hang_up()

    def _hang_up(self) -> None:
        """Closing at once would take the answer from a client that is still sending."""
        self._is_hanging_up = True
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            with suppress(OSError):  # it is gone
                self.transport.write_eof()
        else:
            self.transport.close()
        self._limit(self.bounds.linger_seconds)

    # How long

    def _limit(self, seconds: float) -> None:
        self._unlimit()
        self.since = self.loop.time()
        self._timer = self.loop.call_later(seconds, self._expire)

    def _unlimit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        if self.is_answering:
            self._limit(self.bounds.body_seconds)
        elif self._is_in_request and not (self._is_hanging_up or self._is_discarding):
            seconds = self.loop.time() - self.since
            told = f"the request was not complete after {seconds:.0f} seconds: send it faster"
            self._refuse(Refused(408, told))
        else:
            self.end()


def status_answer(code: int, message: str) -> bytes:
    """A whole answer: Kubernetes' `Status`."""
    phrase, reason = _REASONS[code]
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body = json.dumps({**status, "message": message, "reason": reason, "code": code}).encode()
    head = [
        f"HTTP/1.1 {code} {phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-cache, private",
        "Connection: close",
        *(["Retry-After: 1"] if code == 503 else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
