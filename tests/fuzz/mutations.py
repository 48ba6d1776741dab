"""Makes an odd request of an ordinary one: structure first, then the bytes on the wire. Called by tests/fuzz/fuzzing.py.

All chance comes from the dice that are given: the same dice make the same request.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote

import yaml

from tests.admission.odd import places, put_at
from tests.fuzz.oddities import HEADERS, MEDIA, METHODS, QUERIES, ROOTS, TEXTS, VALUES
from tests.fuzz.sent import Sent
from vmportal.kinds import KINDS

MOST_STEPS = 3
WIRE_SHARE = 0.2  # of all requests have bytes changed that make the message itself odd
CALLERS = ("editor",) * 6 + ("admin",) * 3 + ("viewer", "")
COLLECTIONS = [
    (f"/apis/{kind.shape.api_version}" if kind.shape.group else f"/api/{kind.shape.version}")
    + ("/namespaces/<ns>/" if kind.shape.namespaced else "/")
    + kind.shape.plural
    for kind in KINDS
]


def mutated(dice: Random, seeds: Sequence[Sent]) -> Sent:
    """An odd request; now and then one with nothing odd but its caller."""
    sent = dice.choice(seeds)
    if dice.random() < 0.3:
        sent = replace(sent, caller=dice.choice(CALLERS))
    for _ in range(dice.randint(0, MOST_STEPS)):
        steps = [_query, _query, _header, _path, _method, _elsewhere]
        steps += (
            [_body_value] * 6 + [_body_bytes] * 2 + [_body_form, _media] if sent.body else [_body_of_other]
        )
        with suppress(RecursionError):  # of bodies so deep that they cannot be walked
            sent = dice.choice(steps)(dice, sent, seeds)
    return sent


def on_the_wire(dice: Random, message: bytes) -> bytes:
    """Sometimes with other bytes."""
    if dice.random() > WIRE_SHARE:
        return message
    for _ in range(dice.randint(1, 3)):
        message = dice.choice((_flipped, _cut, _doubled, _inserted, _ended, _headed))(dice, message)
    return message


# Structure

Step = Callable[[Random, Sent, Sequence[Sent]], Sent]


def _query(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    pairs = list(sent.query)
    if pairs and dice.random() < 0.3:
        at = dice.randrange(len(pairs))
        pairs[at] = dice.choice(
            [(pairs[at][0], dice.choice(TEXTS)), (dice.choice(TEXTS), pairs[at][1]), pairs[at]]
        )
        pairs += dice.choice([[], [pairs[at]], [pairs[at]] * 50])
    else:
        name = dice.choice(list(QUERIES))
        value = dice.choice(QUERIES[name])
        pairs.append((name, _damaged(dice, value) if dice.random() < 0.1 else value))
    return replace(sent, query=tuple(pairs))


def _header(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    name = dice.choice(list(HEADERS))
    value = dice.choice(HEADERS[name])
    kept = [pair for pair in sent.headers if pair[0].lower() != name.lower() or dice.random() < 0.1]
    more = dice.choice([1] * 20 + [2, 300])
    return replace(sent, headers=(*kept, *[(name, value)] * more))


def _path(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    segments = sent.path.split("/")
    at = dice.randrange(len(segments))
    odd = dice.choice(TEXTS)
    raw = odd if dice.random() < 0.1 else quote(odd.encode("utf-8", "surrogatepass"), safe="")
    made = dice.choice(
        [
            [*segments[:at], raw, *segments[at + 1 :]],
            [*segments[:at], raw, *segments[at:]],
            [*segments[:at], *segments[at + 1 :]],
            [*segments, dice.choice(["status", "scale", "token", "log", "a", "", raw])],
            [*segments[:at], segments[at] * 2, *segments[at + 1 :]],
            [
                *segments[:at],
                dice.choice([segments[at].upper(), segments[at][:-1], segments[at] + "%"]),
                *segments[at + 1 :],
            ],
        ]
    )
    return replace(sent, path="/".join(made))


def _method(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    return replace(sent, method=dice.choice(METHODS[: dice.choice([5, 5, 5, len(METHODS)])]))


def _elsewhere(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    """The same to another address."""
    path = dice.choice(
        [
            dice.choice(seeds).path,
            dice.choice(COLLECTIONS),
            dice.choice(COLLECTIONS) + "/a",
            dice.choice(ROOTS),
        ]
    )
    return replace(sent, path=path)


def _media(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    kept = [pair for pair in sent.headers if pair[0].lower() != "content-type"]
    return replace(sent, headers=(*kept, ("Content-Type", dice.choice(MEDIA))))


def _body_of_other(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    return replace(sent, body=dice.choice(seeds).body)


def _body_value(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    """Another value, another key, one more or one less somewhere in the document."""
    document = _document(sent.body)
    if document is None:
        return _body_bytes(dice, sent, seeds)
    for _ in range(dice.choice([1, 1, 1, 2, 5])):
        document = _changed(dice, document, seeds)
    return replace(sent, body=_text(document))


def _changed(dice: Random, document: Any, seeds: Sequence[Sent]) -> Any:
    where = places(document)
    if not where or dice.random() < 0.03:
        return deepcopy(dice.choice(VALUES))
    place = dice.choice(where)
    parent = _at(document, place[:-1])
    how = dice.random()
    if how < 0.5:
        put_at(document, place, deepcopy(dice.choice(VALUES)))
    elif how < 0.65:  # of another place, or of another document
        other = document if dice.random() < 0.5 else _document(dice.choice(seeds).body)
        found = places(other)
        put_at(document, place, deepcopy(_at(other, dice.choice(found))) if found else other)
    elif how < 0.75:
        put_at(document, place, _retyped(dice, _at(document, place)))
    elif how < 0.83:
        del parent[place[-1]]
    elif isinstance(parent, list):
        parent[:] = dice.choice(
            [parent * 2, parent[::-1], parent * 40, [*parent, deepcopy(dice.choice(VALUES))]]
        )
    else:
        parent[dice.choice([dice.choice(TEXTS), _damaged(dice, str(place[-1]))])] = parent.pop(place[-1])
    return document


def _retyped(dice: Random, value: Any) -> Any:
    return dice.choice(
        [
            str(value),
            [value],
            {"a": value},
            {str(value)[:99]: value},
            bool(value),
            len(str(value)),
            [value] * 2,
        ]
    )


def _body_form(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    """The same, written otherwise."""
    document, body = _document(sent.body), sent.body
    how = dice.randrange(8)
    if how == 0:
        return replace(
            sent, body=gzip.compress(body, mtime=0), headers=(*sent.headers, ("Content-Encoding", "gzip"))
        )
    if how == 1:
        return replace(
            sent, body=_chunked(dice, body), headers=(*sent.headers, ("Transfer-Encoding", "chunked"))
        )
    if how == 2:
        return replace(
            sent, body=body.decode("latin-1").encode(dice.choice(["utf-16", "utf-8-sig", "utf-32"]))
        )
    if how == 3 and isinstance(document, dict) and document:  # a key twice
        return replace(sent, body=body.rstrip()[:-1] + b", " + _text(document)[1:])
    if how == 4:
        return replace(sent, body=_nested(dice, dice.choice([50, 101, 5000, 100_000])))
    if how == 5:
        return replace(sent, body=b"x" * dice.choice([70_000, 3 * 1024 * 1024 + 1]))
    if how == 6:
        return replace(sent, body=dice.choice(YAMLS))
    return replace(
        sent, body=_as_yaml(document), headers=(*sent.headers, ("Content-Type", "application/yaml"))
    )


YAMLS = (
    b"a: &a [x]\nb: *a\n", b"a: *missing", b"--- a\n--- b\n", b"!!python/object/apply:os.system [id]", b"a: !!binary x",
    b"<<: {a: b}\n<<: [1]\n",
    b"? [a]\n: b\n", b"&a [*a]", b"\tx: y", b"a: 'x", b"%YAML 9.9\n---\na", b"? \n", b"a: 1\na: 2\n",
    b"\n".join(b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9) if n else b"x") for n in range(9)),
)  # fmt: skip


def _nested(dice: Random, levels: int) -> bytes:
    opening, closing = dice.choice([(b"[", b"]"), (b'{"a":', b"}"), (b"- ", b""), (b"{? ", b"}")])
    return opening * levels + b"1" + closing * levels


def _as_yaml(document: Any) -> bytes:
    try:
        return yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass")
    except (yaml.YAMLError, RecursionError):
        return _text(document)


def _chunked(dice: Random, body: bytes) -> bytes:
    size = dice.choice([1, 7, 1000, 100_000])
    pieces = [body[start : start + size] for start in range(0, min(len(body), 20_000 * size), size)]
    end = dice.choice(
        [b"0\r\n\r\n"] * 5
        + [b"0\r\nX: y\r\n\r\n", b"", b"0\r\n", b"-1\r\n\r\n", b"0;" + b"x" * 2000 + b"\r\n\r\n"]
    )
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


def _body_bytes(dice: Random, sent: Sent, seeds: Sequence[Sent]) -> Sent:
    body = sent.body or b"{}"
    for _ in range(dice.choice([1, 1, 2, 8])):
        body = dice.choice((_flipped, _cut, _doubled, _inserted, _spliced(seeds)))(dice, body)
    return replace(sent, body=body)


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(document: Any) -> bytes:
    try:
        return json.dumps(document).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # a number of more digits than Python writes
        return b"1" + b"0" * 5000


def _at(document: Any, place: Sequence[Any]) -> Any:
    for key in place:
        document = document[key]
    return document


def _damaged(dice: Random, text: str) -> str:
    at = dice.randint(0, len(text))
    return dice.choice(
        [text[:at] + dice.choice(TEXTS)[:20] + text[at:], text[:at], text.upper(), text + text[at:]]
    )


# Bytes

ODD_BYTES = (
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\r\n", b"\n", b"\r", b" ", b"\t"),
    *(b"{", b'"', b"\\u0000", b"\\ud800"),
)


def _flipped(dice: Random, data: bytes) -> bytes:
    if not data:
        return b"\xff"
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 10])):
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(dice: Random, data: bytes) -> bytes:
    start, end = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    return dice.choice([data[:start], data[:start] + data[end:], data[:start] + data[start + 1 :]])


def _doubled(dice: Random, data: bytes) -> bytes:
    start, end = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    return data[:end] + data[start:end] * dice.choice([1, 1, 3, 20]) + data[end:]


def _inserted(dice: Random, data: bytes) -> bytes:
    at = dice.randint(0, len(data))
    noise = bytes(dice.randrange(256) for _ in range(8))
    odd = dice.choice([*ODD_BYTES, noise, dice.choice(TEXTS).encode("utf-8", "surrogatepass")])
    return data[:at] + odd + data[at:]


def _spliced(seeds: Sequence[Sent]) -> Callable[[Random, bytes], bytes]:
    def spliced(dice: Random, data: bytes) -> bytes:
        other = dice.choice(seeds).body
        return data[: dice.randint(0, len(data))] + other[dice.randint(0, len(other)) :]

    return spliced


def _ended(dice: Random, message: bytes) -> bytes:
    """Line ends as others write them."""
    head, _, body = message.partition(b"\r\n\r\n")
    return (
        dice.choice(
            [
                head.replace(b"\r\n", b"\n") + b"\n\n",
                head + b"\r\n \r\n\r\n",
                head.replace(b": ", b":\t"),
                head,
            ]
        )
        + body
    )


def _headed(dice: Random, message: bytes) -> bytes:
    """Another request line, or another request in front or behind."""
    first, line_end, rest = message.partition(b"\r\n")
    line = dice.choice(
        [
            first.replace(
                b"HTTP/1.1",
                dice.choice([b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"HTTP/1.1.1", b"", b"http/1.1"]),
            ),
            first.replace(b" ", b"  "),
            first + b" x",
            b" " + first,
            b"\r\n\r\n" + first,
            first.replace(b" /", b" http://localhost/"),
            first.replace(b" /", b" //evil.example/"),
            message + first,
        ]
    )
    return line + line_end + rest
