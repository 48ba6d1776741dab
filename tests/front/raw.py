"""Requests in raw bytes, as no client library would send them. Used by tests of the web servers."""

from __future__ import annotations

import socket
from contextlib import suppress

from tests.client import CONFIG_MAPS

MAPS = CONFIG_MAPS.format("team-a")


def post(port: int, token: str, body: bytes, *headers: str) -> tuple[int, bytes]:
    """A POST to the ConfigMaps of team-a: the status and the body of the answer."""
    head = [f"POST {MAPS} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    head += ["Content-Type: application/json", "Connection: close", *headers]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        with suppress(ConnectionError):  # the server may have heard enough
            connection.sendall(body)
        parts = []
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                parts.append(part)
    answer = b"".join(parts)
    return int(answer[9:12]), answer.partition(b"\r\n\r\n")[2]


def chunked(body: bytes, size: int = 1000) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
