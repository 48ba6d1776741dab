"""`status.volumes` and `status.storage`: the VM's own disks, and what its files take. Called by `status`; pure."""

from __future__ import annotations

from typing import Any

from vms.reconcile import devices as dev
from vms.reconcile.amounts import amount, bytes_as_quantity
from vms.reconcile.facts import Object
from vms.reconcile.step import Pass
from vms.reconcile.upgrade import short_hash

CLASSIC, MANAGED = "Classic", "Managed"
_DISK_FILES = frozenset(("diskDescriptor", "diskExtent", "digestDescriptor", "digestExtent"))
_SNAPSHOT_FILES = frozenset(("snapshotList", "snapshotMemory", "snapshotData"))


def observe(work: Pass) -> None:
    layout = work.seen.get("layoutEx") or {}
    if layout.get("disk") and layout.get("file"):
        _volumes(work, layout)
    _usage(work, layout)


def _volumes(work: Pass, layout: Object) -> None:
    kept = [volume for volume in work.status.get("volumes", []) if volume["type"] == MANAGED]
    managed = {volume.get("diskUUID") for volume in kept}
    seen = dev.devices_of(work.seen)
    by_key = dev.controllers(seen)
    names = {
        slot: volume["name"] for volume in work.spec.get("volumes", []) if (slot := dev.wanted_slot(volume))
    }
    for disk in dev.disks(seen):
        uuid = dev.disk_uuid(disk)
        if not uuid or uuid in managed or dev.is_fcd(disk):
            continue
        slot = dev.slot_of(disk, by_key)
        name = names.get(slot) if slot else None
        kept.append(_classic(disk, name or f"disk-{short_hash(uuid)}", slot, _used(disk["key"], layout)))
    work.status["volumes"] = sorted(kept, key=lambda volume: volume.get("diskUUID", ""))
    if not kept:
        work.status.pop("volumes")


def _classic(disk: dev.Device, name: str, slot: dev.Slot | None, used: int) -> Object:
    backing = disk["backing"]
    size = bytes_as_quantity(dev.capacity(disk))
    entry: Object = {
        "name": name,
        "type": CLASSIC,
        "attached": True,
        "diskUUID": dev.disk_uuid(disk),
        "diskMode": dev.DISK_MODE.get(backing.get("diskMode", ""), "Persistent"),
        "sharingMode": dev.DISK_SHARING.get(backing.get("sharing", ""), "None"),
        "limit": size,
        "requested": size,
        "used": bytes_as_quantity(used),
    }
    if slot:
        entry |= {"controllerType": slot.type, "controllerBusNumber": slot.bus, "unitNumber": slot.unit}
    if key := backing.get("keyId"):
        entry["crypto"] = {
            "keyID": key.get("keyId", ""),
            "providerID": (key.get("providerId") or {}).get("id", ""),
        }
    return entry


def _used(key: int, layout: Object) -> int:
    """The unique size of the files of a disk, snapshot deltas left out: the first element of its chain."""
    sizes = {file["key"]: int(file.get("uniqueSize") or 0) for file in layout["file"]}
    chains: list[Any] = next((disk["chain"] for disk in layout["disk"] if disk["key"] == key), [])
    return sum(sizes.get(file, 0) for file in (chains[0]["fileKey"] if chains else []))


def _usage(work: Pass, layout: Object) -> None:
    left_out = _DISK_FILES | _SNAPSHOT_FILES
    other = sum(
        int(file.get("uniqueSize") or 0)
        for file in layout.get("file", [])
        if file.get("type") not in left_out
    )
    classic = [volume for volume in work.status.get("volumes", []) if volume["type"] == CLASSIC]
    used = sum(int(amount(volume.get("used"))) for volume in classic)
    requested = sum(int(amount(volume.get("requested"))) for volume in classic)
    if not (other or used or requested):
        return
    work.status["storage"] = {
        "total": bytes_as_quantity(requested + other),
        "requested": {"disks": bytes_as_quantity(requested)},
        "usage": {"disks": bytes_as_quantity(used), "other": bytes_as_quantity(other)},
    }
