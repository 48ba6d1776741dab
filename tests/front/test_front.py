"""A front server that nobody can hold up: raw sockets against four threads."""

from __future__ import annotations

import json
import socket
import time

import pytest

from tests.front.conftest import GET, THREADS, read_all, wait_until

MANY = THREADS * 5


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def status_of(answer: bytes) -> dict:
    assert json.loads(body_of(answer))["kind"] == "Status"
    return json.loads(body_of(answer))


def test_a_chunked_body_reaches_the_application_whole(start):
    front = start()
    sent = b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert body_of(front.ask(sent)) == b"abcde"
    assert front.app.environ["CONTENT_LENGTH"] == "5"
    assert "HTTP_TRANSFER_ENCODING" not in front.app.environ


def test_a_request_of_two_lengths_is_refused_and_the_connection_closed(start):
    """What follows may be the second half of somebody's attack on a proxy: it is not looked at."""
    front = start()
    sent = b"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET
    answer = front.ask(sent)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert "Content-Length" in status_of(answer)["message"]


def test_no_header_looks_like_another(start):
    front = start()
    front.ask(b"GET / HTTP/1.1\r\nX_Forwarded_For: 1.2.3.4\r\nContent_Length: 3\r\nConnection: close\r\n\r\n")
    assert "HTTP_X_FORWARDED_FOR" not in front.app.environ
    assert "CONTENT_LENGTH" not in front.app.environ


def test_nobody_says_where_it_comes_from(start):
    """uvicorn would believe a proxy on the same machine; the portal asks its own settings."""
    front = start()
    front.ask(
        b"GET / HTTP/1.1\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    )
    assert front.app.environ["REMOTE_ADDR"] == "127.0.0.1"
    assert front.app.environ["wsgi.url_scheme"] == "http"
    assert front.app.environ["HTTP_X_FORWARDED_FOR"] == "1.2.3.4"


def test_a_header_that_stands_there_twice_reaches_the_application_whole(start):
    """`kubectl --as-group a --as-group b`."""
    front = start()
    front.ask(b"GET / HTTP/1.1\r\nImpersonate-Group: a\r\nImpersonate-Group: b\r\nConnection: close\r\n\r\n")
    assert front.app.environ["HTTP_IMPERSONATE_GROUP"] == "a,b"


def test_the_answer_to_head_has_no_body(start):
    answer = start().ask(b"HEAD /large?10 HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert b"content-length: 10\r\n" in answer
    assert body_of(answer) == b""


def test_an_offer_of_another_protocol_is_passed_over(start):
    front, offer = start(), b" / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
    assert front.ask(b"GET" + offer + b"\r\n").startswith(b"HTTP/1.1 200 ")
    refused = front.ask(b"POST" + offer + b"Content-Length: 3\r\n\r\nabc")
    assert "Upgrade" in status_of(refused)["message"]


@pytest.mark.parametrize("line", [b"get / HTTP/1.1", b"GET /", b"GET / HTTP/9.1", b"\x16\x03\x01\x02"])
def test_what_is_not_http_is_told_as_a_status(start, line):
    answer = start().ask(line + b"\r\n\r\n")
    assert status_of(answer)["code"] in (400, 505)


def test_a_client_hears_that_its_body_is_too_large_while_it_is_still_sending_and_goes_on(start):
    front = start()
    with front.connect(b"POST / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n") as connection:
        connection.sendall(b"x" * 100_000)
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")
        connection.sendall(b"x" * 3_900_000)
        connection.sendall(b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
        assert body_of(read_all(connection)) == b"abc"


def test_a_client_that_never_ends_what_is_too_large_is_hung_up_on(start):
    front = start(linger_seconds=0.2)
    with front.connect(b"POST / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\nabc") as connection:
        assert read_all(connection).count(b"HTTP/1.1") == 1


def test_who_asks_first_is_told_to_go_on_or_not(start):
    front = start()
    ask = b"POST / HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: "
    with front.connect(ask + b"3\r\n\r\n") as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        answer = read_all(connection)
    assert body_of(answer) == b"abc"
    assert b" 100 " not in answer
    assert front.ask(ask + b"3000\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_requests_in_one_go_are_answered_in_order(start):
    one = b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n"
    answer = start().ask(one + b"a" + one + b"b" + GET)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.index(b"\r\n\r\na") < answer.index(b"\r\n\r\nb")


def test_a_connection_is_used_again(start):
    front = start()
    with front.connect() as connection:
        for _ in range(5):
            connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
            answer = b""
            while not answer.endswith(b"\r\n\r\nhi"):
                answer += connection.recv(4096)
            time.sleep(0.05)


@pytest.mark.parametrize("begin", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"])
def test_half_open_connections_hold_nobody_up(start, begin):
    front = start()
    stuck = [front.connect(begin) for _ in range(MANY)]
    assert front.answers_quickly()
    for connection in stuck:
        connection.close()


@pytest.mark.parametrize("bounds", [{"head_seconds": 0.3}, {"body_seconds": 0.3}])
def test_a_trickling_request_is_ended(start, bounds):
    """However often a byte comes: the time counts from its begin."""
    front = start(**bounds)
    begin = (
        b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\n"
        if "body_seconds" in bounds
        else b"GET / HTTP/1.1\r\n"
    )
    with front.connect(begin) as connection:
        connection.settimeout(0.05)
        answer, started = b"", time.monotonic()
        while not answer and time.monotonic() - started < 10:
            connection.sendall(b"x")
            try:
                answer = connection.recv(4096)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert "not complete" in status_of(answer)["message"]


def test_a_new_client_comes_in_where_there_is_no_room(start):
    """Who has been waited for longest makes it; others stay."""
    front = start(connections_per_address=5)
    oldest = front.connect(b"GET / HT")
    time.sleep(0.1)
    others = [front.connect(b"GET / HT") for _ in range(4)]
    time.sleep(0.1)
    assert front.answers_quickly()
    assert oldest.recv(10) == b""
    others[-1].sendall(b"TP/1.1\r\n\r\n")
    assert others[-1].recv(4096).startswith(b"HTTP/1.1 200 ")
    for connection in (oldest, *others):
        connection.close()


def test_large_bodies_together_take_a_bounded_memory(start):
    """Who has kept the others waiting longest makes room, so that half-sent bodies keep nobody out."""
    front = start(body_bytes=200_000, held_bytes=500_000)
    begin = b"POST / HTTP/1.1\r\nContent-Length: 150000\r\n\r\n" + b"x" * 140_000
    half_sent = []
    for _ in range(3):
        half_sent.append(front.connect(begin))
        time.sleep(0.1)
    with front.connect(begin + b"x" * 10_000) as whole:
        assert whole.recv(100).startswith(b"HTTP/1.1 413 ")  # of the application, which takes 1000
    assert half_sent[0].recv(100) == b""
    half_sent[2].sendall(b"x" * 10_000)
    assert half_sent[2].recv(100).startswith(b"HTTP/1.1 413 ")
    for connection in half_sent:
        connection.close()
    wait_until(lambda: front.server.held == 0)


def test_who_does_not_read_an_answer_holds_no_thread(start):
    """It waits, without a thread, until it is read."""
    front = start()
    stuck = [front.connect(b"GET /large?3000000 HTTP/1.1\r\n\r\n") for _ in range(MANY)]
    assert front.answers_quickly()
    with stuck[0]:
        stuck[0].sendall(GET)
        assert len(read_all(stuck[0])) > 3_000_000
    for connection in stuck[1:]:
        connection.close()


def test_a_very_large_answer_is_read_by_who_reads_it(start):
    assert len(start().ask(b"GET /large?30000000 HTTP/1.1\r\nConnection: close\r\n\r\n")) > 30_000_000


def test_a_vanished_reader_of_a_stream_frees_its_thread(start):
    front = start()
    streams = [front.connect(b"GET /stream HTTP/1.1\r\n\r\n") for _ in range(THREADS)]
    wait_until(lambda: front.app.streams == THREADS)
    for connection in streams:
        connection.close()
    assert front.answers_quickly()
    wait_until(lambda: front.app.streams == 0)


def test_a_stuck_reader_of_a_stream_is_cut_off(start):
    front = start(send_seconds=1)
    with front.connect(b"GET /stream?loud HTTP/1.1\r\n\r\n"):
        wait_until(lambda: front.app.streams == 1)
        started = time.monotonic()
        wait_until(lambda: front.app.streams == 0)
        assert time.monotonic() - started < 5
    assert front.answers_quickly()


def test_a_slow_reader_of_a_stream_stays(start):
    front = start(send_seconds=1)
    with front.connect(b"GET /stream?loud HTTP/1.1\r\n\r\n") as slow:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            assert slow.recv(500_000)
            time.sleep(0.2)
        assert front.app.streams == 1


def test_tls_is_spoken_by_the_same_front(start, certificate, trusting):
    front = start(certificate)
    with trusting.wrap_socket(front.connect()) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\n" + b"x" * 900)
        answer = b""
        while not answer.endswith(b"\r\n\r\n" + b"x" * 900):
            answer += connection.recv(4096)
        connection.sendall(b"GET /large?3000000 HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert len(read_all(connection)) > 3_000_000
    assert front.app.environ["wsgi.url_scheme"] == "https"


def test_a_handshake_that_never_ends_holds_nobody_up(start, certificate, trusting):
    front = start(certificate, head_seconds=1)
    stuck = [front.connect(begin) for begin in [b"", b"\x16\x03\x01"] * MANY]
    started = time.monotonic()
    with trusting.wrap_socket(front.connect()) as connection:
        connection.sendall(GET)
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - started < 1
    for connection in stuck:
        assert connection.recv(100) == b""
        connection.close()


def test_plain_http_on_the_port_for_tls_is_told_so(start, certificate):
    assert "https://" in status_of(start(certificate).ask(GET))["message"]


def test_streams_over_tls_end_with_their_reader(start, certificate, trusting):
    front = start(certificate, send_seconds=1)
    quiet, loud = (trusting.wrap_socket(front.connect()) for _ in range(2))
    quiet.sendall(b"GET /stream HTTP/1.1\r\n\r\n")
    loud.sendall(b"GET /stream?loud HTTP/1.1\r\n\r\n")
    wait_until(lambda: front.app.streams == 2)
    quiet.close()
    wait_until(lambda: front.app.streams == 0)
    loud.close()


def test_the_front_stops_with_clients_of_all_sorts(start):
    front = start()
    clients = [front.connect(sent) for sent in (b"", b"GET", b"GET /stream HTTP/1.1\r\n\r\n", GET)]
    wait_until(lambda: front.app.streams == 1)
    clients[2].close()
    started = time.monotonic()
    front.server.stop()
    assert time.monotonic() - started < 5
    with pytest.raises(OSError, match=r"refused|reset"):
        socket.create_connection(front.address, timeout=1)
    for client in clients:
        client.close()
