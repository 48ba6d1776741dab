"""`status.hardware`, `hardwareVersion`, `crypto`, and whether devices are as the spec says. Called by `status`; pure."""

from __future__ import annotations

from typing import Any

from vms.reconcile import conditions
from vms.reconcile import devices as dev
from vms.reconcile.amounts import megabytes_as_quantity
from vms.reconcile.configspec import version_number
from vms.reconcile.devices import NVME, SCSI, Slot
from vms.reconcile.facts import Object
from vms.reconcile.hardware import iso_path, wanted_controllers
from vms.reconcile.step import Pass


def observe(work: Pass) -> None:
    config = work.seen["config"]
    seen = dev.devices_of(work.seen)
    found: Object = {
        "cpu": _filled(
            total=config["hardware"].get("numCPU"), reservation=_reservation(config, "cpuAllocation")
        ),
        "memory": _memory(config),
        "vGPUs": [_vgpu(device) for device in seen if _is_vgpu(device)],
        "controllers": _controllers(seen),
    }
    work.status["hardware"] = {key: value for key, value in found.items() if value}
    version = version_number(config.get("version", ""))
    if version:
        work.status["hardwareVersion"] = version
    _crypto(work, seen)


def _filled(**members: Any) -> Object:
    return {key: value for key, value in members.items() if value}


def _reservation(config: Object, key: str) -> int:
    return int((config.get(key) or {}).get("reservation") or 0)


def _memory(config: Object) -> Object:
    total, reservation = config["hardware"].get("memoryMB"), _reservation(config, "memoryAllocation")
    found = {"total": total, "reservation": reservation}
    return {key: megabytes_as_quantity(value) for key, value in found.items() if value}


def _is_vgpu(device: dev.Device) -> bool:
    backing = device.get("backing") or {}
    return (
        dev.type_of(device) == dev.PCI_PASSTHROUGH
        and backing.get("_typeName") == "VirtualPCIPassthroughVmiopBackingInfo"
    )


def _vgpu(device: dev.Device) -> Object:
    backing = device["backing"]
    migration = "None"
    if backing.get("enhancedMigrateCapability"):
        migration = "Enhanced"
    elif backing.get("migrateSupported"):
        migration = "Normal"
    return {"type": "Nvidia", "profile": backing.get("vgpu", ""), "migrationType": migration}


def _controllers(seen: list[dev.Device]) -> list[Object]:
    attached: dict[int, list[Object]] = {}
    for kind, items in (("CDROM", dev.cdroms(seen)), ("Disk", dev.disks(seen))):
        for item in items:
            if item.get("unitNumber") is not None:
                entry = {"type": kind, "unitNumber": item["unitNumber"]}
                attached.setdefault(item.get("controllerKey", 0), []).append(entry)
    found = []
    for key, (kind, device) in dev.controllers(seen).items():
        entry = {"type": kind, "busNumber": device["busNumber"], "deviceKey": key}
        items = sorted(attached.get(key, []), key=lambda item: (item["type"], item["unitNumber"]))
        found.append({**entry, "devices": items} if items else entry)
    return sorted(found, key=lambda item: (item["type"], item["busNumber"]))


def _crypto(work: Pass, seen: list[dev.Device]) -> None:
    key = work.seen["config"].get("keyId") or {}
    crypto: Object = {}
    if key:
        has_disks = any(((disk.get("backing") or {}).get("keyId")) for disk in dev.disks(seen))
        crypto["encrypted"] = ["Config", "Disks"] if has_disks else ["Config"]
        crypto |= _filled(providerID=(key.get("providerId") or {}).get("id"), keyID=key.get("keyId"))
    if any(dev.type_of(device) == "VirtualTPM" for device in seen):
        crypto["hasVTPM"] = True
    if crypto:
        work.status["crypto"] = crypto
    else:
        work.status.pop("crypto", None)


# --- Spec and devices agree ----------------------------------------------------------------------------


def verify(work: Pass) -> None:
    """The three verified conditions, and the one that sums them up."""
    failing = [
        kind
        for kind, reason, issues in (
            (conditions.CONTROLLERS, "HardwareControllersMismatch", _controller_issues(work)),
            (conditions.VOLUMES, "HardwareVolumesMismatch", _volume_issues(work)),
            (conditions.CDROMS, "HardwareCDROMMismatch", _cdrom_issues(work)),
        )
        if not _verify(work, kind, reason, issues)
    ]
    if failing:
        message = f"Hardware configuration issues detected. See {', '.join(failing)} conditions for details."
        work.conditions.false(conditions.DEVICES, "HardwareDeviceConfigMismatch", message)
    else:
        work.conditions.true(conditions.DEVICES)


def _verify(work: Pass, kind: str, reason: str, issues: dict[str, list[str]]) -> bool:
    listed = [f"{label}: {', '.join(items)}" for label, items in issues.items() if items]
    if listed:
        work.conditions.false(kind, reason, "; ".join(listed))
    else:
        work.conditions.true(kind)
    return not listed


def _controller_issues(work: Pass) -> dict[str, list[str]]:
    wanted = {place: _shape(place[0], wish) for place, wish in wanted_controllers(work).items()}
    seen = {
        (kind, device["busNumber"]): _seen_shape(kind, device)
        for kind, device in dev.controllers(dev.devices_of(work.seen)).values()
    }
    different = [place for place in wanted if place in seen and wanted[place] != seen[place]]
    return {
        "missing controllers": sorted(
            _place(place) for place in [*(wanted.keys() - seen.keys()), *different]
        ),
        "unexpected controllers": sorted(
            _place(place) for place in [*(seen.keys() - wanted.keys()), *different]
        ),
    }


def _place(place: tuple[str, int]) -> str:
    return f"{place[0]}:{place[1]}"


def _shape(kind: str, wish: Object) -> tuple[str, str]:
    if kind == SCSI:
        return wish.get("type") or "ParaVirtual", wish.get("sharingMode") or "None"
    return "", (wish.get("sharingMode") or "None") if kind == NVME else ""


def _seen_shape(kind: str, device: dev.Device) -> tuple[str, str]:
    shared = device.get("sharedBus", "")
    if kind == SCSI:
        return dev.SCSI_SUBTYPE[dev.type_of(device)], dev.SCSI_SHARING.get(shared, "None")
    return "", dev.NVME_SHARING.get(shared, "None") if kind == NVME else ""


def _volume_issues(work: Pass) -> dict[str, list[str]]:
    seen = dev.devices_of(work.seen)
    have = {slot for disk in dev.disks(seen) if (slot := dev.slot_of(disk, dev.controllers(seen)))}
    volumes = work.spec.get("volumes", [])
    wanted: dict[Slot, str] = {
        slot: volume["name"] for volume in volumes if (slot := dev.wanted_slot(volume))
    }
    return {
        "missing volumes": sorted(f"{wanted[slot]} ({slot})" for slot in wanted.keys() - have),
        "unexpected volumes": sorted(str(slot) for slot in have - wanted.keys()),
        "incomplete volumes": sorted(item["name"] for item in volumes if not dev.wanted_slot(item)),
    }


def _cdrom_issues(work: Pass) -> dict[str, list[str]]:
    seen = dev.devices_of(work.seen)
    by_key = dev.controllers(seen)
    have = {
        (drive.get("backing") or {}).get("fileName", ""): dev.slot_of(drive, by_key)
        for drive in dev.cdroms(seen)
    }
    wished = (work.spec.get("hardware") or {}).get("cdrom", [])
    errors = len(work.errors)
    wanted = {iso_path(work, wish): wish for wish in wished}
    del work.errors[errors:]  # the update says them
    return {
        "missing CD-ROMs": sorted(wish["name"] for path, wish in wanted.items() if path not in have),
        "unexpected CD-ROMs": sorted(have.keys() - wanted.keys()),
        "incomplete CD-ROMs": sorted(wish["name"] for wish in wished if not dev.wanted_slot(wish)),
    }
