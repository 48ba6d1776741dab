"""What a VM keeps for life (section 6.16 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, changed, refused, stored, vm

A, B = "42081d15-9a7b-4c3f-8f22-6d1f0a5be1aa", "42081d15-9a7b-4c3f-8f22-6d1f0a5be1bb"


@pytest.mark.parametrize(("field", "rule"), [("biosUUID", "VU-04"), ("instanceUUID", "VU-05")])
def test_a_uuid_stays(field, rule):
    """VU-04, VU-05: once it is set, for everybody, and letter by letter (PYT-08)."""
    old = stored(**{field: A})
    for after in (B, None, A.upper()):
        assert refused(changed(old, **{field: after}), old, user=MASTER) == [
            (f"spec.{field}", "Invalid", rule)
        ]
    assert refused(changed(old, **{field: A}), old) == []
    empty = stored(**{field: None})
    assert refused(changed(empty, **{field: B}), empty) == []


@pytest.mark.parametrize("text", ["no uuid", f"{{{A}}}", f"urn:uuid:{A}", A + "\n"])
def test_a_new_bios_uuid_is_one(text):
    """VU-01, PYT-08, PYT-10: the schema answers, in the canonical form only."""
    assert [error[:2] for error in refused(vm(biosUUID=text))] == [("spec.biosUUID", "TypeInvalid")]
    assert refused(vm(biosUUID=A)) == []  # VU-02


def test_the_resource_policy_stays():
    """VU-06: absent and empty are the same."""

    def having(name):
        return None if name is None else {"resourcePolicyName": name}

    for before, after, is_same in (
        ("a", "a", True),
        ("a", "b", False),
        ("a", None, False),
        (None, "a", False),
        ("", None, True),
    ):
        old = stored(reserved=having(before))
        found = refused(changed(old, reserved=having(after)), old, user=MASTER)
        assert found == ([] if is_same else [("spec.reserved.resourcePolicyName", "Invalid", "VU-06")])
