"""The real servers and clients as pytest fixtures; where Go is missing the test is skipped and says so.

Loaded by tests/conftest.py for all tests; each stands only in tests with the marker `peers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.build import NoGo, build
from tests.peers.faults import FaultProxy
from tests.peers.kube import ControlPlane
from tests.peers.supervisor.process import Supervisor, portal_crds
from tests.peers.supervisor.webhook import Webhook
from tests.peers.vcsim import VCenter


def _binary(name: str) -> Path:
    try:
        return build(name)
    except NoGo as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """The path of a kubectl of the version that the portal is tried with."""
    return _binary("kubectl")


@pytest.fixture(scope="session")
def govc() -> Path:
    return _binary("govc")


@pytest.fixture(scope="session")
def go_clients() -> Path:
    """The program of tests/peers/go/clients."""
    return _binary("clients")


@pytest.fixture(scope="session", params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest) -> Path:
    """Helm 3 merges patches by itself; Helm 4 lets the server apply."""
    return _binary(request.param)


@pytest.fixture(scope="session")
def kube_apiserver() -> Iterator[ControlPlane]:
    """One for the whole run: a test takes a namespace of its own. `alice` in group `team-a` and `bob` are users."""
    _binary("etcd"), _binary("kube-apiserver")
    with ControlPlane(users={"alice": ["team-a"], "bob": []}) as plane:
        yield plane


@pytest.fixture
def vcsim() -> Iterator[VCenter]:
    """One for each test, with two machines: it starts in a blink."""
    _binary("vcsim")
    with VCenter("-vms", "2") as vcenter:
        yield vcenter


@pytest.fixture(scope="session")
def supervisor() -> Iterator[Supervisor]:
    """One for the whole run, with the portal's kinds and an actor without delays: a test takes a namespace of its own."""
    for name in ("etcd", "kube-apiserver", "kubectl"):
        _binary(name)
    with Supervisor(portal_crds()) as running:
        yield running


@pytest.fixture
def webhook(supervisor: Supervisor) -> Iterator[Webhook]:
    """VM Operator's webhooks, registered while the test runs; it tells them what to refuse."""
    with Webhook(supervisor) as asked:
        yield asked


@pytest.fixture
def faulty(supervisor: Supervisor) -> Iterator[FaultProxy]:
    """A way to the Supervisor that misbehaves when told to."""
    with FaultProxy(supervisor.plane) as proxy:
        yield proxy
