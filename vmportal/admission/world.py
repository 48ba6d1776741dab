"""What rules may look up: other objects, named beforehand and fetched together. For rules and the service.

A kind's `references(admitting)` names what its rules may ask for, as `Want`s: plain look-ups by name, label
or field. `look_up` fetches them in at most three steps, the later for what only a found object can name
(a claim leads to its StorageClass, that to its StoragePolicy), and gives the rules a world that knows exactly these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from vmportal.admission.reading import Object, get, label, text

if TYPE_CHECKING:
    from vmportal.admission.admitting import Admitting

STEPS = 3


@dataclass(frozen=True)
class Want:
    """One look-up: the objects of a kind in a namespace ("": cluster-wide) that fit all that is given.

    `label` is a label key that must be present, `value` its value if not None. `field` is a place in the
    object, as in a field selector (`status.name`), that must hold the text `equals`; rows have a column
    for it.
    """

    kind: str
    namespace: str = ""
    name: str = ""
    label: str = ""
    value: str | None = None
    field: str = ""
    equals: str = ""

    def fits(self, obj: Object) -> bool:
        """Whether an object of this kind and namespace is one of the wanted."""
        if self.name and text(obj, "metadata.name") != self.name:
            return False
        if self.label:
            found = label(obj, self.label)
            if found is None or (self.value is not None and found != self.value):
                return False
        return not self.field or get(obj, self.field) == self.equals


class World(Protocol):
    """What is known of other objects. A question that no `Want` announced is a defect, and raises."""

    def find(self, want: Want) -> list[Object]: ...

    def get(self, kind: str, namespace: str, name: str) -> Object | None: ...


class MemoryWorld:
    """A world in memory. With `wants` it answers only these, and raises `LookupError` for any other."""

    def __init__(self, objects: Iterable[Object] = (), wants: Iterable[Want] | None = None) -> None:
        self._wants = None if wants is None else frozenset(wants)
        self._by_kind: dict[tuple[str, str], dict[str, Object]] = {}
        for obj in objects:
            place = (text(obj, "kind"), text(obj, "metadata.namespace"))
            self._by_kind.setdefault(place, {})[text(obj, "metadata.name")] = obj

    @property
    def wants(self) -> frozenset[Want]:
        """The questions it answers, if it has been told which."""
        return self._wants or frozenset()

    def objects(self) -> Iterator[Object]:
        """All that it knows."""
        return (obj for known in self._by_kind.values() for obj in known.values())

    def find(self, want: Want) -> list[Object]:
        """The objects that fit, in no particular order."""
        if self._wants is not None and want not in self._wants:
            raise LookupError(f"not among the references of the kind: {want}")
        known = self._by_kind.get((want.kind, want.namespace), {})
        if want.name:
            known = {want.name: known[want.name]} if want.name in known else {}
        return [obj for obj in known.values() if want.fits(obj)]

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object of that name. No object has an empty name."""
        found = self.find(Want(kind, namespace, name)) if name else []
        return found[0] if found else None


References = Callable[["Admitting"], Iterable[Want]]
Fetch = Callable[[frozenset[Want]], Iterable[Object]]


def look_up(admitting: Admitting, references: References, fetch: Fetch, *, beside: bool = False) -> Admitting:
    """The request with all that its rules may look up, `beside` what its world knows already or instead of that.

    Calls `fetch` at most three times, never for nothing.
    """
    wants: frozenset[Want] = frozenset()
    objects: list[Object] = []
    if beside and isinstance(admitting.world, MemoryWorld):
        wants, objects = admitting.world.wants, list(admitting.world.objects())
    for _ in range(STEPS):
        asked = frozenset(references(replace(admitting, world=MemoryWorld(objects))))
        if asked <= wants:
            break
        objects.extend(fetch(asked - wants))
        wants |= asked
    return replace(admitting, world=MemoryWorld(objects, wants))
