"""A simulated VM as a property collector gives it, and its tasks as TaskInfos. Used by the simulator."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from vmportal.backends.simulator import addresses, guest
from vmportal.backends.simulator.clock import Timing
from vmportal.backends.simulator.models import SimulatedTask, SimulatedVM
from vmportal.moments import rfc3339

Properties = dict[str, Any]

# Sizes of the files beside the disks, in bytes, as a vSphere VM has them.
_FILES = (
    ("config", "vmx", 4096),
    ("nvram", "nvram", 270_840),
    ("log", "log", 307_200),
    ("snapshotList", "vmsd", 0),
)
WRITTEN = "_written"  # of a disk's backing: bytes that were written to it; the simulator's own
_DESCRIPTION = {
    "CloneVM_Task": "VirtualMachine.clone",
    "CreateVM_Task": "Folder.createVm",
    "ReconfigVM_Task": "VirtualMachine.reconfigure",
    "UpgradeVM_Task": "VirtualMachine.upgradeVirtualHardware",
    "PowerOnVM_Task": "VirtualMachine.powerOn",
    "PowerOffVM_Task": "VirtualMachine.powerOff",
    "SuspendVM_Task": "VirtualMachine.suspend",
    "ResetVM_Task": "VirtualMachine.reset",
    "Destroy_Task": "VirtualMachine.destroy",
}


def properties(
    vm: SimulatedVM, tasks: Iterable[SimulatedTask], now: dt.datetime, timing: Timing
) -> Properties:
    """`vm` with its host, cluster and datastore loaded."""
    extra: dict[str, str] = json.loads(vm.extra_config)
    config = {**vm.config, "extraConfig": [{"key": key, "value": value} for key, value in extra.items()]}
    is_on = vm.power_state == "poweredOn"
    has_tools = bool(is_on and vm.has_tools and vm.booted_at and guest.tools_at(vm.booted_at, timing) <= now)
    has_address = bool(has_tools and vm.booted_at and guest.address_at(vm.booted_at, timing) <= now)
    pool = addresses.given_by_mac(vm.ref_uid) if has_address else {}
    told = guest.guest_info(config, extra, pool, has_tools=has_tools, is_on=is_on, has_address=has_address)
    runtime: Properties = {"powerState": vm.power_state, "connectionState": "connected", "host": vm.host_id}
    if vm.booted_at:
        runtime["bootTime"] = rfc3339(vm.booted_at)
    return {
        "obj": vm.moid,
        "name": vm.name,
        "config": _connected(config, is_on),
        "guest": told,
        "guestHeartbeatStatus": "green" if has_tools else "gray",
        "layoutEx": layout(vm, is_on),
        "recentTask": [task_info(task) for task in tasks],
        "resourcePool": vm.cluster.pool,
        "runtime": runtime,
        "snapshot": None,
        "summary": _summary(config, told, runtime),
        "host": {"obj": vm.host.moid, "name": vm.host.name} if vm.host else None,
        "cluster": vm.cluster_id,
    }


def _connected(config: Properties, is_on: bool) -> Properties:
    """Cards and drives are connected only while the VM is on."""
    devices = [_shown(device, is_on) for device in config["hardware"]["device"]]
    return {**config, "hardware": {**config["hardware"], "device": devices}}


def _shown(device: Properties, is_on: bool) -> Properties:
    shown = dict(device)
    if "connectable" in device:
        switch = device["connectable"]
        connected = is_on and switch.get("connected", switch["startConnected"])
        shown["connectable"] = {**switch, "connected": connected}
    if WRITTEN in (device.get("backing") or {}):
        shown["backing"] = {key: value for key, value in device["backing"].items() if key != WRITTEN}
    return shown


def _summary(config: Properties, told: Properties, runtime: Properties) -> Properties:
    return {
        "config": {
            "name": config["name"],
            "uuid": config.get("uuid", ""),
            "instanceUuid": config.get("instanceUuid", ""),
            "numCpu": config["hardware"]["numCPU"],
            "memorySizeMB": config["hardware"]["memoryMB"],
            "guestId": config["guestId"],
            "hwVersion": config["version"],
            "template": False,
        },
        "runtime": runtime,
        "guest": {
            key: told[key]
            for key in ("hostName", "ipAddress", "toolsRunningStatus", "guestId")
            if key in told
        },
        "overallStatus": "green",
    }


def layout(vm: SimulatedVM, is_on: bool) -> Properties:
    """`layoutEx`: the VM's files with their sizes, and which of them are each disk's."""
    folder = f"[{vm.datastore.name}] {vm.name}"
    files: list[Properties] = []

    def add(kind: str, name: str, size: int, unique: int) -> int:
        key = len(files)
        files.append(
            {
                "key": key,
                "name": f"{folder}/{name}",
                "type": kind,
                "size": size,
                "uniqueSize": unique,
                "accessible": True,
            }
        )
        return key

    for kind, suffix, size in _FILES:
        add(kind, f"{vm.name}.{suffix}", size, size)
    if is_on:
        swap = (vm.memory_mb - vm.reserved_mb) * 1024 * 1024
        add("swap", f"{vm.name}.vswp", swap, swap)
    disks = []
    for disk in vm.config["hardware"]["device"]:
        if disk["_typeName"] == "VirtualDisk":
            name, used = disk["backing"]["fileName"].rpartition("/")[2], disk_used(disk)
            keys = [
                add("diskDescriptor", name, 1024, 1024),
                add("diskExtent", name.replace(".vmdk", "-flat.vmdk"), disk["capacityInBytes"], used),
            ]
            disks.append({"key": disk["key"], "chain": [{"fileKey": keys}]})
    return {"file": files, "disk": disks}


def disk_used(disk: Properties) -> int:
    """Bytes that a disk takes: all of its capacity when thick, what was written to it when thin."""
    backing = disk["backing"]
    if not backing.get("thinProvisioned", True):
        return int(disk["capacityInBytes"])
    return min(int(backing.get(WRITTEN, 0)), int(disk["capacityInBytes"]))


def task_info(task: SimulatedTask) -> Properties:
    info: Properties = {
        "key": f"task-{task.pk}",
        "name": task.operation,
        "descriptionId": _DESCRIPTION[task.operation],
        "entity": task.moid,
        "state": "running" if task.is_running else ("error" if task.fault else "success"),
        "startTime": rfc3339(task.started_at),
    }
    if not task.is_running:
        info["completeTime"] = rfc3339(task.ends_at)
        if task.fault:
            info["error"] = {"fault": {"_typeName": task.fault}, "localizedMessage": task.message}
    return info
