"""One pass over a VirtualMachine, in the order of VM Operator's loop: create, hardware, power, guest, deletion.

Called by the actor, which writes what the pass has changed; what takes time is asked for again when it is over.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from tests.peers.supervisor import hardware, network, prerequisites, snapshots
from tests.peers.supervisor.conditions import Conditions, exact_moment, moment
from tests.peers.supervisor.defaults import APPLY_TIME, LAST_CLASS, Refused, default_machine
from tests.peers.supervisor.groups import link_to_group
from tests.peers.supervisor.images import find_images
from tests.peers.supervisor.passes import Outcome, time_of
from tests.peers.supervisor.resources import VMOP, Document, key_of
from tests.peers.supervisor.world import World

FINALIZER = f"{VMOP}/virtualmachine"
FIRST_BOOT = f"virtualmachine.{VMOP}/first-boot-done"
PAUSED = f"{VMOP}/paused"
HARDWARE_VERSION = 21
HOSTS = 4  # in each zone
# Seconds that steps usually take; the knob `speed` divides them.
PREREQUISITES, CREATE, RECONFIGURE, POWER_ON, POWER_OFF, SHUTDOWN, GUEST, DELETE = 0.5, 3, 1, 1, 0.5, 3, 2, 1
RETRY = 10.0  # a power change that was refused


def look(machine: Document, world: World) -> Outcome:
    """Change `machine` in place as far as it goes now."""
    annotations = machine["metadata"].setdefault("annotations", {})
    if PAUSED in annotations:
        return Outcome()
    if "deletionTimestamp" in machine["metadata"]:
        return _delete(machine, world)
    if FINALIZER not in machine["metadata"].setdefault("finalizers", []):
        machine["metadata"]["finalizers"].append(FINALIZER)
    _admitted(machine, world)
    status = machine.setdefault("status", {})
    conditions = Conditions(status, world.now, machine["metadata"].get("generation"))
    is_linked = link_to_group(machine, world, conditions)
    if not status.get("uniqueID"):
        return _create(machine, world, conditions, is_linked)
    return _update(machine, world, conditions)


def _admitted(machine: Document, world: World) -> None:
    """What the webhook does, of what was written while none was registered; what it would refuse stays as it is."""
    annotations, spec = machine["metadata"]["annotations"], machine["spec"]
    is_new = f"{VMOP}/created-at-build-version" not in annotations
    if is_new or (spec.get("imageName") and not spec.get("image")):
        with contextlib.suppress(Refused):
            default_machine(None, machine, world.now, lambda *name: find_images(world, *name))
    if (spec.get("nextRestartTime") or "").lower() == "now":
        spec["nextRestartTime"] = exact_moment(world.now)


def _create(machine: Document, world: World, conditions: Conditions, is_linked: bool) -> Outcome:
    begun = world.left(machine, "prerequisites", PREREQUISITES)
    if begun:
        return Outcome(after=begun)
    are_there = prerequisites.judge(machine, world, conditions)
    has_network = _network_ready(machine, world, conditions)
    if not (are_there and has_network and is_linked and prerequisites.place(machine, world, conditions)):
        return Outcome(is_waiting=True)
    held = world.knobs.stuck_at(key_of(machine), "VirtualMachineCreated")
    if held:
        conditions.false("VirtualMachineCreated", "Error", held.message)
        return Outcome(is_waiting=True)
    rest = world.left(machine, "create", CREATE)
    if rest:
        return Outcome(after=rest)
    _become(machine, world)
    return _update(machine, world, conditions)


def _network_ready(machine: Document, world: World, conditions: Conditions) -> bool:
    name = "VirtualMachineNetworkReady"
    held = world.knobs.stuck_at(key_of(machine), name)
    if held:
        conditions.false(name, held.reason, held.message)
        return False
    spec = machine["spec"].get("network")
    if spec is None or spec.get("disabled"):
        conditions.delete(name)
    else:
        conditions.true(name)
    return True


def _become(machine: Document, world: World) -> None:
    """There is a machine now: its identity, its size, its place."""
    metadata, spec, status = machine["metadata"], machine["spec"], machine["status"]
    number = int(metadata["uid"].replace("-", "")[:9], 16)
    zone = metadata["labels"][prerequisites.ZONE_LABEL]
    image = (hardware.image_of(machine, world) or {}).get("status", {})
    os = image.get("osInfo") or {}
    status |= {
        "uniqueID": f"vm-{number}",
        "biosUUID": spec["biosUUID"],
        "instanceUUID": spec["instanceUUID"],
        "zone": zone,
        "nodeName": f"esx-{number % HOSTS + 1}.{zone}.example.com",
        "hardwareVersion": max(
            spec.get("minHardwareVersion") or 0, image.get("hardwareVersion", HARDWARE_VERSION)
        ),
        "powerState": "PoweredOff",
        "changeBlockTracking": bool((spec.get("advanced") or {}).get("changeBlockTracking")),
        "provider": {"creationTimestamp": moment(world.now)},
        "guest": {
            "guestID": spec.get("guestID") or os.get("type") or "otherGuest64",
            "guestFullName": (image.get("productInfo") or {}).get("product") or "Other (64-bit)",
        },
    }
    hardware.fill(machine, hardware.image_of(machine, world))
    _resize(machine, world)


def _update(machine: Document, world: World, conditions: Conditions) -> Outcome:
    status = machine["status"]
    conditions.true("VirtualMachineCreated")
    conditions.true("VirtualMachineReconcileReady")
    hardware.fill(machine, hardware.image_of(machine, world))
    config = network.intended(machine)
    if config:
        status.setdefault("network", {})["config"] = config
    snapshot = machine["spec"].get("currentSnapshotName")
    waits = [snapshots.revert(machine, world, conditions)]
    if snapshot and not machine["spec"].get("currentSnapshotName"):
        _resize(machine, world)  # its hardware is what it was, too
    snapshots.show(machine, world)
    waits.append(_reconfigure(machine, world))
    hardware.show(machine, world, conditions)
    waits.append(_power(machine, world))
    waits.append(_restart(machine, world))
    waits.append(_guest(machine, world, conditions))
    _synced(machine, world, conditions)
    return Outcome(
        after=min((wait for wait in waits if wait), default=0),
        is_waiting=bool(hardware.pending_volumes(machine)),
        others=tuple(hardware.claims_of_disks(machine, world)),
    )


def _reconfigure(machine: Document, world: World) -> float:
    """A change of class, which waits until the machine is off."""
    spec, status = machine["spec"], machine["status"]
    if spec.get("className", "") == _last_class(machine) or status["powerState"] != "PoweredOff":
        return 0
    if world.get("VirtualMachineClass", machine["metadata"]["namespace"], spec.get("className", "")) is None:
        return 0
    rest = world.left(machine, "reconfigure", RECONFIGURE)
    if not rest:
        _resize(machine, world)
    return rest


def _resize(machine: Document, world: World) -> None:
    name = machine["spec"].get("className")
    found = world.get("VirtualMachineClass", machine["metadata"]["namespace"], name) if name else None
    if found is None:
        return
    hardware.size_up(machine["status"], found)
    machine["status"]["class"] = {
        "apiVersion": found["apiVersion"],
        "kind": "VirtualMachineClass",
        "name": name,
    }
    metadata = found["metadata"]
    last = {"name": name, "uid": metadata["uid"], "generation": metadata.get("generation", 1)}
    machine["metadata"]["annotations"][LAST_CLASS] = json.dumps(last, separators=(",", ":"))


def _last_class(machine: Document) -> str:
    """The class that the machine was sized by."""
    try:
        return str(json.loads(machine["metadata"]["annotations"].get(LAST_CLASS, "{}")).get("name", ""))
    except ValueError:
        return ""


def _power(machine: Document, world: World) -> float:
    """From the state that is to the one that is wished; the seconds until it is worth looking again."""
    annotations, spec, status = machine["metadata"]["annotations"], machine["spec"], machine["status"]
    now, wish = status["powerState"], spec.get("powerState") or status["powerState"]
    if wish == now or (now, wish) == ("PoweredOff", "Suspended"):
        return 0
    if wish == "PoweredOn":
        if any(name.startswith(f"poweron.check.{VMOP}/") for name in annotations):
            return 0
        if annotations.get(APPLY_TIME):
            rest = (time_of(annotations[APPLY_TIME]) - world.now).total_seconds()
            if rest > 0:
                return rest
            del annotations[APPLY_TIME]
        if world.knobs.refuses_power_on(key_of(machine)) or hardware.pending_volumes(machine):
            return RETRY
        if spec.get("className", "") != _last_class(machine) and now == "PoweredOff":
            return 0  # the resize comes first
    rest = world.left(machine, f"power to {wish}", _duration(spec, wish))
    if not rest:
        status["powerState"] = wish
        if wish == "PoweredOn":
            annotations[FIRST_BOOT] = "true"
            _customized(spec)
    return rest


def _duration(spec: Document, wish: str) -> float:
    """Soft changes ask the guest, which takes its time."""
    if wish == "PoweredOn":
        return POWER_ON
    mode = spec.get("powerOffMode" if wish == "PoweredOff" else "suspendMode") or "TrySoft"
    return POWER_OFF if mode == "Hard" else SHUTDOWN


def _customized(spec: Document) -> None:
    for provider in ("linuxPrep", "sysprep"):
        one = (spec.get("bootstrap") or {}).get(provider) or {}
        if one.get("customizeAtNextPowerOn"):
            one["customizeAtNextPowerOn"] = False


def _restart(machine: Document, world: World) -> float:
    spec, status = machine["spec"], machine["status"]
    wish, last = spec.get("nextRestartTime"), status.get("lastRestartTime")
    if not wish or status["powerState"] != "PoweredOn":
        return 0
    due = time_of(wish)
    if (last and time_of(last) >= due.replace(microsecond=0)) or due > world.now:
        return 0
    rest = world.left(machine, "restart", RECONFIGURE)
    if not rest:
        status["lastRestartTime"] = moment(due)
    return rest


def _guest(machine: Document, world: World, conditions: Conditions) -> float:
    """Tools and addresses come a while after power, and go with it."""
    status = machine["status"]
    shown: dict[str, Any] = status.get("network", {})
    if status["powerState"] != "PoweredOn":
        status["network"] = {"config": shown["config"]} if "config" in shown else {}
        conditions.false(
            "VirtualMachineTools", "VirtualMachineToolsNotRunning", "VMware Tools is not running"
        )
        return 0
    rest = 0 if "hostName" in shown else world.left(machine, "guest", GUEST)
    if not rest:
        kept = {"config": shown["config"]} if "config" in shown else {}
        status["network"] = kept | network.observed(machine)
        conditions.true("VirtualMachineTools")
    return rest


def _synced(machine: Document, world: World, conditions: Conditions) -> None:
    spec, status = machine["spec"], machine["status"]
    wish = spec.get("powerState") or status["powerState"]
    refused = wish == "PoweredOn" and world.knobs.refuses_power_on(key_of(machine))
    if wish == status["powerState"]:
        conditions.true("VirtualMachinePowerStateSynced", "Synced", f"power state is {wish}")
    else:
        message = refused.message if refused else f"power state is {status['powerState']}, not {wish}"
        conditions.false("VirtualMachinePowerStateSynced", "NotSynced", message)
    name, kind = spec.get("className"), "VirtualMachineClassConfigurationSynced"
    found = world.get("VirtualMachineClass", machine["metadata"]["namespace"], name) if name else None
    last = json.loads(machine["metadata"]["annotations"].get(LAST_CLASS, "{}"))
    if not name:
        conditions.delete(kind)
    elif last.get("name") != name:
        conditions.false(kind, "ClassNameChanged", f"the machine is still sized by class {last.get('name')}")
    elif found is None:
        conditions.unknown(kind, "ClassNotFound", f'virtualmachineclasses.{VMOP} "{name}" not found')
    elif (found["metadata"]["uid"], found["metadata"].get("generation", 1)) != (
        last["uid"],
        last["generation"],
    ):
        conditions.false(kind, "ClassUpdated", f"class {name} has changed since")
    else:
        conditions.true(kind)


def _delete(machine: Document, world: World) -> Outcome:
    metadata = machine["metadata"]
    if any(name.startswith(f"delete.check.{VMOP}/") for name in metadata["annotations"]):
        return Outcome()
    if FINALIZER not in metadata.get("finalizers", ()):
        return Outcome()
    rest = world.left(machine, "delete", DELETE)
    if not rest:
        metadata["finalizers"].remove(FINALIZER)
    return Outcome(after=rest)
