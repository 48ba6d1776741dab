"""Reading a VM's devices: controllers, disks, CD-ROMs, cards, and which slot each is in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Device = Mapping[str, Any]

IDE, NVME, SATA, SCSI = "IDE", "NVME", "SATA", "SCSI"

# vSphere's type of a controller -> ours; for SCSI, its subtype too.
CONTROLLER_TYPE = {
    "VirtualIDEController": IDE,
    "VirtualNVMEController": NVME,
    "VirtualAHCIController": SATA,
    "ParaVirtualSCSIController": SCSI,
    "VirtualLsiLogicController": SCSI,
    "VirtualLsiLogicSASController": SCSI,
    "VirtualBusLogicController": SCSI,
}
SCSI_SUBTYPE = {
    "ParaVirtualSCSIController": "ParaVirtual",
    "VirtualLsiLogicController": "LsiLogic",
    "VirtualLsiLogicSASController": "LsiLogicSAS",
    "VirtualBusLogicController": "BusLogic",
}
SCSI_SHARING = {"noSharing": "None", "physicalSharing": "Physical", "virtualSharing": "Virtual"}
NVME_SHARING = {"noSharing": "None", "physicalSharing": "Physical"}
DISK_MODE = {
    "persistent": "Persistent",
    "independent_persistent": "IndependentPersistent",
    "nonpersistent": "NonPersistent",
    "independent_nonpersistent": "IndependentNonPersistent",
}
DISK_SHARING = {"sharingNone": "None", "sharingMultiWriter": "MultiWriter"}
CARDS = frozenset(
    (
        "VirtualE1000",
        "VirtualE1000e",
        "VirtualPCNet32",
        "VirtualVmxnet",
        "VirtualVmxnet2",
        "VirtualVmxnet3",
        "VirtualVmxnet3Vrdma",
        "VirtualSriovEthernetCard",
        "VirtualEthernetCard",
    )
)
PCI_PASSTHROUGH = "VirtualPCIPassthrough"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """Where a disk or CD-ROM sits; printed it is VM Operator's target id, `SCSI:0:1`."""

    type: str
    bus: int
    unit: int

    def __str__(self) -> str:
        return f"{self.type}:{self.bus}:{self.unit}"


def devices_of(seen: Mapping[str, Any]) -> list[Device]:
    return list(((seen.get("config") or {}).get("hardware") or {}).get("device") or [])


def type_of(device: Device) -> str:
    return str(device.get("_typeName", ""))


def controllers(devices: list[Device]) -> dict[int, tuple[str, Device]]:
    """Storage controllers by device key, each with our word for its type."""
    return {
        device["key"]: (CONTROLLER_TYPE[type_of(device)], device)
        for device in devices
        if type_of(device) in CONTROLLER_TYPE
    }


def disks(devices: list[Device]) -> list[Device]:
    return [device for device in devices if type_of(device) == "VirtualDisk"]


def cdroms(devices: list[Device]) -> list[Device]:
    return [device for device in devices if type_of(device) == "VirtualCdrom"]


def cards(devices: list[Device]) -> list[Device]:
    return [device for device in devices if type_of(device) in CARDS]


def slot_of(device: Device, by_key: dict[int, tuple[str, Device]]) -> Slot | None:
    """The slot of a disk or CD-ROM; None if its controller is not one we know."""
    found = by_key.get(device.get("controllerKey", 0))
    if found is None or device.get("unitNumber") is None:
        return None
    return Slot(found[0], found[1]["busNumber"], device["unitNumber"])


def wanted_slot(entry: Mapping[str, Any]) -> Slot | None:
    """The slot that an entry of `spec.volumes` or `spec.hardware.cdrom` names; None if not all of it."""
    parts = entry.get("controllerType"), entry.get("controllerBusNumber"), entry.get("unitNumber")
    return None if None in parts or not parts[0] else Slot(*parts)  # type: ignore[arg-type]


def disk_uuid(device: Device) -> str:
    return str((device.get("backing") or {}).get("uuid") or "")


def is_fcd(device: Device) -> bool:
    """A first class disk is managed by a claim; all others belong to the VM."""
    return bool((device.get("vDiskId") or {}).get("id"))


def capacity(device: Device) -> int:
    return int(device.get("capacityInBytes") or int(device.get("capacityInKB") or 0) * 1024)


def extra_config(config: Mapping[str, Any]) -> dict[str, str]:
    return {item["key"]: str(item.get("value", "")) for item in config.get("extraConfig") or []}


def keys_from(start: int) -> Iterator[int]:
    """Fresh temporary device keys: negative, and none twice in one spec."""
    while True:
        yield start
        start -= 1
