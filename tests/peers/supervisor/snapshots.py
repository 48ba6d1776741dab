"""One pass over a VirtualMachineSnapshot, the tree that its machine shows, and the way back to it.

Called by the actor. What a machine was like when its snapshot was made is kept in an annotation of the snapshot, which
stands for what a vCenter keeps.
"""

from __future__ import annotations

import json

from tests.peers.supervisor.conditions import Conditions, is_true
from tests.peers.supervisor.passes import Outcome
from tests.peers.supervisor.quantities import number, size
from tests.peers.supervisor.resources import VMOP, Document
from tests.peers.supervisor.world import World

FINALIZER = f"{VMOP}/virtualmachinesnapshot"
KEPT = "actor.example.com/machine"
CREATED, SYNCED, READY = (f"VirtualMachineSnapshot{word}" for word in ("Created", "CSISynced", "Ready"))
SUCCEEDED = "VirtualMachineSnapshotRevertSucceeded"
CREATE, DELETE, REVERT = 2, 1, 2  # seconds


def look(snapshot: Document, world: World) -> Outcome:
    """Change the snapshot in place as far as it goes now."""
    metadata, spec = snapshot["metadata"], snapshot["spec"]
    finalizers = metadata.setdefault("finalizers", [])
    machine = world.get("VirtualMachine", metadata["namespace"], spec.get("vmName", ""))
    if "deletionTimestamp" in metadata:
        rest = world.left(snapshot, "delete", DELETE) if machine else 0
        if not rest and FINALIZER in finalizers:
            finalizers.remove(FINALIZER)
        return Outcome(after=rest)
    if FINALIZER not in finalizers:
        finalizers.append(FINALIZER)
    status = snapshot.setdefault("status", {})
    conditions = Conditions(status, world.now, metadata.get("generation"))
    if is_true(status, READY):
        return Outcome()
    if machine is None or not machine.get("status", {}).get("uniqueID"):
        conditions.false(READY, "VirtualMachineSnapshotWaitingForCreation", "the machine is not there yet")
        return Outcome(is_waiting=True)
    _own(snapshot, machine)
    rest = world.left(snapshot, "create", CREATE)
    if rest:
        conditions.false(CREATED, "VirtualMachineSnapshotCreationInProgress", "the snapshot is being created")
        conditions.false(READY, "VirtualMachineSnapshotWaitingForCreation", "the snapshot is being created")
        return Outcome(after=rest)
    _become(snapshot, machine, conditions)
    return Outcome()


def _own(snapshot: Document, machine: Document) -> None:
    owners = snapshot["metadata"].setdefault("ownerReferences", [])
    metadata = machine["metadata"]
    if all(owner["uid"] != metadata["uid"] for owner in owners):
        owners.append(
            {
                "apiVersion": machine["apiVersion"],
                "kind": machine["kind"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            }
        )


def _become(snapshot: Document, machine: Document, conditions: Conditions) -> None:
    status, seen, spec = snapshot["status"], machine["status"], machine["spec"]
    metadata = snapshot["metadata"]
    number_of_it = int(metadata["uid"].replace("-", "")[:9], 16)
    memory = number(seen["hardware"]["memory"]["total"]) if snapshot["spec"].get("memory") else 0
    disks = sum(number(one["requested"]) for one in seen.get("volumes", ()) if one["type"] == "Classic")
    status |= {
        "uniqueID": f"snapshot-{number_of_it}",
        "powerState": seen["powerState"] if memory else "PoweredOff",
        "quiesced": "quiesce" in snapshot["spec"],
        "storage": {
            "used": size(memory + 2**20),
            "requested": [{"storageClass": spec["storageClass"], "total": size(memory + disks)}],
        },
    }
    kept = {word: machine["metadata"].get(word) or {} for word in ("labels", "annotations")}
    kept["spec"] = {word: value for word, value in spec.items() if word != "currentSnapshotName"}
    metadata.setdefault("annotations", {})[KEPT] = json.dumps(kept)
    for kind in (CREATED, SYNCED, READY):
        conditions.true(kind)


def show(machine: Document, world: World) -> None:
    """The machine's snapshots in its status: the newest is the current one, each stands on the one before it."""
    found = [
        one
        for one in world.within("VirtualMachineSnapshot", machine["metadata"]["namespace"])
        if one["spec"].get("vmName") == machine["metadata"]["name"]
        and is_true(one.get("status", {}), CREATED)
    ]
    found.sort(key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))
    status = machine["status"]
    for word in ("rootSnapshots", "currentSnapshot"):
        status.pop(word, None)
    if found:
        first, last = ({"type": "Managed", "name": one["metadata"]["name"]} for one in (found[0], found[-1]))
        status |= {"rootSnapshots": [first], "currentSnapshot": last}


def revert(machine: Document, world: World, conditions: Conditions) -> float:
    """Back to `spec.currentSnapshotName`: spec, labels and annotations become what they were. Seconds left."""
    name = machine["spec"].get("currentSnapshotName")
    if not name:
        return 0
    snapshot = world.get("VirtualMachineSnapshot", machine["metadata"]["namespace"], name)
    if snapshot is None:
        conditions.false(SUCCEEDED, "VirtualMachineSnapshotRevertFailed", f"snapshot {name} is not found")
        return 0
    if not is_true(snapshot.get("status", {}), READY):
        conditions.false(SUCCEEDED, "VirtualMachineSnapshotRevertSkipped", f"snapshot {name} is not ready")
        return 0
    rest = world.left(machine, "revert", REVERT)
    if rest:
        conditions.false(SUCCEEDED, "VirtualMachineSnapshotRevertInProgress", f"going back to {name}")
        return rest
    kept = json.loads(snapshot["metadata"]["annotations"][KEPT])
    machine["spec"] = {**kept["spec"], "powerState": snapshot["status"]["powerState"]}
    machine["metadata"] |= {"labels": kept["labels"], "annotations": kept["annotations"]}
    machine["status"]["powerState"] = snapshot["status"]["powerState"]
    conditions.true(SUCCEEDED)
    return 0
