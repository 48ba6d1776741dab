"""The ConfigSpec that a new VM is made with, from its class, its image and its own spec. Pure.

Called by `create`; `allocations` also by `resize`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from vmportal.backends.base import Inventory
from vms.annotations import MMIO_SIZE
from vms.reconcile import names, nics
from vms.reconcile.amounts import amount, megabytes, megahertz
from vms.reconcile.devices import PCI_PASSTHROUGH
from vms.reconcile.facts import Object
from vms.reconcile.step import Pass

# What a class may not decide: identity, place and evacuation are the portal's.
_NOT_FROM_CLASS = ("uuid", "instanceUuid", "guestId", "files", "vmProfile")
_RAW_DISKS = frozenset(("VirtualDiskRawDiskMappingVer1BackingInfo", "VirtualDiskRawDiskVer2BackingInfo"))


def config_spec(
    work: Pass, vm_class: Object, image: Object, policy_id: str, template: Mapping[str, Any] | None
) -> Object:
    """Everything section 4 lays down. `template` is the config of the VM that is cloned, None for an empty VM."""
    wish, spec = work.spec, from_class(vm_class)
    image_status = image.get("status", {})
    spec.update(
        name=work.name,
        annotation=spec.get("annotation") or names.ANNOTATION_TEXT,
        numCPUs=int(vm_class["spec"].get("hardware", {}).get("cpus") or spec.get("numCPUs") or 1),
        memoryMB=memory_mb(vm_class),
        managedBy=dict(names.MANAGED_BY),
        extraConfig=_extra_config(work, vm_class, spec),
        **allocations(vm_class, work.facts.inventory),
    )
    spec.update({key: value for key, value in _identity(work).items() if value})
    if firmware := (wish.get("bootOptions") or {}).get("firmware") or image_status.get("firmware"):
        spec["firmware"] = firmware
    tracking = (wish.get("advanced") or {}).get("changeBlockTracking")
    if tracking is not None:
        spec["changeTrackingEnabled"] = tracking
    if version := hardware_version(wish, spec, image_status):
        spec["version"] = f"vmx-{version}"
    if policy_id:
        spec["vmProfile"] = [{"_typeName": "VirtualMachineDefinedProfileSpec", "profileId": policy_id}]
    spec["deviceChange"] = [
        *(change for change in spec.get("deviceChange", []) if not nics.is_card(change)),
        *nics.changes_for_new_vm(work, spec.get("deviceChange", []), template),
    ]
    return spec


def from_class(vm_class: Object) -> Object:
    """The class's own ConfigSpec, cleaned; a class without one gives its devices."""
    body = vm_class["spec"]
    spec: Object = copy.deepcopy(body.get("configSpec") or {})
    if not spec:
        return {"deviceChange": _hardware_devices(body.get("hardware", {}).get("devices") or {})}
    for key in (*_NOT_FROM_CLASS, "_typeName"):
        spec.pop(key, None)
    if "extraConfig" in spec:
        spec["extraConfig"] = [
            item for item in spec["extraConfig"] if item["key"] != names.EVACUATION_POWEROFF
        ]
    spec["deviceChange"] = [change for change in spec.get("deviceChange", []) if _may_come_from_class(change)]
    return spec


def _may_come_from_class(change: Object) -> bool:
    device = change.get("device", {})
    if device.get("_typeName") != "VirtualDisk":
        return True
    return (device.get("backing") or {}).get("_typeName") in _RAW_DISKS


def _hardware_devices(devices: Object) -> list[Object]:
    backings: list[Object] = [
        {"_typeName": "VirtualPCIPassthroughVmiopBackingInfo", "vgpu": gpu["profileName"]}
        for gpu in devices.get("vgpuDevices", [])
    ]
    backings += [
        {
            "_typeName": "VirtualPCIPassthroughDynamicBackingInfo",
            "deviceName": "",
            "allowedDevice": [{"vendorId": device["vendorID"], "deviceId": device["deviceID"]}],
            "customLabel": device.get("customLabel", ""),
        }
        for device in devices.get("dynamicDirectPathIODevices", [])
    ]
    return [
        {
            "operation": "add",
            "device": {"_typeName": PCI_PASSTHROUGH, "key": -200 - number, "backing": backing},
        }
        for number, backing in enumerate(backings)
    ]


def _identity(work: Pass) -> Object:
    """Never without an instance UUID: by it a VM is found again whose first status write was lost."""
    wish = work.spec
    return {
        "uuid": wish.get("biosUUID"),
        "instanceUuid": wish.get("instanceUUID") or work.meta["uid"],
        "guestId": wish.get("guestID"),
    }


def memory_mb(vm_class: Object) -> int:
    body = vm_class["spec"]
    return megabytes(body.get("hardware", {}).get("memory")) or int(
        (body.get("configSpec") or {}).get("memoryMB") or 4
    )


def _extra_config(work: Pass, vm_class: Object, spec: Object) -> list[Object]:
    """What the class says for a key wins over what is only a default."""
    defaults = {"disk.enableUUID": "TRUE", "vmware.tools.gosc.ignoretoolscheck": "TRUE"}
    if any(is_passthrough(change) for change in spec.get("deviceChange", [])):
        size = work.annotations.get(MMIO_SIZE) or "512"
        if size != "0":
            defaults |= {"pciPassthru.use64bitMMIO": "TRUE", "pciPassthru.64bitMMIOSizeGB": size}
    of_class = {item["key"]: str(item.get("value", "")) for item in spec.get("extraConfig", [])}
    own = {names.EXTRA_NAMESPACED_NAME: f"{work.namespace}/{work.name}"}
    if profile := vm_class["spec"].get("reservedProfileID"):
        own[names.EXTRA_PROFILE_ID] = profile
    for annotation, key in names.COPIED_TO_EXTRA.items():
        if annotation in work.annotations:
            own[key] = work.annotations[annotation]
    return [{"key": key, "value": value} for key, value in {**defaults, **of_class, **own}.items()]


def is_passthrough(change: Object) -> bool:
    return change.get("device", {}).get("_typeName") == PCI_PASSTHROUGH


def hardware_version(wish: Object, spec: Object, image_status: Object) -> int:
    """The number N of `vmx-N`; 0 to leave it to vSphere."""
    least = int(wish.get("minHardwareVersion") or 0)
    if of_class := version_number(spec.get("version", "")):
        return max(least, of_class)
    candidate = 0
    changes = spec.get("deviceChange", [])
    if any(volume.get("persistentVolumeClaim") for volume in wish.get("volumes", [])):
        candidate = 15
    if any(change.get("device", {}).get("_typeName") == "VirtualTPM" for change in changes):
        candidate = max(candidate, 14)
    if any(is_passthrough(change) for change in changes):
        candidate = 17
    of_image = int(image_status.get("hardwareVersion") or 0)
    # Only what asks for more than the image is worth saying.
    wanted = max(least, candidate)
    return max(wanted, of_image) if wanted else 0


def version_number(version: str) -> int:
    digits = version.removeprefix("vmx-")
    return int(digits) if digits.isdigit() else 0


def allocations(vm_class: Object, inventory: Inventory) -> Object:
    """`cpuAllocation` (MHz) and `memoryAllocation` (MB): from the class's policies, else its ConfigSpec."""
    resources = (vm_class["spec"].get("policies") or {}).get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    of_class = vm_class["spec"].get("configSpec") or {}
    core_mhz = min((host.cpu_mhz for cluster in inventory.clusters for host in cluster.hosts), default=0)
    return {
        "cpuAllocation": _allocation(
            [
                megahertz(given["cpu"], core_mhz) if _is_set(given.get("cpu")) else None
                for given in (requests, limits)
            ],
            of_class.get("cpuAllocation"),
        ),
        "memoryAllocation": _allocation(
            [
                megabytes(given["memory"]) if _is_set(given.get("memory")) else None
                for given in (requests, limits)
            ],
            of_class.get("memoryAllocation"),
        ),
    }


def _is_set(quantity: Any) -> bool:
    return bool(amount(quantity))


def _allocation(policy: list[int | None], of_class: Object | None) -> Object:
    reservation, limit = policy
    if reservation is None and limit is None:
        base = {"reservation": 0, "limit": -1, "shares": {"level": "normal", "shares": 0}}
        given = {
            key: value for key, value in (of_class or {}).items() if key != "_typeName" and value is not None
        }
        return {**base, **given}
    return {
        "reservation": reservation or 0,
        "limit": -1 if limit is None else limit,
        "shares": {"level": "normal", "shares": 0},
    }
