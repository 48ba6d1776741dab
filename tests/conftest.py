"""What every test stands on: a database file of its own run, and a last word on what was left out.

Loaded by pytest; fixtures of one area stand in that area's own conftest.
"""

from __future__ import annotations

import collections

import hypothesis
import pytest
from django.conf import settings

# How long an example takes is the machine's affair: a busy one is no fault of the portal.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")

pytest_plugins = ["tests.peers.fixtures"]

SUITES = ("browser", "peers", "postgres", "redis", "slow", "soak")
LEFT_OUT = pytest.StashKey[collections.Counter]()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, tmp_path_factory):
    """A database for each worker of each run: several people may test in one checkout."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
    else:
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(autouse=True)
def _nobody_has_asked_much_yet(settings):
    """Limits are kept in the process's memory: a test begins with none of them used, and may ask as fast as it can."""
    from vmportal.limits import Rate
    from vmportal.middleware import BUCKETS, KNOWN, PLACES

    settings.CLIENT_RATE = settings.ADDRESS_RATE = Rate(0, 0)
    for kept in (BUCKETS, KNOWN, PLACES):
        kept.clear()


def pytest_configure(config):
    config.stash[LEFT_OUT] = collections.Counter()


def pytest_deselected(items):
    for item in items:
        suite = next((name for name in SUITES if item.get_closest_marker(name)), None)
        if suite:
            item.config.stash[LEFT_OUT][suite] += 1


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # a worker of pytest-xdist: only the first process speaks
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Each worker leaves out the same tests: the count of any that lived to tell it is the count."""
    told = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT] |= collections.Counter(told)


def pytest_terminal_summary(terminalreporter, config):
    left_out = config.stash[LEFT_OUT]
    if left_out:
        suites = ", ".join(f"{name} ({left_out[name]})" for name in SUITES if left_out[name])
        first = next(name for name in SUITES if left_out[name])
        terminalreporter.write_line(
            f"NOT RUN: {suites}. `make test-all` runs them all but soak; one: pytest -m {first}", yellow=True
        )
