"""Which image a VM is made from (section 6.2 of the catalogue). Part of `vms.rules`.

Unknown, ambiguous and contradicting names (VI-01, VI-02) are refused by the default step MC-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import get
from vmportal.admission.rule import Gate, feature, forbidden, invalid, required, rule
from vmportal.errors import FieldError
from vms.annotations import FAILED_OVER
from vms.images import CLUSTER, NAMESPACED

IMAGELESS_POSSIBLE = feature("VMImportNewNet") | feature("VMIncrementalRestore")


def _is_imageless(vm: Admitting) -> bool:
    return vm.get("spec.image") is None and not vm.text("spec.imageName")


IMAGELESS = IMAGELESS_POSSIBLE & Gate("no image named", _is_imageless)
FAILED_OVER_RESET = feature("VMIncrementalRestore") & Gate(
    f"no image named, annotation {FAILED_OVER}",
    lambda vm: _is_imageless(vm) and vm.annotation(FAILED_OVER) is not None,
)


@rule("VI-03", op="C", gate=~IMAGELESS)
def an_image_is_named(vm: Admitting) -> Iterator[FieldError]:
    """A VM needs an image."""
    # An image name that could not be resolved has been refused already.
    if _is_imageless(vm):
        yield required("spec.image", "Choose the image the VM is made from, in spec.imageName.")


@rule("VI-04", op="C", exempt="priv", gate=IMAGELESS, who="admin")
def an_image_is_named_by_ordinary_users(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users make a VM without image."""
    yield forbidden(
        "spec.image", "Choose the image the VM is made from: only privileged users may leave it out."
    )


@rule("VI-05", op="C", gate=~IMAGELESS)
def the_image_has_a_kind(vm: Admitting) -> Iterator[FieldError]:
    """The reference to an image says its kind."""
    if vm.get("spec.image") is not None and not vm.text("spec.image.kind"):
        yield required("spec.image.kind", f"Say {NAMESPACED} or {CLUSTER}.")


@rule("VI-06", op="C", gate=~IMAGELESS)
def the_image_kind_is_known(vm: Admitting) -> Iterator[FieldError]:
    """It is a VirtualMachineImage or a ClusterVirtualMachineImage."""
    if vm.text("spec.image.kind") not in ("", NAMESPACED, CLUSTER):
        yield invalid("spec.image.kind", f"Say {NAMESPACED} or {CLUSTER}.")


@rule("VI-07", op="U", gate=~FAILED_OVER_RESET)
def the_image_name_stays(vm: Admitting) -> Iterator[FieldError]:
    """The image name of a VM is immutable."""
    if vm.changed("spec.imageName"):
        yield invalid(
            "spec.imageName", "The image of a VM cannot be changed: put the name back, or make a new VM."
        )


@rule("VI-08", op="U", gate=~FAILED_OVER_RESET)
def the_image_stays(vm: Admitting) -> Iterator[FieldError]:
    """The image of a VM is immutable."""
    if _image_changed(vm):
        yield invalid("spec.image", "The image of a VM cannot be changed: put it back, or make a new VM.")


@rule("VI-09", op="U", exempt="priv", gate=FAILED_OVER_RESET, who="admin")
def the_image_of_a_failed_over_vm_stays(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users take the image away from a VM that has failed over."""
    message = "Put it back: only privileged users may take away the image of a VM that has failed over."
    if _image_changed(vm):
        yield forbidden("spec.image", message)
    if vm.changed("spec.imageName"):
        yield forbidden("spec.imageName", message)


def _image_changed(vm: Admitting) -> bool:
    return vm.get("spec.image") != get(vm.old, "spec.image")
