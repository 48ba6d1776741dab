"""A queue of keys: each waits in it once, comes when it is due, and is never worked on twice at a time.

The actor puts in what changed; workers take it out.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Queue(Generic[K]):
    def __init__(self) -> None:
        self._heap: list[tuple[float, int, K]] = []
        self._due: dict[K, float] = {}
        self._taken: set[K] = set()
        self._again: set[K] = set()  # came while being worked on
        self._count = 0
        self._changed = asyncio.Event()

    def put(self, key: K, after: float = 0) -> None:
        """Due in `after` seconds, or earlier if it is so already."""
        if key in self._taken and not after:
            self._again.add(key)
            return
        due = asyncio.get_running_loop().time() + after
        if key in self._due and self._due[key] <= due:
            return
        self._due[key] = due
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, key))
        self._changed.set()

    async def take(self) -> K:
        while True:
            now = asyncio.get_running_loop().time()
            while self._heap and self._heap[0][0] <= now:
                due, _, key = heapq.heappop(self._heap)
                if self._due.get(key) != due:
                    continue  # it came earlier
                del self._due[key]
                if key in self._taken:
                    self._again.add(key)
                    continue
                self._taken.add(key)
                return key
            self._changed.clear()
            wait = self._heap[0][0] - now if self._heap else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)

    def done(self, key: K) -> None:
        self._taken.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.put(key)
