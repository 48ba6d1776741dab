"""Connections to a real API server: what is found there is told, and what is wrong is told in words."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.builders import by, create, kind
from tests.certificates import Authority
from tests.connections.builders import OPERATOR, connection, encoded, kubeconfig, secret
from tests.peers.build import build
from tests.peers.crds import reduced
from tests.peers.kube import ControlPlane
from tests.shared import shared
from vmportal import service, tasks, work
from vmportal.models import Connection, Event

pytestmark = [pytest.mark.peers, pytest.mark.django_db, pytest.mark.usefixtures("own_namespace")]

VMOP = "vmoperator.vmware.com"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("clients")


@pytest.fixture(scope="module")
def plane(tmp_path_factory, authority, kubectl) -> Iterator[ControlPlane]:
    """A kube-apiserver that believes the authority, without any CRD at first."""
    ca = tmp_path_factory.mktemp("ca") / "ca.crt"
    ca.write_text(authority.pem)
    with ControlPlane(users={"alice": [], "carol": []}, flags=[f"--client-ca-file={ca}"]) as running:
        yield running


@pytest.fixture(scope="module")
def with_crds(plane) -> ControlPlane:
    """The same, with the real CRDs."""
    folder = shared("crds")
    files = [*sorted(folder.glob("*.yaml")), *sorted((folder / "external").glob("*.yaml"))]
    run(plane, "apply", "--server-side", "-f", "-", given=reduced(files, "v1alpha5"))
    run(plane, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    return plane


def run(plane: ControlPlane, *arguments: str, given: str = "") -> str:
    command = [str(build("kubectl")), "--kubeconfig", str(plane.kubeconfig()), *arguments]
    for _ in range(5):  # a CRD of a moment ago has no conditions yet
        done = subprocess.run(command, input=given, capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout
        time.sleep(0.5)
    raise AssertionError(done.stderr)


def looked(document: dict, **values: str) -> dict:
    """The status of a new connection after one look."""
    create(secret(**values))
    return look(create(document)["metadata"]["uid"])


def look(uid: str) -> dict:
    work.nudge_now(uid)
    tasks.sync("connections.vmportal.dev", uid)
    return json.loads(Connection.objects.get(uid=uid).body)["status"]


def told(status: dict, type_: str) -> tuple[str, str, str]:
    one = next(one for one in status["conditions"] if one["type"] == type_)
    return one["status"], one["reason"], one["message"]


def there(plane: ControlPlane, **supervisor) -> dict:
    return connection(server=plane.url, certificateAuthority=plane.ca_file.read_text(), **supervisor)


def test_a_cluster_without_vm_operator(plane):
    status = looked(there(plane), token=plane.tokens["admin"])
    assert told(status, "Reachable")[0] == "True"
    assert told(status, "Authorized")[0] == "True"
    assert told(status, "Served")[:2] == ("False", "KindsMissing")
    assert f"virtualmachines.{VMOP} v1alpha5" in told(status, "Ready")[2]
    assert Event.objects.filter(involved_kind="Connection", namespace=OPERATOR, type="Warning").count() == 1


def test_a_token_of_an_admin(with_crds):
    status = looked(there(with_crds), token=with_crds.tokens["admin"])
    assert told(status, "Ready")[0] == "True"
    assert (status["account"], status["version"][:3]) == ("admin", "v1.")
    assert {one["state"] for one in status["kinds"]} == {"Served"}
    enabled = {one["name"]: (one["enabled"], one["source"]) for one in status["capabilities"]}
    assert enabled["VMGroups"] == (True, "Assumed")
    assert "missingRights" not in status or status["missingRights"] == []


def test_what_the_supervisor_says_of_itself(with_crds):
    own = {"apiVersion": "iaas.vmware.com/v1alpha1", "kind": "Capabilities", "spec": {}}
    own["metadata"] = {"name": "supervisor-capabilities"}
    run(with_crds, "apply", "-f", "-", given=json.dumps(own))
    said = '{"status": {"supervisor": {"supports_VM_service_VM_groups": {"activated": false}, \
        "supports_VM_service_mutable_networks": {"activated": true}}}}'
    path = ("capabilities", "supervisor-capabilities", "--type=merge", "-p", said)
    crd = run(
        with_crds,
        "get",
        "crd",
        "capabilities.iaas.vmware.com",
        "-o",
        "jsonpath={.spec.versions[0].subresources}",
    )
    run(with_crds, "patch", *path, *(["--subresource=status"] if "status" in crd else []))
    status = looked(there(with_crds), token=with_crds.tokens["admin"])
    enabled = {one["name"]: (one["enabled"], one["source"]) for one in status["capabilities"]}
    assert enabled["VMGroups"] == (False, "Reported")
    assert enabled["MutableNetworks"] == (True, "Reported")


def test_a_client_certificate(with_crds, authority):
    certificate, key = authority.issue("robot", "system:masters")
    status = looked(there(with_crds), tls_crt=certificate, tls_key=key)
    assert told(status, "Ready")[0] == "True"
    assert status["account"] == "robot"


def test_a_kubeconfig(with_crds):
    cluster = {"server": with_crds.url, "certificate-authority-data": encoded(with_crds.ca_file.read_text())}
    given = kubeconfig({"token": with_crds.tokens["admin"]}, **cluster)
    assert told(looked(connection(server=None), kubeconfig=given), "Ready")[0] == "True"


def test_a_kubeconfig_that_is_mounted(with_crds, settings, tmp_path):
    (tmp_path / "outside").write_text("kind: Config")
    folder = tmp_path / "mounted"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "site").write_bytes(with_crds.kubeconfig().read_bytes())
    settings.KUBECONFIG_DIR = str(folder)
    uid = create(connection(server=None, secretRef=None, kubeconfigFile="site"))["metadata"]["uid"]
    assert told(look(uid), "Ready")[0] == "True"

    def elsewhere(found: dict) -> dict:
        found["spec"]["supervisor"]["kubeconfigFile"] = "link"
        return found

    service.update(kind("Connection"), "", "site-1", elsewhere, by())
    assert told(look(uid), "Authorized")[:2] == ("False", "AccountUnusable")


def test_a_certificate_that_has_run_out(with_crds, authority):
    certificate, key = authority.issue("robot", "system:masters", days=-1)
    status = looked(there(with_crds), tls_crt=certificate, tls_key=key)
    assert told(status, "Reachable")[0] == "True"
    assert told(status, "Authorized")[:2] == ("False", "CredentialsRefused")


def test_a_token_that_is_not_known_and_then_another(with_crds):
    create(secret(token="hush-hush"))
    uid = create(there(with_crds))["metadata"]["uid"]
    status = look(uid)
    assert told(status, "Authorized")[:2] == ("False", "CredentialsRefused")
    assert "hush" not in str(status)
    good = secret(token=with_crds.tokens["admin"])["data"]
    service.update(kind("Secret"), OPERATOR, "site-1", lambda found: {**found, "data": good}, by())
    due = [found for _, found in work.due(10)]
    assert uid in due, "a new Secret is tried at once"
    status = look(uid)
    assert told(status, "Ready")[0] == "True"
    assert status["lastError"], "what went wrong before is still to be read"


def test_an_account_without_rights(with_crds):
    status = looked(there(with_crds), token=with_crds.tokens["alice"])
    assert told(status, "Authorized")[:2] == ("False", "RightsMissing")
    assert told(status, "Served")[0] == "True"
    missing = {one["name"]: one["verbs"] for one in status["missingRights"]}
    assert missing[f"virtualmachines.{VMOP}"] == ["get", "list", "watch", "create", "patch", "delete"]
    assert "alice may not" in told(status, "Ready")[2]


def test_an_account_of_some_namespaces(with_crds):
    run(with_crds, "create", "namespace", "one")
    run(
        with_crds,
        "create",
        "rolebinding",
        "carol",
        "-n",
        "one",
        "--clusterrole=cluster-admin",
        "--user=carol",
    )
    status = looked(there(with_crds, namespaces=["one", "two"]), token=with_crds.tokens["carol"])
    where = {
        one.get("namespace") for one in status["missingRights"] if one["name"].startswith("virtualmachines.")
    }
    assert where == {"two"}


def test_a_server_that_another_authority_has_signed(with_crds):
    document = connection(server=with_crds.url, certificateAuthority=Authority().pem)
    status = looked(document, token=with_crds.tokens["admin"])
    assert told(status, "Reachable")[:2] == ("False", "CertificateRefused")
    assert told(status, "Authorized")[0] == "Unknown"


def test_a_server_that_is_killed(kubectl):
    with ControlPlane() as plane:
        create(secret(token=plane.tokens["admin"]))
        uid = create(there(plane))["metadata"]["uid"]
        before = look(uid)
        plane.processes[-1].kill()
        plane.processes[-1].wait()
        after = look(uid)
    assert told(after, "Reachable")[:2] == ("False", "Unreachable")
    assert after["lastSeen"] == before["lastSeen"]
    assert after["version"] == before["version"]
    assert Connection.objects.get(uid=uid).generation == 1
