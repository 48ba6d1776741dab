"""Bodies that are small to send and large to read: each is refused soon, with a sentence, and takes little memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from vmportal.api.documents import MOST_LEVELS, MOST_NODES, read_json, read_yaml
from vmportal.errors import BadRequest

SIZE = 3 * 1024 * 1024  # of the largest body that is read at all
# Of CPU, while memory is traced, which makes it take three times as long.
MOST_SECONDS, MOST_BYTES = 4.0, 32 * 1024 * 1024


def aliases(levels: int, form: str) -> bytes:
    first = "a0: &a0 {x: 1}" if "<<" in form else "a0: &a0 [x, x]"
    lines = [f"a{n}: &a{n} {form.replace('@', f'*a{n - 1}')}" for n in range(1, levels)]
    return "\n".join([first, *lines]).encode()


YAML_BOMBS = {
    "lists in lists": b"[" * SIZE,
    "mappings in mappings": b"{a: " * (SIZE // 4),
    "dashes in a row": b"- " * (SIZE // 2),
    "lines further and further in": b"\n".join(b" " * level + b"a:" for level in range(2400)),
    "many values": b"[" + b"a," * (SIZE // 2 - 2) + b"]",
    "many lines": b"- a\n" * (SIZE // 4),
    "many aliases": b"a: &a [x]\nb: [" + b"*a," * (SIZE // 3 - 20) + b"]",
    "aliases of aliases": aliases(12, "[@, @, @, @, @, @, @, @, @]"),
    "merges of merges": aliases(14, "{<<: [@, @, @, @]}"),
    "an alias within what it means": b"a: &a [*a]",
    "a number without end": b"a: 0x" + b"f" * (SIZE - 10),
}
JSON_BOMBS = {
    "lists in lists": b"[" * SIZE,
    "objects in objects": b'{"a":' * (SIZE // 5),
    "many lists": b"[" + b"[]," * (SIZE // 3 - 2) + b"[]]",
    "many objects": b"[" + b"{}," * (SIZE // 3 - 2) + b"{}]",
    "a number without end": b"9" * SIZE,
}


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *(pytest.param(read_yaml, text, id=f"YAML: {what}") for what, text in YAML_BOMBS.items()),
        *(pytest.param(read_json, text, id=f"JSON: {what}") for what, text in JSON_BOMBS.items()),
    ],
)
def test_a_bomb_is_refused_soon(read, text):
    started = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(BadRequest) as refused:
            read(text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < MOST_SECONDS
    assert most < MOST_BYTES
    assert len(refused.value.message) < 400


def test_what_is_just_small_enough_is_read():
    assert read_json(b"[" * MOST_LEVELS + b"]" * MOST_LEVELS).value
    assert len(read_yaml(b"- a\n" * (MOST_NODES - 1)).value) == MOST_NODES - 1
    assert len(read_json(b"[" + b"1," * 500_000 + b"1]").value) == 500_001
