"""Where the portal is right and the reference is not: predicates, each with its id, counted apart. Used by the runner.

Quirks that policy puts right (QRK-01, QRK-03 …) are none of these: without policy the portal answers as the reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.conformance.corpus import Object
from vmportal.admission import Outcome

INT32 = range(-(2**31), 2**31)
_STEPS = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True)
class Quirk:
    """`holds` says of a case, the reference's answer and the portal's whether the quirk explains the difference."""

    id: str
    sentence: str
    holds: Callable[[Object, Object, Outcome], bool]


def quirk_of(case: Object, expected: Object, outcome: Outcome) -> str:
    """The id of the quirk that explains why the answers are not alike; empty if none does."""
    return next((quirk.id for quirk in QUIRKS if quirk.holds(case, expected, outcome)), "")


def _is_cut_off(case: Object, expected: Object, outcome: Outcome) -> bool:
    """All that the portal refuses, or all that it refuses beyond the reference, is numbers of more than 32 bits."""
    cut = {error for error in outcome.errors if _is_beyond_32_bits(_at(case["object"], error.path))}
    others = {error.path for error in outcome.errors if error not in cut}
    same = {path for path, _ in expected.get("errors") or () if path}
    return outcome.stage == "schema" and bool(cut) and (not others or others == same)


def _is_beyond_32_bits(value: Any) -> bool:
    return type(value) is int and value not in INT32


def _at(obj: Any, path: str) -> Any:
    """What stands at an error's path, `spec.volumes[0].unitNumber`."""
    for step in _STEPS.findall(path):
        if isinstance(obj, list) and step.isdigit() and int(step) < len(obj):
            obj = obj[int(step)]
        else:
            obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _is_crash_over_a_bus(case: Object, expected: Object, outcome: Outcome) -> bool:
    return bool(expected.get("panic")) and any(
        error.type == "Required" and error.path.endswith(".controllerBusNumber") for error in outcome.errors
    )


QUIRKS = (
    Quirk(
        "PIPE-10",
        "The reference cuts an integer off at 32 bits while defaulting; the portal refuses it where it stands.",
        _is_cut_off,
    ),
    Quirk(
        "QRK-02",
        "The reference crashes over a shared volume without bus; the portal says that the bus is missing.",
        _is_crash_over_a_bus,
    ),
)
