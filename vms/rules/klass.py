"""Which class a VM has (section 6.3 of the catalogue). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import Object, each, label, text
from vmportal.admission.rule import Gate, feature, forbidden, invalid, required, rule
from vmportal.errors import FieldError
from vms.annotations import ACTIVE_LABEL
from vms.defaults.klass import IMMUTABLE_CLASSES, RESIZE, find_instance

IMPORT = feature("VMImportNewNet")
NAMES_INSTANCE = IMMUTABLE_CLASSES & Gate(
    "spec.class set (on update: spec.className changed)",
    lambda vm: vm.get("spec.class") is not None and (vm.is_create or vm.changed("spec.className")),
)
NO_CLASS = "Choose the VM's class in spec.className."


@rule("VC-01", op="C", gate=~IMPORT)
def a_class_is_named(vm: Admitting) -> Iterator[FieldError]:
    """A VM needs a class."""
    if not vm.text("spec.className"):
        yield required("spec.className", NO_CLASS)


@rule("VC-02", op="C", exempt="priv", gate=IMPORT, who="admin")
def a_class_is_named_by_ordinary_users(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users make a VM without class."""
    if not vm.text("spec.className"):
        yield forbidden("spec.className", "Choose the VM's class: only privileged users may leave it out.")


@rule("VC-04", gate=NAMES_INSTANCE)
def the_class_instance_exists(vm: Admitting) -> Iterator[FieldError]:
    """The class instance is one of the namespace."""
    if _instance(vm) is None:
        yield invalid(
            "spec.class.name", "The namespace has no such class instance: name another, or leave it out."
        )


@rule("VC-05", gate=NAMES_INSTANCE)
def the_class_instance_is_active(vm: Admitting) -> Iterator[FieldError]:
    """The class instance is the active one."""
    instance = _instance(vm)
    if instance is not None and label(instance, ACTIVE_LABEL) is None:
        yield invalid(
            "spec.class.name", "This class instance has been replaced: name the active one, or leave it out."
        )


@rule("VC-06", gate=NAMES_INSTANCE)
def the_class_instance_is_of_the_class(vm: Admitting) -> Iterator[FieldError]:
    """The class instance belongs to the class of the VM."""
    instance, name = _instance(vm), vm.text("spec.className")
    if instance is not None and not _is_owned(instance, name):
        yield invalid(
            "spec.class.name", f"This is no instance of class {name!r}: name one of it, or leave it out."
        )


@rule("VC-07", op="U", gate=~RESIZE, who="vsphere")
def the_class_stays(vm: Admitting) -> Iterator[FieldError]:
    """Without the resize features the class is immutable."""
    if vm.changed("spec.className"):
        yield invalid("spec.className", "VMs cannot be resized here: put the class back, or make a new VM.")


@rule("VC-08", op="U", gate=RESIZE)
def the_class_is_not_taken_away(vm: Admitting) -> Iterator[FieldError]:
    """The class may become another one but not empty; privileged users may empty it where VMs are imported."""
    may_be_empty = vm.is_privileged and vm.has("VMImportNewNet")
    if vm.changed("spec.className") and not vm.text("spec.className") and not may_be_empty:
        yield required("spec.className", NO_CLASS)


def _instance(vm: Admitting) -> Object | None:
    return find_instance(vm, vm.text("spec.class.name"))


def _is_owned(instance: Object, name: str) -> bool:
    owners = (owner for _, owner in each(instance, "metadata.ownerReferences"))
    return any((text(o, "kind"), text(o, "name")) == ("VirtualMachineClass", name) for o in owners)
