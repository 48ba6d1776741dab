"""`status` of a VirtualMachine: what was seen of it. Part of the VirtualMachine's shape; pure."""

from __future__ import annotations

from vmportal.schema.words import Schema, array, boolean, conditions, integer, obj, quantity, text, time
from vms.schema.hardware import CONTROLLER_TYPES, placement
from vms.schema.power import power_state
from vms.schema.references import typed_reference
from vms.schema.status_network import NETWORK_STATUS
from vms.schema.volumes import DISK_MODES, SHARING_MODES


def snapshot_reference() -> Schema:
    """A snapshot that the portal manages, or one made in vSphere."""
    return obj(
        {"type": text(enum=("Managed", "Unmanaged"), default="Managed"), "name": text()},
        required=("name", "type"),
    )


_CRYPTO = obj(
    {
        "encrypted": array(text(), description="Config, Disks or both."),
        "hasVTPM": boolean(),
        "keyID": text(),
        "providerID": text(),
    }
)

_CONTROLLER = obj(
    {
        "type": text(enum=CONTROLLER_TYPES),
        "busNumber": integer(),
        "deviceKey": integer(),
        "devices": array(
            obj(
                {"type": text(enum=("CDROM", "Disk")), "unitNumber": integer()},
                required=("type", "unitNumber"),
            ),
            keys=("unitNumber",),
        ),
    },
    required=("busNumber", "deviceKey", "type"),
)

_HARDWARE = obj(
    {
        "cpu": obj({"total": integer(), "reservation": integer(format="int64", description="In MHz.")}),
        "memory": obj({"total": quantity(), "reservation": quantity()}),
        "vGPUs": array(obj({"type": text(), "profile": text(), "migrationType": text()})),
        "controllers": array(_CONTROLLER, keys=("busNumber", "type")),
    }
)

_STORAGE = obj(
    {
        "total": quantity(),
        "requested": obj({"disks": quantity()}),
        "usage": obj(
            {
                "disks": quantity(),
                "other": quantity(),
                "snapshots": obj({"vm": quantity(), "volume": quantity()}),
            }
        ),
    }
)

_VOLUME = obj(
    {
        "name": text(),
        "type": text(enum=("Classic", "Managed"), default="Managed"),
        "attached": boolean(),
        "diskUUID": text(),
        "error": text(description="Why it could not be attached or detached."),
        **placement(),
        "diskMode": text(enum=DISK_MODES),
        "sharingMode": text(enum=SHARING_MODES),
        "crypto": obj({"keyID": text(), "providerID": text()}),
        "limit": quantity(),
        "requested": quantity(),
        "used": quantity(),
    },
    required=("name", "type"),
)

_POLICY = obj(
    {"apiVersion": text(), "kind": text(), "name": text(), "generation": integer(format="int64")},
    required=("apiVersion", "kind", "name", "generation"),
)

STATUS = obj(
    {
        "conditions": conditions(),
        "powerState": power_state(),
        "class": typed_reference(),
        "zone": text(),
        "nodeName": text(description="The host it runs on."),
        "uniqueID": text(description="vSphere's name of the VM, such as vm-42."),
        "biosUUID": text(),
        "instanceUUID": text(),
        "hardwareVersion": integer(),
        "lastRestartTime": time(),
        "changeBlockTracking": boolean(),
        "guest": obj({"guestID": text(), "guestFullName": text()}),
        "network": NETWORK_STATUS,
        "hardware": _HARDWARE,
        "storage": _STORAGE,
        "volumes": array(_VOLUME, keys=("name", "type")),
        "crypto": _CRYPTO,
        "currentSnapshot": snapshot_reference(),
        "rootSnapshots": array(snapshot_reference()),
        "policies": array(_POLICY),
        "provider": obj({"creationTimestamp": time()}),
    },
    description="What was seen of the VM.",
)
