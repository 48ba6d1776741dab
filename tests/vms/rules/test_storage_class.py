"""A VM's storage class and encryption (section 6.4 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, WORLD, changed, refused, stored, thing, vm

KEYS = {"encryptionClassName": "keys"}
BYOK_OFF = {"BringYourOwnEncryptionKey": False}


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("gold", []),
        ("GOLD", ["VS-02"]),
        ("nowhere", ["VS-02"]),
        ("nobodys", ["VS-04"]),
        ("no-policy", ["VS-04"]),
    ],
)
def test_the_storage_class_exists_and_is_assigned_by_policy(name, rules):
    """VS-02, VS-04."""
    assert refused(vm(storageClass=name)) == [("spec.storageClass", "Invalid", rule) for rule in rules]


@pytest.mark.parametrize(
    ("name", "rules"), [("gold", ["VS-03"]), ("no-policy", []), ("gold-encrypted", ["VS-03"])]
)
def test_or_by_a_resource_quota(name, rules):
    """VS-03: a key that merely begins alike does not count."""
    hard = {
        "no-policy.storageclass.storage.k8s.io/requests.storage": "1Ti",
        "gold.storageclass.storage.k8s.ioo/requests.storage": "1Ti",
        "requests.storage": "1Ti",
    }
    world = (*WORLD, thing("ResourceQuota", "q", "team-a", spec={"hard": hard}))
    errors = refused(vm(storageClass=name), world=world, PodVMOnStretchedSupervisor=False)
    assert [rule for *_, rule in errors] == rules


def test_the_reference_takes_a_vm_without_storage_class():
    """VS-01: the portal's policy does not (D-17)."""
    assert refused(vm(storageClass=None)) == []


def test_the_storage_class_stays():
    """VS-05: assignment is not asked again."""
    old = stored(storageClass="nobodys")
    assert refused(changed(old), old) == []
    for name in ("gold", None):
        errors = refused(changed(old, storageClass=name), old, user=MASTER)
        assert errors == [("spec.storageClass", "Invalid", "VS-05")]


def test_nothing_is_said_of_encryption_where_it_cannot_be_chosen():
    """VS-06, QRK-19: not even an empty object."""
    assert refused(vm(crypto={}), **BYOK_OFF) == [("spec.crypto", "Invalid", "VS-06")]
    old = stored()
    errors = refused(changed(old, crypto=KEYS), old, **BYOK_OFF)
    assert errors == [("spec.crypto", "Invalid", "VS-06")]


def test_an_encryption_class_needs_an_encrypting_storage_class():
    """VS-07, VS-09: the class itself need not exist."""
    path = "spec.crypto.encryptionClassName"
    assert refused(vm(storageClass="gold-encrypted", crypto=KEYS)) == []
    assert refused(vm(crypto={"useDefaultKeyProvider": False})) == []
    for name in ("gold", "no-policy", "nobodys", "nowhere", None):
        assert (path, "Invalid", "VS-07") in refused(vm(storageClass=name, crypto=KEYS))
    old = stored(storageClass="gold-encrypted")
    assert refused(changed(old, crypto=KEYS), old) == []
    old = stored()
    assert refused(changed(old, crypto=KEYS), old) == [(path, "Invalid", "VS-07")]
