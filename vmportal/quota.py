"""What the store asks of whoever keeps a namespace within its quotas; pure. `storage.ledger` keeps them.

The store calls `book`, `rebook` and `release` inside its transaction, under the counter: as that lets in one writer
at a time, what is summed up there cannot change before the write is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from vmportal.admission import Admitting, Want

Object = dict[str, Any]
Due = tuple[str, str]  # uid and `Shape.group_resource` of an object whose work is due


@dataclass(frozen=True)
class Line:
    """How one limit stands to a request: whole numbers, bytes for storage and memory."""

    quota: str  # the name of the object that sets the limit
    resource: str  # as that object writes it
    requested: int
    used: int
    limit: int
    is_bytes: bool
    path: str = ""  # where the request asks for it

    @property
    def left(self) -> int:
        """What is free before the request; never below 0."""
        return max(0, self.limit - self.used)

    @property
    def is_exceeded(self) -> bool:
        return self.used + self.requested > self.limit


@dataclass(frozen=True)
class Asked:
    """What a request asks of its namespace. `detail` is known to the keeper alone."""

    detail: Any
    warnings: tuple[str, ...] = ()


class Quota(Protocol):
    """Keeps the objects of one kind within what their namespaces may have."""

    def references(self, request: Admitting) -> Iterable[Want]:
        """What `ask` looks up."""

    def ask(self, request: Admitting) -> Asked | None:
        """What an admitted request asks for; pure. Raises `NotFound`, `BadRequest` when that cannot be told."""

    def check(self, asked: Asked) -> tuple[Line, ...]:
        """The limits that the request meets. Raises `Exceeded`."""

    def book(self, obj: Object, asked: Asked) -> list[Due]:
        """Check, and note what a new object takes. Raises `Exceeded`; returns whose usage has to be told anew."""

    def rebook(self, old: Object, new: Object, asked: Asked | None) -> None:
        """Check, and note what a changed object takes; without `asked` only what was seen of it has changed."""

    def release(self, old: Object) -> None:
        """Note that an object is gone."""

    def unbooked(self) -> list[Object]:
        """The objects of which is not noted what they take: those that were there before the notes were."""

    def book_again(self, request: Admitting) -> bool:
        """Note what an object takes without checking anything; False where nothing is to be noted."""

    def forget_gone(self) -> int:
        """Take away notes on objects that are not there; how many there were."""
