"""One portal for all clients, as a process of its own with TLS, and its users' kubeconfigs.

What a client needs of the world stands in its own test file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.portal import Kubectl, PortalProcess


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("clients")) as running:
        yield running


@pytest.fixture(scope="session")
def as_alice(portal: PortalProcess) -> Path:
    """The kubeconfig of an admin of team-a, which it points to."""
    return portal.kubeconfig("alice")


@pytest.fixture(scope="session")
def as_admin(portal: PortalProcess) -> Path:
    """The kubeconfig of the portal's administrator."""
    return portal.kubeconfig("admin")


@pytest.fixture(scope="module")
def alice(portal: PortalProcess, kubectl: Path) -> Kubectl:
    """Admin of team-a, which is where her kubeconfig points."""
    return Kubectl(kubectl, portal, "alice")


@pytest.fixture(scope="module")
def admin(portal: PortalProcess, kubectl: Path) -> Kubectl:
    return Kubectl(kubectl, portal, "admin")
