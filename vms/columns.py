"""The row columns of the kinds of `vms`, made from the object in the same save; pure."""

from __future__ import annotations

from typing import Any

from vmportal.schema import column_quantity
from vms.annotations import ACTIVE_LABEL, ZONE_LABEL
from vms.state import state_of

Object = dict[str, Any]
DEFAULT_LIBRARY_LABEL = "imageregistry.vmware.com/default"  # with an empty value


def virtual_machine(obj: Object) -> dict[str, Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    network = status.get("network") or {}
    state = state_of(obj)
    return {
        "class_name": spec.get("className") or "",
        "image": (spec.get("image") or {}).get("name", ""),
        "image_name": spec.get("imageName") or "",
        "storage_class": spec.get("storageClass") or "",
        "encryption_class": (spec.get("crypto") or {}).get("encryptionClassName") or "",
        "zone": status.get("zone") or (obj["metadata"].get("labels") or {}).get(ZONE_LABEL, ""),
        "group_name": spec.get("groupName") or "",
        "power_state": status.get("powerState") or "",
        "address": network.get("primaryIP4") or network.get("primaryIP6") or "",
        "instance_uuid": spec.get("instanceUUID") or "",
        "state": state.word,
        "is_settling": state.is_settling,
        "needs_attention": state.needs_attention,
    }


def virtual_machine_class(obj: Object) -> dict[str, Any]:
    hardware = (obj.get("spec") or {}).get("hardware") or {}
    return {
        "cpus": hardware.get("cpus") or 0,
        "memory_mib": column_quantity(hardware.get("memory"), 2**20),
    }


def virtual_machine_class_instance(obj: Object) -> dict[str, Any]:
    owners = obj["metadata"].get("ownerReferences") or []
    classes = (owner["name"] for owner in owners if owner.get("kind") == "VirtualMachineClass")
    return {
        **virtual_machine_class(obj),
        "class_name": next(classes, ""),
        "is_active": ACTIVE_LABEL in (obj["metadata"].get("labels") or {}),
    }


def image(obj: Object) -> dict[str, Any]:
    status = obj.get("status") or {}
    os = status.get("osInfo") or {}
    return {
        "display_name": status.get("name") or "",
        "type": status.get("type") or "",
        "os": " ".join(part for part in (os.get("type"), os.get("version")) if part),
    }


def snapshot(obj: Object) -> dict[str, Any]:
    return {
        "vm_name": (obj.get("spec") or {}).get("vmName") or "",
        "is_ready": _is_true(obj, "VirtualMachineSnapshotReady"),
    }


def publish_request(obj: Object) -> dict[str, Any]:
    source = (obj.get("spec") or {}).get("source") or {}
    return {
        "vm_name": source.get("name") or obj["metadata"]["name"],
        "is_complete": _is_true(obj, "Complete"),
    }


def web_console_request(obj: Object) -> dict[str, Any]:
    return {"vm_name": (obj.get("spec") or {}).get("name") or ""}


def service(obj: Object) -> dict[str, Any]:
    return {"type": (obj.get("spec") or {}).get("type") or ""}


def replica_set(obj: Object) -> dict[str, Any]:
    return {
        "replicas": (obj.get("spec") or {}).get("replicas") or 0,
        "ready_replicas": (obj.get("status") or {}).get("readyReplicas") or 0,
    }


def compute_policy(obj: Object) -> dict[str, Any]:
    return {"enforcement_mode": (obj.get("spec") or {}).get("enforcementMode") or ""}


def content_library(obj: Object) -> dict[str, Any]:
    labels = obj["metadata"].get("labels") or {}
    return {**cluster_content_library(obj), "is_default": labels.get(DEFAULT_LIBRARY_LABEL) == ""}


def cluster_content_library(obj: Object) -> dict[str, Any]:
    return {"display_name": (obj.get("status") or {}).get("name") or ""}


def _is_true(obj: Object, condition: str) -> bool:
    found = (obj.get("status") or {}).get("conditions") or []
    return any(one.get("type") == condition and one.get("status") == "True" for one in found)
