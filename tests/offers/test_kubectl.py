"""Real kubectl: a namespace from its first second to its last, and an offer that comes and goes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.peers.portal import Kubectl, PortalProcess

pytestmark = pytest.mark.peers

VM = """
apiVersion: vmoperator.vmware.com/v1alpha5
kind: VirtualMachine
metadata: {name: first}
spec: {className: small, imageName: ubuntu-24.04, storageClass: gold}
"""
OFFER = """
apiVersion: vmportal.dev/v1alpha1
kind: Offer
metadata: {name: tiny}
spec:
  template:
    apiVersion: vmoperator.vmware.com/v1alpha5
    kind: VirtualMachineClass
    spec:
      hardware: {cpus: %d, memory: 1Gi}
  namespaceSelector:
    matchLabels: {tier: small}
"""
CLASSES = "virtualmachineclasses.vmoperator.vmware.com"


@pytest.fixture(scope="module")
def admin(tmp_path_factory, kubectl) -> Iterator[Kubectl]:
    with PortalProcess(tmp_path_factory.mktemp("portal")) as portal:
        yield Kubectl(kubectl, portal, "admin")


def names(admin: Kubectl, kind: str, namespace: str) -> list[str]:
    listed = json.loads(admin("get", kind, "-n", namespace, "-o", "json"))
    return [item["metadata"]["name"] for item in listed["items"]]


def wait_for(admin: Kubectl, kind: str, namespace: str, wanted: list[str], seconds: float = 5) -> float:
    """How long it took until exactly these were there."""
    begun = time.monotonic()
    while (found := names(admin, kind, namespace)) != wanted:
        assert time.monotonic() < begun + seconds, f"{found} instead of {wanted}"
    return time.monotonic() - begun


def test_a_new_namespace_is_usable_within_a_second_and_goes_with_all_that_is_in_it(admin):
    assert admin("create", "ns", "team-c") == "namespace/team-c created\n"
    made = time.monotonic()
    wait_for(admin, "zones.topology.tanzu.vmware.com", "team-c", ["zone-a", "zone-b"])
    wait_for(admin, CLASSES, "team-c", ["gpu", "large", "medium", "small"])
    assert time.monotonic() - made < 2, "a second, and that of the kubectls"
    assert "default" in admin("get", "sa", "-n", "team-c")
    assert admin("create", "token", "default", "-n", "team-c").strip()
    admin("apply", "-n", "team-c", "-f", "-", given=VM)
    admin(
        "wait", "vm/first", "-n", "team-c", "--for=jsonpath={.status.powerState}=PoweredOn", "--timeout=30s"
    )
    deleted = admin("delete", "ns", "team-c", "--timeout=30s")
    assert 'namespace "team-c" deleted' in deleted
    assert "NotFound" in admin.run("get", "ns", "team-c").stderr


def test_a_namespace_that_cannot_go_says_why(admin):
    admin("create", "ns", "stuck")
    admin("create", "configmap", "held", "-n", "stuck")
    admin(
        "patch", "configmap", "held", "-n", "stuck", "-p", '{"metadata":{"finalizers":["example.com/keep"]}}'
    )
    admin("delete", "ns", "stuck", "--wait=false")
    admin("wait", "ns/stuck", "--for=condition=NamespaceFinalizersRemaining", "--timeout=10s")
    told = admin("describe", "ns", "stuck")
    assert "Terminating" in told
    assert "Some resources are remaining: configmaps. has 1 resource instances" in told
    assert "example.com/keep in 1 resource instances" in told
    late = admin.run("create", "configmap", "late", "-n", "stuck").stderr
    assert 'configmaps "late" is forbidden: unable to create new content in namespace stuck' in late
    admin("patch", "configmap", "held", "-n", "stuck", "-p", '{"metadata":{"finalizers":null}}')
    admin("wait", "ns/stuck", "--for=delete", "--timeout=10s")


def test_an_offer_comes_changes_and_goes(admin):
    admin("create", "ns", "team-d")
    assert admin("apply", "-f", "-", given=OFFER % 1) == "offer.vmportal.dev/tiny created\n"
    assert "tiny" not in names(admin, CLASSES, "team-d")
    admin("label", "ns", "team-d", "tier=small")
    wait_for(admin, CLASSES, "team-d", ["gpu", "large", "medium", "small", "tiny"])
    admin("wait", "ofr/tiny", "--for=jsonpath={.status.offered}=1", "--timeout=5s")
    assert admin("get", "offers", "tiny").split()[6:11] == [
        "tiny",
        "VirtualMachineClass",
        "tiny",
        "1",
        "True",
    ]
    admin("apply", "-f", "-", given=OFFER % 3)
    cpus = "{.spec.hardware.cpus}"
    admin("wait", "vmclass/tiny", "-n", "team-d", f"--for=jsonpath={cpus}=3", "--timeout=5s")
    assert "It stands in 1 namespace." in admin("describe", "offer", "tiny").partition("\nEvents:")[2]
    refused = admin.run("delete", "vmclass", "tiny", "-n", "team-d").stderr
    assert 'it is made from the offer "tiny"' in refused
    refused = admin.run("label", "vmclass", "tiny", "-n", "team-d", "vmportal.dev/offer-").stderr
    assert "kubectl edit offer tiny" in refused
    admin("delete", "offer", "tiny", "--timeout=10s")
    assert "tiny" not in names(admin, CLASSES, "team-d")
    admin("delete", "ns", "team-d")


def test_an_offer_that_is_used_says_by_whom_and_goes_with_its_last_user(admin):
    """The demo's class `large` is used by db-1 of team-a."""
    admin("delete", "offer", "large", "--wait=false")
    admin("wait", "offer/large", "--for=condition=WithdrawnInUse", "--timeout=10s")
    assert "team-a (VirtualMachine db-1)" in admin("describe", "offer", "large")
    refused = admin.run("apply", "-n", "team-a", "-f", "-", given=VM.replace("small", "large")).stderr
    assert "on offer no more" in refused
    assert "PoweredOn" in admin("get", "vm", "db-1", "-n", "team-a", "-o", "jsonpath={.status.powerState}")
    admin("delete", "vm", "db-1", "-n", "team-a")
    admin("wait", "offer/large", "--for=delete", "--timeout=30s")


def test_what_offers_are_is_explained(admin):
    told = admin("explain", "offer.spec", "--recursive")
    for field in ("template", "namespaces", "namespaceSelector", "limit"):
        assert field in told
