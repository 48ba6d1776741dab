"""The storage controllers that a VM's class and its image bring along. Pure; asked by rules, named by references.

A class says them in its ConfigSpec. An image of type OVF says them in its descriptor, which the image cache of a
Supervisor keeps in a ConfigMap; without a cache nothing is known of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from storage.controllers import NVME, SCSI, SCSI_UNITS, Bus
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, each, get, mapping, number, text
from vms import images

CLASS, CACHE, DESCRIPTOR = "VirtualMachineClass", "VirtualMachineImageCache", "ConfigMap"
HARDWARE_READY = "VirtualMachineImageCacheHardwareReady"
NO_SHARING = "noSharing"
SHARED_BUS = {"None": NO_SHARING, "Virtual": "virtualSharing", "Physical": "physicalSharing"}
# Device types of a ConfigSpec; the general SCSI controller is none that a VM can have.
DEVICES = {
    "ParaVirtualSCSIController": (SCSI, "ParaVirtual"),
    "VirtualBusLogicController": (SCSI, "BusLogic"),
    "VirtualLsiLogicController": (SCSI, "LsiLogic"),
    "VirtualLsiLogicSASController": (SCSI, "LsiLogicSAS"),
    "VirtualSCSIController": (SCSI, ""),
    "VirtualNVMEController": (NVME, ""),
}
# Of an OVF descriptor: resource types, and what subtypes of a SCSI controller mean.
SCSI_RESOURCE, DISK_RESOURCE, OTHER_RESOURCE = 6, 17, 20
NVME_SUBTYPE = "vmware.nvme.controller"
SCSI_SUBTYPES = {
    "": "LsiLogic",
    "scsi": "LsiLogic",
    "lsilogic": "LsiLogic",
    "lsilogicsas": "LsiLogicSAS",
    "lsilogic-sas": "LsiLogicSAS",
    "buslogic": "BusLogic",
    "virtualscsi": "ParaVirtual",
    "pvscsi": "ParaVirtual",
}


class Unreadable(ValueError):
    """A class or image does not say what it brings."""


@dataclass(frozen=True)
class Brought:
    """A controller: its type, if it is a SCSI one, how its bus is shared, and whether a disk sits on it."""

    type: str
    shared_bus: str
    has_disk: bool = True


Controllers = dict[Bus, Brought]


def references(vm: Admitting, image: Object) -> Iterator[Want]:
    """What must be looked up of an image's cache."""
    item = text(image, "status.providerItemID")
    if item:
        place = vm.installation.operator_namespace
        yield Want(CACHE, place, cache_name(item))
        yield Want(DESCRIPTOR, place, cache_name(item))


def cache_name(item: str) -> str:
    """The name of the cache object of a content library item, by the item's ID."""
    digest = hashlib.sha1(item.replace("-", "").encode(), usedforsecurity=False).hexdigest()
    return f"{images.PREFIX}{digest[:17]}"


def of_class(vm: Admitting) -> Controllers:
    """The controllers of the class; none if it is missing or says nothing. Raises `Unreadable`."""
    spec = get(vm.world.get(CLASS, vm.namespace, vm.text("spec.className")), "spec.configSpec")
    if spec is None:
        return {}
    numbers = [get(spec, key) for key in ("numCPUs", "numCoresPerSocket", "memoryMB")]
    if not isinstance(spec, dict) or any(type(value) not in (int, type(None)) for value in numbers):
        raise Unreadable("The class's further settings are not in order.")
    found: Controllers = {}
    for _, change in each(spec, "deviceChange"):
        device = mapping(change, "device")
        kind = DEVICES.get(text(device, "_typeName"))
        if kind is not None and text(change, "operation") == "add":
            bus = (kind[0], number(device, "busNumber") or 0)
            found[bus] = Brought(kind[1], text(device, "sharedBus"))
    return found


def of_image(vm: Admitting) -> Controllers:
    """The controllers of an OVF image; none if it, or its cache, is missing. Raises `Unreadable`."""
    if vm.get("spec.image") is None:
        return {}  # the VM has none, or it has been refused already
    image = images.of_vm(vm)
    if image is None and vm.text("spec.image.kind") not in (images.NAMESPACED, images.CLUSTER):
        raise Unreadable("There is no such image.")
    if text(image, "status.type").lower() != "ovf":
        return {}
    item, version = text(image, "status.providerItemID"), text(image, "status.providerContentVersion")
    if not item or not version:
        raise Unreadable("The image does not say which content it has.")
    place = vm.installation.operator_namespace
    cache = vm.world.get(CACHE, place, cache_name(item))
    if cache is None:
        return {}
    if not _is_ready(cache) or text(cache, "status.ovf.providerVersion") != version:
        raise Unreadable("The content of the image is not ready.")
    descriptor = vm.world.get(DESCRIPTOR, place, cache_name(item))
    return {} if descriptor is None else _of_descriptor(text(descriptor, "data.value"))


def of_spec(vm: Admitting) -> Controllers:
    """The controllers that the user asks for, as far as type and sharing mode are said."""
    found: Controllers = {}
    for kind, key in ((SCSI, "scsiControllers"), (NVME, "nvmeControllers")):
        for _, controller in vm.each(f"spec.hardware.{key}"):
            type_, sharing = text(controller, "type"), SHARED_BUS.get(text(controller, "sharingMode"))
            if sharing and (kind == NVME or type_ in SCSI_UNITS):
                found[kind, number(controller, "busNumber") or 0] = Brought(type_, sharing)
    return found


def merged(of_class: Controllers, of_image: Controllers) -> Controllers:
    """What the VM gets from both: of the image what has disks, of the class the buses that the image leaves free."""
    kept = {bus: brought for bus, brought in of_class.items() if bus not in of_image}
    return kept | {bus: brought for bus, brought in of_image.items() if brought.has_disk}


def of_class_and_image(vm: Admitting) -> tuple[Controllers, Controllers]:
    """Both; none where they cannot be read."""
    found: list[Controllers] = []
    for read in (of_class, of_image):
        try:
            found.append(read(vm))
        except Unreadable:
            found.append({})
    return found[0], found[1]


def brought(vm: Admitting) -> dict[Bus, Object]:
    """What the VM gets from class and image, as controllers of a spec."""
    sharing = {there: here for here, there in SHARED_BUS.items()}
    return {
        bus: {"type": one.type, "sharingMode": sharing.get(one.shared_bus, "None")}
        for bus, one in merged(*of_class_and_image(vm)).items()
    }


def conflict(first: Controllers, second: Controllers) -> Bus | None:
    """A bus on which both want a controller, of another sort or shared in another way; None without one."""
    for bus in first.keys() & second.keys():
        one, other = first[bus], second[bus]
        is_unknown = bus[0] == SCSI and "" in (one.type, other.type)
        if is_unknown or one.shared_bus != other.shared_bus or (bus[0] == SCSI and one.type != other.type):
            return bus
    return None


def _is_ready(cache: Object) -> bool:
    return any(
        (text(condition, "type"), text(condition, "status")) == (HARDWARE_READY, "True")
        for _, condition in each(cache, "status.conditions")
    )


def _of_descriptor(descriptor: str) -> Controllers:
    try:
        envelope = yaml.safe_load(descriptor)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable("The image's descriptor is not in order.") from error
    sections = get(envelope, "virtualSystem.virtualHardwareSection")
    items = [item for _, item in each(sections[0], "item")] if isinstance(sections, list) and sections else []
    parents = {text(item, "parent") for item in items if item.get("resourceType") == DISK_RESOURCE}
    found: Controllers = {}
    for item in items:
        subtype = text(item, "resourceSubType").lower()
        if item.get("resourceType") == SCSI_RESOURCE:
            kind, type_, shared_bus = SCSI, _scsi_type(subtype), NO_SHARING
        elif item.get("resourceType") == OTHER_RESOURCE and subtype == NVME_SUBTYPE:
            kind, type_, shared_bus = NVME, "", ""
        else:
            continue
        has_disk = text(item, "instanceID") in parents
        found[kind, _bus_number(item, kind, found)] = Brought(type_, shared_bus, has_disk)
    return found


def _scsi_type(subtype: str) -> str:
    words = subtype.replace(",", " ").split() or [""]
    known = next((SCSI_SUBTYPES[word] for word in words if word in SCSI_SUBTYPES), None)
    if known is None:
        raise Unreadable("The image has a SCSI controller of a type that no VM can have.")
    return known


def _bus_number(item: Object, kind: str, found: Controllers) -> int:
    """The bus that a controller names, else the first that is free."""
    address = str(get(item, "address") or "")
    if not address:
        return next(bus for bus in range(len(found) + 1) if (kind, bus) not in found)
    if not (address.isascii() and address.isdecimal()):
        raise Unreadable("The image has a controller on a bus that is no number.")
    return int(address)
