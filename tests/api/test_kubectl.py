"""Real kubectl against a real portal: what people type every day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.peers.portal import Kubectl, PortalProcess

pytestmark = pytest.mark.peers

VM = """
apiVersion: vmoperator.vmware.com/v1alpha5
kind: VirtualMachine
metadata:
  name: {name}
  labels:
    app: web
spec:
  className: small
  imageName: ubuntu-24.04
  storageClass: gold
"""
SECRET = """
apiVersion: v1
kind: Secret
metadata:
  name: cloud-init
data:
  user-data: {value}
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("portal")) as running:
        yield running


@pytest.fixture(scope="module")
def alice(portal, kubectl) -> Kubectl:
    """Admin of team-a, which is where her kubeconfig points."""
    return Kubectl(kubectl, portal, "alice")


@pytest.fixture(scope="module")
def admin(portal, kubectl) -> Kubectl:
    return Kubectl(kubectl, portal, "admin")


@pytest.fixture
def vm(alice, request) -> Iterator[str]:
    """A VM of the test's own."""
    name = request.node.name.replace("_", "-")[5:].rstrip("-")[:60].rstrip("-")
    alice("apply", "-f", "-", given=VM.format(name=name))
    yield name
    alice("delete", "vm", name, "--ignore-not-found")


def test_apply_creates_and_then_changes_nothing(alice):
    manifest = VM.format(name="my-vm")
    assert alice("apply", "-f", "-", given=manifest) == "virtualmachine.vmoperator.vmware.com/my-vm created\n"
    assert (
        alice("apply", "-f", "-", given=manifest) == "virtualmachine.vmoperator.vmware.com/my-vm unchanged\n"
    )
    changed = manifest.replace("storageClass: gold", "storageClass: gold\n  powerState: PoweredOff")
    assert (
        alice("apply", "-f", "-", given=changed) == "virtualmachine.vmoperator.vmware.com/my-vm configured\n"
    )
    assert "deleted" in alice("delete", "vm", "my-vm")
    assert "NotFound" in alice.run("get", "vm", "my-vm").stderr


def test_get_prints_vm_operator_s_columns(alice, vm):
    alice("wait", f"vm/{vm}", "--for=jsonpath={.status.network.primaryIP4}", "--timeout=60s")
    assert alice("get", "vm", vm).split("\n")[0].split() == ["NAME", "POWER-STATE", "AGE"]
    wide = alice("get", "vm", vm, "-o", "wide").split("\n")
    assert wide[0].split() == ["NAME", "POWER-STATE", "CLASS", "IMAGE", "PRIMARY-IP4", "AGE"]
    assert wide[1].split()[:3] == [vm, "PoweredOn", "small"]


def test_get_as_yaml_is_the_object(alice, vm):
    obj = yaml.safe_load(alice("get", "vm", vm, "-o", "yaml"))
    assert obj["spec"]["className"] == "small"
    assert "managedFields" not in obj["metadata"]
    shown = json.loads(alice("get", "vm", vm, "-o", "json", "--show-managed-fields"))
    assert shown["metadata"]["managedFields"][0]["manager"] == "kubectl-client-side-apply"


def test_describe_shows_the_vm_and_its_events(alice, vm):
    alice("wait", f"vm/{vm}", "--for=condition=VirtualMachineCreated", "--timeout=60s")
    text = alice("describe", "vm", vm)
    assert "Class Name:" in text
    assert "Events:" in text


def test_explain_reads_the_schema(alice):
    text = alice("explain", "vm.spec.volumes")
    assert "KIND:       VirtualMachine" in text
    assert "persistentVolumeClaim" in text
    assert "-required-" in text
    assert "labels" in alice("explain", "vm.metadata")
    assert "stringData" in alice("explain", "secret")
    assert "spec" in alice("explain", "vm", "--recursive")


def test_patch_as_json_and_as_merge(alice, vm):
    alice(
        "patch", "vm", vm, "--type=json", "-p", '[{"op":"add","path":"/metadata/labels/tier","value":"db"}]'
    )
    alice("patch", "vm", vm, "--type=merge", "-p", '{"spec":{"powerState":"PoweredOff"}}')
    assert (
        alice("get", "vm", vm, "-o", "jsonpath={.metadata.labels.tier} {.spec.powerState}") == "db PoweredOff"
    )
    assert "not supported" in alice.run("patch", "vm", vm, "-p", "{}").stderr


def test_edit_changes_what_the_editor_changed(alice, vm):
    environment = {**alice.environment, "KUBE_EDITOR": "sed -i s/powerOffMode:.*/powerOffMode:\\ Hard/"}
    command = [alice.binary, "--kubeconfig", alice.kubeconfig, "edit", "vm", vm]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"virtualmachine.vmoperator.vmware.com/{vm} edited\n", done.stderr
    assert alice("get", "vm", vm, "-o", "jsonpath={.spec.powerOffMode}") == "Hard"


def test_wait_for_a_condition_and_for_a_value(alice, vm):
    assert "condition met" in alice(
        "wait", f"vm/{vm}", "--for=condition=VirtualMachineCreated", "--timeout=60s"
    )
    assert "condition met" in alice(
        "wait", f"vm/{vm}", "--for=jsonpath={.status.powerState}=PoweredOn", "--timeout=60s"
    )
    alice("delete", "vm", vm, "--wait=false")
    alice("wait", f"vm/{vm}", "--for=delete", "--timeout=60s")


def test_a_watch_prints_what_happens(alice, vm):
    command = [alice.binary, "--kubeconfig", alice.kubeconfig, "get", "cm", "-w", "-o", "name"]
    with subprocess.Popen(command, env=alice.environment, stdout=subprocess.PIPE, text=True) as watching:
        try:
            time.sleep(1)
            alice("create", "configmap", "watched", "--from-literal=a=b")
            assert watching.stdout.readline() == "configmap/watched\n"
            alice("label", "configmap", "watched", "x=y")
            assert watching.stdout.readline() == "configmap/watched\n"
        finally:
            watching.kill()
    alice("delete", "configmap", "watched")


def test_label_and_annotate(alice, vm):
    assert "labeled" in alice("label", "vm", vm, "tier=db")
    assert "annotated" in alice("annotate", "vm", vm, "note=hello")
    assert alice("get", "vm", "-l", "tier=db", "-o", "name") == f"virtualmachine.vmoperator.vmware.com/{vm}\n"
    assert "unlabeled" in alice("label", "vm", vm, "tier-")


def test_secrets_are_created_and_applied_twice(alice):
    assert alice("create", "secret", "generic", "made", "--from-literal=a=b") == "secret/made created\n"
    assert alice("apply", "-f", "-", given=SECRET.format(value="b25l")) == "secret/cloud-init created\n"
    assert alice("apply", "-f", "-", given=SECRET.format(value="b25l")) == "secret/cloud-init unchanged\n"
    assert alice("apply", "-f", "-", given=SECRET.format(value="dHdv")) == "secret/cloud-init configured\n"
    assert alice("get", "secret", "cloud-init", "-o", "jsonpath={.data.user-data}") == "dHdv"
    assert alice("delete", "secret", "made", "cloud-init").count("deleted") == 2


def test_a_secret_of_plain_text_takes_a_version_only_when_it_changes(alice):
    """kubectl patches `stringData` each time, as it is never read back: the object stays as it is."""
    manifest = SECRET.replace("\ndata:", "\nstringData:").replace("cloud-init", "plain").format(value="one")
    version = ["get", "secret", "plain", "-o", "jsonpath={.metadata.resourceVersion} {.data.user-data}"]
    alice("apply", "-f", "-", given=manifest)
    first = alice(*version)
    alice("apply", "-f", "-", given=manifest)
    assert alice(*version) == first
    assert first.endswith(" b25l")
    alice("delete", "secret", "plain")


def test_namespaces_are_made_by_admins_only(alice, admin):
    assert "Forbidden" in alice.run("create", "namespace", "mine").stderr
    assert admin("create", "namespace", "team-c") == "namespace/team-c created\n"
    assert "team-c" not in alice("get", "ns")
    assert "Active" in admin("get", "ns", "team-c")
    assert "deleted" in admin("delete", "namespace", "team-c")


def test_a_server_side_dry_run_stores_nothing(alice):
    text = alice("apply", "--dry-run=server", "-f", "-", given=VM.format(name="never"))
    assert text == "virtualmachine.vmoperator.vmware.com/never created (server dry run)\n"
    assert "NotFound" in alice.run("get", "vm", "never").stderr


def test_a_mistake_is_named_with_its_place(alice):
    wrong = VM.format(name="wrong").replace("className", "classNames")
    assert 'unknown field "spec.classNames"' in alice.run("apply", "-f", "-", given=wrong).stderr
    unknown = VM.format(name="wrong").replace("small", "nonesuch")
    assert "spec.className" in alice.run("create", "-f", "-", given=unknown).stderr
    typed = VM.format(name="wrong").replace("className: small", "className: 5")
    assert "spec.className" in alice.run("create", "-f", "-", given=typed).stderr


def test_can_i_and_who_am_i(alice):
    assert alice("auth", "can-i", "create", "vm") == "yes\n"
    assert alice.run("auth", "can-i", "create", "vm", "-n", "team-b").stdout.startswith("no")
    assert "virtualmachines.vmoperator.vmware.com" in alice("auth", "can-i", "--list")
    assert "alice" in alice("auth", "whoami")


def test_api_resources_and_versions(alice):
    lines = alice("api-resources").splitlines()
    assert any(
        line.split()[:3] == ["virtualmachines", "vm", "vmoperator.vmware.com/v1alpha5"] for line in lines
    )
    assert "vmoperator.vmware.com/v1alpha5" in alice("api-versions").splitlines()
    # Discovery that was kept and asked for again must still be understood.
    assert "doesn't have a resource type" in alice.run("get", "nothing").stderr
    assert alice("get", "cm").strip() == ""


def test_a_service_account_gets_a_token(alice, portal):
    alice("create", "serviceaccount", "robot")
    alice("create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=team-a:robot")
    token = alice("create", "token", "robot", "--duration=10m").strip()
    who = subprocess.run(
        [alice.binary, "--kubeconfig", alice.kubeconfig, "--token", token, "auth", "whoami"],
        env=alice.environment,
        capture_output=True,
        text=True,
    )
    # A user of the kubeconfig has a token of its own, which comes second to the one given.
    assert "system:serviceaccount:team-a:robot" in who.stdout, who.stderr


def test_lists_come_in_chunks_and_sorted(alice, vm):
    names = alice("get", "vm", "-o", "name", "--chunk-size=2").splitlines()
    assert f"virtualmachine.vmoperator.vmware.com/{vm}" in names
    assert len(names) == len(set(names)) > 4
    assert vm in alice("get", "vm", "--sort-by=.metadata.creationTimestamp")
    assert vm in alice("get", "vm", "-A", "--field-selector", f"metadata.name={vm}")


def test_the_python_client_reads_writes_and_watches(alice, portal):
    script = Path(__file__).with_name("python_client.py")
    environment = {**os.environ, **portal.environment, "KUBECONFIG": str(alice.kubeconfig)}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == ["created", "ADDED python", "MODIFIED python", "DELETED python"], (
        done.stderr
    )
