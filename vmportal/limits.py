"""How much one client may ask of this process: requests a second, and requests at once. Asked by the middleware.

A client is whoever sends a token or a session that was found good before; all others are the address that they come
from. It is kept in the process's memory: no request costs a statement, and of several processes each counts for itself.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CLIENTS_KEPT = 10_000  # of those that ask least the oldest are forgotten: they begin with a full bucket


@dataclass(frozen=True)
class Rate:
    """`per_second` requests in the long run, `burst` at once. 0 a second: no limit."""

    per_second: float
    burst: float


class Buckets:
    """A token bucket for each client; `now` is monotonic, in seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> (tokens, when)

    def take(self, client: str, rate: Rate, now: float, cost: float = 1.0) -> int:
        """0 when it may go on; otherwise after how many seconds it may try again."""
        if rate.per_second <= 0:
            return 0
        with self._lock:
            left, when = self._left.pop(client, (rate.burst, now))
            left = min(left + (now - when) * rate.per_second, rate.burst)
            is_enough = left >= min(cost, rate.burst)
            self._left[client] = (left - cost if is_enough else left, now)
            if len(self._left) > CLIENTS_KEPT:
                self._left.popitem(last=False)
        return 0 if is_enough else max(math.ceil((cost - left) / rate.per_second), 1)

    def clear(self) -> None:
        with self._lock:
            self._left.clear()


class Known:
    """Which credentials were found good before, and whose they are. Only digests are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: OrderedDict[bytes, str] = OrderedDict()

    def client(self, credential: bytes) -> str | None:
        return self._clients.get(credential)

    def learn(self, credential: bytes, client: str) -> None:
        with self._lock:
            self._clients[credential] = client
            if len(self._clients) > CLIENTS_KEPT:
                self._clients.popitem(last=False)

    def forget(self, credential: bytes) -> None:
        with self._lock:
            self._clients.pop(credential, None)

    def clear(self) -> None:
        with self._lock:
            self._clients.clear()


class Places:
    """How many requests of each client are being answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, client: str, most: int) -> Callable[[], None] | None:
        """What gives the place back, however often it is called; None when there is none. `most` 0: no limit."""
        with self._lock:
            if most and self._taken[client] >= most:
                return None
            self._taken[client] += 1
        is_given_back = False

        def give_back() -> None:
            nonlocal is_given_back
            with self._lock:
                if is_given_back:
                    return
                is_given_back = True
                self._taken[client] -= 1
                if self._taken[client] <= 0:
                    del self._taken[client]

        return give_back

    def clear(self) -> None:
        with self._lock:
            self._taken.clear()


def digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode("utf-8", "surrogateescape")).digest()


def neighborhood(address: str) -> str:
    """The address as it is limited: of IPv6 the network of 64 bits, which is one customer's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def counted_elsewhere(request: Any) -> None:
    """Give the request's place back: as a watch it counts among the watches."""
    give_back = getattr(request, "give_place_back", None)
    if give_back is not None:
        give_back()
