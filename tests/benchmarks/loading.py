"""Asks a portal the same thing over and over from several clients, and says how long it took. Called by benchmarks."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.client import Answer, Client

Ask = Callable[[Client, int], Answer]  # the n-th request of all clients together


@dataclass(frozen=True)
class Figures:
    """Of one load: seconds of each request, in order of length."""

    clients: int
    times: tuple[float, ...]
    seconds: float  # of all of it, by the clock
    size: int  # bytes of the last answer

    def percentile(self, share: float) -> float:
        return self.times[min(int(len(self.times) * share), len(self.times) - 1)]

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds


def load(clients: list[Client], ask: Ask, requests: int, first: int = 0) -> Figures:
    """`requests` in all, each client asking again as soon as it has its answer."""
    for client in clients:
        client.close()  # the server has given up connections that nobody used for a while
    numbers = itertools.count(first)
    lock, gate = threading.Lock(), threading.Barrier(len(clients) + 1)

    def run(client: Client) -> tuple[list[float], int]:
        times, size = [], 0
        gate.wait()
        while True:
            with lock:
                number = next(numbers)
            if number >= first + requests:
                return times, size
            started = time.perf_counter()
            answer = ask(client, number)
            times.append(time.perf_counter() - started)
            assert answer.status in (200, 201), (answer.status, answer.body[:300])
            size = len(answer.body)

    with ThreadPoolExecutor(len(clients)) as pool:
        futures = [pool.submit(run, client) for client in clients]
        gate.wait()
        started = time.perf_counter()
        parts = [future.result() for future in futures]
        seconds = time.perf_counter() - started
    times = sorted(time for part, _ in parts for time in part)
    return Figures(len(clients), tuple(times), seconds, max(size for _, size in parts))
