"""Where a request begins and ends in the bytes that a client sends, as RFC 9112 says; what is doubtful is refused.

Called by the front's connections; pure. Of a body sent in chunks the chunks are put together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
MOST_CHUNKS = 100_000  # of one body: thirty bytes each where it is as large as it may be
MOST_CHUNK_LINE = 1024  # bytes, extensions included
MOST_TRAILER = 8192
_LENGTH = re.compile(rb"[0-9]{1,18}\Z")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;|\Z)")


class Refused(Exception):
    """A request that is answered without the application, whereupon the connection is closed."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def _bad(message: str) -> Refused:
    return Refused("400 Bad Request", message)


@dataclass(frozen=True)
class Framed:
    """One request. `length` is its body's; of a body that is too large nothing is kept, and `is_cut` says so."""

    head: bytes
    body: bytes
    length: int
    is_chunked: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class Framing:
    """What a head says of the body behind it."""

    length: int = 0
    is_chunked: bool = False
    expects_continue: bool = False  # the client waits to be told that it may send the body


NO_BODY = Framing()


def framing_of(head: bytes) -> Framing:
    """Raises `Refused` where two readers could see the end of the request in two places."""
    if b"\r\n " in head or b"\r\n\t" in head:
        raise _bad("a header that goes on in the next line is not read: put it into one line")
    plain = head.lower()
    if b"\r\ncontent-length" not in plain and b"\r\ntransfer-encoding" not in plain:
        return NO_BODY
    lengths, codings, expects = [], [], False
    for line in plain.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name != name.strip():
            raise _bad("there is a space between a header's name and its colon")
        if name == b"content-length":
            lengths.append(value.strip())
        elif name == b"transfer-encoding":
            codings.append(value.strip())
        elif name == b"expect":
            expects = value.strip() == b"100-continue"
    if codings:
        return _chunked(plain, lengths, codings, expects)
    if len(lengths) != 1 or not _LENGTH.match(lengths[0]):
        raise _bad("Content-Length must stand there once, as a whole number in digits")
    return Framing(int(lengths[0]), expects_continue=expects)


def _chunked(plain: bytes, lengths: list[bytes], codings: list[bytes], expects: bool) -> Framing:
    if lengths:
        raise _bad("a request has Content-Length or Transfer-Encoding, not both")
    if plain.partition(b"\r\n")[0].endswith(b"http/1.0"):
        raise _bad("HTTP/1.0 knows no Transfer-Encoding: send Content-Length")
    if codings != [b"chunked"]:
        raise Refused("501 Not Implemented", "the only Transfer-Encoding that is read is `chunked`")
    return Framing(is_chunked=True, expects_continue=expects)


class Chunks:
    """A body that comes in chunks: `take` moves what is there out of the buffer."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.body = bytearray()
        self._left: int | None = (
            None  # bytes of the present chunk and its line end; None: its size comes next
        )
        self._count = self._trailer = 0
        self._is_at_end = False

    def take(self, buffer: bytearray) -> bool:
        """True when the body is complete, or already too large."""
        while len(self.body) <= self.most:
            if self._left is None:
                line = self._line(buffer)
                if line is None:
                    return False
                if self._is_at_end and not line:
                    return True
                if not self._is_at_end:
                    self._begin(line)
            elif not self._data(buffer):
                return False
        return True

    def _line(self, buffer: bytearray) -> bytes | None:
        end = buffer.find(b"\r\n", 0, MOST_CHUNK_LINE)
        if end < 0:
            if len(buffer) >= MOST_CHUNK_LINE:
                raise _bad("a chunk's size, or a trailer, is longer than a line may be")
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 2]
        if self._is_at_end:
            self._trailer += len(line) + 2
            if self._trailer > MOST_TRAILER:
                raise _bad("the trailers behind the body are too long")
        return line

    def _begin(self, line: bytes) -> None:
        size = _CHUNK_SIZE.match(line)
        self._count += 1
        if size is None or self._count > MOST_CHUNKS:
            raise _bad("a chunk does not begin with its size, or there are too many small ones")
        length = int(size[1], 16)
        self._is_at_end = length == 0
        self._left = length + 2 if length else None

    def _data(self, buffer: bytearray) -> bool:
        """Take what is there of the present chunk; False when more must come."""
        assert self._left is not None
        if self._left > 2 and buffer:
            part = buffer[: self._left - 2]
            self.body += part
            self._left -= len(part)
            del buffer[: len(part)]
        if self._left > 2 or len(buffer) < 2:
            return len(self.body) > self.most
        if buffer[:2] != b"\r\n":
            raise _bad("a chunk is longer than it says")
        del buffer[:2]
        self._left = None
        return True


class Incoming:
    """What a client has sent and nobody has taken yet."""

    def __init__(self, most_head: int, most_body: int) -> None:
        self.most_head, self.most_body = most_head, most_body
        self.buffer = bytearray()
        self._begin()

    def _begin(self) -> None:
        self.head = b""  # complete, when it is not empty
        self.framing = NO_BODY
        self._chunks: Chunks | None = None
        self._searched = 0

    @property
    def is_idle(self) -> bool:
        """Nothing of a next request is there."""
        return not self.buffer and not self.head

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.head) + len(self.buffer) + (len(self._chunks.body) if self._chunks else 0)

    def next(self) -> Framed | None:
        """The next request, when all of it is there. Raises `Refused`."""
        if not self.head and not self._read_head():
            return None
        framed = self._in_chunks(self._chunks) if self._chunks else self._of_known_length()
        if framed is not None:
            self._begin()
        return framed

    def _read_head(self) -> bool:
        buffer = self.buffer
        while buffer[:2] == b"\r\n":  # some clients end a body with an empty line
            del buffer[:2]
        if buffer and not 0x41 <= buffer[0] <= 0x7A and buffer != b"\r":
            raise _bad("this is not HTTP; for TLS there is a port of its own")
        end = buffer.find(HEAD_END, self._searched)
        if (end if end >= 0 else len(buffer)) > self.most_head:
            told = f"the headers are larger than {self.most_head} bytes: send fewer, or shorter ones"
            raise Refused("431 Request Header Fields Too Large", told)
        if end < 0:
            self._searched = max(len(buffer) - 3, 0)
            return False
        head = bytes(buffer[: end + 4])
        del buffer[: end + 4]
        self.framing = framing_of(head)
        if self.framing.is_chunked:
            self._chunks = Chunks(self.most_body)
        self.head = head
        return True

    def _of_known_length(self) -> Framed | None:
        length = self.framing.length
        if length > self.most_body:
            return Framed(self.head, b"", length, is_cut=True)
        if len(self.buffer) < length:
            return None
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        return Framed(self.head, body, length)

    def _in_chunks(self, chunks: Chunks) -> Framed | None:
        if not chunks.take(self.buffer):
            return None
        if len(chunks.body) > self.most_body:
            return Framed(self.head, b"", len(chunks.body), is_chunked=True, is_cut=True)
        return Framed(self.head, bytes(chunks.body), len(chunks.body), is_chunked=True)
