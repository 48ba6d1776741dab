"""kubectl beyond what tests/api/test_kubectl.py types: each printer, each way of writing, each way of waiting."""

from __future__ import annotations

import json
import subprocess
import threading
import uuid
from collections.abc import Iterator

import pytest
import yaml

pytestmark = pytest.mark.peers

VM = """
apiVersion: vmoperator.vmware.com/v1alpha5
kind: VirtualMachine
metadata: {name: NAME, labels: {app: web}}
spec: {className: small, imageName: ubuntu-24.04, storageClass: gold}
"""
PLURAL = "virtualmachine.vmoperator.vmware.com"


@pytest.fixture
def vm(alice) -> Iterator[str]:
    """A VM of the test's own, which runs."""
    name = f"kubectl-{uuid.uuid4().hex[:8]}"
    alice("apply", "-f", "-", given=VM.replace("NAME", name))
    alice("wait", f"vm/{name}", "--for=jsonpath={.status.powerState}=PoweredOn", "--timeout=60s")
    yield name
    alice("delete", "vm", name, "--ignore-not-found")


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("name", f"{PLURAL}/NAME"),
        ("jsonpath={.spec.className} {.status.powerState}", "small PoweredOn"),
        ("jsonpath-as-json={.spec.className}", '[\n    "small"\n]'),
        ("go-template={{.spec.className}}", "small"),
        ("custom-columns=VM:.metadata.name,STATE:.status.powerState", "VM STATE NAME PoweredOn"),
    ],
)
def test_each_printer_prints_it(alice, vm, form, shown):
    assert alice("get", "vm", vm, "-o", form).split() == shown.replace("NAME", vm).split()


def test_documents_are_the_object_in_each_form(alice, vm):
    as_json = json.loads(alice("get", "vm", vm, "-o", "json"))
    assert as_json["spec"]["className"] == "small"
    assert yaml.safe_load(alice("get", "vm", vm, "-o", "yaml")) == as_json
    assert yaml.safe_load(alice("get", "vm", vm, "-o", "kyaml")) == as_json


def test_lists_are_labelled_sorted_and_without_a_head(alice, vm):
    line = alice("get", "vm", vm, "--no-headers", "-L", "app", "--show-labels").split()
    assert (line[:2], line[3:]) == (
        [vm, "PoweredOn"],
        ["web", "app=web,topology.kubernetes.io/zone=" + line[4][-6:]],
    )
    assert vm in alice("get", "vm", "--sort-by=.status.zone", "-o", "wide")
    assert vm in alice("get", "vm,secret", "-l", "app in (web)", "-o", "name")
    assert alice("get", "--raw", "/readyz") == "ok"


def test_describe_and_events_tell_what_happened(alice, vm):
    assert "CreateSuccess" in alice("events", "--for", f"vm/{vm}")
    assert "CreateSuccess" in alice("describe", "vm", vm)
    assert "CreateSuccess" in alice("get", "events", "--field-selector", f"involvedObject.name={vm}")


def test_kinds_of_kubernetes_are_described(alice, admin):
    for what in ("quota", "sa", "secret", "rolebinding", "storageclass/gold", "vmclass/small", "zone"):
        assert "Name:" in alice("describe", *what.split())
    assert "Resource Quotas" in admin("describe", "ns", "team-a")


def test_each_type_of_patch(alice, vm):
    """Strategic merge is for kinds of Kubernetes."""
    alice("create", "configmap", vm, "--from-literal=a=1")
    assert "patched" in alice("patch", "cm", vm, "-p", '{"data": {"b": "2"}}')
    assert "patched" in alice("patch", "cm", vm, "--type=merge", "-p", '{"data": {"a": null}}')
    assert "patched" in alice(
        "patch", "cm", vm, "--type=json", "-p", '[{"op": "test", "path": "/data/b", "value": "2"}]'
    ).replace("(no change)", "")
    assert json.loads(alice("get", "cm", vm, "-o", "jsonpath={.data}")) == {"b": "2"}
    assert "no change" in alice("patch", "vm", vm, "--type=merge", "-p", '{"spec": {"className": "small"}}')
    alice("delete", "cm", vm)


def test_replace_edit_and_set_aside(alice, vm):
    obj = json.loads(alice("get", "vm", vm, "-o", "json"))
    obj["metadata"]["annotations"]["note"] = "replaced"
    assert "replaced" in alice("replace", "-f", "-", given=json.dumps(obj))
    assert "Conflict" in alice.run("replace", "-f", "-", given=json.dumps(obj)).stderr
    environment = {**alice.environment, "KUBE_EDITOR": "sed -i s/note:.*/note:\\ edited/"}
    edit = [alice.binary, "--kubeconfig", alice.kubeconfig, "edit", "vm", vm]
    subprocess.run(edit, env=environment, capture_output=True, check=True, timeout=60)
    assert alice("get", "vm", vm, "-o", "jsonpath={.metadata.annotations.note}") == "edited"
    nothing = {**alice.environment, "KUBE_EDITOR": "true"}
    done = subprocess.run(edit, env=nothing, capture_output=True, text=True, timeout=60)
    assert "Edit cancelled, no changes made" in done.stdout + done.stderr


def test_an_edit_that_is_refused_is_kept_with_the_reason(alice, vm, tmp_path):
    """kubectl opens the editor again, with the reason in the text; nothing new is said there, so it gives up."""
    editor = "sed -i s/className:.*/className:\\ nonesuch/"
    environment = {**alice.environment, "KUBE_EDITOR": editor, "TMPDIR": str(tmp_path)}
    edit = [alice.binary, "--kubeconfig", alice.kubeconfig, "edit", "vm", vm]
    done = subprocess.run(edit, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "is invalid" in done.stderr) == (1, True)
    assert any("# * spec.className: " in kept.read_text() for kept in tmp_path.glob("kubectl-edit-*"))
    assert alice("get", "vm", vm, "-o", "jsonpath={.spec.className}") == "small"


def test_labels_and_annotations(alice, vm):
    assert "labeled" in alice("label", "vm", vm, "tier=db")
    assert "already has a value" in alice.run("label", "vm", vm, "tier=web").stderr
    assert "labeled" in alice("label", "vm", vm, "tier=web", "--overwrite")
    assert "annotated" in alice("annotate", "vm", "-l", "tier=web", "note=all")
    assert "modified" in alice.run("label", "vm", vm, "tier=db", "--overwrite", "--resource-version=1").stderr


def test_diff_is_what_apply_would_do(alice, vm):
    changed = VM.replace("NAME", vm).replace("storageClass: gold", "storageClass: gold, powerOffMode: Hard")
    done = alice.run("diff", "-f", "-", given=changed)
    assert (done.returncode, "+  powerOffMode: Hard" in done.stdout) == (1, True)
    assert "small" in alice("apply", "view-last-applied", f"vm/{vm}")
    alice("apply", "-f", "-", given=changed)
    assert alice.run("diff", "-f", "-", given=changed).returncode == 0


def test_waiting_ends_when_it_is_so_and_when_it_is_late(alice, vm):
    alice("wait", f"vm/{vm}", "--for=condition=VirtualMachineCreated=true", "--timeout=30s")
    late = alice.run("wait", f"vm/{vm}", "--for=jsonpath={.status.powerState}=Suspended", "--timeout=1s")
    assert "timed out waiting for the condition" in late.stderr
    alice(
        "patch",
        "vm",
        vm,
        "--type=merge",
        "-p",
        '{"spec": {"powerState": "PoweredOff", "powerOffMode": "Hard"}}',
    )
    alice("wait", "vm", "-l", "app=web", "--for=jsonpath={.status.powerState}", "--timeout=30s")
    alice("wait", f"vm/{vm}", "--for=jsonpath={.status.powerState}=PoweredOff", "--timeout=30s")
    made = threading.Timer(1.0, lambda: alice("create", "configmap", f"{vm}-late"))
    made.start()
    alice("wait", f"cm/{vm}-late", "--for=create", "--timeout=30s")
    made.join()
    alice("delete", "cm", f"{vm}-late")
    assert "deleted" in alice("delete", "vm", vm, "--wait", "--timeout=30s")
    assert "NotFound" in alice.run("get", "vm", vm).stderr


def test_a_watch_follows_a_selector_with_columns(alice, vm):
    command = [
        alice.binary,
        "--kubeconfig",
        alice.kubeconfig,
        "get",
        "vm",
        vm,
        "-w",
        "--output-watch-events",
        "-o",
        "wide",
    ]
    with subprocess.Popen(command, env=alice.environment, stdout=subprocess.PIPE, text=True) as watching:
        try:
            assert watching.stdout.readline().split()[:3] == ["EVENT", "NAME", "POWER-STATE"]
            assert watching.stdout.readline().split()[:4] == ["ADDED", vm, "PoweredOn", "small"]
            alice(
                "patch",
                "vm",
                vm,
                "--type=merge",
                "-p",
                '{"spec": {"powerState": "PoweredOff", "powerOffMode": "Hard"}}',
            )
            for line in watching.stdout:
                if line.split()[2] == "PoweredOff":
                    break
            alice("delete", "vm", vm, "--wait=false")
            for line in watching.stdout:
                if line.split()[0] == "DELETED":
                    break
        finally:
            watching.kill()


def test_a_folder_is_applied_and_pruned(alice, tmp_path):
    """kustomize in kubectl: names with a suffix, labels for all; an apply set forgets what is no longer there."""
    (tmp_path / "vm.yaml").write_text(VM.replace("NAME", "folder"))
    (tmp_path / "kustomization.yaml").write_text(
        "resources: [vm.yaml]\nnamePrefix: kustomized-\n"
        "configMapGenerator: [{name: settings, literals: [a=b]}]\nlabels: [{pairs: {of: folder}}]\n"
    )
    text = alice("apply", "-k", tmp_path)
    assert f"{PLURAL}/kustomized-folder created" in text
    name = next(line.split()[0] for line in text.splitlines() if line.startswith("configmap/"))
    assert alice("get", name, "-o", "jsonpath={.data.a}") == "b"
    pruning = ["--prune", "-l", "of=folder", "--prune-allowlist=core/v1/ConfigMap"]
    (tmp_path / "kustomization.yaml").write_text(
        "resources: [vm.yaml]\nnamePrefix: kustomized-\nlabels: [{pairs: {of: folder}}]\n"
    )
    assert f"{name} pruned" in alice("apply", "-k", tmp_path, *pruning)
    assert "deleted" in alice("delete", "-k", tmp_path)


def test_dry_runs_on_both_sides(alice, admin):
    wish = VM.replace("NAME", "dry")
    assert "(dry run)" in alice("apply", "--dry-run=client", "-f", "-", given=wish)
    for verb in (["apply"], ["create"], ["apply", "--server-side"]):
        done = alice(*verb, "--dry-run=server", "-o", "yaml", "-f", "-", given=wish)
        assert yaml.safe_load(done)["spec"]["powerState"] == "PoweredOn"  # what the portal fills in
    for words in (
        "secret generic dry --from-literal=a=b",
        "configmap dry --from-literal=a=b",
        "sa dry",
        "rolebinding dry --clusterrole=view --user=bob",
        "token default",
    ):
        flags = [] if words.startswith("token") else ["--dry-run=server", "-o", "name"]
        assert alice("create", *words.split(), *flags)
    assert admin("create", "quota", "dry", "--hard=count/secrets=10", "--dry-run=server", "-n", "team-a")
    assert "NotFound" in alice.run("get", "vm", "dry").stderr


def test_permissions_are_told(alice, admin):
    assert alice("auth", "can-i", "delete", "vm/web-1") == "yes\n"
    assert alice("auth", "can-i", "get", "vm", "--subresource=status") == "yes\n"
    for refused in ("update vm --subresource=status", "* * -A", "create ns"):
        assert alice.run("auth", "can-i", *refused.split()).stdout.startswith("no")
    assert "virtualmachines.vmoperator.vmware.com" in alice("auth", "can-i", "--list", "-n", "team-a")
    assert admin("auth", "can-i", "list", "secrets", "--as=alice", "-n", "team-a") == "yes\n"


def test_its_own_settings_and_discovery(alice):
    assert alice("config", "current-context")
    alice("config", "set-context", "--current", "--namespace=team-b")
    assert alice("config", "view", "--minify", "-o", "jsonpath={..namespace}") == "team-b"
    alice("config", "set-context", "--current", "--namespace=team-a")
    names = alice("api-resources", "--verbs=list,watch", "--namespaced", "-o", "name").split()
    assert {"virtualmachines.vmoperator.vmware.com", "secrets"} <= set(names)
    assert "vmoperator.vmware.com/v1alpha5" in alice("api-versions").split()
    assert "Server Version" in alice("version")
    assert "powerState" in alice("explain", "vm.spec", "--api-version=vmoperator.vmware.com/v1alpha5")
