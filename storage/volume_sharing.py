"""Which disks VMs may share (section 6.8 of the catalogue, VV-17 to VV-28). Collected by `vms.rules`; pure.

What a volume's claim allows is asked only of volumes that are new or changed, or when the hardware changes
(VV-21), and not of one whose claim is still to come (VV-22).
"""

from __future__ import annotations

from collections.abc import Iterator

from storage import controllers, encryption
from storage.volumes import CLAIM_NAME, DISKS, VOLUMES, is_same, volumes_by_name
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, get, number, text
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError

ORACLE, WINDOWS = "OracleRAC", "MicrosoftWSFC"
CLAIM = "PersistentVolumeClaim"
CLASS = "spec.storageClassName"  # of a claim


def references(vm: Admitting) -> Iterator[Want]:
    """What must be looked up to know what the claims of a VM's volumes allow."""
    for _, volume in vm.each(VOLUMES):
        name = text(volume, CLAIM_NAME)
        if name:
            yield Want(CLAIM, vm.namespace, name)
            yield from encryption.references(vm, text(claim_of(vm, volume), CLASS))


@rule("VV-17", exempt="vmop", gate=DISKS)
def an_oracle_disk_has_many_writers(vm: Admitting) -> Iterator[FieldError]:
    """A volume for Oracle RAC has sharing mode MultiWriter."""
    for path, volume in _of_application(vm, ORACLE):
        if text(volume, "sharingMode") != "MultiWriter":
            yield invalid(f"{path}.sharingMode", "Choose MultiWriter: Oracle RAC shares its disks.")


@rule("VV-18", exempt="vmop", gate=DISKS)
def an_oracle_disk_is_independent(vm: Admitting) -> Iterator[FieldError]:
    """A volume for Oracle RAC has disk mode IndependentPersistent."""
    for path, volume in _of_application(vm, ORACLE):
        if text(volume, "diskMode") != "IndependentPersistent":
            yield invalid(f"{path}.diskMode", "Choose IndependentPersistent: Oracle RAC needs it.")


@rule("VV-19", exempt="vmop", gate=DISKS)
def a_windows_cluster_disk_is_independent(vm: Admitting) -> Iterator[FieldError]:
    """A volume for a Windows failover cluster has disk mode IndependentPersistent."""
    for path, volume in _of_application(vm, WINDOWS):
        if text(volume, "diskMode") != "IndependentPersistent":
            yield invalid(f"{path}.diskMode", "Choose IndependentPersistent: a failover cluster needs it.")


@rule("VV-20", exempt="vmop", gate=DISKS)
def a_windows_cluster_shares_a_controller(vm: Admitting) -> Iterator[FieldError]:
    """A controller that a volume for a Windows failover cluster names has sharing mode Physical."""
    for path, volume in _of_application(vm, WINDOWS):
        if _controller_mode(vm, volume) != "Physical":
            yield invalid(
                f"{path}.applicationType",
                "Choose a controller with sharing mode Physical for this volume, or name none.",
            )


@rule("VV-24", exempt="vmop", gate=DISKS)
def an_encrypted_disk_has_one_writer(vm: Admitting) -> Iterator[FieldError]:
    """A disk whose storage class encrypts has not sharing mode MultiWriter."""
    for path, volume, claim in judged(vm):
        if has_many_writers(volume) and _is_encrypted(vm, claim):
            yield invalid(f"{path}.sharingMode", "Choose None, or a claim that is not encrypted.")


@rule("VV-25", exempt="vmop", gate=DISKS)
def an_encrypted_disk_is_on_a_controller_of_its_own(vm: Admitting) -> Iterator[FieldError]:
    """A disk whose storage class encrypts is not on a shared controller."""
    for path, volume, claim in judged(vm):
        if _has_shared_controller(vm, volume) and _is_encrypted(vm, claim):
            yield invalid(
                f"{path}.controllerBusNumber",
                "Choose a controller that is not shared, or a claim that is not encrypted.",
            )


@rule("VV-26", exempt="vmop", gate=DISKS)
def many_writers_need_a_shared_claim(vm: Admitting) -> Iterator[FieldError]:
    """For an application, sharing mode MultiWriter needs a claim with ReadWriteMany."""
    for path, volume, claim in _judged_of_applications(vm):
        if has_many_writers(volume) and not is_shared(claim):
            yield invalid(
                f"{path}.sharingMode", "Choose a claim with access mode ReadWriteMany, or None here."
            )


@rule("VV-27", exempt="vmop", gate=DISKS)
def a_shared_controller_needs_a_shared_claim(vm: Admitting) -> Iterator[FieldError]:
    """For an application, a disk on a shared controller needs a claim with ReadWriteMany."""
    for path, volume, claim in _judged_of_applications(vm):
        if _has_shared_controller(vm, volume) and not is_shared(claim):
            yield invalid(
                f"{path}.controllerBusNumber",
                "Choose a claim with access mode ReadWriteMany, or a controller that is not shared.",
            )


@rule("VV-28", exempt="vmop", gate=DISKS)
def a_shared_claim_is_shared(vm: Admitting) -> Iterator[FieldError]:
    """For an application, a claim with ReadWriteMany needs sharing mode MultiWriter or a shared controller."""
    for path, volume, claim in _judged_of_applications(vm):
        if is_shared(claim) and not (has_many_writers(volume) or _has_shared_controller(vm, volume)):
            yield invalid(
                f"{path}.sharingMode", "Choose MultiWriter, or name a SCSI controller that is shared."
            )


def judged(vm: Admitting) -> Iterator[tuple[str, Object, Object]]:
    """The volumes to be judged by their claims: path, volume, claim (VV-21, VV-22).

    One without claim is judged like one with a claim that is neither shared nor encrypted.
    """
    before = volumes_by_name(vm.old)
    has_same_hardware = bool(before) and is_same(vm.get("spec.hardware"), get(vm.old, "spec.hardware"))
    for path, volume in vm.each(VOLUMES):
        was = before.get(text(volume, "name"))
        if not (has_same_hardware and is_same(volume, was)):
            claim = claim_of(vm, volume) if volume.get("persistentVolumeClaim") is not None else {}
            if claim is not None:
                yield path, volume, claim


def claim_of(vm: Admitting, volume: Object) -> Object | None:
    """The claim of a volume, if it names one that exists."""
    return vm.world.get(CLAIM, vm.namespace, text(volume, CLAIM_NAME))


def has_many_writers(volume: Object) -> bool:
    return text(volume, "sharingMode") == "MultiWriter"


def is_shared(claim: Object) -> bool:
    modes = get(claim, "spec.accessModes")
    return isinstance(modes, list) and "ReadWriteMany" in modes


def _of_application(vm: Admitting, application: str) -> Iterator[tuple[str, Object]]:
    for path, volume in vm.each(VOLUMES):
        if text(volume, "applicationType") == application:
            yield path, volume


def _judged_of_applications(vm: Admitting) -> Iterator[tuple[str, Object, Object]]:
    for path, volume, claim in judged(vm):
        if text(volume, "applicationType"):
            yield path, volume, claim


def _is_encrypted(vm: Admitting, claim: Object) -> bool:
    return encryption.encrypts(vm, text(claim, CLASS))


def _has_shared_controller(vm: Admitting, volume: Object) -> bool:
    """Whether other VMs may use the controller; only SCSI controllers count (VV-23)."""
    return text(volume, "controllerType") == controllers.SCSI and _controller_mode(vm, volume) in (
        "Physical",
        "Virtual",
    )


def _controller_mode(vm: Admitting, volume: Object) -> str:
    """The sharing mode of the controller; of one that is not named or not there, what the application wants."""
    kind, bus = text(volume, "controllerType"), number(volume, "controllerBusNumber")
    found = controllers.of_spec(vm.new).get((kind, bus)) if bus is not None else None
    if found is not None:
        return controllers.sharing_of(kind, found)
    return "Physical" if text(volume, "applicationType") == WINDOWS else "None"
