"""`python -m tests.conformance.mutants`: is every rule and default held by the corpus?

Switches off one catalogue id at a time: first only the cases that name it are asked, the whole corpus for
those that survive. A survivor needs a word on what holds it instead; exits 1 when one has none, or no longer survives.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import django

from tests.conformance.corpus import (
    DATA,
    Environment,
    Object,
    Worlds,
    read_environment,
    read_lines,
    read_objects,
)
from vmportal.admission.rule import Finding, Rule

# Ids that the corpus does not hold, and what does. None is without effect.
UNTRIED: Mapping[str, str] = {
    "GPB-04": "no case names a library that is not there: tests/groups",
    "GRP-02": "no case sends a malformed time that defaulting does not overwrite first: tests/groups",
    "MU-08": "no case has an owner reference to the group it leaves: tests/vms",
    "PIPE-10": "the replica sets' step: the corpus sends odd types of other kinds only: tests/vms",
    "PUB-09": "no case adds the label as an ordinary user: tests/vms",
    "SRP-06": "no case changes the module groups alone: tests/vms",
    "SVC-17": "an empty type has no case; a missing one is the schema's: tests/vms",
    "VB-05": "no case has both cloud configs: tests/vms",
    "VB-09": "no case has both a value and a Secret: tests/vms",
    "VB-17": "VB-19 says the same at the same place in the one case: tests/vms",
    "VH-04": "an exemption: the row itself refuses nothing, its absence is no mutant of this sort: tests/vms",
    "VN-15": "VN-10 says the same at the same place in the one case: tests/vms",
    "VN-28": "an exemption, as VH-04: tests/vms",
    "VO-09": "no case boots from a CD-ROM that a VM has not: tests/vms",
    "WCR-01": "an empty name has no case; a missing one is the schema's: tests/vms",
    "WCR-02": "an empty key has no case; a missing one is the schema's: tests/vms",
}


@dataclass(frozen=True)
class Mutant:
    """A kind without one id of its defaults or rules, or of what cannot be read."""

    kind: str
    id: str  # of the catalogue
    part: str  # unreadable, defaults, rules


class Corpus:
    """All cases with their answers, asked of kinds that lack something."""

    def __init__(self) -> None:
        pairs = zip(read_lines(DATA / "cases.jsonl.gz"), read_lines(DATA / "expected.jsonl.gz"), strict=True)
        self.pairs: list[tuple[Object, Object]] = list(pairs)
        self.worlds = Worlds(read_objects(DATA / "world.yaml"), DATA / "overlays")
        self.environment: Environment = read_environment(DATA / "environment.yaml")

    def kills(self, mutant: Mutant) -> bool:
        """Whether some case is answered otherwise than the reference does."""
        of_kind = [pair for pair in self.pairs if pair[0]["kind"] == mutant.kind]
        named = [pair for pair in of_kind if mutant.id in pair[0]["rules"]]
        return self._differs(mutant, named) or self._differs(mutant, of_kind)

    def _differs(self, mutant: Mutant, pairs: Iterable[tuple[Object, Object]]) -> bool:
        from tests.conformance.report import run  # needs Django's setup

        return any(result.unlike for result in run(pairs, mutated(mutant), self.worlds, self.environment))


def mutants() -> Iterator[Mutant]:
    from vmportal.kinds import KINDS

    for kind in KINDS:
        for part in ("unreadable", "defaults", "rules"):
            ids = {id_ for entry in getattr(kind.admission, part) for id_ in entry.ids}
            yield from (Mutant(kind.shape.kind, id_, part) for id_ in sorted(ids))


def mutated(mutant: Mutant) -> dict:
    from vmportal.kinds import KINDS

    kinds = {kind.shape.kind: kind for kind in KINDS}
    kind = kinds[mutant.kind]
    entries = getattr(kind.admission, mutant.part)
    if mutant.part == "defaults":  # a step that fills in two things is one step
        without = tuple(entry for entry in entries if mutant.id not in entry.ids)
    else:
        without = tuple(_without(entry, mutant.id) for entry in entries)
    kinds[mutant.kind] = replace(kind, admission=replace(kind.admission, **{mutant.part: without}))
    return kinds


def _without(entry: Rule, id_: str) -> Rule:
    """An entry of several ids, silent about one of them."""
    if id_ not in entry.ids:
        return entry
    first = entry.id

    def check(admitting) -> Iterator[Finding]:
        for found in entry.check(admitting) or ():
            if (getattr(found, "rule", "") or first) != id_:
                yield found

    return replace(entry, check=check)


def survivors(corpus: Corpus) -> Iterator[Mutant]:
    judged = {pair[0]["kind"] for pair in corpus.pairs}
    for mutant in mutants():
        if mutant.kind in judged and not corpus.kills(mutant):
            yield mutant


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
    django.setup()
    corpus, alive = Corpus(), set()
    for mutant in survivors(corpus):
        alive.add(mutant.id)
        print(
            f"{mutant.kind} {mutant.part} {mutant.id}: {UNTRIED.get(mutant.id, 'SURVIVES WITHOUT A REASON')}"
        )
    stale = sorted(set(UNTRIED) - alive)
    for id_ in stale:
        print(f"{id_}: has a reason and does not survive")
    count = sum(1 for _ in mutants())
    print(f"{count} mutants, {len(alive)} ids survive, {len(alive - set(UNTRIED))} without a reason")
    return 1 if stale or alive - set(UNTRIED) else 0


if __name__ == "__main__":
    sys.exit(main())
