"""The portal answers as a real kube-apiserver with the same kinds: scenario by scenario, step by step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.parity.answers import Differs, differences
from tests.parity.differences import DIFFERENCES, covers, listed
from tests.parity.language import Scenario
from tests.parity.playing import Server
from tests.parity.scenarios import SCENARIOS
from tests.shared import shared

LEAST = 150  # scenarios


@pytest.mark.peers
@pytest.mark.parametrize("number", range(len(SCENARIOS)), ids=[one.name for one in SCENARIOS])
def test_clients_see_the_same_as_of_a_kube_apiserver(played, number):
    scenario = SCENARIOS[number]
    found = play(played, scenario, f"parity-{number}")
    places = list(listed(scenario.name))
    new = [one for one in found if not any(covers(place, one.place) for place in places)]
    assert not new, "\n".join(map(str, new))
    stale = [place for place in places if not any(covers(place, one.place) for one in found)]
    assert not stale, f"nothing differs any more at {stale}: take it out of differences.py"


def play(played: dict[str, Server], scenario: Scenario, namespace: str) -> list[Differs]:
    """What the portal answers otherwise than any of the real servers; all are played at once."""
    with ThreadPoolExecutor(len(played)) as threads:
        ours, *theirs = threads.map(lambda server: server.play(scenario, namespace), played.values())
    return [one for answers in theirs for one in differences(ours, answers)]


@pytest.mark.peers
def test_the_real_crds_are_among_them(played):
    shared("crds")
    assert "real CRDs" in played


def test_scenarios_have_names_of_their_own():
    assert len({one.name for one in SCENARIOS}) == len(SCENARIOS) >= LEAST


def test_differences_are_of_scenarios_that_there_are():
    named = {name for scenarios in DIFFERENCES.values() for name in scenarios}
    assert named <= {one.name for one in SCENARIOS}
