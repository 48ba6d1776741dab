"""The devices of a machine: the controllers and slots that are filled into its spec, and what its status shows.

Called by machine.py; pure.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from tests.peers.supervisor.conditions import Conditions
from tests.peers.supervisor.quantities import number, size
from tests.peers.supervisor.resources import Document, key_of
from tests.peers.supervisor.world import World

LISTS = {
    "IDE": "ideControllers",
    "NVME": "nvmeControllers",
    "SATA": "sataControllers",
    "SCSI": "scsiControllers",
}
UNITS = {"IDE": 2, "NVME": 64, "SATA": 30, "SCSI": 65}
FIRST_KEYS = {"IDE": 200, "NVME": 31000, "SATA": 15000, "SCSI": 1000}  # as vSphere numbers devices
SCSI_CONTROLLER_UNIT = 7
NEW_SCSI = {"type": "ParaVirtual", "sharingMode": "None"}
VERIFIED = ("Controllers", "Volumes", "CDROM", "DeviceConfig")
DEFAULT_DISK = "10Gi"
Slot = tuple[str, int, int]  # (type, bus, unit)


def fill(machine: Document, image: Document | None) -> None:
    """Add the controllers that the image's disks and the volumes need, and give each volume and drive a slot."""
    spec = machine["spec"]
    hardware = spec.setdefault("hardware", {})
    hardware["ideControllers"] = hardware.get("ideControllers") or [{"busNumber": 0}, {"busNumber": 1}]
    hardware["scsiControllers"] = hardware.get("scsiControllers") or [{"busNumber": 0, **NEW_SCSI}]
    taken = {slot for slot in map(slot_of, _slotted(spec)) if slot} | {
        ("SCSI", 0, unit) for unit, _ in classic_disks(machine, image)
    }
    for entry in _slotted(spec):
        kind = entry.get("controllerType") or ("SCSI" if entry in spec.get("volumes", ()) else "IDE")
        if slot_of(entry) is None:
            found = _free(hardware, kind, entry, taken)
            if found is None:
                continue  # no bus left: the entry stays as it is
            taken.add(found)
            entry["controllerType"], entry["controllerBusNumber"], entry["unitNumber"] = found


def slot_of(entry: Document) -> Slot | None:
    slot = entry.get("controllerType"), entry.get("controllerBusNumber"), entry.get("unitNumber")
    return None if None in slot else slot  # type: ignore[return-value]  # none of them is None


def _slotted(spec: Document) -> Iterator[Document]:
    yield from spec.get("volumes", ())
    yield from (spec.get("hardware") or {}).get("cdrom", ())


def _free(hardware: Document, kind: str, entry: Document, taken: set[Slot]) -> Slot | None:
    controllers = hardware.setdefault(LISTS[kind], [])
    known = {one["busNumber"] for one in controllers}
    wanted = entry.get("controllerBusNumber")
    last = 2 if kind == "IDE" else 4
    # The buses that are there come first, then the lowest that is not.
    for bus in [wanted] if wanted is not None else [*sorted(known), *(set(range(last)) - known)]:
        for unit in range(UNITS[kind]):
            is_reserved = kind == "SCSI" and unit == SCSI_CONTROLLER_UNIT
            if (kind, bus, unit) not in taken and not is_reserved:
                if bus not in known:
                    controllers.append({"busNumber": bus, **(NEW_SCSI if kind == "SCSI" else {})})
                return kind, bus, unit
    return None


def controllers(machine: Document, image: Document | None) -> list[Document]:
    """status.hardware.controllers of a machine that has what its spec says, and the image's disks."""
    spec = machine["spec"]
    slots = [(slot, "Disk") for volume in spec.get("volumes", ()) if (slot := slot_of(volume))]
    slots += [(slot, "CDROM") for drive in spec["hardware"].get("cdrom", ()) if (slot := slot_of(drive))]
    slots += [(("SCSI", 0, unit), "Disk") for unit, _ in classic_disks(machine, image)]
    made = []
    for kind, name in LISTS.items():
        for one in sorted(spec["hardware"].get(name) or (), key=lambda one: one["busNumber"]):
            bus = one["busNumber"]
            devices = {unit: what for (k, b, unit), what in slots if (k, b) == (kind, bus)}
            shown = [{"type": devices[unit], "unitNumber": unit} for unit in sorted(devices)]
            one_made: Document = {"type": kind, "busNumber": bus, "deviceKey": FIRST_KEYS[kind] + bus}
            made.append(one_made | ({"devices": shown} if shown else {}))
    return made


def volumes(machine: Document, image: Document | None, world: World) -> list[Document]:
    """status.volumes: the image's disks, and those of the spec's claims that are bound."""
    namespace, uid = machine["metadata"]["namespace"], machine["metadata"]["uid"]
    spec = machine["spec"]
    found = []
    for unit, disk in classic_disks(machine, image):
        capacity = disk.get("limit") or DEFAULT_DISK
        if unit == 0:
            capacity = (spec.get("advanced") or {}).get("bootDiskCapacity") or capacity
        slot = {"controllerType": "SCSI", "controllerBusNumber": 0, "unitNumber": unit}
        found.append(
            {
                "name": disk.get("name") or f"disk-{unit}",
                "type": "Classic",
                "used": size(number(capacity) // 4),
            }
            | _disk(uid, f"disk-{unit}", capacity)
            | slot
        )
    for volume in spec.get("volumes", ()):
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        claim = world.get("PersistentVolumeClaim", namespace, name) if name else None
        if claim and claim.get("status", {}).get("phase") == "Bound":
            asked = claim["spec"]["resources"]["requests"]["storage"]
            slot = {
                word: volume[word]
                for word in ("controllerType", "controllerBusNumber", "unitNumber", "diskMode", "sharingMode")
                if word in volume
            }
            found.append(
                {"name": volume["name"], "type": "Managed"} | _disk(uid, volume["name"], asked) | slot
            )
    return sorted(found, key=lambda one: str(one["diskUUID"]))


def _disk(uid: str, name: str, capacity: str) -> Document:
    identity = uuid.uuid5(uuid.UUID(uid), name)
    return {"attached": True, "diskUUID": str(identity), "limit": capacity, "requested": capacity}


def image_disks(image: Document | None) -> list[Document]:
    """Those of an OVF; a machine from an ISO has none but its claims."""
    status = (image or {}).get("status", {})
    return [] if status.get("type") == "ISO" else list(status.get("disks") or [{}])


def image_of(machine: Document, world: World) -> Document | None:
    wanted = machine["spec"].get("image") or {}
    place = machine["metadata"]["namespace"] if wanted.get("kind") == "VirtualMachineImage" else ""
    return world.get(wanted["kind"], place, wanted["name"]) if wanted.get("kind") in world.mirrors else None


def size_up(status: Document, machine_class: Document | None) -> None:
    """CPU and memory in the status, as the class says; a class that is gone leaves them."""
    if machine_class is None:
        return
    asked = machine_class["spec"].get("hardware") or {}
    hardware: dict[str, Any] = status.setdefault("hardware", {})
    hardware["cpu"] = {"total": asked.get("cpus", 1)}
    # VM Operator counts vSphere's MB as 1,000,000 bytes.
    hardware["memory"] = {"total": f"{number(asked.get('memory', '1Gi')) // 2**20}M"}
    reserved = ((machine_class["spec"].get("policies") or {}).get("resources") or {}).get("requests") or {}
    if reserved.get("memory"):
        hardware["memory"]["reservation"] = f"{number(reserved['memory']) // 2**20}M"


def classic_disks(machine: Document, image: Document | None) -> list[tuple[int, Document]]:
    """(unit, disk of the image) for those that no volume of the spec stands for."""
    registered = [volume for volume in machine["spec"].get("volumes") or () if _is_of_image(machine, volume)]
    return list(enumerate(image_disks(image)))[len(registered) :]


def _is_of_image(machine: Document, volume: Document) -> bool:
    """A volume that was written without a claim stands for one of the image's disks."""
    claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
    return not claim or claim == _registered_name(machine, volume)


def _registered_name(machine: Document, volume: Document) -> str:
    metadata = machine["metadata"]
    return f"{metadata['name']}-{uuid.uuid5(uuid.UUID(metadata['uid']), volume['name']).hex[:8]}"


def claims_of_disks(machine: Document, world: World) -> list[Document]:
    """The claims to be made for volumes that stand for the image's disks. Names them in the spec."""
    metadata, spec, made = machine["metadata"], machine["spec"], []
    volumes = [volume for volume in spec.get("volumes") or () if _is_of_image(machine, volume)]
    for volume, disk in zip(volumes, image_disks(image_of(machine, world)), strict=False):
        claim = volume.setdefault("persistentVolumeClaim", {})
        if claim.get("claimName"):
            continue
        name = claim["claimName"] = _registered_name(machine, volume)
        owner = {"apiVersion": machine["apiVersion"], "kind": machine["kind"]}
        owner |= {"name": metadata["name"], "uid": metadata["uid"]}
        made.append(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": name, "namespace": metadata["namespace"], "ownerReferences": [owner]},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": spec["storageClass"],
                    "resources": {"requests": {"storage": disk.get("limit") or DEFAULT_DISK}},
                },
            }
        )
    return made


def show(machine: Document, world: World, conditions: Conditions) -> None:
    """Controllers, volumes and storage in the status, and the conditions that spec and devices agree."""
    status, image = machine["status"], image_of(machine, world)
    status.setdefault("hardware", {})["controllers"] = controllers(machine, image)
    status["volumes"] = volumes(machine, image, world)
    classic = [one for one in status["volumes"] if one["type"] == "Classic"]
    asked, used = (sum(number(one[word]) for one in classic) for word in ("requested", "used"))
    other = 2**20 * 12
    status["storage"] = {
        "total": size(asked + other),
        "requested": {"disks": size(asked)},
        "usage": {"disks": size(used), "other": size(other)},
    }
    lacking = pending_volumes(machine)
    for part in VERIFIED:
        name = f"VirtualMachineHardware{part}Verified"
        held = world.knobs.stuck_at(key_of(machine), name)
        if held:
            conditions.false(name, held.reason, held.message)
        elif lacking and part in ("Volumes", "DeviceConfig"):
            conditions.false(name, f"Hardware{part}Mismatch", f"missing: {', '.join(lacking)}")
        else:
            conditions.true(name)


def pending_volumes(machine: Document) -> list[str]:
    """The volumes of the spec that are not attached."""
    attached = {one["name"] for one in machine.get("status", {}).get("volumes", ())}
    return [volume["name"] for volume in machine["spec"].get("volumes", ()) if volume["name"] not in attached]
