"""What a pass over an object may look at: other objects, the knobs, the clock, and how long a step has taken.

Made by the actor, read by all that judges objects; tests of a part may make a small one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.peers.supervisor.knobs import Knobs
from tests.peers.supervisor.mirror import Mirror
from tests.peers.supervisor.resources import Document


class World:
    def __init__(self, mirrors: Mapping[str, Mirror], knobs: Knobs) -> None:
        self.mirrors, self.knobs = mirrors, knobs
        self._began: dict[tuple[str, str], float] = {}  # (uid, step): when it was first asked for

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def get(self, kind: str, namespace: str, name: str) -> Document | None:
        return self.mirrors[kind].get(namespace, name)

    def within(self, kind: str, namespace: str) -> list[Document]:
        return self.mirrors[kind].within(namespace)

    def left(self, document: Mapping[str, Any], step: str, usual: float) -> float:
        """Seconds until `step` of this object is over, which begins with the first question and takes `usual`."""
        length = self.knobs.seconds(usual)
        if not length:
            return 0
        mark = document["metadata"]["uid"], step
        began = self._began.setdefault(mark, time.monotonic())
        rest = began + length - time.monotonic()
        if rest <= 0:
            del self._began[mark]
            return 0
        return rest

    def forget(self, uid: str) -> None:
        for mark in [mark for mark in self._began if mark[0] == uid]:
            del self._began[mark]
