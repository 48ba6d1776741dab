"""Controllers, CD-ROMs, boot options and boot disk of an existing VM: from the spec to device changes. Pure.

Called by `update` in the order of its pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage import controllers
from vmportal.schema.duration import parse_duration
from vms.reconcile import devices as dev
from vms.reconcile.amounts import amount
from vms.reconcile.devices import IDE, NVME, SATA, SCSI, Device, Slot
from vms.reconcile.facts import Missing, Object, image_key
from vms.reconcile.step import Pass

_VSPHERE_TYPE = {IDE: "VirtualIDEController", NVME: "VirtualNVMEController", SATA: "VirtualAHCIController"}
_SCSI_TYPE = {ours: theirs for theirs, ours in dev.SCSI_SUBTYPE.items()}
_SHARED_BUS = {ours: theirs for theirs, ours in dev.SCSI_SHARING.items()}


def wanted_controllers(work: Pass) -> dict[tuple[str, int], Object]:
    hardware = work.spec.get("hardware") or {}
    return {
        (kind, wish["busNumber"]): wish
        for kind, key in controllers.LISTS.items()
        for wish in hardware.get(key, [])
    }


def controller_changes(work: Pass) -> list[Object]:
    """Add and remove in any power state; an edit needs the VM off, and until then nothing of this is done."""
    wanted = wanted_controllers(work)
    if not wanted or not work.facts.has("VMSharedDisks"):
        return []  # the spec says nothing yet (backfill comes first), or never will say all
    seen = {
        (kind, device["busNumber"]): device
        for kind, device in dev.controllers(dev.devices_of(work.seen)).values()
    }
    keys = dev.keys_from(-1000)
    changes: list[Object] = []
    needs_off = False
    for place, wish in wanted.items():
        device = _controller(place, wish)
        have = seen.get(place)
        if have is None:
            changes.append({"operation": "add", "device": {**device, "key": next(keys)}})
        elif have["_typeName"] != device["_typeName"]:
            needs_off = True
            changes.append({"operation": "remove", "device": dict(have)})
            changes.append({"operation": "add", "device": {**device, "key": next(keys)}})
        elif device.get("sharedBus", have.get("sharedBus")) != have.get("sharedBus"):
            needs_off = True
            changes.append({"operation": "edit", "device": {**have, "sharedBus": device["sharedBus"]}})
    gone = [device for place, device in seen.items() if place not in wanted]
    changes += [{"operation": "remove", "device": dict(device)} for device in gone]
    return [] if needs_off and work.power != "poweredOff" else changes


def _controller(place: tuple[str, int], wish: Object) -> Object:
    kind, bus = place
    if kind == SCSI:
        shared = _SHARED_BUS[wish.get("sharingMode") or "None"]
        return {
            "_typeName": _SCSI_TYPE[wish.get("type") or "ParaVirtual"],
            "busNumber": bus,
            "sharedBus": shared,
        }
    device: Object = {"_typeName": _VSPHERE_TYPE[kind], "busNumber": bus}
    if kind == NVME:
        device["sharedBus"] = _SHARED_BUS[wish.get("sharingMode") or "None"]
    return device


# --- CD-ROM --------------------------------------------------------------------------------------------


def cdrom_changes(work: Pass) -> list[Object]:
    """Add and remove while off; connect, disconnect and guest control in any state."""
    seen = dev.devices_of(work.seen)
    drives = {_iso_of(device): device for device in dev.cdroms(seen)}
    is_off = work.power == "poweredOff"
    changes: list[Object] = []
    wanted: set[str] = set()
    taken = _taken_slots(seen)
    keys = dev.keys_from(-2000)
    for wish in (work.spec.get("hardware") or {}).get("cdrom", []):
        path = iso_path(work, wish)
        if not path:
            continue
        wanted.add(path)
        if path in drives:
            changes += _connection_change(work, drives[path], wish)
        elif is_off:
            changes.append({"operation": "add", "device": _new_drive(work, wish, path, taken, next(keys))})
        else:
            work.errors.append(f"CD-ROM {wish['name']} is missing: it can be added only while the VM is off")
    if is_off:
        gone = [device for path, device in drives.items() if path not in wanted]
        changes += [{"operation": "remove", "device": dict(device)} for device in gone]
    return changes


def iso_path(work: Pass, wish: Object) -> str:
    """The datastore path of the drive's image; empty, with an error noted, if there is none."""
    image = work.facts.get(*image_key(wish["image"], work.namespace))
    if isinstance(image, Missing):
        work.errors.append(image.message or f"image {wish['image']['name']} not found")
        return ""
    if image.get("status", {}).get("type") != "ISO":
        work.errors.append(f"image {wish['image']['name']} is not of type ISO")
        return ""
    item = work.facts.inventory.items.get(image["status"].get("providerItemID", ""), {})
    if work.facts.inventory.items and not item.get("iso"):
        work.errors.append(f"image {wish['image']['name']} has no ISO file in its library")
    return str(item.get("iso", ""))


def _iso_of(device: Device) -> str:
    return str((device.get("backing") or {}).get("fileName", ""))


def _connection_change(work: Pass, drive: Device, wish: Object) -> list[Object]:
    have = drive.get("connectable") or {}
    is_connected, control = wish.get("connected", True), wish.get("allowGuestControl", True)
    wanted = {**have, "startConnected": is_connected, "allowGuestControl": control}
    if work.power == "poweredOn":
        wanted["connected"] = is_connected
    return [] if wanted == have else [{"operation": "edit", "device": {**drive, "connectable": wanted}}]


def _new_drive(work: Pass, wish: Object, path: str, taken: set[Slot], key: int) -> Object:
    slot = _slot_for(work, wish, taken)
    connectable = {
        "startConnected": wish.get("connected", True),
        "allowGuestControl": wish.get("allowGuestControl", True),
        "connected": False,
    }
    device: Object = {
        "_typeName": "VirtualCdrom",
        "key": key,
        "backing": {"_typeName": "VirtualCdromIsoBackingInfo", "fileName": path},
        "connectable": connectable,
    }
    if slot:
        taken.add(slot)
        device |= {"controllerKey": _controller_key(work, slot), "unitNumber": slot.unit}
    return device


def _slot_for(work: Pass, wish: Object, taken: set[Slot]) -> Slot | None:
    if explicit := dev.wanted_slot(wish):
        return explicit
    existing = {
        (kind, device["busNumber"]) for kind, device in dev.controllers(dev.devices_of(work.seen)).values()
    }
    for kind in controllers.CDROM_TYPES:
        if wish.get("controllerType") not in (None, "", kind):
            continue
        for bus in range(controllers.MOST[kind]):
            if (kind, bus) not in existing or wish.get("controllerBusNumber") not in (None, bus):
                continue
            for unit in range(controllers.UNITS[kind]):
                if Slot(kind, bus, unit) not in taken:
                    return Slot(kind, bus, unit)
    work.errors.append(f"CD-ROM {wish['name']}: no free slot on an IDE or SATA controller")
    return None


def _controller_key(work: Pass, slot: Slot) -> int:
    found = dev.controllers(dev.devices_of(work.seen))
    return next(
        (key for key, (kind, item) in found.items() if (kind, item["busNumber"]) == (slot.type, slot.bus)), 0
    )


def _taken_slots(seen: list[Device]) -> set[Slot]:
    by_key = dev.controllers(seen)
    slots = (dev.slot_of(device, by_key) for device in [*dev.disks(seen), *dev.cdroms(seen)])
    return {slot for slot in slots if slot}


# --- Boot ----------------------------------------------------------------------------------------------


def boot_options(work: Pass) -> Object:
    """What differs of `config.bootOptions`; only while off."""
    wish = work.spec.get("bootOptions") or {}
    have = work.seen["config"].get("bootOptions") or {}
    wanted: Object = {}
    if "bootDelay" in wish:
        wanted["bootDelay"] = int(parse_duration(wish["bootDelay"]) * 1000)
    if "bootRetry" in wish:
        wanted["bootRetryEnabled"] = wish["bootRetry"] == "Enabled"
    if "bootRetryDelay" in wish:
        wanted["bootRetryDelay"] = int(parse_duration(wish["bootRetryDelay"]) * 1000)
    if "efiSecureBoot" in wish:
        wanted["efiSecureBootEnabled"] = wish["efiSecureBoot"] == "Enabled"
    if "networkBootProtocol" in wish:
        wanted["networkBootProtocol"] = {"IP4": "ipv4", "IP6": "ipv6"}[wish["networkBootProtocol"]]
    if wish.get("bootOrder"):
        wanted["bootOrder"] = list(_boot_order(work, wish["bootOrder"]))
    return {} if all(have.get(key) == value for key, value in wanted.items()) else {**have, **wanted}


def _boot_order(work: Pass, order: list[Object]) -> Iterator[Object]:
    seen = dev.devices_of(work.seen)
    disk_uuid = {volume["name"]: volume.get("diskUUID") for volume in work.status.get("volumes", [])}
    disk_keys = {dev.disk_uuid(disk): disk["key"] for disk in dev.disks(seen)}
    interfaces = [item["name"] for item in (work.spec.get("network") or {}).get("interfaces", [])]
    card_keys = dict(zip(interfaces, (card["key"] for card in dev.cards(seen)), strict=False))
    for entry in order:
        kind, name = entry["type"], entry.get("name", "")
        if kind == "Disk" and disk_uuid.get(name) in disk_keys:
            key = disk_keys[disk_uuid[name] or ""]
            yield {"_typeName": "VirtualMachineBootOptionsBootableDiskDevice", "deviceKey": key}
        elif kind == "Network" and name in card_keys:
            yield {
                "_typeName": "VirtualMachineBootOptionsBootableEthernetDevice",
                "deviceKey": card_keys[name],
            }
        elif kind == "CDRom" and dev.cdroms(seen):
            yield {"_typeName": "VirtualMachineBootOptionsBootableCdromDevice"}
        else:
            work.errors.append(f"boot order: the VM has no {kind} device {name}".rstrip())


def boot_disk_change(work: Pass) -> list[Object]:
    """Grow the first disk to `advanced.bootDiskCapacity`; only while off, and not of VMs with CD-ROMs."""
    wanted = int(amount((work.spec.get("advanced") or {}).get("bootDiskCapacity")))
    found = dev.disks(dev.devices_of(work.seen))
    if not wanted or not found or (work.spec.get("hardware") or {}).get("cdrom"):
        return []
    have = dev.capacity(found[0])
    if wanted < have:
        work.errors.append(f"cannot shrink disk from {have} bytes to {wanted} bytes")
    if wanted <= have:
        return []
    device = {**found[0], "capacityInBytes": wanted, "capacityInKB": wanted // 1024}
    return [{"operation": "edit", "device": device}]
