"""What the portal keeps for privileged users and for itself beyond VM Operator (sections 10 and 11 of the catalogue)."""

from __future__ import annotations

import uuid

import pytest

from tests.admission.asking import MASTER, PRIVILEGED, UPGRADED, admitted, changed, judge, refused, stored, vm

MARK = "vmoperator.vmware.com/upgraded-to-feature-version"
DELETING = {
    "deletionTimestamp": "2026-01-01T00:00:00Z",
    "finalizers": ["vmoperator.vmware.com/virtualmachine"],
}


def errors(new, old=None, **request):
    return refused(new, old, policy=True, **request)


def marks(obj):
    return {key: value for key, value in obj["metadata"]["annotations"].items() if key in UPGRADED}


def test_a_new_vm_is_not_upgraded():
    """QRK-15, UPG-06."""
    sent = vm(meta={"annotations": UPGRADED})
    assert marks(admitted(sent, policy=True)) == {}
    assert marks(admitted(sent, policy=True, policy_off=("QRK-15",))) == UPGRADED
    assert marks(admitted(sent, policy=True, user=MASTER)) == UPGRADED


def test_the_marks_of_the_upgrade_stay():
    """QRK-16: a manifest that is sent without them does not take the VM's upgrade back."""
    old = stored()
    for kept in ({}, dict.fromkeys(UPGRADED, "")):
        new = {**old, "metadata": {**old["metadata"], "annotations": kept}}
        assert marks(admitted(new, old, policy=True)) == UPGRADED
        assert marks(admitted(new, old, policy=True, user=MASTER)) != UPGRADED
        assert marks(admitted(new, old, policy=True, policy_off=("QRK-16",))) != UPGRADED


@pytest.mark.parametrize(
    ("key", "rule"),
    [("delete.check.vmoperator.vmware.com/ad", "VA-19"), ("vmoperator.vmware.com/restored-vm", "VA-04")],
)
def test_guards_hold_during_deletion(key, rule):
    """QRK-17, DEL-07: VM Operator looks no longer."""
    old = stored(meta={**DELETING, "annotations": {key: "waiting"}})
    new = stored(meta=DELETING)
    assert [found for *_, found in errors(new, old)] == [rule]
    assert errors(new, old, user=PRIVILEGED) == []
    assert errors(new, old, policy_off=("QRK-17",)) == []
    assert refused(new, old) == []


def test_cloud_init_keeps_its_instance_id():
    """D-14: once it is set."""
    old = stored(bootstrap={"cloudInit": {"instanceID": "one"}})
    for after in ({"instanceID": "two"}, {}):
        new = changed(old, bootstrap={"cloudInit": after})
        assert errors(new, old) == [("spec.bootstrap.cloudInit.instanceID", "Invalid", "D-14")]
        assert errors(new, old, policy_off=("D-14",)) == []
    empty = stored(bootstrap={"cloudInit": {}})
    assert errors(changed(empty, bootstrap={"cloudInit": {"instanceID": "one"}}), empty) == []
    assert errors(changed(old, bootstrap=None), old, user=PRIVILEGED) == []


def test_the_instance_uuid_waits_for_the_upgrade():
    """D-37."""
    old = stored(instanceUUID=None, meta={"annotations": {MARK: "1"}})
    new = changed(old, instanceUUID=str(uuid.uuid4()))
    assert errors(new, old) == [("spec.instanceUUID", "Forbidden", "D-37")]
    assert errors(new, old, policy_off=("D-37",)) == []
    assert errors(new, old, user=MASTER) == []
    done = stored(instanceUUID=None)
    assert errors(changed(done, instanceUUID=str(uuid.uuid4())), done) == []


def test_a_pause_is_told_to_hold_back_the_deletion():
    """D-30: a warning, when it begins."""
    paused = {"annotations": {"vmoperator.vmware.com/paused": ""}}
    (warning,) = judge(vm(meta=paused), policy=True).warnings
    assert warning.startswith("metadata.annotations[vmoperator.vmware.com/paused]: ")
    assert judge(vm(meta=paused), policy=True, policy_off=("D-30",)).warnings == ()
    assert judge(stored(meta=paused), stored(), policy=True).warnings == (warning,)
    assert judge(stored(meta=paused), stored(meta=paused), policy=True).warnings == ()
