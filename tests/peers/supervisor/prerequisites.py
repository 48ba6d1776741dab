"""What must be there before a VirtualMachine is created, and the conditions that say so.

Called by machine.py, which goes on once all of them are True; all are judged even if one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.peers.supervisor.conditions import Conditions, condition, is_true
from tests.peers.supervisor.resources import VMOP, Document, key_of
from tests.peers.supervisor.world import World

ZONE_LABEL = "topology.kubernetes.io/zone"
POLICY = "VirtualMachineConditionVMSetResourcePolicyReady"
PLACEMENT = "VirtualMachineConditionPlacementReady"
Missing = tuple[str, str]  # (reason, message)


def judge(machine: Document, world: World, conditions: Conditions) -> bool:
    """Set the conditions; whether all hold. A knob may hold one up."""
    namespace, spec = machine["metadata"]["namespace"], machine["spec"]
    checks = {
        "VirtualMachineClassReady": _class(namespace, spec, world),
        "VirtualMachineImageReady": _image(namespace, spec, world),
        POLICY: _policy(namespace, spec, world),
        "VirtualMachineBootstrapReady": _bootstrap(namespace, spec, world),
        "VirtualMachineStorageReady": _storage(namespace, spec, world),
    }
    all_hold = True
    for name, outcome in checks.items():
        held = world.knobs.stuck_at(key_of(machine), name)
        missing = (held.reason, held.message) if held else outcome
        if missing == "absent":
            conditions.delete(name)
        elif missing is None:
            conditions.true(name)
        else:
            conditions.false(name, *missing)
            all_hold = False
    return all_hold


def place(machine: Document, world: World, conditions: Conditions) -> bool:
    """Choose a zone and label the machine with it; whether there is one."""
    namespace = machine["metadata"]["namespace"]
    held = world.knobs.stuck_at(key_of(machine), PLACEMENT)
    if held:
        conditions.false(PLACEMENT, held.reason, held.message)
        return False
    zones = sorted(
        zone["metadata"]["name"]
        for zone in world.within("Zone", namespace)
        if "deletionTimestamp" not in zone["metadata"]
    )
    labels = machine["metadata"].setdefault("labels", {})
    zone = labels.get(ZONE_LABEL)
    if not zones or (zone and zone not in zones):
        where = f"zone {zone}" if zone else f"namespace {namespace}"
        conditions.false(PLACEMENT, "NotReady", f"no placement candidates available in {where}")
        return False
    if not zone:
        labels[ZONE_LABEL] = zones[int(machine["metadata"]["uid"][:8], 16) % len(zones)]
    conditions.true(PLACEMENT)
    return True


def _not_found(plural: str, name: str, group: str = VMOP) -> Missing:
    return "NotFound", f'{plural}{"." if group else ""}{group} "{name}" not found'


def _class(namespace: str, spec: Document, world: World) -> Missing | str | None:
    name = spec.get("className")
    if not name:
        return "absent"
    return (
        None
        if world.get("VirtualMachineClass", namespace, name)
        else _not_found("virtualmachineclasses", name)
    )


def _image(namespace: str, spec: Document, world: World) -> Missing | None:
    wanted = spec.get("image")
    if not wanted:
        return "NotSet", "spec.image is not set"
    kind, name = wanted.get("kind"), wanted["name"]
    plurals = {"VirtualMachineImage": namespace, "ClusterVirtualMachineImage": ""}
    if kind not in plurals:
        return "UnknownKind", f"unsupported image kind: {kind}"
    image = world.get(kind, plurals[kind], name)
    if image is None:
        return _not_found(f"{kind.lower()}s", name)
    status = image.get("status", {})
    if is_true(status, "Ready"):
        return None
    ready = condition(status, "Ready") or {}
    return ready.get("reason") or "NotReady", ready.get("message") or "VM image is not ready"


def _policy(namespace: str, spec: Document, world: World) -> Missing | str | None:
    name = (spec.get("reserved") or {}).get("resourcePolicyName")
    if not name:
        return "absent"
    policy = world.get("VirtualMachineSetResourcePolicy", namespace, name)
    if policy is None:
        return _not_found("virtualmachinesetresourcepolicies", name)
    if "deletionTimestamp" in policy["metadata"]:
        return "NotReady", "VirtualMachineSetResourcePolicy is being deleted"
    return None


def _bootstrap(namespace: str, spec: Document, world: World) -> Missing | str | None:
    bootstrap = spec.get("bootstrap")
    if not bootstrap:
        return "absent"
    for name, key in secrets_of(bootstrap):
        secret = world.get("Secret", namespace, name)
        if secret is None:
            return _not_found("secrets", name, group="")
        # Raw cloud-config may lie under the keys that older versions had.
        fallback = ("user-data", "value") if "rawCloudConfig" in (bootstrap.get("cloudInit") or {}) else ()
        if key and not {key, *fallback} & (secret.get("data") or {}).keys():
            return "RequiredKeyNotFound", f'required key "{key}" not found in Secret {name}'
    return None


def secrets_of(node: Any, word: str = "") -> Iterator[tuple[str, str]]:
    """(Secret, key) of each reference in a bootstrap; an empty key means the whole Secret."""
    if word == "rawProperties" and node:
        yield node, ""
    elif isinstance(node, list):
        for one in node:
            yield from secrets_of(one)
    elif isinstance(node, dict):
        if node.keys() == {"name", "key"}:
            yield node["name"], node["key"]
        else:
            for name, below in node.items():
                yield from secrets_of(below, name)


def _storage(namespace: str, spec: Document, world: World) -> Missing | None:
    name = spec.get("storageClass")
    if not name:
        return "StorageClassRequired", "StorageClass is required but not specified"
    storage_class = world.get("StorageClass", "", name)
    if storage_class is None:
        return _not_found("storageclasses", name, "storage.k8s.io")
    if not storage_class.get("parameters", {}).get("storagePolicyID"):
        return "Invalid", f"StorageClass {name} does not have 'storagePolicyID' parameter"
    for volume in spec.get("volumes", ()):
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim and world.get("PersistentVolumeClaim", namespace, claim) is None:
            return _not_found("persistentvolumeclaims", claim, group="")
    return None
