"""Builders for plans: a wish that is complete, a VM that is in step with it, and facts to both.

A test names only what it is about. Times are counted from NOON.
"""

from __future__ import annotations

import base64
import copy
import datetime as dt
from typing import Any

from vmportal.backends.base import Cluster, Datastore, Host, Interface, Inventory, Network
from vms.annotations import (
    FIRST_BOOT_DONE,
    LAST_RESIZED_CLASS,
    MANAGER_ID,
    UPGRADED_TO_BUILD,
    UPGRADED_TO_FEATURE,
    UPGRADED_TO_SCHEMA,
    ZONE_LABEL,
)
from vms.reconcile import Facts, names

Doc = dict[str, Any]

NOON = dt.datetime(2026, 11, 24, 12, 0, 0, tzinfo=dt.UTC)
UID = "0b5c1f0e-7c1f-4a55-8a1e-5f1f3f8a7d01"
INSTANCE_UUID = "5008c6c1-77d0-4a0e-b1a4-2b7d5a0f9c02"
BIOS_UUID = "42081d15-9a7b-4c3f-8f22-6d1f0a5be101"
POLICY = "policy-gold"
FEATURES = {"VMSharedDisks": True, "AllDisksArePVCs": True, "VMResizeCPUMemory": True}
MARK = '{"name":"small","uid":"class-small","generation":1}'
BACKING = {
    "_typeName": "VirtualEthernetCardNetworkBackingInfo",
    "deviceName": "vm-network",
    "network": "network-1",
}
ETH0 = Interface("eth0", "vm-network", BACKING, "00:50:56:00:00:01", ("10.0.0.9/24",), "10.0.0.1")

UPGRADED = {
    UPGRADED_TO_BUILD: "v0.1.0",
    UPGRADED_TO_SCHEMA: "v1alpha5",
    UPGRADED_TO_FEATURE: "7",
    MANAGER_ID: "vc-1",
    LAST_RESIZED_CLASS: MARK,
    FIRST_BOOT_DONE: "true",
}


def wish(*, annotations: Doc | None = None, labels: Doc | None = None, **spec: Any) -> Doc:
    """A VM with its finalizer, as admission leaves it. A spec value of None takes the key away."""
    complete = {
        "className": "small",
        "image": {"kind": "ClusterVirtualMachineImage", "name": "vmi-1"},
        "imageName": "ubuntu-24.04",
        "storageClass": "gold",
        "powerState": "PoweredOn",
        "powerOffMode": "TrySoft",
        "suspendMode": "TrySoft",
        "restartMode": "TrySoft",
        "biosUUID": BIOS_UUID,
        "instanceUUID": INSTANCE_UUID,
        "network": {"interfaces": [{"name": "eth0"}]},
        **spec,
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": "VirtualMachine",
        "metadata": {
            "name": "web-1",
            "namespace": "team-a",
            "uid": UID,
            "annotations": annotations or {},
            "labels": labels or {},
            "finalizers": [names.FINALIZER],
        },
        "spec": {key: value for key, value in complete.items() if value is not None},
    }


def settled(*, annotations: Doc | None = None, labels: Doc | None = None, **spec: Any) -> Doc:
    """A VM that was made and upgraded: only what a test changes is left to do."""
    placed = {
        "hardware": {
            "ideControllers": [{"busNumber": 0}, {"busNumber": 1}],
            "scsiControllers": [{"busNumber": 0, "sharingMode": "None", "type": "ParaVirtual"}],
        },
        "volumes": [
            {
                "name": "boot",
                "controllerType": "SCSI",
                "controllerBusNumber": 0,
                "unitNumber": 0,
                "removable": False,
            }
        ],
        **spec,
    }
    vm = wish(
        annotations={**UPGRADED, **(annotations or {})},
        labels={ZONE_LABEL: "zone-a", **(labels or {})},
        **placed,
    )
    vm["status"] = {"uniqueID": "vm-7", "zone": "zone-a", "class": {"name": "small"}}
    return vm


def seen(power: str = "poweredOn", *, tools: bool = True, **changes: Any) -> Doc:
    """The vSphere VM of `settled()`. `config` in `changes` is merged into the configuration, the rest replaces."""
    guest: dict[str, Any] = {"toolsRunningStatus": "guestToolsRunning" if tools else "guestToolsNotRunning"}
    config = {
        "name": "web-1",
        "uuid": BIOS_UUID,
        "instanceUuid": INSTANCE_UUID,
        "version": "vmx-19",
        "guestId": "ubuntu64Guest",
        "guestFullName": "Ubuntu Linux (64-bit)",
        "annotation": names.ANNOTATION_TEXT,
        "createDate": "2026-11-24T11:00:00Z",
        "managedBy": dict(names.MANAGED_BY),
        "changeTrackingEnabled": False,
        "cpuAllocation": {"reservation": 0, "limit": -1},
        "memoryAllocation": {"reservation": 0, "limit": -1},
        "extraConfig": [{"key": names.EXTRA_NAMESPACED_NAME, "value": "team-a/web-1"}],
        "hardware": {"numCPU": 2, "memoryMB": 4096, "device": devices()},
        **changes.pop("config", {}),
    }
    runtime = {"powerState": power, "connectionState": "connected", "host": "host-1"}
    return {
        "obj": "vm-7",
        "config": config,
        "guest": guest,
        "guestHeartbeatStatus": "green" if tools else "gray",
        "layoutEx": {},
        "recentTask": [],
        "resourcePool": "resgroup-a",
        "runtime": runtime,
        "summary": {
            "config": {"uuid": config["uuid"], "instanceUuid": config["instanceUuid"]},
            "guest": {},
            "runtime": runtime,
        },
        "host": {"obj": "host-1", "name": "esx-01.zone-a"},
        "cluster": "domain-c1",
        **changes,
    }


def devices() -> list[dict[str, Any]]:
    return [
        {"_typeName": "VirtualIDEController", "key": 200, "busNumber": 0},
        {"_typeName": "VirtualIDEController", "key": 201, "busNumber": 1},
        {"_typeName": "ParaVirtualSCSIController", "key": 1000, "busNumber": 0, "sharedBus": "noSharing"},
        disk(),
        card(),
    ]


def disk(key: int = 2000, unit: int = 0, **changes: Any) -> Doc:
    backing = {
        "_typeName": "VirtualDiskFlatVer2BackingInfo",
        "fileName": f"[gold-01] web-1/web-1_{unit}.vmdk",
        "diskMode": "persistent",
        "sharing": "sharingNone",
        "uuid": f"6000C295-760E-E736-3A10-13950000{key}",
    }
    common = {"_typeName": "VirtualDisk", "key": key, "controllerKey": 1000, "unitNumber": unit}
    return {**common, "capacityInBytes": 20 * 1024**3, "backing": backing, **changes}


def card(key: int = 4000, **changes: Any) -> Doc:
    common = {"_typeName": "VirtualVmxnet3", "key": key, "backing": dict(BACKING), "macAddress": ETH0.mac}
    return {**common, "addressType": "manual", **changes}


def extra(**pairs: str) -> list[dict[str, str]]:
    """extraConfig with the owner's name, and more; `__` in a key stands for a dot."""
    named = {key.replace("__", "."): value for key, value in pairs.items()}
    own = {names.EXTRA_NAMESPACED_NAME: "team-a/web-1", **named}
    return [{"key": key, "value": value} for key, value in own.items()]


def task(
    state: str, description: str = "VirtualMachine.powerOn", *, key: str = "task-1", **error: str
) -> Doc:
    info: dict[str, Any] = {"key": key, "state": state, "descriptionId": description}
    if error:
        info["error"] = {"fault": {"_typeName": error["fault"]}, "localizedMessage": error["message"]}
    return info


def vm_class(name: str = "small", *, generation: int = 1, **spec: Any) -> Doc:
    body = {"hardware": {"cpus": 2, "memory": "4Gi"}, **spec}
    meta = {"name": name, "namespace": "team-a", "uid": f"class-{name}", "generation": generation}
    return {"kind": "VirtualMachineClass", "metadata": meta, "spec": body}


def image(**status: Any) -> Doc:
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "True",
        "lastTransitionTime": "2026-11-01T00:00:00Z",
    }
    disks = [{"name": "disk-0", "limit": "20Gi", "requested": "3Gi"}]
    found = {"type": "OVF", "providerItemID": "item-1", "disks": disks, "conditions": [ready], **status}
    spec = {"providerRef": {"kind": "ClusterContentLibraryItem", "name": "clitem-1"}}
    return {
        "kind": "ClusterVirtualMachineImage",
        "metadata": {"name": "vmi-1"},
        "spec": spec,
        "status": found,
    }


def storage_class(name: str = "gold", policy: str = POLICY) -> Doc:
    return {"kind": "StorageClass", "metadata": {"name": name}, "parameters": {"storagePolicyID": policy}}


def secret(name: str, **data: str) -> Doc:
    encoded = {
        key.replace("_", "-"): base64.b64encode(value.encode()).decode() for key, value in data.items()
    }
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "team-a"}, "data": encoded}


def zone(name: str = "zone-a", pool: str = "resgroup-a", **meta: Any) -> Doc:
    managed = {"poolMoIDs": [pool], "folderMoID": "group-v1"}
    return {
        "kind": "Zone",
        "metadata": {"name": name, "namespace": "team-a", **meta},
        "spec": {"managedVMs": managed},
    }


def host(
    moid: str = "host-1",
    *,
    free: int = 64_000,
    unreserved: int = 64_000,
    memory: int = 131_072,
    usable: bool = True,
) -> Host:
    return Host(moid, f"esx-{moid}", 2000, memory, free, unreserved, usable)


def cluster(name: str = "a", *hosts: Host) -> Cluster:
    return Cluster(f"domain-{name}", name, (f"resgroup-{name}",), hosts or (host(),), ("ds-1", "ds-2"))


def datastore(moid: str = "ds-1", *, free: int = 1024**4, policies: tuple[str, ...] = (POLICY,)) -> Datastore:
    return Datastore(moid, f"name-of-{moid}", 2 * 1024**4, free, policies)


TEMPLATE = {
    "moid": "vm-t1",
    "config": {"hardware": {"device": [card(4000, macAddress="00:50:56:3f:00:01"), disk()]}},
}


def inventory(**changes: Any) -> Inventory:
    usual: dict[str, Any] = {
        "clusters": (cluster(),),
        "datastores": (datastore(),),
        "networks": (Network("vm-network", BACKING), Network("backend", {**BACKING, "network": "network-2"})),
        "items": {"item-1": TEMPLATE, "item-iso": {"iso": "[ds] debian.iso"}},
    }
    return Inventory(**{**usual, **changes})


def facts(*more: dict[str, Any], without: tuple[str, ...] = (), **changes: Any) -> Facts:
    """Facts with the usual class, image and storage class; `more` objects are added, kinds in `without` left out."""
    found = [vm_class(), image(), storage_class(), *more]
    objects = {
        (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]): item
        for item in copy.deepcopy(found)
        if item["kind"] not in without
    }
    usual: dict[str, Any] = {
        "now": NOON,
        "build_version": "v0.1.0",
        "manager_id": "vc-1",
        "objects": objects,
        "features": FEATURES,
        "operator_namespace": "vmware-system-vmop",
        "zones": (zone(),),
        "inventory": inventory(),
        "interfaces": (ETH0,),
        "is_watched": True,
    }
    return Facts(**{**usual, **changes})


def condition(plan: Any, kind: str) -> tuple[str, str] | None:
    """(status, reason) of a condition of the plan's status; None if there is none."""
    found = next((item for item in plan.conditions if item["type"] == kind), None)
    return (found["status"], found["reason"]) if found else None


def message(plan: Any, kind: str) -> str:
    return next(item["message"] for item in plan.conditions if item["type"] == kind)


def patches(plan: Any) -> dict[tuple[str, ...], Any]:
    return dict(plan.patches)


def annotation(plan: Any, key: str) -> Any:
    return patches(plan).get(("metadata", "annotations", key))
