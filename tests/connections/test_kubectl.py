"""Real kubectl: a connection from its first second to its last, in a portal whose worker looks at it by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from tests.connections.builders import OPERATOR, connection
from tests.peers.kube import ControlPlane
from tests.peers.portal import Kubectl, PortalProcess

pytestmark = pytest.mark.peers

CONDITION = 'jsonpath={.status.conditions[?(@.type=="%s")].%s}'


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("portal")) as running:
        yield running


def secret(token: str) -> str:
    """The Secret with the account, as people write it."""
    meta = {"name": "site-1", "namespace": OPERATOR}
    return yaml.safe_dump(
        {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"token": token}}
    )


def told(run: Kubectl, type_: str, part: str) -> str:
    return run("get", "connection", "site-1", "-o", CONDITION % (type_, part)).strip()


def test_a_connection_comes_is_tried_and_goes(portal, kubectl, kube_apiserver: ControlPlane):
    admin = Kubectl(kubectl, portal, "admin")
    document = connection(server=kube_apiserver.url, certificateAuthority=kube_apiserver.ca_file.read_text())
    admin("apply", "-f", "-", given=yaml.safe_dump(document))
    admin("wait", "connection/site-1", "--for=condition=Ready=false", "--timeout=20s")
    assert told(admin, "Ready", "reason") == "AccountUnusable"
    admin("apply", "-f", "-", given=secret("hush-hush"))
    admin("wait", "connection/site-1", "--for=condition=Reachable=true", "--timeout=20s")
    assert told(admin, "Authorized", "reason") == "CredentialsRefused"
    admin("apply", "-f", "-", given=secret(kube_apiserver.tokens["admin"]))
    admin("wait", "connection/site-1", "--for=condition=Authorized=true", "--timeout=20s")
    assert told(admin, "Served", "status") in ("True", "False")  # as other tests have left the server
    line = admin("get", "conn", "site-1", "--no-headers", "-o", "wide").split()
    assert line[:3] == ["site-1", "Supervisor", kube_apiserver.url]
    described = admin("describe", "connection", "site-1") + admin("get", "events", "-n", OPERATOR)
    assert "CredentialsRefused" in described
    assert "hush" not in described + portal.log.read_text()
    assert kube_apiserver.tokens["admin"] not in described + portal.log.read_text()
    admin("delete", "connection", "site-1")


def test_what_is_refused_names_the_field_and_nobody_else_may(portal, kubectl):
    admin, alice = (Kubectl(kubectl, portal, name) for name in ("admin", "alice"))
    refused = admin.run("create", "-f", "-", given=yaml.safe_dump(connection(server="http://a")))
    assert "spec.supervisor.server" in refused.stderr
    assert "SECRETREF" in admin("explain", "connection.spec.supervisor.secretRef").upper()
    assert alice.run("get", "connections").returncode != 0
    assert alice.run("auth", "can-i", "create", "connections.vmportal.dev").stdout.startswith("no")
