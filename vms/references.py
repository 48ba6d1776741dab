"""The objects that defaults, rules and policy of a VirtualMachine may look up. Asked by the service; pure."""

from __future__ import annotations

from collections.abc import Iterator

from storage import assignment, encryption, volume_sharing
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, text
from vms import disk_policy, hardware_policy, hardware_sources, images, scheduling_policy
from vms.annotations import ZONE_LABEL
from vms.defaults.klass import INSTANCE, active_instances, class_of, find_instance
from vms.defaults.network import NAMED, provider_config


def references(vm: Admitting) -> Iterator[Want]:
    """All of them, for a request on a VirtualMachine."""
    if vm.new is None:
        return
    yield from _zones(vm)
    yield from _classes(vm)
    yield from encryption.references(vm, vm.text("spec.storageClass"))
    yield from volume_sharing.references(vm)
    yield from disk_policy.references(vm)
    yield from hardware_policy.references(vm)
    yield from scheduling_policy.references(vm)
    if vm.is_create:
        yield from _images(vm)
        yield from assignment.references(vm, vm.text("spec.storageClass"))
    if vm.installation.network_provider == NAMED or vm.get("spec.readinessProbe.tcpSocket") is not None:
        yield provider_config(vm.installation.operator_namespace)


def _images(vm: Admitting) -> Iterator[Want]:
    """Images by name and by reference, and then what is known of their hardware."""
    found: list[Object] = []
    for name in _image_names(vm):
        yield from images.wants(vm.namespace, name)
        found += images.resolved(vm, name) or images.named(vm, name)
    want = images.want_of_reference(vm)
    if want is not None:
        yield want
        found += vm.world.find(want)
    if vm.has("VMSharedDisks"):
        for image in found:
            yield from hardware_sources.references(vm, image)


def _image_names(vm: Admitting) -> set[str]:
    """The image name, or those it may come to be: which CD-ROM counts is only known after defaulting."""
    name = vm.text("spec.imageName")
    names = {name} if name else {text(cdrom, "image.name") for _, cdrom in vm.each("spec.hardware.cdrom")}
    if not vm.text("spec.image.kind"):
        names.add(vm.text("spec.image.name"))  # without its kind it is resolved like an image name
    return names


def _zones(vm: Admitting) -> Iterator[Want]:
    name = vm.label(ZONE_LABEL)
    if name:
        yield Want("Zone", vm.namespace, name)
        yield Want("AvailabilityZone", "", name)


def _classes(vm: Admitting) -> Iterator[Want]:
    name = vm.text("spec.className")
    if vm.has("ImmutableClasses"):
        yield active_instances(vm.namespace)
        if vm.text("spec.class.name"):
            yield Want(INSTANCE, vm.namespace, vm.text("spec.class.name"))
            name = name or class_of(find_instance(vm, vm.text("spec.class.name")))
    if name:
        yield Want("VirtualMachineClass", vm.namespace, name)
