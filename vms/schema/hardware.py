"""`spec.hardware`: CD-ROM drives and controllers. Part of the VirtualMachine's shape; pure."""

from __future__ import annotations

from vmportal.schema.words import Schema, array, boolean, integer, obj, text
from vms.schema.network import DEVICE_NAME, DEVICE_NAME_HINT
from vms.schema.references import image_reference

CONTROLLER_TYPES = ("IDE", "NVME", "SCSI", "SATA")
CDROM_CONTROLLER_TYPES = ("IDE", "SATA")
SCSI_TYPES = ("ParaVirtual", "BusLogic", "LsiLogic", "LsiLogicSAS")


def placement() -> dict[str, Schema]:
    """The fields that say where a device sits."""
    return {
        "controllerType": text(enum=CONTROLLER_TYPES),
        "controllerBusNumber": integer(description="Which of the controllers of that type."),
        "unitNumber": integer(description="The slot on the controller."),
    }


def _controllers(buses: int, **fields: Schema) -> Schema:
    controller = obj({"busNumber": integer(0, buses - 1), **fields}, required=("busNumber",))
    return array(controller, keys=("busNumber",), max_items=buses)


def _sharing(*modes: str) -> Schema:
    return text(enum=modes, default="None", description="Whether VMs may share the controller's disks.")


_CDROM = obj(
    {
        "name": text(pattern=DEVICE_NAME, description=DEVICE_NAME_HINT),
        "image": image_reference("The ISO image in the drive."),
        "connected": boolean(default=True),
        "allowGuestControl": boolean(default=True, description="Whether the guest may eject it."),
        **placement(),
        "controllerType": text(enum=CDROM_CONTROLLER_TYPES),
    },
    required=("name", "image"),
)

HARDWARE = obj(
    {
        "cdrom": array(_CDROM, keys=("name",)),
        "ideControllers": _controllers(2),
        "nvmeControllers": _controllers(4, sharingMode=_sharing("None", "Physical")),
        "sataControllers": _controllers(4),
        "scsiControllers": _controllers(
            4,
            sharingMode=_sharing("None", "Physical", "Virtual"),
            type=text(enum=SCSI_TYPES, default="ParaVirtual"),
        ),
    },
    description="Drives and controllers.",
)
