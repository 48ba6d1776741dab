"""The outer loop: finalizer, pause, waiting for tasks, and what is said when something fails."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.vms.reconcile.builders import (
    NOON,
    annotation,
    condition,
    facts,
    message,
    patches,
    seen,
    settled,
    task,
    wish,
)
from vmportal.backends.base import BackendRefused, CloneVM, PowerOnVM
from vms.annotations import FIRST_BOOT_DONE, MANAGER_ID, PAUSED
from vms.reconcile import plan, refused
from vms.reconcile.names import FINALIZER


def test_a_vm_in_step_asks_for_nothing():
    step = plan(settled(), seen(), facts())
    assert (step.actions, step.patches, step.look_again, step.failed) == ((), (), None, "")


def test_the_finalizer_comes_first_and_alone():
    vm = wish()
    vm["metadata"].pop("finalizers")
    step = plan(vm, None, facts())
    assert patches(step) == {("metadata", "finalizers"): [FINALIZER]}
    assert (step.actions, step.look_again) == ((), 0)


@pytest.mark.parametrize("observed", [None, seen("poweredOff")])
def test_a_paused_vm_is_left_alone(observed):
    vm = settled(annotations={PAUSED: ""})
    step = plan(vm, observed, facts())
    assert (step.actions, step.patches, step.status) == ((), (), vm["status"])


def test_the_vcenter_that_manages_it_is_noted():
    step = plan(settled(annotations={MANAGER_ID: "vc-old"}), seen(), facts())
    assert annotation(step, MANAGER_ID) == "vc-1"


def test_a_running_task_holds_every_change():
    vm = settled(powerState="PoweredOff", className="small")
    step = plan(vm, seen(recentTask=[task("running")]), facts())
    assert (step.actions, step.look_again) == ((), 10)
    assert plan(vm, seen(recentTask=[task("running")]), facts(is_watched=False)).look_again == 1


def test_a_failed_task_is_said_once_and_tried_again_later_each_time():
    failure = {"fault": "InsufficientResourcesFault", "message": "no memory"}
    vm = settled(annotations={FIRST_BOOT_DONE: None})
    notes: dict = {}
    delays: list[float | None] = []
    events: list[str] = []
    for number in range(4):
        observed = seen("poweredOff", recentTask=[task("error", key=f"task-{number}", **failure)])
        failed = plan(vm, observed, facts(notes=notes))
        assert (failed.actions, failed.failed) == ((), "no memory")
        again = plan(vm, observed, facts(notes=failed.notes))
        assert again.actions == (PowerOnVM("vm-7"),)
        notes, delays = again.notes, [*delays, failed.look_again]
        events += [event.reason for event in failed.events]
    assert delays == [1, 2, 4, 8]
    assert message(failed, "VirtualMachinePowerStateSynced").endswith(
        "status.powerState=PoweredOff: no memory"
    )
    assert events == ["UpdateFailure"]


def test_a_success_ends_the_count_of_failures():
    notes = {"failedTask": {"key": "task-1", "count": 5, "message": "no memory"}}
    step = plan(settled(), seen(recentTask=[task("success", key="task-2")]), facts(notes=notes))
    assert step.notes == {}


def test_the_same_failure_makes_one_event():
    first = plan(wish(className="nope"), None, facts())
    second = plan(wish(className="nope"), None, facts(notes=first.notes))
    assert [event.reason for event in first.events] == ["CreateFailure"]
    assert second.events == ()


def test_a_transition_time_moves_only_with_the_status():
    later = NOON + dt.timedelta(hours=1)
    first = plan(settled(), seen(), facts())
    vm = {**settled(powerState="PoweredOff"), "status": first.status}
    second = plan(vm, seen(), facts(now=later))
    before, after = (
        {item["type"]: item["lastTransitionTime"] for item in step.conditions} for step in (first, second)
    )
    moved = {kind for kind in after if after[kind] != before.get(kind)}
    assert moved == {"VirtualMachinePowerStateSynced"}


def test_conditions_are_sorted_ready_first():
    vm = settled(readinessProbe={"guestHeartbeat": {}})
    kinds = [item["type"] for item in plan(vm, seen(), facts()).conditions]
    assert kinds == ["Ready", *sorted(kinds[1:])]


@pytest.mark.parametrize(("has_address", "expected"), [(False, 10), (True, None)])
def test_without_a_watcher_a_vm_that_is_on_is_looked_at_until_it_has_an_address(has_address, expected):
    guest = {"toolsRunningStatus": "guestToolsRunning", "ipAddress": "10.0.0.9" if has_address else ""}
    assert plan(settled(), seen(guest=guest), facts(is_watched=False)).look_again == expected


# --- What the backend refuses ----------------------------------------------------------------------------


def refuse(vm, observed, fault, told="no", **more):
    known = facts(**more)
    step = plan(vm, observed, known)
    return refused(vm, observed, known, step, BackendRefused(fault, told))


def test_a_refused_clone_shows_in_both_conditions_and_leaves_no_mark_of_the_class():
    step = refuse(wish(), None, "DuplicateName", "The name 'web-1' already exists.")
    assert condition(step, "VirtualMachineCreated") == ("False", "Error")
    assert message(step, "VirtualMachineConditionPlacementReady") == "The name 'web-1' already exists."
    assert (step.failed, step.patches) == ("The name 'web-1' already exists.", ())
    assert "class" not in step.status


def test_a_task_in_progress_is_waited_for_without_a_word():
    step = refuse(settled(), seen("poweredOff"), "TaskInProgress")
    assert (step.failed, step.look_again, step.events) == ("", 10, ())


def test_a_vm_that_is_in_the_state_already_has_done_no_wrong():
    vm, observed = settled(powerState="PoweredOff", powerOffMode="Hard"), seen()
    known = facts()
    step = plan(vm, observed, known)
    gone_off = {**observed, "runtime": {**observed["runtime"], "powerState": "poweredOff"}}
    assert refused(vm, gone_off, known, step, BackendRefused("InvalidPowerState", "off")).failed == ""


def test_when_no_address_is_left_the_network_condition_says_so():
    step = refuse(wish(), None, "AddressPoolExhausted", "no free address left", interfaces=())
    assert condition(step, "VirtualMachineNetworkReady") == ("False", "NotReady")
    assert message(step, "VirtualMachineNetworkReady") == "no free address left"


def test_plans_are_values_that_can_be_compared():
    first, second = plan(wish(), None, facts()), plan(wish(), None, facts())
    assert first == second
    assert isinstance(first.actions[-1], CloneVM)
    assert dataclasses.replace(first, look_again=1) != first
