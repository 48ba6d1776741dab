"""Plays scenarios against one server over HTTP, and gives what it answered, masked.

Called by tests/parity/test_parity.py: the portal and real kube-apiservers are played alike.
"""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
import re
import ssl
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import yaml

from tests.parity.answers import Mask
from tests.parity.language import JSON, Forget, Request, Scenario, Watch

AGENT = "parity/1.0"  # whose name stands in managedFields
TIMEOUT = 30
PATIENCE = 5  # seconds until a server knows of what it was told
_PLACE = re.compile(r"<(\w+)((?:\.\w+)*)>")


class Server:
    """One server and the tokens of its users."""

    def __init__(
        self,
        url: str,
        tokens: Mapping[str, str],
        ca: str | None = None,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self.where = urllib.parse.urlsplit(url)
        self.tokens = tokens
        self.tls = ssl.create_default_context(cafile=ca) if ca else None
        self.forget = forget
        self.connection = self.connect()

    def connect(self) -> http.client.HTTPConnection:
        host, port = self.where.hostname or "", self.where.port
        if self.tls:
            return http.client.HTTPSConnection(host, port, context=self.tls, timeout=TIMEOUT)
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT)

    def close(self) -> None:
        self.connection.close()

    def play(self, scenario: Scenario, namespace: str) -> list[Any]:
        """The masked answers to all steps, in a new namespace."""
        named = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        made = self.ask(Request("POST", "/api/v1/namespaces", body=named, headers={"Content-Type": JSON}), {})
        assert made["status"] == 201, made
        return _Play(self, namespace).answers(scenario)

    def ask(self, request: Request, fills: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer: status, headers by small letters, body."""
        try:
            answer = self.send(self.connection, request, fills)
            content = answer.read()
        except http.client.RemoteDisconnected:
            self.connection.close()  # it connects again by itself
            return {"status": "hung up", "headers": {}, "body": None}
        headers = _headers(answer)
        if answer.will_close:
            self.connection.close()
        if headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        return {"status": answer.status, "headers": headers, "body": _read(content, headers)}

    def send(
        self, connection: http.client.HTTPConnection, request: Request, fills: Mapping[str, Any]
    ) -> http.client.HTTPResponse:
        path = urllib.parse.quote(_filled(request.path, fills), safe="/:%")
        query = urllib.parse.urlencode([(key, _filled(value, fills)) for key, value in request.query])
        given = {name: _filled(value, fills) for name, value in request.headers.items()}
        headers = {"User-Agent": AGENT, "Accept": JSON, **given}
        if request.user:
            headers["Authorization"] = f"Bearer {self.tokens[request.user]}"
        body = request.body
        if body is not None and not isinstance(body, bytes):
            text = body if isinstance(body, str) else json.dumps(body)
            body = _filled(text, fills).encode()
        with suppress(BrokenPipeError, ConnectionResetError):  # a refusal may come before all is sent
            connection.request(request.method, f"{path}?{query}" if query else path, body, headers)
        return connection.getresponse()


class _Play:
    """One scenario while it is played."""

    def __init__(self, server: Server, namespace: str) -> None:
        self.server, self.mask = server, Mask()
        self.fills: dict[str, Any] = {"ns": namespace, "token": server.tokens}

    def answers(self, scenario: Scenario) -> list[Any]:
        found: list[Any] = []
        for step in scenario.steps:
            if isinstance(step, Forget):
                self.server.forget()
            else:
                found += self._watch(step) if isinstance(step, Watch) else [self._ask(step)]
        return found

    def _ask(self, request: Request) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.server.ask(request, self.fills)
            body = request.sees(answer["body"]) if request.sees else answer["body"]
            if not request.awaits or request.awaits(body) or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if request.name:
            self.fills[request.name] = answer["body"]
        return {
            "status": answer["status"],
            "headers": self.mask.headers(answer["headers"]),
            "body": self.mask.value(body),
        }

    def _watch(self, step: Watch) -> list[Any]:
        """What the steps were answered, then what the stream said."""
        connection = self.server.connect()
        try:
            stream = self.server.send(connection, step.request, self.fills)
            told = _events(stream, step.end)
            events = list(itertools.islice(told, step.first))
            answers = [self._ask(request) for request in step.steps]
            events = [self.mask.value(event) for event in (*events, *told)]
            headers = self.mask.headers(_headers(stream))
            return [*answers, {"status": stream.status, "headers": headers, "events": events}]
        finally:
            connection.close()


def _events(stream: http.client.HTTPResponse, end: str) -> Iterator[Any]:
    """A refusal is one line, too."""
    for line in stream:
        if not line.strip():
            continue
        event = json.loads(line)
        yield event
        if _name(event) == end:
            return


def _headers(answer: http.client.HTTPResponse) -> dict[str, str]:
    """By small letters; those that are there twice in one."""
    found: dict[str, list[str]] = {}
    for name, value in answer.getheaders():
        found.setdefault(name.lower(), []).append(value)
    return {name: ", ".join(sorted(values)) for name, values in found.items()}


def _name(event: Any) -> str:
    seen = event.get("object") or {}
    for row in seen.get("rows") or []:
        seen = row.get("object") or {}
    return str((seen.get("metadata") or {}).get("name", ""))


def _filled(text: str, fills: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in fills:
            return found[0]
        at = fills[found[1]]
        for step in found[2].split(".")[1:]:
            at = at[int(step) if isinstance(at, list) else step]
        return at if isinstance(at, str) else json.dumps(at)

    return _PLACE.sub(value, text)


def _read(content: bytes, headers: Mapping[str, str]) -> Any:
    type_ = headers.get("content-type", "")
    if content and "json" in type_:
        return json.loads(content)
    if content and "yaml" in type_:
        return yaml.safe_load(content)
    return content.decode(errors="replace")
