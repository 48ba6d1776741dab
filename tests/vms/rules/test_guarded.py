"""Annotations and labels that only privileged users write (section 6.11 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, PRIVILEGED, refused, stored, vm

CREATED = "vmoperator.vmware.com/created-at-{}-version"
ALWAYS = {
    "vmoperator.vmware.com/cloud-init-instance-id": "VA-02",
    "virtualmachine.vmoperator.vmware.com/first-boot-done": "VA-03",
    "vmoperator.vmware.com/restored-vm": "VA-04",
    "vmoperator.vmware.com/failed-over-vm": "VA-05",
    "vmoperator.vmware.com/imported-vm": "VA-06",
    "mgmt.proxy.vmware.com/allowlist": "VA-07",
    "mgmt.proxy.vmware.com/watermark": "VA-07",
}
LATER = {CREATED.format("build"): "VA-08", CREATED.format("schema"): "VA-09"}
MODULE = "vsphere-cluster-module-group"
POLICY = {"reserved": {"resourcePolicyName": "policy"}}


def noted(key: str, value: str | None = "yes", **spec):
    return stored(meta={"annotations": {} if value is None else {key: value}}, **spec)


@pytest.mark.parametrize(("key", "rule"), ALWAYS.items())
def test_a_new_vm_has_none_of_them(key, rule):
    sent = vm(meta={"annotations": {key: "yes"}})
    assert refused(sent) == [(f"metadata.annotations[{key}]", "Forbidden", rule)]
    assert refused(sent, user=PRIVILEGED) == []
    assert refused(vm(meta={"annotations": {key: ""}})) == []  # VA-11


@pytest.mark.parametrize(("key", "rule"), [*ALWAYS.items(), *LATER.items(), (MODULE, "VA-10")])
@pytest.mark.parametrize(("before", "after"), [(None, "yes"), ("yes", "no"), ("yes", None), ("yes", "")])
def test_they_stay_as_they_are(key, rule, before, after):
    old, new = noted(key, before, **POLICY), noted(key, after, **POLICY)
    assert refused(new, old) == [(f"metadata.annotations[{key}]", "Forbidden", rule)]
    assert refused(new, old, user=MASTER) == []


@pytest.mark.parametrize("key", [*ALWAYS, *LATER, MODULE])
def test_absent_and_empty_are_the_same(key):
    """VA-11."""
    assert refused(noted(key, ""), noted(key, None)) == []
    assert refused(noted(key, **POLICY), noted(key, **POLICY)) == []


def test_a_cluster_module_needs_a_resource_policy():
    """VA-01: of privileged users too; anybody may choose it on create."""
    sent = {"meta": {"annotations": {MODULE: "workers"}}}
    wrong = [(f"metadata.annotations[{MODULE}]", "Forbidden", "VA-01")]
    assert refused(vm(**sent)) == wrong
    assert refused(vm(**sent), user=MASTER) == wrong
    assert refused(vm(**sent, **POLICY)) == []
    assert refused(vm(meta={"annotations": {MODULE: ""}})) == []


def test_the_label_of_a_pause_stays():
    """VA-12, QRK-10: its path has no brackets. The annotation of that name is free (VA-13)."""
    key = "vmoperator.vmware.com/paused"
    wrong = [(f"metadata.labels.{key}", "Forbidden", "VA-12")]
    labelled = {"meta": {"labels": {key: "admin"}}}
    assert refused(vm(**labelled)) == wrong
    assert refused(stored(**labelled), stored()) == wrong
    assert refused(stored(), stored(**labelled)) == wrong
    assert refused(stored(), stored(**labelled), user=PRIVILEGED) == []
    assert refused(stored(**labelled), stored(**labelled)) == []
    assert refused(vm(meta={"annotations": {key: ""}})) == []
