"""What the overview of a machine lists, and what its deletion would take along; pure.

Called by the pages of one machine. What is seen is told where it is seen, else what is wished.
"""

from __future__ import annotations

from typing import Any

from vmportal.diff import LAST_APPLIED

Object = dict[str, Any]
_BOOTSTRAPS = {
    "cloudInit": "Cloud-Init",
    "linuxPrep": "LinuxPrep",
    "sysprep": "Sysprep",
    "vAppConfig": "vApp",
}


def facts_of(row: Any, vm: Object) -> dict[str, Any]:
    """The facts by name; `row` has `cpus`, of the class."""
    spec, status = vm.get("spec") or {}, vm.get("status") or {}
    hardware, network = status.get("hardware") or {}, status.get("network") or {}
    meta = vm["metadata"]
    return {
        "cpus": (hardware.get("cpu") or {}).get("total") or row.cpus,
        "memory": _memory((hardware.get("memory") or {}).get("total") or ""),
        "reserved_cpu": (hardware.get("cpu") or {}).get("reservation"),
        "reserved_memory": (hardware.get("memory") or {}).get("reservation"),
        "gpus": [item.get("profile", "") for item in hardware.get("vGPUs") or []],
        "volumes": [_disk(volume) for volume in status.get("volumes") or []],
        "cdroms": (spec.get("hardware") or {}).get("cdrom") or [],
        "interfaces": _interfaces(spec, network),
        "host_name": network.get("hostName", ""),
        "address6": network.get("primaryIP6", ""),
        "guest": (status.get("guest") or {}).get("guestFullName", ""),
        "labels": sorted((meta.get("labels") or {}).items()),
        "annotations": sorted(
            (key, value) for key, value in (meta.get("annotations") or {}).items() if key != LAST_APPLIED
        ),
        "bootstrap": _bootstrap(spec.get("bootstrap") or {}),
        "storage": (status.get("storage") or {}).get("total", ""),
    }


def _interfaces(spec: Object, network: Object) -> list[dict[str, Any]]:
    """Each interface that is wished, with what the guest reports of it."""
    seen = {item.get("name"): item for item in network.get("interfaces") or []}
    found = []
    for wished in (spec.get("network") or {}).get("interfaces") or []:
        reported = seen.get(wished.get("name")) or {}
        ip = reported.get("ip") or {}
        found.append(
            {
                "name": wished.get("name", ""),
                "network": (wished.get("network") or {}).get("name", ""),
                "mac": ip.get("macAddr", ""),
                "addresses": [item.get("address", "") for item in ip.get("addresses") or []],
            }
        )
    return found


def _bootstrap(bootstrap: Object) -> str:
    return ", ".join(label for key, label in _BOOTSTRAPS.items() if key in bootstrap)


def _memory(seen: str) -> str:
    """VM Operator reports memory in MiB with the suffix M: as GiB, as classes are written."""
    number = seen.removesuffix("M")
    return f"{int(number) / 1024:.4g}Gi" if seen.endswith("M") and number.isdecimal() else seen


def _disk(volume: Object) -> Object:
    """A volume of the status, with its size: its limit, else what was asked for."""
    return {**volume, "size": volume.get("limit") or volume.get("requested") or ""}


def losses_of(vm: Object) -> dict[str, Any]:
    """What goes with a machine and what stays: disks of the image go, claims stay."""
    spec, status = vm.get("spec") or {}, vm.get("status") or {}
    volumes = status.get("volumes") or []
    is_made = bool(status.get("uniqueID"))
    return {
        "is_made": is_made,
        "loses_data": is_made,
        "disks": [_disk(item) for item in volumes if item.get("type") == "Classic"],
        "claims": [
            item["persistentVolumeClaim"]["claimName"]
            for item in spec.get("volumes") or []
            if (item.get("persistentVolumeClaim") or {}).get("claimName")
        ],
    }
