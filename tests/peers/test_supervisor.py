"""The other side of the Supervisor backend does what VM Operator would, as kubectl sees it.

On the portal's own CRDs and, where they lie beside the checkout, on VM Operator's.
"""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import time
import urllib.parse

import pytest

from tests.peers.faults import FaultProxy
from tests.peers.supervisor.process import Supervisor, operator_crds
from tests.peers.supervisor.webhook import Webhook
from tests.shared import shared

pytestmark = pytest.mark.peers

GROUP = "vmoperator.vmware.com/v1alpha5"
PATIENCE = "--timeout=60s"  # a busy machine


def machine(name: str = "web", **spec: object) -> dict[str, object]:
    wish = {"className": "my-vm-class", "imageName": "ubuntu-22.04", "storageClass": "my-storage-class"}
    return {
        "apiVersion": GROUP,
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": {**wish, "bootstrap": {"cloudInit": {"cloudConfig": {}}}, **spec},
    }


def other(kind: str, name: str, **spec: object) -> dict[str, object]:
    return {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec}


def claim(name: str, size: str = "5Gi") -> dict[str, object]:
    spec = {"storageClassName": "my-storage-class", "accessModes": ["ReadWriteOnce"]}
    asked = {"resources": {"requests": {"storage": size}}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {**spec, **asked},
    }


class Team:
    """One namespace, and kubectl in it."""

    def __init__(self, supervisor: Supervisor, name: str) -> None:
        self.supervisor, self.name = supervisor, supervisor.namespace(name)

    def __call__(self, *words: str, given: str | None = None) -> str:
        return self.supervisor.kubectl(*words, "-n", self.name, given=given)

    def apply(self, *objects: dict[str, object]) -> None:
        given = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self("apply", "--server-side", "--field-manager=portal", "-f", "-", given=given)

    def refusal_of(self, wish: dict[str, object]) -> str:
        words = ("apply", "--server-side", "-n", self.name, "-f", "-")
        done = self.supervisor.run(*words, given=json.dumps(wish))
        assert done.returncode, "it was not refused"
        return done.stderr

    def until(self, what: str, path: str, value: str) -> None:
        self("wait", f"--for=jsonpath={{{path}}}={value}", what, PATIENCE)

    def until_gone(self, what: str) -> None:
        self("wait", "--for=delete", what, PATIENCE)

    def get(self, kind: str, name: str) -> dict[str, object]:
        return self.supervisor.get(kind, name, self.name)

    def condition(self, name: str, condition: str) -> tuple[str, str]:
        """(status, reason)"""
        status = self.get("vm", name)["status"]
        [found] = [one for one in status["conditions"] if one["type"] == condition]
        return found["status"], found["reason"]


@pytest.fixture
def team(supervisor: Supervisor, request: pytest.FixtureRequest) -> Team:
    return Team(supervisor, f"t-{abs(hash(request.node.name)) % 10**8}")


@pytest.fixture(params=["of the portal", "of VM Operator"])
def anywhere(request: pytest.FixtureRequest) -> Team:
    """A team on each set of kinds."""
    if request.param == "of the portal":
        yield Team(request.getfixturevalue("supervisor"), "anywhere")
        return
    files = sorted(shared("crds").rglob("*.yaml"))
    request.getfixturevalue("supervisor")  # skips where Go is missing
    with Supervisor(operator_crds(files)) as running:
        yield Team(running, "anywhere")


def test_a_machine_lives_and_dies(anywhere):
    anywhere.apply(
        claim("data"), machine(volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    )
    anywhere("wait", "--for=condition=VirtualMachineCreated", "vm/web", PATIENCE)
    anywhere.until("vm/web", ".status.powerState", "PoweredOn")
    anywhere("wait", "--for=jsonpath={.status.network.primaryIP4}", "vm/web", PATIENCE)
    web = anywhere.get("vm", "web")
    assert web["spec"]["image"] == {"kind": "ClusterVirtualMachineImage", "name": "vmi-0a0044d7c690bcbea"}
    assert (
        web["spec"]["bootstrap"]["cloudInit"]["instanceID"]
        == web["spec"]["biosUUID"]
        == web["status"]["biosUUID"]
    )
    assert web["spec"]["volumes"][0]["unitNumber"] == 1  # the image's disk has 0
    assert web["status"]["zone"] == web["metadata"]["labels"]["topology.kubernetes.io/zone"]
    assert {one["observedGeneration"] for one in web["status"]["conditions"]} == {
        web["metadata"]["generation"]
    }
    managers = {one["manager"] for one in web["metadata"]["managedFields"]}
    assert managers == {"portal", "manager"}

    anywhere.supervisor.change("vm", "web", anywhere.name, {"spec": {"powerState": "PoweredOff"}})
    anywhere.until("vm/web", ".status.powerState", "PoweredOff")
    web = anywhere.get("vm", "web")
    assert "primaryIP4" not in web["status"].get("network", {})
    assert "kubectl-edit" in {one["manager"] for one in web["metadata"]["managedFields"]}
    anywhere.supervisor.change("vm", "web", anywhere.name, {"spec": {"powerState": "PoweredOn"}})
    anywhere.until("vm/web", ".status.powerState", "PoweredOn")

    for wish in (
        other("VirtualMachineSnapshot", "before", vmName="web", memory=True),
        other(
            "VirtualMachinePublishRequest", "pub", source={"name": "web"}, target={"item": {"name": "golden"}}
        ),
    ):
        anywhere.apply(wish)
    anywhere("wait", "--for=condition=VirtualMachineSnapshotReady", "vmsnapshot/before", PATIENCE)
    anywhere("wait", "--for=condition=Complete", "vmpub/pub", PATIENCE)
    image = anywhere.get("vmpub", "pub")["status"]["imageName"]
    assert anywhere.get("vmi", image)["status"]["name"] == "golden"

    anywhere("delete", "vm", "web", PATIENCE)
    anywhere.until_gone("vmsnapshot/before")  # it was the machine's
    assert anywhere.get("pvc", "data")["status"]["phase"] == "Bound"  # it was not
    anywhere("delete", "namespace", anywhere.name, PATIENCE)


def test_what_is_missing_is_said_and_awaited(team):
    team.apply(machine(className="tiny"))
    team("wait", "--for=condition=VirtualMachineClassReady=False", "vm/web", PATIENCE)
    assert team.condition("web", "VirtualMachineClassReady") == ("False", "NotFound")
    team.apply(other("VirtualMachineClass", "tiny", hardware={"cpus": 1, "memory": "1Gi"}))
    team("wait", "--for=condition=VirtualMachineCreated", "vm/web", PATIENCE)


def test_a_resize_waits_until_the_machine_is_off(team):
    team.apply(machine(powerState="PoweredOn"))
    team.until("vm/web", ".status.powerState", "PoweredOn")
    team.apply(machine(className="guaranteed-large", powerState="PoweredOn"))
    team("wait", "--for=condition=VirtualMachineClassConfigurationSynced=False", "vm/web", PATIENCE)
    team.apply(machine(className="guaranteed-large", powerState="PoweredOff"))
    team.until("vm/web", ".status.hardware.cpu.total", "4")
    assert team.condition("web", "VirtualMachineClassConfigurationSynced") == ("True", "True")


def test_going_back_to_a_snapshot_brings_its_spec_back(team):
    team.apply(machine(powerState="PoweredOff"))
    team("wait", "--for=condition=VirtualMachineCreated", "vm/web", PATIENCE)
    team.apply(other("VirtualMachineSnapshot", "before", vmName="web"))
    team("wait", "--for=condition=VirtualMachineSnapshotReady", "vmsnapshot/before", PATIENCE)
    team.apply(machine(className="guaranteed-large", powerState="PoweredOff"))
    team.until("vm/web", ".status.class.name", "guaranteed-large")
    team.supervisor.change("vm", "web", team.name, {"spec": {"currentSnapshotName": "before"}})
    team.until("vm/web", ".status.class.name", "my-vm-class")
    assert "currentSnapshotName" not in team.get("vm", "web")["spec"]


def test_a_volume_without_a_claim_is_the_disk_of_the_image(team):
    team.apply(machine(imageName="multi-disk-image", volumes=[{"name": "boot"}]))
    team.until("vm/web", ".status.powerState", "PoweredOn")
    web = team.get("vm", "web")
    size = team.get("pvc", web["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"])["spec"][
        "resources"
    ]
    assert size["requests"]["storage"] == "10Gi"
    shown = {(one["name"], one["type"], one["unitNumber"]) for one in web["status"]["volumes"]}
    assert shown == {("boot", "Managed", 0), ("disk-1", "Classic", 1)}
    team("delete", "vm", "web", PATIENCE)
    team("wait", "--for=delete", "pvc", "--all", PATIENCE)


def test_a_group_powers_its_members_once_for_each_wish(team, webhook):
    order = [{"members": [{"kind": "VirtualMachine", "name": name}]} for name in ("a", "b")]
    team.apply(
        other("VirtualMachineGroup", "g", bootOrder=order, powerState="PoweredOff"),
        *(machine(name, groupName="g") for name in ("a", "b")),
    )
    team("wait", "--for=condition=Ready", "vmg/g", PATIENCE)
    team.apply(other("VirtualMachineGroup", "g", bootOrder=order, powerState="PoweredOn"))
    for name in ("a", "b"):
        team.until(f"vm/{name}", ".status.powerState", "PoweredOn")
    team.supervisor.change("vm", "a", team.name, {"spec": {"powerState": "PoweredOff"}})
    team.until("vm/a", ".status.powerState", "PoweredOff")  # and it stays so
    team.until("vmg/g", ".status.members[0].conditions[2].reason", "NotSynced")
    assert team.get("vm", "a")["spec"]["powerState"] == "PoweredOff"
    team("delete", "vmg", "g", PATIENCE)
    team.until_gone("vm/b")


def test_owned_objects_go_with_their_owner_or_stay_as_asked(team):
    """Background, foreground and orphan, as the kube-controller-manager does, which is not there."""
    for name, cascade, stays in (
        ("one", "background", False),
        ("two", "foreground", False),
        ("three", "orphan", True),
    ):
        team.apply(machine(name))
        team("wait", "--for=condition=VirtualMachineCreated", f"vm/{name}", PATIENCE)
        owner = {"apiVersion": GROUP, "kind": "VirtualMachine", "name": name}
        owner["uid"] = team.get("vm", name)["metadata"]["uid"]
        metadata = {"name": f"of-{name}", "ownerReferences": [owner]}
        team.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
        team("delete", "vm", name, f"--cascade={cascade}", PATIENCE)
        if stays:
            assert "ownerReferences" not in team.get("secret", f"of-{name}")["metadata"]
        else:
            team.until_gone(f"secret/of-{name}")


def test_delete_checks_hold_a_machine(team):
    team.apply(machine())
    check = "delete.check.vmoperator.vmware.com/backup"
    team.supervisor.change("vm", "web", team.name, {"metadata": {"annotations": {check: "busy"}}})
    team("wait", "--for=condition=VirtualMachineCreated", "vm/web", PATIENCE)
    team("delete", "vm", "web", "--wait=false")
    team.apply(machine("next"))
    team("wait", "--for=condition=VirtualMachineCreated", "vm/next", PATIENCE)
    assert team.get("vm", "web")["metadata"]["deletionTimestamp"]
    team.supervisor.change("vm", "web", team.name, {"metadata": {"annotations": {check: None}}})
    team.until_gone("vm/web")


def test_knobs_hold_up_refuse_and_silence(team):
    where = {"namespace": team.name}
    stuck = {**where, "name": "web", "condition": "VirtualMachineImageReady", "message": "not synced yet"}
    try:
        team.supervisor.turn(
            stuck=[stuck], refuse_power_on=[{**where, "name": "off"}], silent=[{**where, "name": "mute"}]
        )
        team.apply(machine(), machine("off"), machine("mute"))
        team("wait", "--for=condition=VirtualMachineImageReady=False", "vm/web", PATIENCE)
        team("wait", "--for=condition=VirtualMachinePowerStateSynced=False", "vm/off", PATIENCE)
        assert "status" not in team.get("vm", "mute")
    finally:
        team.supervisor.turn()
    for name in ("web", "off", "mute"):
        team.until(f"vm/{name}", ".status.powerState", "PoweredOn")


def test_the_actor_goes_on_where_it_was_killed(team):
    team.supervisor.stop_actor()
    try:
        team.apply(machine())
    finally:
        team.supervisor.start_actor()
    team.until("vm/web", ".status.powerState", "PoweredOn")


def test_the_actor_outlives_its_server_and_goes_back_with_it(supervisor, tmp_path):
    """A server of its own: killed, restarted on its data, then restored from older ones, so that versions run back."""
    with Supervisor(supervisor.crds) as own:
        team = Team(own, "team")
        team.apply(machine("old"))
        team.until("vm/old", ".status.powerState", "PoweredOn")
        own.plane.kill()
        shutil.copytree(own.plane.data, tmp_path / "backup")
        own.plane.resume()
        team.apply(machine("lost"))
        team.until("vm/lost", ".status.powerState", "PoweredOn")
        own.plane.kill()
        shutil.rmtree(own.plane.data)
        shutil.copytree(tmp_path / "backup", own.plane.data)
        own.plane.resume()
        team.apply(machine("new"))
        team.until("vm/new", ".status.powerState", "PoweredOn")
        names = team("get", "vm", "-o", "jsonpath={.items[*].metadata.name}")
        assert names == "new old"


def test_a_restart_is_asked_for_once_and_dated(team, webhook):
    team.apply(machine())
    team.until("vm/web", ".status.powerState", "PoweredOn")
    team.supervisor.change("vm", "web", team.name, {"spec": {"nextRestartTime": "now"}})
    team("wait", "--for=jsonpath={.status.lastRestartTime}", "vm/web", PATIENCE)
    web = team.get("vm", "web")
    assert web["spec"]["nextRestartTime"][:19] == web["status"]["lastRestartTime"][:19]


def test_a_claim_grows(team):
    team.apply(claim("data"))
    team.until("pvc/data", ".status.phase", "Bound")
    team.apply(claim("data", "7Gi"))
    team.until("pvc/data", ".status.capacity.storage", "7Gi")
    used = "my-storage-class.storageclass.storage.k8s.io/requests.storage"
    deadline = time.monotonic() + 30
    while team.get("resourcequota", "storagequota")["status"]["used"][used] != "7Gi":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_webhook_fills_in_defaults_before_the_answer(team, webhook):
    team.supervisor.stop_actor()
    try:
        team.apply(machine())
        spec = team.get("vm", "web")["spec"]
    finally:
        team.supervisor.start_actor()
    assert spec["powerState"] == "PoweredOn"
    assert spec["instanceUUID"]
    assert spec["network"]["interfaces"][0]["name"] == "eth0"
    assert webhook.counts["mutate", "CREATE", "VirtualMachine"] == 1


def test_the_webhook_refuses_in_vm_operators_words(team, webhook):
    webhook.refuse(name="web-*", field="spec.className", message='Invalid value: "huge": too large')
    words = team.refusal_of(machine("web-1", className="huge"))
    assert "default.validating.virtualmachine.v1alpha5.vmoperator.vmware.com" in words
    assert 'spec.className: Invalid value: "huge": too large' in words
    team.apply(machine("db"))  # another name
    webhook.allow()
    team.apply(machine("web-1"))
    assert "no VM image exists" in team.refusal_of(machine("db-2", imageName="windows"))
    words = team.refusal_of(machine("db", nextRestartTime="tomorrow"))
    assert 'may only be set to "now"' in words


@pytest.mark.parametrize("code", [403, 422])
def test_the_webhook_refuses_with_the_code_it_is_told(team, webhook, code):
    webhook.refuse(code=code, times=1)
    path = f"/apis/{GROUP}/namespaces/{team.name}/virtualmachines"
    assert [asked(team.supervisor.plane.url, team, "POST", path, machine())[0] for _ in range(2)] == [
        code,
        201,
    ]


def test_the_webhook_can_be_too_slow(team):
    path = f"/apis/{GROUP}/namespaces/{team.name}/virtualmachines"
    with Webhook(team.supervisor, timeout_seconds=1) as slow:
        slow.delay = 2
        assert asked(team.supervisor.plane.url, team, "POST", path, machine())[0] == 500
        slow.delay = 0
        assert asked(team.supervisor.plane.url, team, "POST", path, machine())[0] == 201


def asked(url, team, method, path, body=None, ca=None):
    """(status, headers) of one request; raises OSError or http.client's when the connection is cut."""
    plane = team.supervisor.plane
    tls = ssl.create_default_context(cadata=ca or plane.ca_file.read_text())
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPSConnection(place.hostname, place.port, context=tls, timeout=20)
    try:
        headers = {"Authorization": f"Bearer {plane.tokens['admin']}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


def test_the_proxy_refuses_as_it_is_told_and_passes_the_rest(team, faulty):
    path = f"/apis/{GROUP}/namespaces/{team.name}/virtualmachines"
    faulty.fault(method="GET", path=path, status=429, retry_after=7)
    faulty.fault(method="GET", path=path, status=500)
    status, headers = asked(faulty.url, team, "GET", path, ca=faulty.ca)
    assert (status, headers["Retry-After"]) == (429, "7")
    assert asked(faulty.url, team, "GET", path, ca=faulty.ca)[0] == 500
    assert asked(faulty.url, team, "GET", path, ca=faulty.ca)[0] == 200
    config = str(faulty.kubeconfig(namespace=team.name))
    assert "my-vm-class" in team.supervisor.run("--kubeconfig", config, "get", "vmclass").stdout


@pytest.mark.parametrize(("cut", "is_made"), [("before", False), ("after", True)])
def test_the_proxy_cuts_before_or_after_the_server_has_acted(team, faulty, cut, is_made):
    path = f"/apis/{GROUP}/namespaces/{team.name}/virtualmachineclasses"
    faulty.fault(method="POST", cut=cut)
    wish = other("VirtualMachineClass", "tiny")
    with pytest.raises((OSError, http.client.HTTPException)):
        asked(faulty.url, team, "POST", path, wish, ca=faulty.ca)
    status, _ = asked(faulty.url, team, "GET", f"{path}/tiny", ca=faulty.ca)
    assert (status == 200) == is_made


def test_the_proxy_delays(team, faulty):
    faulty.fault(delay=1)
    began = time.monotonic()
    assert asked(faulty.url, team, "GET", "/version", ca=faulty.ca)[0] == 200
    assert time.monotonic() - began > 1


@pytest.mark.parametrize("passes_tls", [True, False])
def test_the_network_is_cut_for_a_while(team, passes_tls):
    with FaultProxy(team.supervisor.plane, passes_tls) as proxy:
        assert asked(proxy.url, team, "GET", "/version", ca=proxy.ca)[0] == 200
        proxy.cut(60)
        with pytest.raises(OSError, match=r".*"):
            asked(proxy.url, team, "GET", "/version", ca=proxy.ca)
        proxy.heal()
        assert asked(proxy.url, team, "GET", "/version", ca=proxy.ca)[0] == 200
