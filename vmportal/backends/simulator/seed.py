"""Builds the simulated inventory, the same every time: clusters, hosts, datastores, networks, templates.

Called by the demo and by tests. Repeating it adds what is missing and changes nothing that is there.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from vmportal.backends.simulator import config, guest_os
from vmportal.backends.simulator.models import (
    SimulatedCluster,
    SimulatedDatastore,
    SimulatedHost,
    SimulatedItem,
    SimulatedNetwork,
    SimulatedVCenter,
)
from vmportal.backends.simulator.view import WRITTEN
from vmportal.schema.quantity import parse_quantity

_NAMESPACE = uuid.UUID("5bd1e7c4-6a0e-4f3b-9a55-2c8f6f1d7f10")  # of all uuids that are made from names here
_TIB = 1024**4
HOSTS_EACH, CORES, CORE_MHZ, HOST_MEMORY_MB = 3, 32, 2600, 256 * 1024

DATASTORES = (("gold-01", 64), ("silver-01", 128))  # name, TiB; `datastore-1`, `datastore-2`
# Name, CIDR, gateway; the pool is the network without its first and last ten addresses. The first is the default.
NETWORKS = (("vm-network", "10.20.0.0/16", "10.20.0.1"), ("backend", "10.30.0.0/16", "10.30.0.1"))
NAMESERVERS, SEARCH_DOMAINS = ("10.20.0.2", "10.20.0.3"), ("demo.example",)
_KEPT_FREE, _POOL_LAST = 10, 65_525


@transaction.atomic
def seed(
    items: Iterable[dict[str, Any]] = (),
    zones: Sequence[str] = ("zone-a", "zone-b"),
    policies: Sequence[dict[str, Any]] = (),
) -> None:
    """One cluster a zone, with the pool `resgroup-<zone>`; a template (or ISO file) for each image in `items`.

    `items` are VirtualMachineImages or ClusterVirtualMachineImages with `status.providerItemID`; `policies` are
    StoragePolicies, each satisfied by the datastores in its `status.datastores`.
    """
    SimulatedVCenter.objects.get_or_create(defaults={"instance_uuid": _uuid("vcenter")}, name="vcenter")
    for number, (name, tebibytes) in enumerate(DATASTORES, start=1):
        moid = f"datastore-{number}"
        SimulatedDatastore.objects.get_or_create(
            moid=moid,
            defaults={
                "name": name,
                "capacity": tebibytes * _TIB,
                "policies": [policy["spec"]["id"] for policy in policies if moid in _datastores(policy)],
            },
        )
    for number, (name, cidr, gateway) in enumerate(NETWORKS, start=1):
        SimulatedNetwork.objects.get_or_create(
            moid=f"network-{number}",
            defaults={
                "name": name,
                "order": number,
                "cidr": cidr,
                "gateway": gateway,
                "first": _KEPT_FREE,
                "last": _POOL_LAST,
                "nameservers": list(NAMESERVERS),
                "search_domains": list(SEARCH_DOMAINS),
            },
        )
    for number, zone in enumerate(zones, start=1):
        _cluster(number, zone)
    for image in items:
        _item(image)


def _datastores(policy: dict[str, Any]) -> list[str]:
    return [item["id"]["objectID"] for item in policy.get("status", {}).get("datastores", [])]


def _uuid(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


def _cluster(number: int, zone: str) -> None:
    cluster, _ = SimulatedCluster.objects.get_or_create(
        moid=f"domain-c{number}", defaults={"name": f"cluster-{zone}", "pool": f"resgroup-{zone}"}
    )
    for index in range(1, HOSTS_EACH + 1):
        SimulatedHost.objects.get_or_create(
            moid=f"host-{number}{index}",
            defaults={
                "name": f"esx-{index:02d}.{zone}.demo.example",
                "cluster": cluster,
                "cores": CORES,
                "cpu_mhz": CORE_MHZ,
                "memory_mb": HOST_MEMORY_MB,
            },
        )


def _item(image: dict[str, Any]) -> None:
    status = image.get("status", {})
    item_id = status.get("providerItemID")
    if not item_id:
        return
    name = status.get("name") or image["metadata"]["name"]
    is_iso = status.get("type") == "ISO"
    SimulatedItem.objects.get_or_create(
        item_id=item_id,
        defaults={
            "moid": f"vm-t{_uuid(item_id)[:8]}",
            "name": name,
            "iso": f"[silver-01] iso/{name}.iso" if is_iso else "",
            "config": {} if is_iso else template_config(name, status),
        },
    )


def template_config(name: str, status: dict[str, Any]) -> dict[str, Any]:
    """The configuration of the template VM of an image, from the image's status."""
    guest_id = (status.get("osInfo") or {}).get("id", "")
    spec: dict[str, Any] = {
        "firmware": status.get("firmware") or "bios",
        "version": f"vmx-{status.get('hardwareVersion') or 15}",
        "guestId": guest_id if guest_id in guest_os.FULL_NAME else "otherLinux64Guest",
        "numCPUs": 1,
        "memoryMB": 1024,
        "deviceChange": list(_devices(name, status.get("disks") or [])),
    }
    numbers = iter(range(10_000))
    return config.apply(config.empty(name), spec, new_uuid=lambda: _uuid(f"{name} {next(numbers)}"))


def _devices(name: str, disks: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """A card, and each disk in the slot that the image names, with the controllers that it takes."""
    made: dict[tuple[str, int], int] = {("IDE", 0): 200, ("IDE", 1): 201}
    kinds = {
        "SCSI": "ParaVirtualSCSIController",
        "SATA": "VirtualAHCIController",
        "NVME": "VirtualNVMEController",
    }
    network, _, _ = NETWORKS[0]
    backing = {
        "_typeName": "VirtualEthernetCardNetworkBackingInfo",
        "deviceName": network,
        "network": "network-1",
    }
    yield _add({"_typeName": "VirtualVmxnet3", "key": -1, "backing": backing, "addressType": "generated"})
    for number, disk in enumerate(disks):
        kind, bus = disk.get("controllerType") or "SCSI", disk.get("controllerBusNumber") or 0
        if (kind, bus) not in made:
            made[kind, bus] = -100 - len(made)
            controller = {"_typeName": kinds[kind], "key": made[kind, bus], "busNumber": bus}
            yield _add(controller if kind == "SATA" else {**controller, "sharedBus": "noSharing"})
        unit = number if disk.get("unitNumber") is None else disk["unitNumber"]
        yield _add(
            {
                "_typeName": "VirtualDisk",
                "key": -200 - number,
                "controllerKey": made[kind, bus],
                "unitNumber": unit,
                "capacityInBytes": int(parse_quantity(disk.get("limit") or "10Gi")),
                "backing": {
                    "_typeName": "VirtualDiskFlatVer2BackingInfo",
                    "fileName": f"[silver-01] {name}/{name}_{number}.vmdk",
                    "diskMode": "persistent",
                    "sharing": "sharingNone",
                    "thinProvisioned": True,
                    WRITTEN: int(parse_quantity(disk.get("requested") or "1Gi")),
                },
            }
        )


def _add(device: dict[str, Any]) -> dict[str, Any]:
    return {"operation": "add", "device": device}
