"""Who is privileged (PRIV-01 to PRIV-06), and when an object counts as upgraded (UPG-01 to UPG-05)."""

from __future__ import annotations

import pytest

from tests.admission.asking import UPGRADED, ask, vm
from vmportal.admission import Installation, User
from vmportal.admission.who import is_privileged, is_vmop, is_vmop_or_masters

OPERATOR = "system:serviceaccount:vmware-system-vmop:vmoperator-service-account"
LISTED = (
    "system:serviceaccount:backup:backup-sa, system:serviceaccount:svc-restore-HASH:restorer,, "
    r"sso:mobility@example.com ,sso:ops\,eu@example.com"
)
INSTALLATION = Installation(privileged_users=LISTED)


@pytest.mark.parametrize(
    "name",
    [
        OPERATOR,
        OPERATOR.upper(),
        "kubernetes-admin",
        "Kubernetes-Admin",
        "system:serviceaccount:backup:backup-sa",
        "system:serviceaccount:svc-restore-a1B2c:restorer",
        "sso:mobility@example.com",
        "sso:ops,eu@example.com",
    ],
)
def test_these_are_privileged(name):
    assert is_privileged(User(name), INSTALLATION)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "alice",
        OPERATOR + ":x",
        "system:serviceaccount:backup:Backup-sa",
        "backup:backup-sa",
        "system:serviceaccount:svc-restore-HASH:restorer",
        "system:serviceaccount:svc-restore-a1b2:restorer",
        "system:serviceaccount:svc-restore-a1b2cd:restorer",
        "system:serviceaccount:svc-restore-a1b2é:restorer",
        "system:serviceaccount:svc-restore-a1b2c:other",
        "SSO:mobility@example.com",
        "sso:ops",
        "kubernetes-admin\n",
    ],
)
def test_these_are_not(name):
    assert not is_privileged(User(name), INSTALLATION)


def test_masters_are_privileged_by_their_group():
    master = User("anybody", ("system:masters",))
    assert is_privileged(master, INSTALLATION)
    assert is_vmop_or_masters(master, INSTALLATION)
    assert not is_vmop(master, INSTALLATION)


def test_the_narrower_identities():
    assert is_vmop(User(OPERATOR), INSTALLATION)
    assert not is_vmop_or_masters(User("kubernetes-admin"), INSTALLATION)
    assert not is_vmop_or_masters(User("system:serviceaccount:backup:backup-sa"), INSTALLATION)


BUILD, SCHEMA, FEATURES = UPGRADED


@pytest.mark.parametrize(
    ("mask", "flags", "upgraded"),
    [
        ("7", {}, True),
        ("007", {}, True),
        ("5", {}, False),
        ("3", {}, False),
        ("5", {"VMSharedDisks": False}, True),
        ("1", {"VMSharedDisks": False}, False),
        ("1", {"VMSharedDisks": False, "AllDisksArePVCs": False}, True),
        ("7", {"VMSharedDisks": False, "AllDisksArePVCs": False}, True),
        ("7", {"AllDisksArePVCs": False}, True),
        ("15", {}, False),
        ("8", {}, False),
        ("65543", {}, False),
        ("+7", {}, False),
        ("٧", {}, False),
        ("7" * 5000, {}, False),
        ("", {}, False),
    ],
)
def test_a_mask_with_all_wanted_bits_and_no_unknown_one(mask, flags, upgraded):
    """UPG-02 to UPG-04."""
    obj = vm(meta={"annotations": {**UPGRADED, FEATURES: mask}})
    assert ask(obj, **flags).upgraded(obj) is upgraded


@pytest.mark.parametrize("key", [BUILD, SCHEMA, FEATURES])
def test_every_annotation_counts(key):
    """UPG-01."""
    for marks in ({k: v for k, v in UPGRADED.items() if k != key}, {**UPGRADED, key: "0"}):
        obj = vm(meta={"annotations": marks})
        assert not ask(obj).upgraded(obj)
