"""Where a request ends: what two readers could see in two ways is refused (RFC 9112, sections 5 to 7)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.front.conftest import GET, read_all


def post(*headers: bytes, body: bytes = b"", line: bytes = b"POST / HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: portal", b"Connection: close", *headers, b"", b""]) + body


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return post(b"Transfer-Encoding: chunked", body=parts + b"0\r\n" + trailer + b"\r\n")


@pytest.fixture(scope="module")
def front(start_one):
    return start_one(head_bytes=4096, body_seconds=1)


def body(answer: bytes) -> bytes:
    assert answer.startswith(b"HTTP/1.1 200 ")
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
def test_requests_may_come_byte_by_byte(front, piece):
    kept = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    sent = kept + b"\r\n" + chunked(b"x" * 20, b"y")
    with front.connect() as connection:
        for start in range(0, len(sent), piece):
            connection.sendall(sent[start : start + piece])
            time.sleep(0.0005)
        answers = read_all(connection)
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert b"\r\n\r\nabcHTTP" in answers
    assert answers.endswith(b"\r\n\r\n" + b"x" * 20 + b"y")


@settings(max_examples=30, deadline=None)
@given(chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=8))
def test_chunks_are_put_together(front, chunks):
    assert body(front.ask(chunked(*chunks))) == b"".join(chunks)


def test_extensions_and_trailers_are_passed_over(front):
    sent = post(b"Transfer-Encoding: Chunked", body=b"3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
    assert body(front.ask(sent)) == b"abc"


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
        (b"X\x00: y",),
        (b"X: y\x00",),
        (b"X: y\rz: a",),
    ],
    ids=lambda headers: " | ".join(map(repr, headers)),
)
def test_doubtful_headers_are_refused(front, headers):
    answer = front.ask(post(*headers, body=b"abc") + GET)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"chunked, chunked", b"xchunked", b""])
def test_other_codings_are_not_read(front, coding):
    assert front.ask(post(b"Transfer-Encoding: " + coding))[9:12] in (b"400", b"501")


def test_http_1_0_has_no_chunks(front):
    sent = post(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0", body=b"0\r\n\r\n")
    assert front.ask(sent).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"zz\r\nabc\r\n",
        b"-3\r\nabc\r\n",
        b"0x3\r\nabc\r\n",
        b"\r\n",
        b"3\r\nabcd\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"1" * 1024,
    ],
)
def test_chunks_that_are_none_are_refused(front, sent):
    assert front.ask(post(b"Transfer-Encoding: chunked", body=sent)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("sent", [post(b"Content-Length: 1001"), chunked(b"x" * 600, b"y" * 600)])
def test_a_body_that_is_too_large_is_cut(front, sent):
    """The application says so itself, with a `Status`."""
    answer = front.ask(sent)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("target", [b"/\xc3\xa4", b"/?a=\xff", b"x:443", b"/a b", b""])
def test_targets_that_are_none_are_refused(front, target):
    assert front.ask(b"GET " + target + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_large_head_is_refused(front):
    assert front.ask(post(*[b"X: y"] * 1000)).startswith(b"HTTP/1.1 431 ")


def test_a_head_without_end_is_refused(front):
    with front.connect(b"GET / HTTP/1.1\r\nX: y") as connection:
        for _ in range(9):
            connection.sendall(b"y" * 1000)
            time.sleep(0.005)
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")
