"""The least hardware version (section 6.12 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import changed, refused, stored, vm

PATH = "spec.minHardwareVersion"
ON, OFF, SUSPENDED = "PoweredOn", "PoweredOff", "Suspended"


@pytest.mark.parametrize(
    ("version", "rules"),
    [(13, []), (22, []), (None, []), (23, ["VD-14"]), (255, ["VD-14"]), (256, []), (12, ["SCHEMA"])],
)
def test_a_new_vm_has_a_known_version(version, rules):
    """VD-14, LIM-07, QRK-11: the schema refuses what is too old; from 256 on the reference counts anew."""
    found = refused(vm(minHardwareVersion=version))
    assert [(path, rule) for path, _, rule in found] == [(PATH, rule) for rule in rules]


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (19, 19, []),
        (19, 18, ["VD-15"]),
        (19, None, ["VD-15"]),
        (None, None, []),
        (19, 20, ["VD-16"]),
        (None, 13, ["VD-16"]),
    ],
)
def test_it_does_not_go_back_and_rises_while_off(before, after, rules):
    """VD-15, VD-16."""
    old = stored(minHardwareVersion=before)
    found = refused(changed(old, minHardwareVersion=after), old)
    assert found == [(PATH, "Invalid", rule) for rule in rules]


@pytest.mark.parametrize(
    ("before", "after", "rises"),
    [
        (ON, ON, False),
        (ON, OFF, True),
        (OFF, ON, True),
        (OFF, OFF, True),
        (SUSPENDED, ON, False),
        (SUSPENDED, OFF, True),
    ],
)
def test_it_rises_if_the_vm_is_wanted_off_before_or_after(before, after, rises):
    old = stored(minHardwareVersion=19, powerState=before)
    found = refused(changed(old, minHardwareVersion=20, powerState=after), old)
    assert (found == []) is rises
