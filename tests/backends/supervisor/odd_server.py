"""A server over TLS that answers as it is told to, for what a real API server does only on a bad day."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.certificates import Authority
from vmportal.backends.supervisor.access import Access

TOKEN = "hush-hush"


@dataclass
class Answer:
    """What is said to any request; with `seconds` after a while, with `cut` only so many bytes of it."""

    code: int = 200
    body: Any = field(default_factory=dict)  # text as it is, else as JSON
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    cut: int | None = None


class OddServer:
    """Listens on loopback while the block runs; `asked` is what has come: method, path, headers."""

    def __init__(self, folder: Path) -> None:
        self.answer = Answer()
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.authority = Authority()
        context = self.authority.server_context(folder)
        self._server = _Quiet(("127.0.0.1", 0), _handler(self))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> OddServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def access(self, **how: Any) -> Access:
        address = f"https://127.0.0.1:{self._server.server_address[1]}"
        return Access(server=address, ca=self.authority.pem, token=TOKEN, **how)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what the tests are about."""


def _handler(server: OddServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.asked.append((self.command, self.path, dict(self.headers)))
            said = server.answer
            time.sleep(said.seconds)
            body = said.body if isinstance(said.body, str) else json.dumps(said.body)
            self.send_response(said.code)
            for name, value in said.headers.items():
                self.send_header(name, value)
            if "Transfer-Encoding" not in said.headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode()[: said.cut])
            if said.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  # the library's names

        def log_message(self, *words: Any) -> None:
            """Nobody reads it."""

    return Handler
