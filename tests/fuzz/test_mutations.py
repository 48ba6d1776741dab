"""Ordinary requests with something odd in them, sent as bytes: the portal answers or hangs up, and stays well."""

from __future__ import annotations

import json

import pytest

from tests.fuzz.cases import CASES, keep
from tests.fuzz.fuzzing import SLOW_SECONDS, Fuzzed

GET_SECONDS = 0.1
WARM = 20_000  # requests, until which the memory may grow
GROWTH_MIB = 20  # from then on


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(CASES.glob("*.json")), ids=lambda file: file.stem)
def test_what_failed_once_does_so_no_more(fuzzed: Fuzzed, file):
    """`uid`s and versions in it are those of another portal, its tokens are this one's."""
    message = json.loads(file.read_text())["message"]
    for caller, token in fuzzed.tokens.items():
        message = message.replace(f"<token.{caller}>", token)
    assert not fuzzed.complaint(message.encode("latin-1"))
    assert not fuzzed.logged()


@pytest.mark.parametrize(
    "count",
    [pytest.param(4_000, marks=pytest.mark.slow), pytest.param(90_000, marks=pytest.mark.soak)],
)
def test_odd_requests_are_answered_and_do_no_harm(fuzzed: Fuzzed, capsys, count):
    """No 5xx, no stack trace, nothing beyond two seconds, no growth of memory; and all objects can be read after."""
    with capsys.disabled():
        print(f"\nPORTAL_FUZZ_SEED={fuzzed.seed}")
    fuzzed.run(count)
    statuses = ", ".join(f"{status}: {number}" for status, number in sorted(fuzzed.statuses.items()))
    with capsys.disabled():
        print(
            f"answers {statuses} (0: none)\nthe slowest took {fuzzed.slowest * 1000:.0f} ms; MiB by requests:"
        )
        print(
            *(f"{number}: {mib:.0f}" for number, mib in fuzzed.memory[:: max(len(fuzzed.memory) // 20, 1)]),
            sep=", ",
        )
    kept = [f"{keep(case.message, case.complaint, fuzzed.tokens)}\n  {case}" for case in fuzzed.found]
    assert not kept, "\n".join(kept)
    assert fuzzed.slowest < SLOW_SECONDS
    assert_well(fuzzed)
    warm = [mib for number, mib in fuzzed.memory if number >= WARM]
    assert not warm or max(warm[len(warm) // 2 :]) - max(warm[: len(warm) // 2]) < GROWTH_MIB


def assert_well(fuzzed: Fuzzed) -> None:
    """It answers quickly, its columns are as the objects say, and each object can be put back as it was read."""
    assert fuzzed.portal.process.poll() is None
    assert fuzzed.get_seconds() < GET_SECONDS
    assert "All columns are as the objects say" in fuzzed.portal.manage("check_columns")
    assert fuzzed.unreadable() == []
