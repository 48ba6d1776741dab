"""The objects that defaults, rules and policy of a VirtualMachine may look up. Asked by the service; pure."""

from __future__ import annotations

from collections.abc import Iterator

from storage import assignment, encryption
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import text
from vms import images
from vms.annotations import ZONE_LABEL
from vms.defaults.klass import INSTANCE, active_instances
from vms.defaults.network import NAMED, provider_config


def references(vm: Admitting) -> Iterator[Want]:
    """All of them, for a request on a VirtualMachine."""
    if vm.new is None:
        return
    yield from _zones(vm)
    yield from _classes(vm)
    yield from encryption.references(vm, vm.text("spec.storageClass"))
    if vm.is_create:
        for name in _image_names(vm):
            yield from images.wants(vm.namespace, name)
        image = images.want_of_reference(vm)
        if image is not None:
            yield image
        yield from assignment.references(vm, vm.text("spec.storageClass"))
    if vm.installation.network_provider == NAMED or vm.get("spec.readinessProbe.tcpSocket") is not None:
        yield provider_config(vm.installation.operator_namespace)


def _image_names(vm: Admitting) -> set[str]:
    """The image name, or those it may come to be: which CD-ROM counts is only known after defaulting."""
    name = vm.text("spec.imageName")
    return {name} if name else {text(cdrom, "image.name") for _, cdrom in vm.each("spec.hardware.cdrom")}


def _zones(vm: Admitting) -> Iterator[Want]:
    name = vm.label(ZONE_LABEL)
    if name:
        yield Want("Zone", vm.namespace, name)
        yield Want("AvailabilityZone", "", name)


def _classes(vm: Admitting) -> Iterator[Want]:
    name = vm.text("spec.className")
    if name:
        yield Want("VirtualMachineClass", vm.namespace, name)
    if vm.has("ImmutableClasses"):
        yield active_instances(vm.namespace)
        if vm.text("spec.class.name"):
            yield Want(INSTANCE, vm.namespace, vm.text("spec.class.name"))
