"""The state of a VM in words: wish, observation and conditions in, one word and a sentence out."""

from __future__ import annotations

import pytest

from vms.state import state_of

SEEN = "2026-11-24T10:00:00Z"


def vm(*, meta=None, spec=None, status=None):
    metadata = {"name": "web-1", "creationTimestamp": SEEN, **(meta or {})}
    return {"metadata": metadata, "spec": {"powerState": "PoweredOn", **(spec or {})}, "status": status or {}}


def condition(type_, status="False", reason="NotFound", message='Image "x" not found'):
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": SEEN}


def seen(power="PoweredOn", address="10.0.0.7", **status):
    return {"uniqueID": "vm-42", "powerState": power, "network": {"primaryIP4": address}, **status}


HELD = {"annotations": {"poweron.check.vmoperator.vmware.com/backup": "agent is missing"}}
KEPT = {
    "deletionTimestamp": SEEN,
    "annotations": {"delete.check.vmoperator.vmware.com/backup": ""},
}


@pytest.mark.parametrize(
    ("machine", "word", "reason", "who"),
    [
        (vm(), "Creating", "", ""),
        (
            vm(status={"conditions": [condition("VirtualMachineImageReady")]}),
            "Blocked",
            'Image "x" not found',
            "your admin",
        ),
        (vm(status={"conditions": [condition("VirtualMachineImageReady", "True")]}), "Creating", "", ""),
        (vm(status=seen()), "Running", "", ""),
        (vm(status=seen(address="")), "Waiting", "For an address: the guest has not reported one yet", ""),
        (vm(spec={"network": {"disabled": True}}, status=seen(address="")), "Running", "", ""),
        (vm(status=seen("PoweredOff")), "Starting", "", ""),
        (
            vm(meta=HELD, status=seen("PoweredOff")),
            "Waiting",
            "Power-on is held back by backup (agent is missing)",
            "you",
        ),
        (vm(spec={"powerState": "PoweredOff"}, status=seen()), "Stopping", "", ""),
        (vm(spec={"powerState": "PoweredOff"}, status=seen("PoweredOff")), "Off", "", ""),
        (vm(spec={"powerState": "Suspended"}, status=seen()), "Suspending", "", ""),
        (vm(spec={"powerState": "Suspended"}, status=seen("Suspended")), "Suspended", "", ""),
        (
            vm(spec={"nextRestartTime": "2026-11-24T11:00:00Z"}, status=seen(lastRestartTime=SEEN)),
            "Restarting",
            "",
            "",
        ),
        (vm(spec={"nextRestartTime": SEEN}, status=seen(lastRestartTime=SEEN)), "Running", "", ""),
        (vm(meta={"deletionTimestamp": SEEN}, status=seen()), "Deleting", "", ""),
        (vm(meta=KEPT, status=seen()), "Waiting", "Deletion is held back by backup", "you"),
        (
            vm(
                status=seen(
                    conditions=[condition("VirtualMachineCreated", "False", "Error", "gone in vSphere")]
                )
            ),
            "Changed elsewhere",
            "gone in vSphere",
            "the vSphere admin",
        ),
        (
            vm(meta={"annotations": {"vmoperator.vmware.com/paused": ""}}, status=seen()),
            "Blocked",
            "Paused by the annotation vmoperator.vmware.com/paused: remove it to go on",
            "you",
        ),
    ],
)
def test_the_state_says_what_is(machine, word, reason, who):
    state = state_of(machine)
    assert (state.word, state.reason, state.who) == (word, reason, who)


@pytest.mark.parametrize(
    ("machine", "is_settling", "needs_attention"),
    [
        (vm(), True, False),
        (vm(status=seen()), False, False),
        (vm(status=seen(address="")), True, False),
        (vm(status={"conditions": [condition("VirtualMachineClassReady")]}), False, True),
    ],
)
def test_what_settles_by_itself_and_what_needs_a_person(machine, is_settling, needs_attention):
    state = state_of(machine)
    assert (state.is_settling, state.needs_attention) == (is_settling, needs_attention)
