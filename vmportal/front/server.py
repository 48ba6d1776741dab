"""cheroot's server and its request, made to stand behind the front. Started by `vmportal.embedded`."""

from __future__ import annotations

import logging
import socket
import sys
from typing import Any

from cheroot.server import HeaderReader, HTTPRequest
from cheroot.wsgi import Server

from vmportal.front.connection import Connection, status_answer
from vmportal.front.connections import Bounds, Connections

log = logging.getLogger(__name__)

MOST_UNSENT = 4 * 1024 * 1024  # bytes of an answer that wait without a thread until the client reads them


class Headers(HeaderReader):
    """Without those that would look to the application like others, and the one that the front has answered."""

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name and key_name != b"Expect"


class Received(dict[bytes, bytes]):
    """Headers by name. Of those that may be there several times cheroot joins what it knows, and forgets the rest."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name.startswith(b"Impersonate-") and name in self:  # `kubectl --as-group a --as-group b`
            value = self[name] + b"," + value
        super().__setitem__(name, value)


class Request(HTTPRequest):
    """All of it is there when a thread begins with it. An answer of known length is sent as a whole, a stream at once."""

    header_reader = Headers()
    conn: Connection
    is_stream = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.inheaders = Received()

    def read_request_headers(self) -> bool:
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        framed = self.conn.framed
        if framed.is_chunked:
            self.chunked_read = False
            del self.inheaders[b"Transfer-Encoding"]
            self.inheaders[b"Content-Length"] = str(framed.length).encode()
        self.close_connection |= framed.is_cut
        return True

    def respond(self) -> None:
        super().respond()
        self.conn.send()

    def send_headers(self) -> None:
        super().send_headers()
        self.is_stream = not any(name.lower() == b"content-length" for name, _ in self.outheaders)

    def write(self, chunk: bytes) -> None:
        super().write(chunk)
        if self.is_stream or self.conn.unsent > MOST_UNSENT:
            self.conn.drain()

    def simple_response(self, status: str, msg: str = "") -> None:
        self.close_connection = True
        self.conn.write(status_answer(status, msg))


Connection.RequestHandlerClass = Request


class FrontServer(Server):
    """Logs as the rest of the portal does; a client that hangs up is no error."""

    _connections: Any  # cheroot's own until `prepare`

    def __init__(self, address: tuple[str, int], application: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(address, application, server_name="vm-portal", **options)
        self.bounds = bounds
        self.max_request_header_size = 0  # the front has seen to both
        self.max_request_body_size = 0

    def prepare(self) -> None:
        super().prepare()
        self._connections.close()
        self._connections = Connections(self)

    def secured(self, sock: socket.socket) -> socket.socket:
        """The socket that speaks with a client: with TLS, where the server has a certificate."""
        if self.ssl_adapter is None:
            return sock
        return self.ssl_adapter.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)

    def retire(self, connection: Connection) -> None:
        self._connections.retire(connection)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        is_hang_up = isinstance(sys.exc_info()[1], OSError)  # TLS errors are such, too
        log.log(logging.DEBUG if is_hang_up else level, "%s", msg, exc_info=traceback)
