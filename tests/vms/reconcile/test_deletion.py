"""Deletion: held, powered off by mode, destroyed, let go (section 24)."""

from __future__ import annotations

import pytest

from tests.vms.reconcile.builders import extra, facts, patches, seen, settled, task
from vmportal.backends.base import DestroyVM, PowerOffVM, ReconfigVM, ReleaseInterfaces, ShutdownGuest
from vms.annotations import PAUSED, SKIP_DELETE
from vms.reconcile import plan
from vms.reconcile.names import FINALIZER

FINALIZERS = ("metadata", "finalizers")


def going(**changes):
    vm = settled(**changes)
    vm["metadata"]["deletionTimestamp"] = "2026-11-24T11:59:00Z"
    vm["metadata"]["finalizers"] = ["example.com/other", FINALIZER]
    return vm


@pytest.mark.parametrize(
    ("observed", "spec", "expected"),
    [
        (seen("poweredOff"), {}, DestroyVM),
        (seen("poweredOn"), {}, ShutdownGuest),
        (seen("poweredOn", tools=False), {}, PowerOffVM),
        (seen("poweredOn"), {"powerOffMode": "Hard"}, PowerOffVM),
        (seen("suspended"), {}, PowerOffVM),
        (seen("suspended"), {"powerOffMode": "Soft"}, DestroyVM),
    ],
)
def test_a_vm_is_powered_off_by_its_mode_and_then_destroyed(observed, spec, expected):
    step = plan(going(**spec), observed, facts())
    assert [type(action) for action in step.actions] == [expected]
    assert FINALIZERS not in patches(step)


@pytest.mark.parametrize("key", ["delete.check.vmoperator.vmware.com/ad", PAUSED])
@pytest.mark.parametrize("observed", [seen(), None], ids=["there", "gone"])
def test_checks_hold_the_deletion_silently(key, observed):
    """DEL-02."""
    step = plan(going(annotations={key: "waiting"}), observed, facts())
    assert (step.actions, step.patches, step.failed, step.look_again) == ((), (), "", None)


def test_when_the_vm_is_gone_its_addresses_go_back_and_the_object_may_go():
    step = plan(going(), None, facts())
    assert step.actions == (ReleaseInterfaces(),)
    assert patches(step)[FINALIZERS] == ["example.com/other"]
    assert [event.reason for event in step.events] == ["DeleteSuccess"]


def test_a_clone_under_way_is_waited_for():
    step = plan(going(), None, facts(create_task=task("running")))
    assert (step.actions, step.patches, step.look_again) == ((), (), 10)


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (seen(runtime={"powerState": "poweredOn", "connectionState": "disconnected"}), "not connected"),
        (seen(config={"extraConfig": extra(vmservice__virtualmachine__pause="true")}), "set by admin"),
    ],
)
def test_what_stands_in_the_way_is_said(observed, words):
    step = plan(going(), observed, facts())
    assert step.actions == ()
    assert words in step.failed
    assert [event.reason for event in step.events] == ["DeleteFailure"]


def test_a_task_that_runs_is_waited_for():
    assert plan(going(), seen("poweredOff", recentTask=[task("running")]), facts()).actions == ()


def test_a_vm_that_is_to_stay_is_cleaned_and_let_go():
    vm = going(annotations={SKIP_DELETE: ""})
    dirty = seen(config={"extraConfig": extra(guestinfo__metadata="x", own="1")})
    (action,) = plan(vm, dirty, facts()).actions
    assert isinstance(action, ReconfigVM)
    assert {item["key"] for item in action.config["extraConfig"]} == {
        "vmservice.namespacedName",
        "guestinfo.metadata",
    }
    assert action.config["managedBy"]["extensionKey"] == ""
    clean = seen(config={"extraConfig": [], "managedBy": None})
    assert patches(plan(vm, clean, facts()))[FINALIZERS] == ["example.com/other"]
