"""Runs the cases and says how far portal and reference agree. Called by `__main__` and by the test with the ratchet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.conformance.answer import answer
from tests.conformance.compare import differences
from tests.conformance.corpus import Environment, Object, Worlds
from tests.conformance.quirks import QUIRKS, quirk_of
from vmportal.admission import Outcome
from vmportal.kind import Kind


@dataclass(frozen=True)
class Result:
    """A case, the reference's answer, the portal's (None of a kind that it does not know), and the difference.

    `quirk` is the id of the quirk of the reference for which the portal answers otherwise, and rightly so.
    """

    case: Object
    expected: Object
    outcome: Outcome | None
    unlike: tuple[str, ...] = ()
    quirk: str = ""

    @property
    def answer(self) -> Object:
        """The portal's answer, as a line for others to compare."""
        found = self.outcome
        if found is None:
            return {"id": self.case["id"], "unknownKind": self.case["kind"]}
        allowed = not found.errors
        return {
            "id": self.case["id"],
            "allowed": allowed,
            "stage": found.stage,
            "errors": [[error.path, error.type] for error in found.errors],
            "object": found.object if allowed else None,
        }


def run(
    pairs: Iterable[tuple[Object, Object]],
    kinds: Mapping[str, Kind],
    worlds: Worlds,
    environment: Environment,
) -> Iterator[Result]:
    """A result for each case with its expected answer."""
    for case, expected in pairs:
        if case["id"] != expected["id"]:
            raise ValueError(f"cases and answers are not in the same order: {case['id']}, {expected['id']}")
        kind = kinds.get(case["kind"])
        if kind is None:
            yield Result(case, expected, None, (f"the portal has no kind {case['kind']} yet",))
            continue
        outcome = answer(case, kind, worlds, environment)
        unlike = tuple(differences(case, expected, outcome))
        quirk = quirk_of(case, expected, outcome) if unlike or expected.get("panic") else ""
        yield Result(case, expected, outcome, () if quirk else unlike, quirk)


def table(results: Iterable[Result]) -> Iterator[str]:
    """Lines: agree, quirks and differ, by family and kind; then how many cases each quirk explains."""
    counts: Counter[tuple[str, str, str]] = Counter()
    quirks: Counter[str] = Counter()
    for result in results:
        column = "differ" if result.unlike else "quirk" if result.quirk else "agree"
        counts[result.case["family"], result.case["kind"], column] += 1
        quirks[result.quirk] += bool(result.quirk)
    columns = ("agree", "quirk", "differ")
    yield f"{'family':<12} {'kind':<34} " + " ".join(f"{column:>6}" for column in columns)
    for family, kind in sorted({place[:2] for place in counts}):
        row = " ".join(f"{counts[family, kind, column]:>6}" for column in columns)
        yield f"{family:<12} {kind:<34} {row}"
    for quirk in QUIRKS:
        if quirks[quirk.id]:
            yield f"{quirks[quirk.id]} by {quirk.id}: {quirk.sentence}"


def shown(result: Result) -> Iterator[str]:
    """A difference, to be read: what was asked, what each side says, and what is otherwise."""
    case, expected = result.case, result.expected
    yield f"--- {case['id']} ({case['operation']} {case['kind']} by {case['user']})"
    yield f"    {case.get('why', '')}"
    if case.get("features") or case.get("world"):
        yield f"    features {case.get('features')}, world {case.get('world') or []}"
    yield f"    reference {_said(expected['stage'], expected.get('errors') or ())}"
    if result.outcome is not None:
        errors = [(error.path, error.type, error.rule) for error in result.outcome.errors]
        yield f"    portal    {_said(result.outcome.stage, errors)}"
    yield from (f"    ! {line}" for line in result.unlike)


def _said(stage: str, errors: Iterable[Any]) -> str:
    return f"{stage:<9}" + "; ".join(" ".join(part for part in error if part) for error in errors)
