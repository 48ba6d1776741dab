"""The row columns of the kinds of `vms`, made from the object in the same save; pure."""

from __future__ import annotations

from typing import Any

from vmportal.schema import parse_quantity
from vms.state import state_of

Object = dict[str, Any]
ZONE_LABEL = "topology.kubernetes.io/zone"


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
        "memory_mib": int(parse_quantity(hardware.get("memory") or "0") // 2**20),
    }


def image(obj: Object) -> dict[str, Any]:
    status = obj.get("status") or {}
    os = status.get("osInfo") or {}
    return {
        "display_name": status.get("name") or "",
        "type": status.get("type") or "",
        "os": " ".join(part for part in (os.get("type"), os.get("version")) if part),
    }
