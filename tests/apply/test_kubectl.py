"""Real kubectl applies to a real portal: server-side, after client-side apply, by force, and to see what would be."""

from __future__ import annotations

import json
import time

import pytest

from tests.peers.portal import Kubectl, PortalProcess

pytestmark = pytest.mark.peers

VM = """
apiVersion: vmoperator.vmware.com/v1alpha5
kind: VirtualMachine
metadata:
  name: {name}
  labels: {{{labels}}}
spec:
  className: small
  imageName: ubuntu-24.04
  storageClass: gold
  powerOffMode: {mode}
"""


@pytest.fixture(scope="module")
def alice(tmp_path_factory, kubectl):
    with PortalProcess(tmp_path_factory.mktemp("portal")) as portal:
        yield Kubectl(kubectl, portal, "alice")


@pytest.fixture
def name(alice, request):
    """A VM that is not there yet, and goes after the test."""
    name = f"vm-{request.node.name.replace('_', '-')[5:30].strip('-')}"
    yield name
    alice("delete", "vm", name, "--ignore-not-found", "--wait=false")


def manifest(name: str, labels: str = "app: web", mode: str = "Hard") -> str:
    return VM.format(name=name, labels=labels, mode=mode)


def wished(alice: Kubectl, name: str) -> dict:
    return json.loads(alice("get", "vm", name, "-o", "json"))


def owners(alice: Kubectl, name: str, path: str) -> set[tuple[str, str]]:
    """Who owns a field, `f:metadata/f:labels/f:app`, and how."""
    found = json.loads(alice("get", "vm", name, "-o", "json", "--show-managed-fields"))
    result = set()
    for entry in found["metadata"]["managedFields"]:
        node = entry["fieldsV1"]
        for step in path.split("/"):
            node = node.get(step) if node is not None else None
        if node is not None:
            result.add((entry["manager"], entry["operation"]))
    return result


MODE = "f:spec/f:powerOffMode"
APPLY = ("apply", "--server-side", "-f", "-")


def test_it_creates_changes_and_takes_away(alice, name):
    assert alice(*APPLY, given=manifest(name, "app: web, tier: front")).endswith("serverside-applied\n")
    alice(*APPLY, given=manifest(name, "app: web", "Soft"))
    found = wished(alice, name)
    assert (found["metadata"]["labels"]["app"], found["spec"]["powerOffMode"]) == ("web", "Soft")
    assert "tier" not in found["metadata"]["labels"]
    assert owners(alice, name, MODE) == {("kubectl", "Apply")}


def test_a_conflict_is_told_and_force_takes_over(alice, name):
    alice(*APPLY, given=manifest(name))
    other = [*APPLY, "--field-manager=other"]
    refused = alice.run(*other, given=manifest(name, mode="Soft"))
    assert refused.returncode == 1
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .spec.powerOffMode' in refused.stderr
    assert "--force-conflicts" in refused.stderr
    alice(*other, "--force-conflicts", given=manifest(name, mode="Soft"))
    assert owners(alice, name, MODE) == {("other", "Apply")}


def test_it_goes_over_from_client_side_apply_and_back(alice, name):
    alice("apply", "-f", "-", given=manifest(name, "app: web, tier: front"))
    alice(*APPLY, given=manifest(name, "app: web", "Soft"))
    found = wished(alice, name)
    assert found["spec"]["powerOffMode"] == "Soft"
    assert "tier" not in found["metadata"]["labels"]  # kubectl's managers became one
    assert owners(alice, name, MODE) == {("kubectl", "Apply")}
    last = json.loads(found["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"])
    assert last["spec"]["powerOffMode"] == "Soft"
    alice("apply", "-f", "-", given=manifest(name, "app: web", "TrySoft"))
    assert wished(alice, name)["spec"]["powerOffMode"] == "TrySoft"


def test_diff_shows_what_would_be(alice, name):
    alice(*APPLY, given=manifest(name))
    # What it read before and after is only the same once the machine has settled.
    alice("wait", "vm", name, "--for=jsonpath={.status.powerState}=PoweredOn", "--timeout=30s")
    deadline = time.monotonic() + 10
    while alice.run("diff", "--server-side", "-f", "-", given=manifest(name)).returncode:
        assert time.monotonic() < deadline, "there is always a difference"
    shown = alice.run("diff", "--server-side", "-f", "-", given=manifest(name, mode="Soft"))
    assert shown.returncode == 1, shown.stderr
    assert "+  powerOffMode: Soft" in shown.stdout
    assert wished(alice, name)["spec"]["powerOffMode"] == "Hard"


def test_a_dry_run_stores_nothing(alice, name):
    shown = alice(*APPLY, "--dry-run=server", given=manifest(name))
    assert shown.endswith("serverside-applied (server dry run)\n")
    assert alice.run("get", "vm", name).returncode == 1


def test_unknown_fields_are_refused_with_their_place(alice, name):
    text = manifest(name).replace("powerOffMode", "powerofMode")
    refused = alice.run(*APPLY, "--validate=false", given=text)
    assert refused.returncode == 1
    assert ".spec.powerofMode: field not declared in schema" in refused.stderr
