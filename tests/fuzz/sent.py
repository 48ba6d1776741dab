"""One request as it is sent; and the first ones: those of the scenarios, and those that clients were recorded to send.

Used by tests/fuzz; `<ns>` stands for the namespace that is fuzzed, `<uid>` and `<version>` for those of an object in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.parity.language import Request, Watch
from tests.parity.scenarios import SCENARIOS

CORPUS = Path(__file__).parent / "corpus"
NAMESPACE = "fuzz"
_PLACE = re.compile(r"<(\w+)((?:\.\w+)*)>")


@dataclass(frozen=True)
class Sent:
    """`path` is percent-encoded, as it goes into the request line; `caller` is whose token is sent, if any."""

    caller: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def target(self) -> str:
        pairs = "&".join(f"{_escaped(key)}={_escaped(value)}" for key, value in self.query)
        return f"{self.path}?{pairs}" if pairs else self.path

    def filled(self, values: Mapping[str, str]) -> Sent:
        """With what is known of the portal that it goes to."""

        def fill(text: str) -> str:
            return _PLACE.sub(lambda found: values.get(found[1] + found[2], found[0]), text)

        return Sent(
            self.caller,
            self.method,
            fill(self.path),
            tuple((key, fill(value)) for key, value in self.query),
            tuple((key, fill(value)) for key, value in self.headers),
            fill(self.body.decode("latin-1")).encode("latin-1"),
        )

    def bytes(self, tokens: Mapping[str, str], request_id: str) -> bytes:
        """The whole message; the length is told unless a header says something of it already."""
        names = {name.lower() for name, _ in self.headers}
        head = [
            f"{self.method} {self.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        if "host" not in names:
            head.append("Host: localhost")
        if self.caller and "authorization" not in names:
            head.append(f"Authorization: Bearer {tokens[self.caller]}")
        if "x-request-id" not in names:
            head.append(f"X-Request-ID: {request_id}")
        if "connection" not in names:
            head.append("Connection: close")
        if (self.body or self.method in ("POST", "PUT", "PATCH")) and not names & {
            "content-length",
            "transfer-encoding",
        }:
            head.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*head, "", ""]).encode("utf-8", "surrogatepass") + self.body


def _escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="/:,.-_~*()")


def seeds() -> list[Sent]:
    """All requests of the scenarios, and all that were recorded; always in the same order."""
    return [*_of_scenarios(), *_recorded()]


def _of_scenarios() -> Iterator[Sent]:
    for scenario in SCENARIOS:
        for step in scenario.steps:
            for request in (step.request, *step.steps) if isinstance(step, Watch) else (step,):
                if isinstance(request, Request):
                    yield _sent(request)


def _sent(request: Request) -> Sent:
    body: Any = request.body
    if body is None:
        body = b""
    elif not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogatepass")
    caller = {"": "", "admin": "admin", "alice": "editor"}.get(request.user, "viewer")
    return Sent(
        caller,
        request.method,
        quote(_placed(request.path), safe="/:%<>."),
        tuple((key, _placed(value)) for key, value in request.query),
        tuple((key, _placed(value)) for key, value in request.headers.items()),
        _placed(body.decode("latin-1")).encode("latin-1"),
    )


def _placed(text: str) -> str:
    """Values of earlier answers become those of the object at hand."""

    def place(found: re.Match[str]) -> str:
        last = found[2].rpartition(".")[2]
        return {"uid": "<uid>", "resourceVersion": "<version>", "continue": "<continue>"}.get(last, found[0])

    return _PLACE.sub(place, text)


def _recorded() -> Iterator[Sent]:
    for file in sorted(CORPUS.glob("*.json")):
        for one in json.loads(file.read_text()):
            yield Sent(
                one["caller"],
                one["method"],
                one["path"],
                tuple((key, value) for key, value in one["query"]),
                tuple((key, value) for key, value in one["headers"]),
                one["body"].encode("latin-1"),
            )
