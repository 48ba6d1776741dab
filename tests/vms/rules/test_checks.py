"""Checks that hold back power-on or deletion, and a delayed power state (section 6.11 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import PRIVILEGED, refused, stored, vm

POWER_ON, DELETE = "poweron.check.vmoperator.vmware.com/net", "delete.check.vmoperator.vmware.com/backup"
DELAY = "vmoperator.vmware.com.protected/apply-power-state-time"


def made(key: str, value: str | None = "wait", by=stored):
    return by(meta={"annotations": {} if value is None else {key: value}})


def wrong(key: str, rule: str):
    return [(f"metadata.annotations.{key}", "Forbidden", rule)]


def test_a_new_vm_may_have_power_on_checks_but_no_delete_checks():
    """VA-14, VA-18, D-40."""
    assert refused(made(POWER_ON, by=vm)) == []
    assert refused(made(DELETE, by=vm)) == wrong(DELETE, "VA-18")
    assert refused(made(DELETE, by=vm), user=PRIVILEGED) == []


@pytest.mark.parametrize(
    ("before", "after", "of_power", "of_delete"),
    [
        (None, "wait", "VA-15", "VA-19"),
        (None, "", "VA-15", "VA-19"),
        ("wait", "go", "VA-16", "VA-19"),
        ("wait", "", "VA-16", "VA-19"),
        ("wait", None, "VA-17", "VA-19"),
        ("", None, "VA-17", "VA-19"),
    ],
)
def test_later_only_privileged_users_touch_them(before, after, of_power, of_delete):
    """A key with an empty value is a check as well."""
    for key, rule in ((POWER_ON, of_power), (DELETE, of_delete)):
        old, new = made(key, before), made(key, after)
        assert refused(new, old) == wrong(key, rule)
        assert refused(new, old, user=PRIVILEGED) == []
        assert refused(old, old) == []


def test_the_slash_belongs_to_the_prefix():
    """QRK-09."""
    for key in (POWER_ON, DELETE):
        bare = key.split("/")[0]
        assert refused(made(bare), made(bare, None)) == []


@pytest.mark.parametrize("time", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789+01:00"])
def test_a_delay_is_a_time(time):
    """VA-20, PYT-05: for everybody."""
    assert refused(made(DELAY, time, by=vm)) == []
    assert refused(made(DELAY, time), made(DELAY, None)) == []


@pytest.mark.parametrize("time", ["", "now", "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05"])
def test_a_delay_is_nothing_but_a_time(time):
    error = [(f"metadata.annotations[{DELAY}]", "Invalid", "VA-20")]
    assert refused(made(DELAY, time, by=vm)) == error
    assert refused(made(DELAY, time), made(DELAY, None), user=PRIVILEGED) == error
