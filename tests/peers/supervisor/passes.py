"""What a pass over an object comes to.

Given back by the parts that judge objects, acted on by the actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.peers.supervisor.resources import Document


@dataclass(frozen=True)
class Outcome:
    """When to look again (seconds; 0: when something changes), and whether other objects are waited for.

    `others` are to be written as they stand there: changed copies, or new objects, which have no uid.
    """

    after: float = 0
    is_waiting: bool = False
    others: tuple[Document, ...] = ()


def time_of(text: str) -> datetime:
    """Read RFC 3339, also with more digits of a second than Python keeps."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    digits = (fraction + "000000")[:6]
    return datetime.fromisoformat(f"{whole}.{digits}").replace(tzinfo=UTC)
