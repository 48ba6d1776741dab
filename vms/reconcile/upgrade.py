"""Schema upgrade: the marks of build, schema and features, and what of the VM the spec must say first. Pure.

Two stages, each ending its pass, so that a later step sees the spec as it was saved.
"""

from __future__ import annotations

import hashlib
from typing import Any

from storage import controllers
from vms.annotations import CLOUD_INIT_INSTANCE_ID, UPGRADED_TO_BUILD, UPGRADED_TO_FEATURE, UPGRADED_TO_SCHEMA
from vms.reconcile import conditions, names
from vms.reconcile import devices as dev
from vms.reconcile.devices import NVME, SCSI, Device
from vms.reconcile.facts import Object
from vms.reconcile.hardware import iso_path
from vms.reconcile.step import Pass, Stop

BASE, SHARED_DISKS, ALL_DISKS = 1, 2, 4
ANNOTATIONS_OLD = "vmoperator.vmware.com/instance-id"


def wanted_features(work: Pass) -> int:
    mask = BASE
    if work.facts.has("VMSharedDisks"):
        mask |= SHARED_DISKS | ALL_DISKS  # disks must be known before they can be placed
    if work.facts.has("AllDisksArePVCs"):
        mask |= ALL_DISKS
    return mask


def upgrade(work: Pass) -> Stop | None:
    """The next stage; None when the VM is upgraded."""
    marks = {UPGRADED_TO_BUILD: work.facts.build_version, UPGRADED_TO_SCHEMA: names.SCHEMA}
    if any(work.annotations.get(key) != value for key, value in marks.items()):
        for key, value in marks.items():
            work.annotate(key, value)
        return Stop(look_again=0)
    wanted = wanted_features(work)
    have = work.annotations.get(UPGRADED_TO_FEATURE, "")
    mask = int(have) if have.isdigit() else 0
    is_known = not mask & ~(BASE | SHARED_DISKS | ALL_DISKS)
    if mask & wanted == wanted and is_known:
        if wanted & ALL_DISKS:
            work.conditions.true(conditions.BACKFILLED)
        # A drive is placed when it is added: the spec learns its slot then.
        return Stop(look_again=0) if wanted & SHARED_DISKS and _drives(work) else None
    if not work.seen.get("config"):
        return Stop()
    _base(work)
    if wanted & ALL_DISKS:
        _disks(work)
    if wanted & SHARED_DISKS:
        _controllers(work)
        _drives(work)
    work.annotate(UPGRADED_TO_FEATURE, str(wanted))
    return Stop(look_again=0)


def _base(work: Pass) -> None:
    config = work.seen["config"]
    for field, value in (("biosUUID", config.get("uuid")), ("instanceUUID", config.get("instanceUuid"))):
        if not work.spec.get(field) and value:
            work.patch(("spec", field), value)
    cloud_init = (work.spec.get("bootstrap") or {}).get("cloudInit")
    if cloud_init is not None and not cloud_init.get("instanceID"):
        told = work.annotations.get(CLOUD_INIT_INSTANCE_ID) or work.annotations.get(ANNOTATIONS_OLD)
        work.patch(("spec", "bootstrap", "cloudInit", "instanceID"), told or str(work.meta["uid"]))


def _disks(work: Pass) -> None:
    """A volume for each disk that is the VM's own and that the spec does not name."""
    seen = dev.devices_of(work.seen)
    by_key = dev.controllers(seen)
    named = {dev.wanted_slot(volume) for volume in work.spec.get("volumes", [])}
    added: list[Object] = []
    for disk in dev.disks(seen):
        backing, slot = disk.get("backing") or {}, dev.slot_of(disk, by_key)
        if dev.is_fcd(disk) or not dev.disk_uuid(disk) or not backing.get("fileName") or slot in named:
            continue
        if slot is None or backing.get("diskMode", "persistent") not in dev.DISK_MODE:
            work.conditions.false(
                conditions.BACKFILLED, "Failed", f"disk {disk['key']} has no equivalent in the API"
            )
            continue
        added.append(
            {
                "name": volume_name(work.name, dev.disk_uuid(disk)),
                "controllerType": slot.type,
                "controllerBusNumber": slot.bus,
                "unitNumber": slot.unit,
                "diskMode": dev.DISK_MODE[backing.get("diskMode", "persistent")],
                "sharingMode": dev.DISK_SHARING.get(backing.get("sharing", ""), "None"),
                "removable": False,
            }
        )
    if added:
        work.patch(("spec", "volumes"), [*work.spec.get("volumes", []), *added])
        work.conditions.false(
            conditions.BACKFILLED, "Pending", f"{len(added)} disks are added to spec.volumes"
        )


def volume_name(vm_name: str, disk_uuid: str) -> str:
    return f"{vm_name[:54]}-{short_hash(disk_uuid)}"


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _controllers(work: Pass) -> None:
    hardware: dict[str, Any] = work.spec.get("hardware") or {}
    for kind, key in controllers.LISTS.items():
        wished = list(hardware.get(key, []))
        known = {wish["busNumber"] for wish in wished}
        found = [device for has, device in dev.controllers(dev.devices_of(work.seen)).values() if has == kind]
        missing = [_as_wish(kind, device) for device in found if device["busNumber"] not in known]
        if missing:
            listed = sorted([*wished, *missing], key=lambda wish: wish["busNumber"])
            work.patch(("spec", "hardware", key), listed)


def _as_wish(kind: str, device: Device) -> Object:
    wish: Object = {"busNumber": device["busNumber"]}
    if kind == SCSI:
        wish["sharingMode"] = dev.SCSI_SHARING.get(device.get("sharedBus", ""), "None")
        wish["type"] = dev.SCSI_SUBTYPE[dev.type_of(device)]
    elif kind == NVME:
        wish["sharingMode"] = dev.NVME_SHARING.get(device.get("sharedBus", ""), "None")
    return wish


def _drives(work: Pass) -> bool:
    """The slots of CD-ROMs, all three fields together, where the spec leaves them open; whether there were any."""
    seen = dev.devices_of(work.seen)
    by_key = dev.controllers(seen)
    slots = {
        (drive.get("backing") or {}).get("fileName", ""): dev.slot_of(drive, by_key)
        for drive in dev.cdroms(seen)
    }
    wished = list((work.spec.get("hardware") or {}).get("cdrom", []))
    if all(dev.wanted_slot(wish) for wish in wished):
        return False
    filled = []
    for wish in wished:
        slot = slots.get(iso_path(work, wish)) if dev.wanted_slot(wish) is None else None
        placed = (
            {"controllerType": slot.type, "controllerBusNumber": slot.bus, "unitNumber": slot.unit}
            if slot
            else {}
        )
        is_contrary = any(wish.get(key) not in (None, "", value) for key, value in placed.items())
        filled.append(wish if is_contrary else {**wish, **placed})
    if filled != wished:
        work.patch(("spec", "hardware", "cdrom"), filled)
    return filled != wished
