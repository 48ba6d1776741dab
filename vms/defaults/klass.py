"""A VM's class, its instance, and the class it leaves behind (MC-16, MU-01 to MU-03)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, annotate, copy, each, fill, label, mapping, text
from vmportal.admission.rule import default, feature, invalid
from vmportal.errors import FieldError
from vms.annotations import ACTIVE_LABEL, LAST_RESIZED_CLASS, LAST_RESIZED_INSTANCE

API_VERSION = "vmoperator.vmware.com/v1alpha5"
INSTANCE = "VirtualMachineClassInstance"
IMMUTABLE_CLASSES = feature("ImmutableClasses")
RESIZE = feature("VMResize") | feature("VMResizeCPUMemory")


def active_instances(namespace: str) -> Want:
    return Want(INSTANCE, namespace, label=ACTIVE_LABEL)


def find_instance(vm: Admitting, name: str) -> Object | None:
    """The class instance of that name; an active one, or the one that the request names."""
    active = vm.world.find(active_instances(vm.namespace))
    found = next((obj for obj in active if text(obj, "metadata.name") == name), None)
    return found or vm.world.get(INSTANCE, vm.namespace, name)


def class_of(instance: Object | None) -> str:
    """The class that owns an instance; empty without one."""
    owners = (owner for _, owner in each(instance, "metadata.ownerReferences"))
    return next((text(owner, "name") for owner in owners if text(owner, "kind") == "VirtualMachineClass"), "")


@default("MC-16", op="C", gate=IMMUTABLE_CLASSES)
def class_and_instance_complete_each_other(vm: Admitting) -> Iterator[FieldError]:
    """A class name alone brings its active instance; an instance alone must be active and brings its class."""
    yield from _complete(vm)


@default("MU-01", op="U", gate=IMMUTABLE_CLASSES)
def class_and_instance_complete_each_other_later(vm: Admitting) -> Iterator[FieldError]:
    """On update, class and instance complete each other as on create."""
    yield from _complete(vm)


def _complete(vm: Admitting) -> Iterator[FieldError]:
    name, has_instance = vm.text("spec.className"), vm.get("spec.class") is not None
    if name and not has_instance:
        found = [obj for obj in vm.world.find(active_instances(vm.namespace)) if class_of(obj) == name]
        if found:
            instance = min(text(obj, "metadata.name") for obj in found)
            fill(vm.new, "spec.class", {"apiVersion": API_VERSION, "kind": INSTANCE, "name": instance})
    elif has_instance and not name:
        instance = vm.text("spec.class.name")
        obj = find_instance(vm, instance)
        if class_of(obj) and label(obj, ACTIVE_LABEL) is not None:
            fill(vm.new, "spec.className", class_of(obj))
        else:
            yield invalid(
                "spec.class.name",
                "Name an active class instance that belongs to a class, or give a class name instead.",
            )


@default("MU-02", op="U", gate=RESIZE)
def the_class_left_behind_is_noted(vm: Admitting) -> None:
    """On a change of class an annotation keeps the one before, until the VM has the new size. With
    ImmutableClasses it is the instance that counts, and none on either side counts as a change (QRK-04)."""
    if _is_instance_left(vm) if vm.has("ImmutableClasses") else vm.changed("spec.className"):
        note_class(vm)


@default("MU-03", op="U", gate=RESIZE & IMMUTABLE_CLASSES)
def the_instance_left_behind_is_noted(vm: Admitting) -> None:
    """In the same way another annotation keeps the class instance left behind."""
    if _is_instance_left(vm):
        note_instance(vm)


@default("QRK-03", op="U", gate=IMMUTABLE_CLASSES)
def a_class_completed_alone_is_not_stored(vm: Admitting) -> None:
    """What MU-01 completed is stored only if another step has changed something as well."""
    if vm.new is not None and vm.sent is not None and _without_class(vm.new) == _without_class(vm.sent):
        vm.new["spec"] = copy(vm.sent.get("spec"))


def _without_class(obj: Object) -> Object:
    spec = {key: value for key, value in mapping(obj, "spec").items() if key not in ("class", "className")}
    return {**obj, "spec": spec}


def _is_instance_left(vm: Admitting) -> bool:
    now, was = vm.text("spec.class.name"), vm.was("spec.class.name")
    return not (now and was and now == was)


def note_class(vm: Admitting) -> None:
    """Note the class of the old object, unless one is noted already."""
    if not _is_noted(vm, LAST_RESIZED_CLASS):
        annotate(vm.new, LAST_RESIZED_CLASS, _note(vm.was("spec.className")))


def note_instance(vm: Admitting) -> None:
    """Note the class instance of the old object, unless one is noted already."""
    if not _is_noted(vm, LAST_RESIZED_INSTANCE):
        annotate(vm.new, LAST_RESIZED_INSTANCE, _note(vm.was("spec.class.name")))


def _note(name: str) -> str:
    return json.dumps({"name": name}, separators=(",", ":"), ensure_ascii=False)


def _is_noted(vm: Admitting, key: str) -> bool:
    """Whether the annotation holds a readable note: an object or null."""
    try:
        noted = json.loads(vm.annotation(key) or "")
    except (ValueError, RecursionError):
        return False
    return noted is None or isinstance(noted, dict)
