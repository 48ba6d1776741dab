"""The servers that scenarios are played against: the portal, and real ones that have the same kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parity import servers
from tests.parity.playing import Server
from tests.peers.kube import ControlPlane
from tests.peers.portal import PortalProcess
from tests.shared import PLACE


@pytest.fixture(scope="module")
def played(
    kubectl: Path, kube_apiserver: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    """By name: the portal, a real server with the CRDs that it prints, one with the real CRDs where they are."""
    folder = tmp_path_factory.mktemp("parity")
    with PortalProcess(folder) as portal, ControlPlane(users=servers.USERS) as plane:
        found = {"portal": servers.portal_server(portal)}
        servers.prepare(plane, kubectl, servers.printed_crds())
        found["printed CRDs"] = servers.plane_server(plane)
        if (PLACE / "crds").exists():
            servers.prepare(kube_apiserver, kubectl, servers.real_crds(PLACE / "crds"))
            found["real CRDs"] = servers.plane_server(kube_apiserver)
        yield found
        for server in found.values():
            server.close()
