"""On which controller and unit a VM's volumes and CD-ROMs sit (sections 5.3 and 5.4 of the catalogue). Pure.

Called by the defaults and policies of VirtualMachines; both functions complete the object in place, add the
controllers that are missing, and leave untouched what finds no place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from storage import controllers
from storage.controllers import CDROM_TYPES, MOST, SCSI, Bus, Slot, free_unit, has_readable_place, slot_of
from vmportal.admission.reading import Object, each, get, number, put, text


def place_volumes(
    vm: Object,
    *,
    taken: Iterable[Slot] = (),
    brought: Mapping[Bus, Object] | None = None,
    is_meant: Callable[[Object], bool] = lambda volume: True,
) -> None:
    """Place every volume: those with type, bus and unit first, then the others in their order (MP-01 to MP-14).

    Taken are the slots of the spec's CD-ROMs, and `taken`. The controllers `brought` from elsewhere may be used
    and are not added to the spec. Volumes without a place that are not meant stay as they are.
    """
    volumes = [volume for _, volume in each(vm, "spec.volumes") if is_placed(volume) or is_meant(volume)]
    layout = _Layout(vm, controllers.cdrom_slots(vm) | set(taken), brought or {})
    for volume in sorted(volumes, key=lambda volume: not is_placed(volume)):
        _place_volume(layout, volume)


def place_cdroms(vm: Object, *, taken: Iterable[Slot] = ()) -> None:
    """Place the CD-ROMs that name no controller, or no unit of theirs: IDE first, then SATA (MD-01 to MD-06).

    `taken` counts on controllers that the spec lists.
    """
    cdroms = [
        cdrom
        for _, cdrom in each(vm, "spec.hardware.cdrom")
        if text(cdrom, "controllerType") in ("", *CDROM_TYPES) and has_readable_place(cdrom)
    ]
    layout = _Layout(vm, (), {})
    layout.taken.update(slot for slot in taken if slot[:2] in layout.controllers)
    for cdrom in cdroms:
        slot = slot_of(cdrom)
        if slot is not None:
            layout.add(slot[:2])
            layout.taken.add(slot)
    for cdrom in cdroms:
        _place_cdrom(layout, cdrom)


def observed_disks(vm: Object | None) -> Iterator[Slot]:
    """The slots on which the VM's status reports anything but a CD-ROM."""
    for _, controller in each(vm, "status.hardware.controllers"):
        bus = (text(controller, "type"), number(controller, "busNumber") or 0)
        for _, device in each(controller, "devices"):
            if text(device, "type") != "CDROM":
                yield (*bus, number(device, "unitNumber") or 0)


class _Layout:
    """The controllers of a VM and what is taken on them, while its devices are placed."""

    def __init__(self, vm: Object, taken: Iterable[Slot], brought: Mapping[Bus, Object]) -> None:
        self.vm = vm
        self.controllers = {**brought, **controllers.of_spec(vm)}
        self.taken = set(taken)

    def add(self, bus: Bus, sharing: str = "None") -> None:
        """Add a controller to the spec, unless it is there."""
        if bus in self.controllers:
            return
        path = f"spec.hardware.{controllers.LISTS[bus[0]]}"
        listed = get(self.vm, path)
        self.controllers[bus] = controllers.new(bus, sharing)
        put(self.vm, path, [*(listed if isinstance(listed, list) else ()), self.controllers[bus]])

    def has_room(self, kind: str) -> bool:
        """Whether a further controller of a type may be added."""
        return sum(bus[0] == kind for bus in self.controllers) < MOST[kind]

    def free(self, bus: Bus) -> int | None:
        return free_unit(bus, self.controllers[bus], self.taken)

    def with_free_unit(self, kind: str, sharing: str) -> int | None:
        """The lowest bus of that type and sharing mode with a free unit, else the lowest unused one."""
        buses = range(MOST[kind])
        for bus in buses:
            controller = self.controllers.get((kind, bus))
            is_fit = controller is not None and controllers.sharing_of(kind, controller) == sharing
            if is_fit and self.free((kind, bus)) is not None:
                return bus
        return next((bus for bus in buses if (kind, bus) not in self.controllers), None)


def is_placed(volume: Object) -> bool:
    """Whether a volume says type, bus and unit."""
    slot = slot_of(volume)
    return slot is not None and slot[2] >= 0


def _place_volume(layout: _Layout, volume: Object) -> None:
    kind = text(volume, "controllerType") or SCSI
    if kind not in MOST or not has_readable_place(volume):
        return  # the schema refuses it
    sharing = sharing_for(volume)
    number_ = number(volume, "controllerBusNumber")
    if number_ is None:
        number_ = layout.with_free_unit(kind, sharing)
    if number_ is None or number_ < 0:
        return
    bus = (kind, number_)
    if bus not in layout.controllers and not layout.has_room(kind):
        return
    layout.add(bus, sharing)
    volume.update(controllerType=kind, controllerBusNumber=number_)
    unit = number(volume, "unitNumber")
    if unit is None:
        unit = layout.free(bus)
    if unit is not None:
        volume["unitNumber"] = unit
        layout.taken.add((*bus, unit))


def sharing_for(volume: Object) -> str:
    """The sharing mode of the controller that a volume wants; an Oracle RAC disk shares by itself (MP-05)."""
    return "Physical" if text(volume, "applicationType") == "MicrosoftWSFC" else "None"


def _place_cdrom(layout: _Layout, cdrom: Object) -> None:
    bus = _bus_of_cdrom(layout, cdrom)
    if bus is None:
        return
    layout.add(bus)
    unit = layout.free(bus)
    if unit is None:
        return
    layout.taken.add((*bus, unit))
    cdrom.update(controllerType=bus[0], controllerBusNumber=bus[1], unitNumber=unit)


def _bus_of_cdrom(layout: _Layout, cdrom: Object) -> Bus | None:
    """Where a CD-ROM goes that says its controller but no unit, or nothing at all; None for any other."""
    kind, number_ = text(cdrom, "controllerType"), number(cdrom, "controllerBusNumber")
    if number(cdrom, "unitNumber") is not None or bool(kind) != (number_ is not None):
        return None
    if number_ is not None:
        return kind, number_
    found = ((kind, layout.with_free_unit(kind, "None")) for kind in CDROM_TYPES)
    return next(((kind, bus) for kind, bus in found if bus is not None), None)
