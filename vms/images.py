"""How a VM's image is found by what the user wrote. Used by defaults, references and policy; pure.

VM Operator reads a text that begins with `vmi-` as an object name and any other as a display name (MC-11).
The portal's policy also takes an object name without that prefix, when no display name fits (CAT-08, D-43).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, each, get, text

PREFIX = "vmi-"
NAMESPACED, CLUSTER = "VirtualMachineImage", "ClusterVirtualMachineImage"
DISPLAY_NAME = "status.name"


def named(request: Admitting, name: str) -> list[Object]:
    """The image of an object name: the namespace's own before the cluster-wide one."""
    found = request.world.get(NAMESPACED, request.namespace, name) or request.world.get(CLUSTER, "", name)
    return [found] if found is not None else []


def displayed(request: Admitting, name: str) -> list[Object]:
    """All images that show a display name, of the namespace and cluster-wide."""
    return [image for want in _display_wants(request.namespace, name) for image in request.world.find(want)]


def resolved(request: Admitting, name: str) -> list[Object]:
    """The images that a `spec.imageName` may mean to VM Operator: exactly one is right."""
    return named(request, name) if name.startswith(PREFIX) else displayed(request, name)


def name_of_cdrom(request: Admitting) -> str:
    """The image name that a VM without one takes from its CD-ROMs (MC-07)."""
    cdroms = [cdrom for _, cdrom in each(request.new, "spec.hardware.cdrom")]
    chosen = next(
        (cdrom for cdrom in cdroms if get(cdrom, "connected") is True), cdroms[0] if cdroms else None
    )
    return text(chosen, "image.name")


def reference(image: Object) -> dict[str, str]:
    """`spec.image` for an image."""
    return {"kind": text(image, "kind"), "name": text(image, "metadata.name")}


def want_of_reference(request: Admitting) -> Want | None:
    """What must be looked up to know whether the image of `spec.image` exists; None without one."""
    kind, name = request.text("spec.image.kind"), request.text("spec.image.name")
    if kind not in (NAMESPACED, CLUSTER) or not name:
        return None
    return Want(kind, request.namespace if kind == NAMESPACED else "", name)


def of_vm(request: Admitting) -> Object | None:
    """The image that a VM is made from, as far as it is looked up; None unless exactly one is meant."""
    name, reference_name = request.text("spec.imageName"), request.text("spec.image.name")
    if request.is_create and name:
        found = resolved(request, name) or named(request, name)
    elif request.is_create and reference_name and not request.text("spec.image.kind"):
        found = resolved(request, reference_name)
    else:
        want = want_of_reference(request)
        found = request.world.find(want) if want is not None else []
    return found[0] if len(found) == 1 else None


def wants(namespace: str, name: str) -> Iterator[Want]:
    """What must be looked up to resolve a name."""
    if name:
        yield Want(NAMESPACED, namespace, name)
        yield Want(CLUSTER, "", name)
        if not name.startswith(PREFIX):
            yield from _display_wants(namespace, name)


def _display_wants(namespace: str, name: str) -> tuple[Want, Want]:
    return (
        Want(NAMESPACED, namespace, field=DISPLAY_NAME, equals=name),
        Want(CLUSTER, "", field=DISPLAY_NAME, equals=name),
    )
