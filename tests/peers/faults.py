"""A proxy before an API server that misbehaves when told to: refusals, delays, cut connections.

Started by the fixture `faulty`. Towards the client it speaks TLS with a certificate of its own and HTTP/1.1; with
`passes_tls` it sees only bytes, and can only cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tests.certificates import Authority
from tests.peers.kube import ADMIN, ControlPlane

CHUNK = 65536


@dataclass
class Fault:
    """What becomes of a request whose method and path fit; `times` is how often, None for ever.

    `status` is answered instead of the server; `delay` seconds pass first; `cut` ends the connection `before` the
    request has gone on, or `after`, so that the server has done it and the client never hears.
    """

    method: str = ""
    path: str = ""  # any part of it, query included
    status: int = 0
    retry_after: int | None = None
    delay: float = 0
    cut: str = ""
    times: int | None = 1

    def fits(self, method: str, path: str) -> bool:
        return self.times != 0 and self.method in ("", method) and self.path in path


class FaultProxy:
    """Stands before `plane` while the block runs."""

    def __init__(self, plane: ControlPlane, passes_tls: bool = False) -> None:
        self.plane, self.passes_tls = plane, passes_tls
        self.requests: Counter[str] = Counter()  # by method
        self._faults: list[Fault] = []
        self._dark_until = 0.0
        self._open: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> FaultProxy:
        self._folder = tempfile.TemporaryDirectory(prefix="portal-faults-")
        authority = Authority()
        self._certificate, context = authority.pem, authority.server_context(Path(self._folder.name))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        tls = None if self.passes_tls else context
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls))
        self.url = f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    @property
    def ca(self) -> str:
        """The PEM that a client of `url` is to trust."""
        return self.plane.ca_file.read_text() if self.passes_tls else self._certificate

    def kubeconfig(self, user: str = ADMIN, namespace: str = "default") -> Path:
        """Like the plane's own, through the proxy."""
        config = yaml.safe_load(self.plane.kubeconfig(user, namespace).read_text())
        path = Path(self._folder.name) / f"{user}.kubeconfig"
        ca = Path(self._folder.name) / "ca.pem"
        ca.write_text(self.ca)
        config["clusters"][0]["cluster"] = {"server": self.url, "certificate-authority": str(ca)}
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    def fault(self, **words: Any) -> Fault:
        """From now on; the words are Fault's."""
        fault = Fault(**words)
        self._faults.append(fault)
        return fault

    def heal(self) -> None:
        """No faults any more, and the network is back."""
        self._faults.clear()
        self._dark_until = 0

    def cut(self, seconds: float = 0) -> None:
        """End all connections now, and those that are begun in the next `seconds`."""
        self._dark_until = time.monotonic() + seconds
        self._run(self._cut())

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if time.monotonic() < self._dark_until:
            writer.transport.abort()
            return
        address = urllib.parse.urlsplit(self.plane.url)
        tls = None if self.passes_tls else ssl.create_default_context(cafile=self.plane.ca_file)
        self._open.add(writer)
        try:
            server_reader, server_writer = await asyncio.open_connection(
                address.hostname, address.port, ssl=tls
            )
        except OSError:  # the server itself is down
            self._open.discard(writer)
            writer.transport.abort()
            return
        self._open.add(server_writer)
        back = asyncio.create_task(_copy(server_reader, writer))
        try:
            if self.passes_tls:
                await _copy(reader, server_writer)
            else:
                await self._requests(reader, writer, server_writer, back)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # one of both has gone
        finally:
            back.cancel()
            for one in (writer, server_writer):
                self._open.discard(one)
                one.transport.abort()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
        back: asyncio.Task[None],
    ) -> None:
        """One after the other: a client of HTTP/1.1 sends the next when it has read the answer to the last."""
        while not back.done():
            head = await reader.readuntil(b"\r\n\r\n")
            body = await _body(reader, head)
            method, path = head.split(b" ", 2)[:2]
            self.requests[method.decode()] += 1
            fault = self._next_fault(method.decode(), path.decode())
            if fault is not None:
                await asyncio.sleep(fault.delay)
                if fault.status:
                    writer.write(_answer(fault))
                    await writer.drain()
                    continue
                if fault.cut == "before":
                    return
            if fault is not None and fault.cut == "after":
                back.cancel()  # the answer is read by nobody
                server.write(head + body)
                await server.drain()
                await asyncio.sleep(1)  # time enough for the server to do it
                return
            server.write(head + body)
            await server.drain()

    def _next_fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.fits(method, path):
                if fault.times:
                    fault.times -= 1
                return fault
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """The body as it was sent, chunks and all."""
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"chunked" in headers.get(b"transfer-encoding", b""):
        parts = []
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            parts += [line, await reader.readexactly(size + 2)]
            if not size:
                return b"".join(parts)
    return await reader.readexactly(int(headers.get(b"content-length", b"0")))


def _answer(fault: Fault) -> bytes:
    """A refusal as the API server words it."""
    reason = {429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable"}.get(fault.status, "")
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "the test wants it so",
        "reason": reason,
        "code": fault.status,
    }
    body = json.dumps(status).encode()
    head = f"HTTP/1.1 {fault.status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    if fault.retry_after is not None:
        head += f"Retry-After: {fault.retry_after}\r\n"
    return head.encode() + b"\r\n" + body
