"""Encryption, disk modes and the controllers every VM is created with (MC-14, MC-15, MC-17, MC-19)."""

from __future__ import annotations

from collections.abc import Iterator

from storage import encryption
from vmportal.admission import Admitting
from vmportal.admission.reading import fill, text
from vmportal.admission.rule import NEW_UPGRADED, default, feature, invalid
from vmportal.errors import FieldError

SHARED_DISKS = feature("VMSharedDisks")
IDE_LIST = "spec.hardware.ideControllers"
# Application type -> disk mode, sharing mode.
MODES = {
    "OracleRAC": ("IndependentPersistent", "MultiWriter"),
    "MicrosoftWSFC": ("IndependentPersistent", "None"),
    "": ("Persistent", "None"),
}


@default("MC-14", "MC-15", op="C", gate=feature("BringYourOwnEncryptionKey"), who="admin")
def the_default_encryption_class_is_used(vm: Admitting) -> Iterator[FieldError]:
    """On an encrypting storage class, a VM without encryption class gets the namespace's default one."""
    storage_class = vm.text("spec.storageClass")
    if vm.text("spec.crypto.encryptionClassName") or not encryption.encrypts(vm, storage_class):
        return
    found = vm.world.find(encryption.default_classes(vm.namespace))
    if len(found) > 1:
        yield invalid(
            "spec.crypto.encryptionClassName",
            "Choose an encryption class: the namespace has several that are marked as its default.",
        )
    for obj in found[:1]:
        fill(vm.new, "spec.crypto.encryptionClassName", text(obj, "metadata.name"))


@default("MC-17", op="C", gate=SHARED_DISKS)
def volumes_have_modes(vm: Admitting) -> None:
    """Disk and sharing mode of a volume follow from its application type."""
    _set_modes(vm)


@default("MU-10", op="U", gate=(SHARED_DISKS | feature("AllDisksArePVCs")) & NEW_UPGRADED)
def volumes_have_modes_later(vm: Admitting) -> None:
    """On update, disk and sharing mode follow from the application type as on create."""
    _set_modes(vm)


def _set_modes(vm: Admitting) -> None:
    for _, volume in vm.each("spec.volumes"):
        modes = MODES.get(text(volume, "applicationType"))
        if modes is not None:
            for key, mode in zip(("diskMode", "sharingMode"), modes, strict=True):
                fill(volume, key, mode)


@default("MC-19", op="C")
def two_ide_controllers_are_added(vm: Admitting) -> None:
    """A VM without IDE controllers gets both."""
    list_ide_controllers(vm)


def list_ide_controllers(vm: Admitting) -> None:
    """List both, unless there is a list."""
    fill(vm.new, IDE_LIST, [{"busNumber": 0}, {"busNumber": 1}])
