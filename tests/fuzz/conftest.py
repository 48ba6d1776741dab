"""One portal for all the fuzz; what fails is kept in tests/fuzz/cases and played again from then on."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator

import pytest

from tests.fuzz.fuzzing import Fuzzed, fuzzed_portal


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> str:
    """`PORTAL_FUZZ_SEED`; else always the same, and in a soak another each day."""
    is_soak = "soak" in request.config.getoption("-m") and "not" not in request.config.getoption("-m")
    return os.environ.get("PORTAL_FUZZ_SEED") or (dt.date.today().isoformat() if is_soak else "1")


@pytest.fixture(scope="session")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, seed: str) -> Iterator[Fuzzed]:
    with fuzzed_portal(tmp_path_factory.mktemp("fuzzed"), seed) as fuzzed:
        yield fuzzed
