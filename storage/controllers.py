"""The controllers that a VM's spec lists: how many there may be, and what each holds (section 9.4). Pure.

Asked by placement, by the rules and policies of VirtualMachines, and by whoever shows what is free.
"""

from __future__ import annotations

from collections.abc import Container

from vmportal.admission.reading import Object, each, number, text

IDE, NVME, SATA, SCSI = "IDE", "NVME", "SATA", "SCSI"
LISTS = {IDE: "ideControllers", NVME: "nvmeControllers", SATA: "sataControllers", SCSI: "scsiControllers"}
MOST = {IDE: 2, NVME: 4, SATA: 4, SCSI: 4}  # of a type in a VM; they are on buses 0 and up
UNITS = {IDE: 2, NVME: 64, SATA: 30}
SCSI_UNITS = {"ParaVirtual": 65, "BusLogic": 16, "LsiLogic": 16, "LsiLogicSAS": 16}
SCSI_OWN_UNIT = 7  # the controller itself sits on unit 7 of its bus
CDROM_TYPES = (IDE, SATA)  # in the order in which they are tried

INT32 = range(-(2**31), 2**31)

Bus = tuple[str, int]  # type of the controller, number of the bus
Slot = tuple[str, int, int]  # type, bus, unit


def of_spec(vm: Object | None) -> dict[Bus, Object]:
    """The controllers in `spec.hardware`, by their bus."""
    return {
        (kind, number(controller, "busNumber") or 0): controller
        for kind, key in LISTS.items()
        for _, controller in each(vm, f"spec.hardware.{key}")
    }


def units_of(kind: str, controller: Object) -> int:
    """How many units a controller has, its own included; a SCSI controller of no known type has none."""
    return SCSI_UNITS.get(text(controller, "type"), 0) if kind == SCSI else UNITS.get(kind, 0)


def sharing_of(kind: str, controller: Object) -> str:
    """The sharing mode of a controller; types without one share nothing."""
    return text(controller, "sharingMode") if kind in (SCSI, NVME) else "None"


def free_unit(bus: Bus, controller: Object, taken: Container[Slot]) -> int | None:
    """The lowest unit of a controller on which nothing sits."""
    kind, number_ = bus
    return next(
        (
            unit
            for unit in range(units_of(kind, controller))
            if (kind, number_, unit) not in taken and not (kind == SCSI and unit == SCSI_OWN_UNIT)
        ),
        None,
    )


def has_readable_place(device: Object) -> bool:
    """Whether what a volume or CD-ROM says of its place has the right types; else its schema refuses it."""
    numbers = (device.get("controllerBusNumber"), device.get("unitNumber"))
    return isinstance(device.get("controllerType"), str | None) and all(
        value is None or (type(value) is int and value in INT32) for value in numbers
    )


def slot_of(device: Object) -> Slot | None:
    """Where a volume or CD-ROM sits; None unless type, bus and unit are all given."""
    kind = text(device, "controllerType")
    bus, unit = number(device, "controllerBusNumber"), number(device, "unitNumber")
    return (kind, bus, unit) if kind and bus is not None and unit is not None else None


def cdrom_slots(vm: Object | None) -> set[Slot]:
    """The slots that the CD-ROMs of a spec sit on."""
    found = (slot_of(cdrom) for _, cdrom in each(vm, "spec.hardware.cdrom"))
    return {slot for slot in found if slot is not None and slot[2] >= 0}


def new(bus: Bus, sharing: str = "None") -> Object:
    """A controller as it is added where one is missing (MP-10)."""
    kind, number_ = bus
    if kind == SCSI:
        return {"busNumber": number_, "type": "ParaVirtual", "sharingMode": sharing}
    return {"busNumber": number_, "sharingMode": sharing} if kind == NVME else {"busNumber": number_}
