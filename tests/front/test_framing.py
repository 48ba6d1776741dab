"""Where a request ends: what two readers could see in two ways is refused (RFC 9112, sections 5 to 7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmportal.front.framing import MOST_CHUNK_LINE, Incoming, Refused

GET = b"GET / HTTP/1.1\r\nHost: portal\r\n\r\n"


def post(*headers: bytes, body: bytes = b"", line: bytes = b"POST / HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: portal", *headers, b"", b""]) + body


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return post(b"Transfer-Encoding: chunked", body=parts + b"0\r\n" + trailer + b"\r\n")


def taken(sent: bytes, *, piece: int = 0, most_head: int = 4096, most_body: int = 1000) -> list:
    """The requests that are found when `sent` arrives at once, or in pieces."""
    incoming, found = Incoming(most_head, most_body), []
    for start in range(0, len(sent), piece or len(sent)):
        incoming.buffer += sent[start : start + (piece or len(sent))]
        while framed := incoming.next():
            found.append(framed)
            if framed.is_cut:
                return found
    return found


def refusal(sent: bytes, **limits: int) -> str:
    with pytest.raises(Refused) as refused:
        taken(sent, **limits)
    return f"{refused.value.status}: {refused.value}"


def test_a_request_without_body_ends_with_its_head():
    (framed,) = taken(GET)
    assert (framed.head, framed.body) == (GET, b"")


def test_a_body_is_as_long_as_it_says():
    assert taken(post(b"Content-Length: 5", body=b"hell")) == []
    (framed,) = taken(post(b"content-length:5", body=b"hello"))
    assert framed.body == b"hello"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 0])
def test_requests_may_come_in_one_go_or_byte_by_byte(piece):
    sent = post(b"Content-Length: 3", body=b"abc") + GET + chunked(b"x" * 20, b"y") + b"\r\n" + GET
    assert [framed.body for framed in taken(sent, piece=piece)] == [b"abc", b"", b"x" * 20 + b"y", b""]


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 60))
def test_chunks_are_put_together_however_they_arrive(chunks, piece):
    (framed,) = taken(chunked(*chunks), piece=piece)
    assert framed.body == b"".join(chunks)
    assert framed.is_chunked


def test_extensions_and_trailers_are_passed_over():
    sent = post(b"Transfer-Encoding: Chunked", body=b"3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n") + GET
    assert [framed.body for framed in taken(sent)] == [b"abc", b""]


@pytest.mark.parametrize(
    "headers",
    [
        (b"Content-Length: 3", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 3"),
        (b"Content-Length: 3", b"Content-Length: 3"),
        (b"Content-Length: 3", b"Content-Length: 4"),
        (b"Content-Length: 3, 3",),
        (b"Content-Length: +3",),
        (b"Content-Length: -3",),
        (b"Content-Length: 0x3",),
        (b"Content-Length: 1_0",),
        (b"Content-Length:",),
        (b"Content-Length: \xb2",),
        (b"Content-Length : 3",),
        (b"Transfer-Encoding : chunked",),
        (b"Transfer-Encoding:\r\n chunked",),
        (b"X: y\r\n\tz",),
    ],
    ids=lambda headers: " | ".join(map(repr, headers)),
)
def test_doubtful_lengths_are_refused(headers):
    assert refusal(post(*headers, body=b"abc")).startswith("400 ")


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"chunked, chunked", b"xchunked", b""])
def test_other_codings_are_not_read(coding):
    assert refusal(post(b"Transfer-Encoding: " + coding)).startswith("501 ")


def test_http_1_0_has_no_chunks():
    sent = post(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0", body=b"0\r\n\r\n")
    assert refusal(sent).startswith("400 ")


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nabc\r\n",
        b"-3\r\nabc\r\n",
        b"0x3\r\nabc\r\n",
        b"\r\n",
        b"3\r\nabcd\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"1" * MOST_CHUNK_LINE,
        b"123456789\r\n",
        b"0\r\n" + b"X: y\r\n" * 2000,
    ],
)
def test_chunks_that_are_none_are_refused(body):
    assert refusal(post(b"Transfer-Encoding: chunked", body=body)).startswith("400 ")


def test_too_many_small_chunks_are_refused():
    sent = post(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n" * 100_001)
    assert "too many small ones" in refusal(sent, most_body=1_000_000)


@pytest.mark.parametrize("sent", [post(b"Content-Length: 1001"), chunked(b"x" * 600, b"y" * 600)])
def test_a_body_that_is_too_large_is_cut(sent):
    """The application says so itself, with a `Status`."""
    (framed,) = taken(sent)
    assert framed.is_cut
    assert framed.body == b""
    assert framed.length > 1000


def test_a_head_without_end_is_refused():
    assert refusal(b"GET / HTTP/1.1\r\nX: " + b"y" * 5000).startswith("431 ")
    assert refusal(post(b"X: " + b"y" * 5000)).startswith("431 ")


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00", b"\0", b" GET / HTTP/1.1"])
def test_what_is_not_http_is_refused_at_once(sent):
    assert "not HTTP" in refusal(sent)
