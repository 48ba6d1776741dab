"""What a VM's volumes may look like: names, claims, places (section 6.8 of the catalogue). For `vms.rules`; pure.

What may change is in `volume_changes`, who shares disks in `volume_sharing`. That no name comes twice (VV-02)
is the schema's.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.metadata import is_dns_subdomain
from vmportal.admission.reading import Object, each, get, number, text
from vmportal.admission.rule import Gate, feature, forbidden, invalid, not_supported, required, rule
from vmportal.errors import FieldError

VOLUMES = "spec.volumes"
CLAIM_NAME = "persistentVolumeClaim.claimName"

# All rules of the section but VV-33 let a VM be that has not been through the schema upgrade.
JUDGED = Gate("create or UPG(old)", lambda vm: vm.is_create or vm.upgraded(vm.old))
DISKS = JUDGED & (feature("VMSharedDisks") | feature("AllDisksArePVCs"))

PLACE = "Say all of controllerType, controllerBusNumber and unitNumber, or none of them."
NO_PLACE = "Put the volume on a controller that exists and has a free unit."


@rule("VV-01", op="U", exempt="vmop", gate=JUDGED)
def a_volume_that_is_not_removable_stays(vm: Admitting) -> Iterator[FieldError]:
    """A volume with `removable: false` stays."""
    names = _names(vm)
    for index, (_, was) in enumerate(each(vm.old, VOLUMES)):
        if was.get("removable") is False and text(was, "name") not in names:
            yield forbidden(
                f"spec.volumes[{index}]",
                f"Put volume {text(was, 'name')!r} back, or set its removable to true before you remove it.",
            )


@rule("VV-03", exempt="vmop", gate=JUDGED)
def a_volume_has_a_name(vm: Admitting) -> Iterator[FieldError]:
    """A volume has a name."""
    for path, volume in vm.each(VOLUMES):
        if not text(volume, "name"):
            yield required(f"{path}.name", "Give the volume a name.")


@rule("VV-04", exempt="vmop", gate=JUDGED)
def a_volume_names_an_object(vm: Admitting) -> Iterator[FieldError]:
    """The names of VM and volume, joined by a hyphen, are a DNS subdomain."""
    for path, volume in vm.each(VOLUMES):
        name = text(volume, "name")
        if name and not is_dns_subdomain(f"{vm.name}-{name}"):
            yield invalid(
                f"{path}.name",
                "Use a shorter name of lower case letters, digits and '-': joined with the VM's name it names "
                "an object.",
            )


@rule("VV-05", exempt="vmop", gate=JUDGED)
def a_claim_is_used_once(vm: Admitting) -> Iterator[FieldError]:
    """A claim is used by one volume of the VM."""
    seen: set[str] = set()
    for path, volume in vm.each(VOLUMES):
        claim = text(volume, CLAIM_NAME)
        if claim and claim in seen:
            yield FieldError(
                f"{path}.persistentVolumeClaim.claimName",
                "Duplicate",
                "Choose another claim: a volume of this VM uses this one.",
            )
        seen.add(claim)


@rule("VV-06", exempt="vmop", gate=JUDGED)
def a_claim_is_named(vm: Admitting) -> Iterator[FieldError]:
    """A volume with a claim names it."""
    for path, volume in vm.each(VOLUMES):
        if volume.get("persistentVolumeClaim") is not None and not text(volume, CLAIM_NAME):
            yield required(f"{path}.persistentVolumeClaim.claimName", "Name the claim of the volume.")


@rule("VV-07", exempt="vmop", gate=JUDGED)
def a_claim_is_not_read_only(vm: Admitting) -> Iterator[FieldError]:
    """A claim is not attached read-only."""
    for path, volume in vm.each(VOLUMES):
        if get(volume, "persistentVolumeClaim.readOnly") is True:
            yield not_supported(
                f"{path}.persistentVolumeClaim.readOnly", "Leave this out: disks are not attached read-only."
            )


@rule("VV-09", op="U", exempt="vmop", gate=JUDGED)
def an_image_disk_without_claim_stays(vm: Admitting) -> Iterator[FieldError]:
    """A placed volume without claim, a disk of the image, stays."""
    names = _names(vm)
    for _, was in each(vm.old, VOLUMES):
        is_image_disk = get(was, "persistentVolumeClaim") is None and not _missing(was)
        if is_image_disk and text(was, "name") not in names:
            yield forbidden(
                VOLUMES,
                f"Put volume {text(was, 'name')!r} back: a disk of the image is removed once it has a claim.",
            )


@rule("VV-29", op="U", exempt="vmop", gate=DISKS)
def a_volume_has_a_unit(vm: Admitting) -> Iterator[FieldError]:
    """A volume of a VM that exists has got a unit."""
    for path, volume in vm.each(VOLUMES):
        if number(volume, "unitNumber") is None:
            yield required(f"{path}.unitNumber", NO_PLACE)


@rule("VV-30", op="U", exempt="vmop", gate=DISKS)
def a_volume_has_a_controller(vm: Admitting) -> Iterator[FieldError]:
    """A volume of a VM that exists has got a controller."""
    for path, volume in vm.each(VOLUMES):
        if not text(volume, "controllerType"):
            yield required(f"{path}.controllerType", NO_PLACE)
        if number(volume, "controllerBusNumber") is None:
            yield required(f"{path}.controllerBusNumber", NO_PLACE)


@rule("VV-31", op="C", exempt="vmop", gate=DISKS)
def a_place_has_a_controller_type(vm: Admitting) -> Iterator[FieldError]:
    """A volume of a new VM that has a bus or unit has a controller type."""
    for path, volume in vm.each(VOLUMES):
        missing = _missing(volume)
        if "controllerType" in missing and len(missing) < 3:
            yield required(f"{path}.controllerType", PLACE)


@rule("VV-32", op="C", exempt="vmop", gate=DISKS)
def a_place_has_a_bus(vm: Admitting) -> Iterator[FieldError]:
    """A volume of a new VM that has a controller type or unit has a bus."""
    for path, volume in vm.each(VOLUMES):
        missing = _missing(volume)
        if "controllerBusNumber" in missing and len(missing) < 3:
            yield required(f"{path}.controllerBusNumber", PLACE)


@rule("VV-33", exempt="priv", who="admin")
def instance_storage_stays(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users add, change and remove volumes of instance storage."""
    if not is_same(_instance_storage(vm.new), _instance_storage(vm.old)):
        yield forbidden(
            VOLUMES, "Leave volumes of instance storage as they were: they come with the class of the VM."
        )


def is_same(one: object, other: object) -> bool:
    """Whether two values are equal when what is empty counts as absent (PYT-07)."""
    return one == other or _content(one) == _content(other)


def _content(value: object) -> object:
    """A value without what is empty."""
    if isinstance(value, dict):
        kept = {key: _content(item) for key, item in value.items()}
        return {
            key: item for key, item in kept.items() if item not in (None, "", [], {}) and item is not False
        }
    return [_content(item) for item in value] if isinstance(value, list) else value


def volumes_by_name(vm: Object | None) -> dict[str, Object]:
    return {text(volume, "name"): volume for _, volume in each(vm, VOLUMES)}


def _names(vm: Admitting) -> set[str]:
    return {text(volume, "name") for _, volume in vm.each(VOLUMES)}


def _missing(volume: Object) -> list[str]:
    """What a volume does not say of where it sits."""
    missing = [key for key in ("controllerBusNumber", "unitNumber") if number(volume, key) is None]
    return missing if text(volume, "controllerType") else ["controllerType", *missing]


def _instance_storage(vm: Object | None) -> list[Object]:
    return [
        volume
        for _, volume in each(vm, VOLUMES)
        if get(volume, "persistentVolumeClaim.instanceVolumeClaim") is not None
    ]
