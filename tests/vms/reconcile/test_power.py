"""Power: the table of wishes and actions, its gates, modes and the five minutes, restart (section 9)."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.vms.reconcile.builders import NOON, annotation, extra, facts, message, seen, settled
from vmportal.backends.base import (
    BackendRefused,
    PowerOffVM,
    PowerOnVM,
    RebootGuest,
    ReconfigVM,
    ResetVM,
    ShutdownGuest,
    StandbyGuest,
    SuspendVM,
)
from vms.annotations import APPLY_POWER_STATE_TIME, FIRST_BOOT_DONE
from vms.reconcile import plan, refused


def actions(vm, observed, **known):
    return [type(action) for action in plan(vm, observed, facts(**known)).actions]


@pytest.mark.parametrize(
    ("current", "wanted", "modes", "expected"),
    [
        ("poweredOff", "PoweredOn", {}, [PowerOnVM]),
        ("suspended", "PoweredOn", {}, [PowerOnVM]),
        ("poweredOn", "PoweredOff", {"powerOffMode": "Hard"}, [PowerOffVM]),
        ("poweredOn", "PoweredOff", {"powerOffMode": "Soft"}, [ShutdownGuest]),
        ("poweredOn", "PoweredOff", {}, [ShutdownGuest]),
        ("suspended", "PoweredOff", {"powerOffMode": "Hard"}, [PowerOffVM]),
        ("suspended", "PoweredOff", {}, [PowerOffVM]),
        ("suspended", "PoweredOff", {"powerOffMode": "Soft"}, []),
        ("poweredOn", "Suspended", {"suspendMode": "Hard"}, [SuspendVM]),
        ("poweredOn", "Suspended", {"suspendMode": "Soft"}, [StandbyGuest]),
        ("poweredOn", "Suspended", {}, [StandbyGuest]),
        ("poweredOff", "Suspended", {}, []),
        ("poweredOff", "PoweredOff", {}, []),
        ("suspended", "Suspended", {}, []),
    ],
)
def test_the_table_of_wishes(current, wanted, modes, expected):
    """PWR-02, PWR-03, PWR-04, PWR-13, PWR-18, PWR-29, PWR-30."""
    assert actions(settled(powerState=wanted, **modes), seen(current)) == expected


@pytest.mark.parametrize(("wanted", "expected"), [("PoweredOff", PowerOffVM), ("Suspended", SuspendVM)])
def test_without_tools_try_soft_is_hard_at_once(wanted, expected):
    """PWR-31."""
    assert actions(settled(powerState=wanted), seen(tools=False)) == [expected]


def test_soft_without_tools_asks_all_the_same_and_says_what_the_guest_said():
    """PWR-30: it never turns hard."""
    vm, observed, known = settled(powerState="PoweredOff", powerOffMode="Soft"), seen(tools=False), facts()
    step = plan(vm, observed, known)
    assert step.actions == (ShutdownGuest("vm-7"),)
    step = refused(vm, observed, known, step, BackendRefused("ToolsUnavailable", "no tools"))
    assert (step.failed, step.look_again) == ("no tools", None)
    assert message(step, "VirtualMachinePowerStateSynced").endswith("no tools")
    assert actions(vm, observed, notes=step.notes) == [ShutdownGuest]


def test_try_soft_turns_hard_when_the_guest_refuses():
    vm, observed, known = settled(powerState="PoweredOff"), seen(), facts()
    step = refused(vm, observed, known, plan(vm, observed, known), BackendRefused("ToolsUnavailable", "no"))
    assert (step.look_again, step.failed) == (0, "")
    assert actions(vm, observed, notes=step.notes) == [PowerOffVM]


@pytest.mark.parametrize(("mode", "last"), [("TrySoft", [PowerOffVM]), ("Soft", [])])
def test_the_guest_has_five_minutes(mode, last):
    """PWR-31; plain Soft reports a time-out and asks again."""
    vm, taken = settled(powerState="PoweredOff", powerOffMode=mode), []
    notes: dict = {}
    for seconds in (0, 5, 299, 300):
        step = plan(vm, seen(), facts(now=NOON + dt.timedelta(seconds=seconds), notes=notes))
        notes = step.notes
        taken.append([type(action) for action in step.actions])
    assert taken == [[ShutdownGuest], [], [], last]
    assert bool(step.failed) == (mode == "Soft")


def test_while_waiting_for_a_guest_it_is_looked_at_often():
    vm = settled(powerState="PoweredOff")
    first = plan(vm, seen(), facts())
    almost = facts(now=NOON + dt.timedelta(seconds=298), notes=first.notes)
    assert (first.look_again, plan(vm, seen(), almost).look_again) == (5, 2)


def test_a_power_on_check_holds_power_on_and_resume_silently():
    """PWR-33, PWR-34, PWR-38."""
    held = settled(annotations={"poweron.check.vmoperator.vmware.com/ad": "computer object"})
    for current in ("poweredOff", "suspended"):
        step = plan(held, seen(current), facts())
        assert (step.actions, step.failed, step.look_again) == ((), "", None)
    assert actions(settled(), seen("poweredOff")) == [PowerOnVM]


def test_a_power_on_check_does_not_hold_power_off():
    held = settled(annotations={"poweron.check.vmoperator.vmware.com/ad": "x"}, powerState="PoweredOff")
    assert actions(held, seen()) == [ShutdownGuest]


@pytest.mark.parametrize(
    ("seconds", "expected", "look_again"), [(90.5, [], 90.5), (-1, [PowerOnVM], 10)], ids=["future", "past"]
)
def test_a_boot_order_holds_until_its_time(seconds, expected, look_again):
    time = (NOON + dt.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    step = plan(settled(annotations={APPLY_POWER_STATE_TIME: time}), seen("poweredOff"), facts())
    assert ([type(action) for action in step.actions], step.look_again) == (expected, look_again)
    assert (("metadata", "annotations", APPLY_POWER_STATE_TIME) in dict(step.patches)) == (seconds < 0)


def test_a_vm_paused_by_an_administrator_is_not_switched():
    config = {"extraConfig": extra(vmservice__virtualmachine__pause="True")}
    assert actions(settled(powerState="PoweredOff"), seen(config=config)) == []


def test_volumes_with_claims_must_be_attached_before_power_on():
    volumes = [
        {"name": "boot", "controllerType": "SCSI", "controllerBusNumber": 0, "unitNumber": 0},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-1"}},
    ]
    step = plan(settled(volumes=volumes), seen("poweredOff"), facts())
    assert step.actions == ()
    assert step.failed == "one or more persistent volumes is pending: data"


def test_the_first_power_on_is_noted():
    vm = settled()
    vm["metadata"]["annotations"].pop(FIRST_BOOT_DONE)
    assert annotation(plan(vm, seen("poweredOff"), facts()), FIRST_BOOT_DONE) is None
    assert annotation(plan(vm, seen(), facts()), FIRST_BOOT_DONE) == "true"


def test_a_broken_configuration_does_not_keep_a_vm_on():
    vm = settled(
        powerState="PoweredOff", bootstrap={"cloudInit": {"rawCloudConfig": {"name": "gone", "key": "x"}}}
    )
    assert actions(vm, seen()) == [ShutdownGuest]


# --- Restart -------------------------------------------------------------------------------------------

EARLIER = "2026-11-24T11:59:00.123456789Z"
EARLIER_NANO = 1_795_521_540_123_456_000


@pytest.mark.parametrize(
    ("mode", "tools", "expected"),
    [
        ("Hard", True, ResetVM),
        ("Soft", True, RebootGuest),
        ("TrySoft", True, RebootGuest),
        ("TrySoft", False, ResetVM),
    ],
)
def test_a_restart_is_done_once_and_then_recorded(mode, tools, expected):
    """PWR-27, PWR-29, PWR-30."""
    vm = settled(nextRestartTime=EARLIER, restartMode=mode)
    first = plan(vm, seen(tools=tools), facts())
    assert first.actions == (expected("vm-7"),)
    second = plan(vm, seen(tools=tools), facts(notes=first.notes))
    record = {"key": "vmservice.lastRestartTime", "value": str(EARLIER_NANO)}
    assert second.actions == (ReconfigVM("vm-7", {"extraConfig": [record]}),)
    assert second.status["lastRestartTime"] == "2026-11-24T11:59:00Z"
    done = seen(tools=tools, config={"extraConfig": extra(vmservice__lastRestartTime=str(EARLIER_NANO))})
    assert plan(vm, done, facts(notes=second.notes)).actions == ()


@pytest.mark.parametrize("time", ["2026-11-24T12:00:01Z", ""])
def test_no_restart_is_done_ahead_of_its_time(time):
    assert actions(settled(nextRestartTime=time), seen()) == []


@pytest.mark.parametrize("power", ["poweredOff", "suspended"])
def test_only_a_vm_that_is_on_is_restarted(power):
    vm = settled(nextRestartTime=EARLIER, powerState="PoweredOff", powerOffMode="Soft")
    assert actions(vm, seen(power)) == []
