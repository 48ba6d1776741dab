"""One pass over a VirtualMachineGroup, and the link of a member to its group.

Called by the actor and by machine.py. A group's power state goes to its members once for each change of it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.peers.supervisor.conditions import Conditions, exact_moment, is_true
from tests.peers.supervisor.defaults import APPLY_TIME, UPDATED_TIME
from tests.peers.supervisor.passes import Outcome, time_of
from tests.peers.supervisor.prerequisites import ZONE_LABEL
from tests.peers.supervisor.resources import VMOP, Document
from tests.peers.supervisor.world import World

SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def link_to_group(member: Document, world: World, conditions: Conditions) -> bool:
    """Say on the member's side whether both sides know of each other; true without a group."""
    name = member["spec"].get("groupName")
    if not name:
        conditions.delete("GroupLinked")
        return True
    group = world.get("VirtualMachineGroup", member["metadata"]["namespace"], name)
    if group is None:
        conditions.false("GroupLinked", "NotFound", f'virtualmachinegroups.{VMOP} "{name}" not found')
        return False
    listed = {(kind, called) for kind, called, _ in members(group)}
    if (member["kind"], member["metadata"]["name"]) not in listed:
        conditions.false("GroupLinked", "NotMember", f"group {name} does not list it as a member")
        return False
    conditions.true("GroupLinked")
    return True


def members(group: Document) -> Iterator[tuple[str, str, float]]:
    """(kind, name, seconds of delay since the group began) in boot order."""
    delay = 0.0
    for entry in group["spec"].get("bootOrder") or ():
        delay += seconds(entry.get("powerOnDelay") or "0s")
        for member in entry.get("members") or ():
            yield member.get("kind", "VirtualMachine"), member["name"], delay


def seconds(duration: str) -> float:
    """`1m30s` is 90."""
    return sum(float(n) * SECONDS[unit] for n, unit in re.findall(r"([\d.]+)(ms|h|m|s)", duration))


def look(group: Document, world: World) -> Outcome:
    """Change the group in place; its members are the outcome's others."""
    if "deletionTimestamp" in group["metadata"]:
        return Outcome()
    annotations = group["metadata"].setdefault("annotations", {})
    if group["spec"].get("powerState") and UPDATED_TIME not in annotations:  # no webhook was there to do it
        annotations[UPDATED_TIME] = exact_moment(world.now)
    status = group.setdefault("status", {})
    conditions = Conditions(status, world.now, group["metadata"].get("generation"))
    is_linked = link_to_group(group, world, conditions)
    applied = status.get("lastUpdatedPowerStateTime")
    wished = annotations.get(UPDATED_TIME)
    is_due = bool(wished) and (not applied or time_of(wished) > time_of(applied))
    changed, shown = [], []
    for kind, name, delay in members(group):
        found = world.get(kind, group["metadata"]["namespace"], name)
        entry, member = _member(group, kind, name, found, world)
        if member is not None and is_linked:
            _own(group, member)
            if is_due:
                _power(group, member, delay, world)
            changed.append(member)
        shown.append(entry)
    all_linked = len(changed) == len(shown)
    if is_due and is_linked and all_linked:
        status["lastUpdatedPowerStateTime"] = exact_moment(world.now)
    status["members"] = shown
    bad = [one["name"] for one in shown if any(c["status"] != "True" for c in one["conditions"])]
    if bad:
        conditions.false(
            "Ready", "MembersNotReady", f"{len(bad)} of {len(shown)} members not ready: {', '.join(bad)}"
        )
    else:
        conditions.true("Ready")
    return Outcome(is_waiting=bool(bad), others=tuple(changed))


def _member(
    group: Document, kind: str, name: str, found: Document | None, world: World
) -> tuple[Document, Document | None]:
    """(its entry in the group's status, a copy of it to change if it points back)."""
    known = [one for one in group["status"].get("members", ()) if (one["kind"], one["name"]) == (kind, name)]
    old = known[0] if known else {"conditions": []}
    entry: Document = {"name": name, "kind": kind, "conditions": list(old.get("conditions", ()))}
    conditions = Conditions(entry, world.now, None)
    if found is None:
        conditions.false("GroupLinked", "NotFound", f"{kind} {name} is not found")
        return entry, None
    entry["uid"] = found["metadata"]["uid"]
    points_at = found["spec"].get("groupName")
    if points_at != group["metadata"]["name"]:
        message = f"it belongs to group {points_at}" if points_at else "it names no group"
        conditions.false("GroupLinked", "NotMember", message)
        return entry, None
    conditions.true("GroupLinked")
    _show(group, found, entry, conditions)
    return entry, copy.deepcopy(found)


def _show(group: Document, found: Document, entry: Document, conditions: Conditions) -> None:
    status, wish = found.get("status", {}), group["spec"].get("powerState")
    if entry["kind"] != "VirtualMachine":
        if is_true(status, "Ready"):
            conditions.true("Ready")
        else:
            conditions.false("Ready", "NotReady", "the group is not ready")
        return
    if status.get("powerState"):
        entry["powerState"] = status["powerState"]
    zone = (found["metadata"].get("labels") or {}).get(ZONE_LABEL)
    if status.get("uniqueID"):
        conditions.true("PlacementReady", "AlreadyPlaced", zone or "")
    else:
        conditions.true("PlacementReady")
    if zone:
        entry["placement"] = {"zoneID": zone}
    if not wish:
        conditions.delete("PowerStateSynced")
    elif status.get("powerState") == wish:
        conditions.true("PowerStateSynced")
    elif found["spec"].get("powerState") == wish:
        conditions.false("PowerStateSynced", "Pending", "the power state is being applied")
    else:
        conditions.false("PowerStateSynced", "NotSynced", "the member's power state was changed elsewhere")


def _own(group: Document, member: Document) -> None:
    owners = member["metadata"].setdefault("ownerReferences", [])
    uid = group["metadata"]["uid"]
    if all(owner["uid"] != uid for owner in owners):
        owners.append(
            {
                "apiVersion": group["apiVersion"],
                "kind": group["kind"],
                "name": group["metadata"]["name"],
                "uid": uid,
            }
        )


def _power(group: Document, member: Document, delay: float, world: World) -> None:
    wish = group["spec"]["powerState"]
    is_machine = member["kind"] == "VirtualMachine"
    state = member.get("status", {}) if is_machine else member["spec"]
    if state.get("powerState") == wish:
        return
    spec: dict[str, Any] = member["spec"]
    spec["powerState"] = wish
    for mode in ("powerOffMode", "suspendMode"):
        spec[mode] = group["spec"].get(mode) or "TrySoft"
    own = group["metadata"]["annotations"]
    annotations = member["metadata"].setdefault("annotations", {})
    if wish == "PoweredOn":
        base = time_of(own.get(APPLY_TIME) or own[UPDATED_TIME])
        annotations[APPLY_TIME] = exact_moment(base + timedelta(seconds=world.knobs.seconds(delay)))
    if not is_machine:
        annotations[UPDATED_TIME] = exact_moment(world.now)
