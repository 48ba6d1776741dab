"""A VM's storage class and encryption (section 6.4 of the catalogue). Part of `vms.rules`.

VS-08 answers a failing look-up; here a look-up cannot fail, and what is missing does not encrypt (VS-07).
"""

from __future__ import annotations

from collections.abc import Iterator

from storage import encryption
from storage.assignment import is_assigned_by_policy_quota, is_assigned_by_resource_quota
from vmportal.admission import Admitting
from vmportal.admission.rule import Gate, feature, invalid, rule
from vmportal.errors import FieldError

PATH = "spec.storageClass"
ENCRYPTION_CLASS = "spec.crypto.encryptionClassName"
BY_POLICY = feature("PodVMOnStretchedSupervisor")
BYOK = feature("BringYourOwnEncryptionKey")


def _exists(vm: Admitting) -> bool:
    return vm.world.get("StorageClass", "", vm.text(PATH)) is not None


NAMED = Gate("a storage class is named", lambda vm: bool(vm.text(PATH)))
EXISTS = Gate("the storage class exists", _exists)
NOT_FOR_YOU = "This storage class is not for this namespace: choose another, or ask your admin to assign it."


@rule("VS-02", op="C", gate=NAMED)
def the_storage_class_exists(vm: Admitting) -> Iterator[FieldError]:
    """The storage class exists."""
    if not _exists(vm):
        yield invalid(PATH, f"There is no storage class {vm.text(PATH)!r}: choose one that is on offer.")


@rule("VS-03", op="C", gate=EXISTS & ~BY_POLICY, who="admin")
def the_storage_class_is_in_a_resource_quota(vm: Admitting) -> Iterator[FieldError]:
    """It is assigned to the namespace by a limit of a ResourceQuota."""
    if not is_assigned_by_resource_quota(vm, vm.text(PATH)):
        yield invalid(PATH, NOT_FOR_YOU)


@rule("VS-04", op="C", gate=EXISTS & BY_POLICY, who="admin")
def the_storage_class_is_in_a_policy_quota(vm: Admitting) -> Iterator[FieldError]:
    """It is assigned to the namespace by a StoragePolicyQuota for its storage policy."""
    if not is_assigned_by_policy_quota(vm, vm.text(PATH)):
        yield invalid(PATH, NOT_FOR_YOU)


@rule("VS-05", op="U")
def the_storage_class_stays(vm: Admitting) -> Iterator[FieldError]:
    """The storage class of a VM is immutable."""
    if vm.changed(PATH):
        yield invalid(PATH, "The storage class of a VM cannot be changed: put it back, or make a new VM.")


@rule("VS-06", gate=~BYOK, who="vsphere")
def nothing_is_said_of_encryption(vm: Admitting) -> Iterator[FieldError]:
    """Without the encryption feature, `spec.crypto` is absent."""
    if vm.get("spec.crypto") is not None:
        yield invalid("spec.crypto", "VMs cannot be encrypted by choice here: leave spec.crypto out.")


@rule("VS-07", gate=BYOK)
def the_storage_class_encrypts(vm: Admitting) -> Iterator[FieldError]:
    """An encryption class needs a storage class that encrypts."""
    if vm.text(ENCRYPTION_CLASS) and not encryption.encrypts(vm, vm.text(PATH)):
        yield invalid(
            ENCRYPTION_CLASS,
            "The VM's storage class does not encrypt: leave the encryption class out, or choose an encrypting "
            "storage class.",
        )
