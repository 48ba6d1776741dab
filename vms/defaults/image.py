"""The image of a VM, from its name or its CD-ROMs (MC-06, MC-07, MC-11 to MC-13, MU-12)."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import each, fill, mapping, put, text
from vmportal.admission.rule import default, invalid, not_found
from vmportal.errors import FieldError
from vms import images

CDROMS = "spec.hardware.cdrom"


@default("MC-06", op="C")
def cdrom_images_have_a_kind(vm: Admitting) -> None:
    """The image of a CD-ROM is a `VirtualMachineImage` unless it says otherwise."""
    for _, cdrom in vm.each(CDROMS):
        fill(cdrom, "image.kind", images.NAMESPACED)


@default("MC-07", op="C")
def the_image_name_comes_from_the_cdrom(vm: Admitting) -> None:
    """A VM without image name takes that of its first connected CD-ROM, else of its first."""
    name = images.name_of_cdrom(vm)
    if name:
        fill(vm.new, "spec.imageName", name)


@default("MC-11", "MC-12", "MC-13", op="C")
def the_image_is_resolved(vm: Admitting) -> Iterator[FieldError]:
    """The image name must mean exactly one image, that of `spec.image` if it is set; else `spec.image` is set."""
    name = vm.text("spec.imageName")
    if not name:
        return
    found = images.resolved(vm, name)
    if not found:
        yield not_found(
            "spec.imageName", f"There is no image {name!r} for this namespace: choose one that is on offer."
        )
    elif len(found) > 1:
        yield invalid(
            "spec.imageName",
            f"Several images are shown as {name!r}: give the name of the one you mean, which begins with vmi-.",
        )
    elif vm.get("spec.image") is None:
        put(vm.new, "spec.image", images.reference(found[0]))
    elif mapping(vm.new, "spec.image") != images.reference(found[0]):
        yield invalid(
            "spec.imageName",
            "This is another image than the one in spec.image: leave one of the two out.",
            "MC-12",
        )


@default("MU-12", op="U")
def an_emptied_cdrom_image_kind_is_restored(vm: Admitting) -> None:
    """The emptied kind of a CD-ROM's image becomes `VirtualMachineImage` again, if that is what it was."""
    before = {
        text(cdrom, "image.name")
        for _, cdrom in each(vm.old, CDROMS)
        if text(cdrom, "image.kind") == images.NAMESPACED
    }
    for _, cdrom in vm.each(CDROMS):
        if text(cdrom, "image.name") in before:
            fill(cdrom, "image.kind", images.NAMESPACED)
