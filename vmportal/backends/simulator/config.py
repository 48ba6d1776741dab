"""Applies a ConfigSpec to a VM's configuration, with vSphere's checks and device keys. Used by the simulator; pure.

The scalars of a ConfigSpec and those of a VirtualMachineConfigInfo are named differently; `_HARDWARE` maps them.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from typing import Any

from vmportal.backends.base import BackendRefused, Spec
from vmportal.backends.simulator import guest_os

Config = dict[str, Any]
Device = dict[str, Any]

_HARDWARE = {"numCPUs": "numCPU", "memoryMB": "memoryMB", "numCoresPerSocket": "numCoresPerSocket"}
_PLAIN = (
    "name",
    "annotation",
    "uuid",
    "instanceUuid",
    "version",
    "managedBy",
    "firmware",
    "cpuAllocation",
    "memoryAllocation",
    "changeTrackingEnabled",
    "bootOptions",
    "cpuHotAddEnabled",
    "memoryHotAddEnabled",
    "memoryReservationLockedToMax",
    "latencySensitivity",
    "flags",
    "nestedHVEnabled",
    "vPMCEnabled",
)
# What a running VM does not take.
_ONLY_OFF = {
    "numCPUs": ("cpuHotAddEnabled", "CpuHotPlugNotSupported"),
    "memoryMB": ("memoryHotAddEnabled", "MemoryHotPlugNotSupported"),
    "guestId": ("", "InvalidPowerState"),
    "version": ("", "InvalidPowerState"),
    "firmware": ("", "InvalidPowerState"),
}
_CONTROLLERS = {  # type -> (first key, how many, units)
    "VirtualIDEController": (200, 2, 2),
    "ParaVirtualSCSIController": (1000, 4, 65),
    "VirtualLsiLogicController": (1000, 4, 16),
    "VirtualLsiLogicSASController": (1000, 4, 16),
    "VirtualBusLogicController": (1000, 4, 16),
    "VirtualAHCIController": (15000, 4, 30),
    "VirtualNVMEController": (31000, 4, 64),
}
_SCSI_OWN_UNIT = 7
_FIRST_KEY = {"VirtualDisk": 2000, "VirtualCdrom": 3000, "VirtualPCIPassthrough": 13000, "VirtualTPM": 11000}
_FIRST_CARD_KEY = 4000
_PCI = 100


def empty(name: str) -> Config:
    """A VM with nothing but the devices that every VM has."""
    return {
        "name": name,
        "version": "vmx-21",
        "guestId": guest_os.DEFAULT,
        "guestFullName": guest_os.FULL_NAME[guest_os.DEFAULT],
        "firmware": "bios",
        "cpuAllocation": {"reservation": 0, "limit": -1, "shares": {"level": "normal", "shares": 1000}},
        "memoryAllocation": {"reservation": 0, "limit": -1, "shares": {"level": "normal", "shares": 10240}},
        "changeTrackingEnabled": False,
        "template": False,
        "hardware": {
            "numCPU": 1,
            "numCoresPerSocket": 1,
            "memoryMB": 1024,
            "device": [
                {"_typeName": "VirtualIDEController", "key": 200, "busNumber": 0},
                {"_typeName": "VirtualIDEController", "key": 201, "busNumber": 1},
                {"_typeName": "VirtualPS2Controller", "key": 300, "busNumber": 0},
                {"_typeName": "VirtualPCIController", "key": _PCI, "busNumber": 0},
                {"_typeName": "VirtualVideoCard", "key": 500, "controllerKey": _PCI, "unitNumber": 0},
            ],
        },
    }


def apply(config: Config, spec: Spec, *, is_on: bool = False, new_uuid: Callable[[], str]) -> Config:
    """The configuration after the spec. Raises `BackendRefused`, and then nothing of the spec is done."""
    config = copy.deepcopy(config)
    _refuse_while_on(config, spec, is_on)
    for key in _PLAIN:
        if spec.get(key) is not None:
            config[key] = _merged(config.get(key), spec[key])
    for key, target in _HARDWARE.items():
        if spec.get(key):
            config["hardware"][target] = spec[key]
    if guest_id := spec.get("guestId"):
        if guest_id not in guest_os.FULL_NAME:
            message = f"A specified parameter was not correct: configSpec.guestId ({guest_id})"
            raise BackendRefused("InvalidArgument", message)
        config |= {"guestId": guest_id, "guestFullName": guest_os.FULL_NAME[guest_id]}
    if not (config.get("managedBy") or {"extensionKey": "x"}).get("extensionKey"):
        config.pop("managedBy")
    Devices(config["hardware"]["device"], is_on=is_on, new_uuid=new_uuid).change(
        spec.get("deviceChange") or []
    )
    return config


def _merged(have: Any, given: Any) -> Any:
    if isinstance(have, dict) and isinstance(given, dict):
        return {**have, **given}
    return copy.deepcopy(given)


def _refuse_while_on(config: Config, spec: Spec, is_on: bool) -> None:
    have = {**config, **{ours: config["hardware"].get(theirs) for ours, theirs in _HARDWARE.items()}}
    for key, (switch, fault) in _ONLY_OFF.items():
        if is_on and spec.get(key) and spec[key] != have.get(key) and not config.get(switch):
            raise BackendRefused(fault, f"{key} cannot be changed while the virtual machine is powered on")


def merge_extra(extra: dict[str, str], spec: Spec) -> dict[str, str]:
    """extraConfig after the spec: an empty value removes the key."""
    merged = {**extra, **{item["key"]: str(item.get("value", "")) for item in spec.get("extraConfig") or []}}
    return {key: value for key, value in merged.items() if value}


class Devices:
    """The devices of one VM under change."""

    def __init__(self, devices: list[Device], *, is_on: bool, new_uuid: Callable[[], str]) -> None:
        self._devices = devices
        self._is_on = is_on
        self._new_uuid = new_uuid
        self._real_key: dict[int, int] = {}  # temporary key of the spec -> key given

    def change(self, changes: list[Spec]) -> None:
        for index, change in enumerate(changes):
            try:
                getattr(self, f"_{change['operation']}")(copy.deepcopy(dict(change["device"])))
            except _BadDevice as error:
                fault, detail = error.args
                raise BackendRefused(
                    fault, f"Invalid configuration for device '{index}': {detail}"
                ) from error

    def _add(self, device: Device) -> None:
        kind, temporary = device["_typeName"], device.get("key", 0)
        if kind in _CONTROLLERS:
            self._place_controller(device)
        elif kind in ("VirtualDisk", "VirtualCdrom"):
            self._place_on_controller(device)
        else:
            device["controllerKey"] = _PCI
            self._give_key(device)
        if kind == "VirtualDisk":
            self._complete_disk(device)
        if kind not in _CONTROLLERS and kind.startswith("Virtual") and "addressType" in device:
            self._complete_card(device)
        self._real_key[temporary] = device["key"]
        self._devices.append(device)

    def _edit(self, device: Device) -> None:
        have = self._find(device)
        if (
            device["_typeName"] == "VirtualDisk"
            and device.get("capacityInBytes", 0) < have["capacityInBytes"]
        ):
            raise _BadDevice("InvalidDeviceOperation", "a disk cannot be shrunk")
        if have["_typeName"] in _CONTROLLERS and self._is_on:
            raise _BadDevice("InvalidPowerState", "a controller can be edited only while the VM is off")
        have.update(device)

    def _remove(self, device: Device) -> None:
        have = self._find(device)
        if have["_typeName"] in _CONTROLLERS and any(
            d.get("controllerKey") == have["key"] for d in self._devices
        ):
            raise _BadDevice("ResourceInUse", "the controller still has devices")
        self._devices.remove(have)

    def _find(self, device: Device) -> Device:
        for have in self._devices:
            if have["key"] == device.get("key") and have["_typeName"] == device["_typeName"]:
                return have
        raise _BadDevice("InvalidDeviceSpec", "there is no such device")

    def _place_controller(self, device: Device) -> None:
        first, most, _ = _CONTROLLERS[device["_typeName"]]
        bus = device["busNumber"]
        if bus not in range(most) or any(have["key"] == first + bus for have in self._devices):
            raise _BadDevice("InvalidDeviceSpec", f"bus {bus} is taken or out of range")
        device["key"] = first + bus
        if first == 1000:
            device |= {"scsiCtlrUnitNumber": _SCSI_OWN_UNIT, "controllerKey": _PCI}

    def _place_on_controller(self, device: Device) -> None:
        wanted = self._real_key.get(device.get("controllerKey", 0), device.get("controllerKey"))
        controller = next((have for have in self._devices if have["key"] == wanted), None)
        if controller is None or controller["_typeName"] not in _CONTROLLERS:
            raise _BadDevice("InvalidDeviceSpec", "there is no such controller")
        first, _, units = _CONTROLLERS[controller["_typeName"]]
        taken = {have.get("unitNumber") for have in self._devices if have.get("controllerKey") == wanted}
        if first == 1000:
            taken.add(_SCSI_OWN_UNIT)
        unit = device.get("unitNumber")
        if unit is None:
            raise _BadDevice("InvalidDeviceSpec", "no unit number")
        if unit in taken or unit not in range(units):
            raise _BadDevice("InvalidDeviceSpec", f"unit {unit} is taken or out of range")
        device["controllerKey"] = wanted
        self._give_key(device)

    def _give_key(self, device: Device) -> None:
        key = _FIRST_KEY.get(device["_typeName"], _FIRST_CARD_KEY)
        taken = {have["key"] for have in self._devices}
        while key in taken:
            key += 1
        device["key"] = key

    def _complete_disk(self, disk: Device) -> None:
        if not disk.get("backing"):
            raise _BadDevice("InvalidDeviceSpec", "no backing")
        size = disk.get("capacityInBytes") or disk.get("capacityInKB", 0) * 1024
        disk |= {"capacityInBytes": size, "capacityInKB": size // 1024}
        disk["backing"].setdefault("diskMode", "persistent")
        disk["backing"]["uuid"] = self._new_uuid().upper()

    def _complete_card(self, card: Device) -> None:
        if not card.get("backing"):
            raise _BadDevice("InvalidDeviceSpec", "no backing")
        if not card.get("macAddress"):
            tail = uuid.UUID(self._new_uuid()).bytes
            card["macAddress"] = f"00:50:56:{tail[0] & 0x3F:02x}:{tail[1]:02x}:{tail[2]:02x}"
        card.setdefault(
            "connectable", {"startConnected": True, "connected": self._is_on, "allowGuestControl": True}
        )


class _BadDevice(Exception):
    """(fault, what is wrong with this device)"""
