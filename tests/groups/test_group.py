"""VirtualMachineGroups: what they become (GRM) and may look like (GRP), section 7.3 of the catalogue."""

from __future__ import annotations

import pytest

from groups.kinds import VIRTUAL_MACHINE_GROUP
from tests.admission.asking import MASTER, thing
from tests.admission.kinds import Asked
from vmportal.admission.reading import annotation, get

LAST_UPDATED = "vmoperator.vmware.com.protected/last-updated-power-state-time"
APPLY = "vmoperator.vmware.com.protected/apply-power-state-time"
SYNC = "spec.nextForcePowerStateSyncTime"
NOW = "2026-03-01T12:00:00.25Z"
EARLIER, LATER = "2025-06-01T13:00:00Z", "2027-01-01T00:00:00Z"


def within(name: str, parent: str = ""):
    return thing("VirtualMachineGroup", name, "team-a", spec={"groupName": parent} if parent else {})


GROUPS = Asked(VIRTUAL_MACHINE_GROUP)


def group(meta=None, **spec):
    return GROUPS.obj("one", meta=meta, **spec)


def noted(time: str = EARLIER, **more: str):
    return {"annotations": {LAST_UPDATED: time, **more}}


def orders(*names: str, kind: str | None = "VirtualMachine"):
    """A boot order for each name."""
    kinds = {"kind": kind} if kind else {}
    return [{"members": [{"name": name, **kinds}]} for name in names]


@pytest.mark.parametrize(
    ("sent", "before", "stored"),
    [
        (None, None, None),
        ("", None, None),
        ("now", None, NOW),
        ("NoW", EARLIER, NOW),
        (None, EARLIER, EARLIER),
        ("", EARLIER, EARLIER),
        (EARLIER, EARLIER, EARLIER),
    ],
)
def test_a_sync_is_now_or_stays(sent, before, stored):
    """GRM-01."""
    old = group(nextForcePowerStateSyncTime=before)
    admitted = GROUPS.admitted(group(nextForcePowerStateSyncTime=sent), old)
    assert (get(admitted, SYNC) or None) == stored


@pytest.mark.parametrize("sent", [" now", "nowadays", LATER])
def test_no_other_time_is_a_sync(sent):
    """GRM-01: refused before the rules, on create and update."""
    for old in (None, group(nextForcePowerStateSyncTime=EARLIER)):
        assert (SYNC, "Invalid", "GRM-01") in GROUPS.refused(group(nextForcePowerStateSyncTime=sent), old)


@pytest.mark.parametrize(
    ("new", "old", "time"),
    [
        (group(), None, None),
        (group(powerState="PoweredOff"), None, NOW),
        (group(noted(), powerState="PoweredOn"), None, NOW),
        (group(nextForcePowerStateSyncTime="now"), None, NOW),
        (group(noted(), powerState="PoweredOn"), group(noted(), powerState="PoweredOff"), NOW),
        (group(noted(), powerState="PoweredOn"), group(noted(), powerState="PoweredOn"), EARLIER),
        (
            group(noted(), powerState="PoweredOn", nextForcePowerStateSyncTime="now"),
            group(noted(), powerState="PoweredOn", nextForcePowerStateSyncTime=EARLIER),
            NOW,
        ),
    ],
)
def test_a_power_change_is_stamped(new, old, time):
    """GRM-02: on a new power state, or a forced sync."""
    assert annotation(GROUPS.admitted(new, old), LAST_UPDATED) == time


@pytest.mark.parametrize(
    ("before", "sent", "power", "kept"),
    [
        (EARLIER, EARLIER, "PoweredOn", None),
        (EARLIER, EARLIER, "PoweredOff", EARLIER),
        (EARLIER, LATER, "PoweredOn", LATER),
        ("", "", "PoweredOn", ""),
    ],
)
def test_a_direct_power_change_is_not_delayed(before, sent, power, kept):
    """GRM-03: the delay goes with a new power state, unless the parent sets another one with it."""
    old, new = (
        group(noted(**{APPLY: delay}), powerState=state)
        for delay, state in ((before, "PoweredOff"), (sent, power))
    )
    assert annotation(GROUPS.admitted(new, old), APPLY) == kept


def test_a_new_group_keeps_its_delay():
    """GRM-03: there was no delay before."""
    new = group({"annotations": {APPLY: LATER}}, powerState="PoweredOn")
    assert annotation(GROUPS.admitted(new), APPLY) == LATER


def test_a_group_that_leaves_its_parent_loses_the_owner():
    """GRM-04."""
    owners = [
        {"apiVersion": "v1", "kind": kind, "name": name, "uid": "u"}
        for kind, name in (
            ("VirtualMachineGroup", "a"),
            ("VirtualMachineGroup", "b"),
            ("VirtualMachine", "a"),
        )
    ]

    def owned(parent):
        return group({"ownerReferences": owners}, groupName=parent)

    for parent in ("b", None):
        stored = GROUPS.admitted(owned(parent), owned("a"))
        assert stored["metadata"]["ownerReferences"] == owners[1:]
    for old, new in (("a", "a"), (None, "a")):
        assert GROUPS.admitted(owned(new), owned(old))["metadata"]["ownerReferences"] == owners


@pytest.mark.parametrize(
    ("new", "old", "refused"),
    [
        (group(noted()), None, True),
        (group(noted()), group(), True),
        (group(), group(noted()), True),
        (group(noted(LATER)), group(noted()), True),
        (group(noted()), group(noted()), False),
        (group(noted("")), group(), False),
    ],
)
def test_the_time_of_the_power_state_is_not_written_by_hand(new, old, refused):
    """GRP-01: unless the power state changes, or the user is privileged."""
    errors = [(f"metadata.annotations[{LAST_UPDATED}]", "Forbidden", "GRP-01")]
    assert GROUPS.refused(new, old) == (errors if refused else [])
    assert GROUPS.refused(new, old, user=MASTER) == []


@pytest.mark.parametrize(
    ("time", "is_good"),
    [
        ("2025-06-01T13:00:00.123456789Z", True),
        ("", True),
        ("2025-06-01", False),
        ("2025-06-01T13:00:00", False),
    ],
)
def test_the_time_of_the_power_state_is_a_time(time, is_good):
    """GRP-02: for everybody."""
    errors = [] if is_good else [(f"metadata.annotations[{LAST_UPDATED}]", "Invalid", "GRP-02")]
    assert GROUPS.refused(group(noted(time)), user=MASTER) == errors


def test_the_power_state_is_not_taken_away():
    """GRP-03, GRP-23: not by privileged users either; a group may begin without."""
    old = group(noted(), powerState="PoweredOn")
    assert GROUPS.refused(group(noted()), old, user=MASTER) == [("spec.powerState", "Forbidden", "GRP-03")]
    assert GROUPS.refused(group(), group()) == []


def test_a_group_may_begin_suspended():
    """GRP-04."""
    assert GROUPS.refused(group(powerState="Suspended")) == []
    assert GROUPS.refused(group(powerState="suspended")) == [("spec.powerState", "NotSupported", "SCHEMA")]


@pytest.mark.parametrize(
    ("boot_order", "paths"),
    [
        (orders("a", "b"), []),
        (orders("a", "a"), ["spec.bootOrder[1].members[0]"]),
        (orders("a", "b", "a", "a"), ["spec.bootOrder[2].members[0]", "spec.bootOrder[3].members[0]"]),
        ([*orders("a", kind=None), *orders("a")], ["spec.bootOrder[1].members[0]"]),
        ([*orders("a"), *orders("a", kind="VirtualMachineGroup")], []),
        ([{}, {"members": []}], []),
    ],
)
def test_a_member_occurs_once(boot_order, paths):
    """GRP-05, GRP-10: by kind and name, over all boot orders."""
    assert GROUPS.refused(group(bootOrder=boot_order)) == [(path, "Duplicate", "GRP-05") for path in paths]


def test_a_group_is_neither_its_own_member_nor_its_own_parent():
    """GRP-06, GRP-07, GRP-10."""
    own = group(bootOrder=orders("a", "one", kind="VirtualMachineGroup"))
    assert GROUPS.refused(own) == [("spec.bootOrder[1].members[0]", "Invalid", "GRP-06")]
    assert GROUPS.refused(group(bootOrder=orders("one"))) == []
    assert GROUPS.refused(group(groupName="one")) == [("spec.groupName", "Invalid", "GRP-07")]
    assert GROUPS.refused(group(groupName="nowhere")) == []


@pytest.mark.parametrize(
    ("delay", "is_good"),
    [("30s", True), ("1h30m", True), ("0", True), ("-5s", True), ("30", False), ("soon", False), ("", False)],
)
def test_a_delay_is_a_duration(delay, is_good):
    """GRP-08, GRP-09: a negative one is let through."""
    errors = [] if is_good else [("spec.bootOrder[0].powerOnDelay", "Invalid", "GRP-09")]
    assert GROUPS.refused(group(bootOrder=[{"members": [], "powerOnDelay": delay}])) == errors


@pytest.mark.parametrize(
    ("parents", "refused"),
    [
        ([], False),
        ([within("a")], False),
        ([within("a", "one")], True),
        ([within("a", "b"), within("b", "c"), within("c", "one")], True),
        ([within("a", "b"), within("b", "a")], False),
        ([within("a", "nowhere")], False),
    ],
)
def test_groups_do_not_lie_in_a_circle(parents, refused):
    """GRP-19, D-11: as policy; a circle of others is not this group's fault."""
    new, old, world = group(groupName="a"), group(), tuple(parents)
    errors = [("spec.groupName", "Invalid", "GRP-19")] if refused else []
    assert GROUPS.refused(new, old, policy=True, world=world) == errors
    assert GROUPS.refused(new, policy=True, world=world) == errors
    assert GROUPS.refused(new, new, policy=True, world=world) == []
    assert GROUPS.refused(new, old, world=world) == []


def test_deep_nesting_is_warned_of():
    """GRP-20: the fourth level."""
    world = (within("a", "b"), within("b", "c"), within("c"))
    outcome = GROUPS.judge(group(groupName="a"), policy=True, world=world)
    assert outcome.errors == ()
    assert outcome.warnings == (
        "spec.groupName: This is more than 3 levels of groups: two or three are clearer.",
    )
    assert GROUPS.judge(group(groupName="b"), policy=True, world=world).warnings == ()


def test_without_the_feature_nothing_is_done_nor_asked():
    odd = group(
        groupName="one",
        powerState="PoweredOn",
        bootOrder=orders("a", "a"),
        nextForcePowerStateSyncTime="soon",
    )
    assert GROUPS.refused(odd, VMGroups=False) == []
    assert annotation(GROUPS.admitted(odd, VMGroups=False), LAST_UPDATED) is None


def test_a_missing_name_shows_only_where_nothing_was_written_anew():
    """PIPE-11: with a power state the whole object is written anew, and an empty name is no missing one."""
    nameless = [{"members": [{"kind": "VirtualMachine"}]}]
    assert GROUPS.refused(group(bootOrder=nameless)) == [
        ("spec.bootOrder[0].members[0].name", "Required", "SCHEMA")
    ]
    assert GROUPS.refused(group(bootOrder=nameless, powerState="PoweredOn")) == []


def test_the_time_of_the_power_state_is_guarded_to_the_end():
    """QRK-17: as policy, while the group is being deleted."""
    old, new = GROUPS.deleting(group(noted())), GROUPS.deleting(group())
    errors = [(f"metadata.annotations[{LAST_UPDATED}]", "Forbidden", "GRP-01")]
    assert GROUPS.refused(new, old, policy=True) == errors
    assert GROUPS.refused(new, old, policy=True, user=MASTER) == []
    assert GROUPS.refused(new, old) == []
