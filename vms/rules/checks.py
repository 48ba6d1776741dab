"""Annotations that hold back power-on or deletion, or delay a power state (VA-14 to VA-20). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import Object, texts
from vmportal.admission.rule import forbidden, invalid, rule
from vmportal.errors import FieldError
from vms.annotations import APPLY_POWER_STATE_TIME, DELETE_CHECKS, POWER_ON_CHECKS
from vms.times import is_moment

ADD = "Leave this check out: only privileged users may add it."
CHANGE = "Leave this check as it was: only privileged users may change it."
REMOVE = "Put this check back: only privileged users, such as the service that set it, may remove it."


@rule("VA-15", op="U", exempt="priv", who="admin")
def no_power_on_check_is_added_later(vm: Admitting) -> Iterator[FieldError]:
    """Anybody adds power-on checks to a new VM, only privileged users to an old one (VA-14)."""
    for path in _added(vm, POWER_ON_CHECKS):
        yield forbidden(path, ADD)


@rule("VA-16", op="U", exempt="priv", who="admin")
def no_power_on_check_changes(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users change a power-on check."""
    for path in _changed(vm, POWER_ON_CHECKS):
        yield forbidden(path, CHANGE)


@rule("VA-17", op="U", exempt="priv", who="admin")
def no_power_on_check_is_removed(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users remove a power-on check."""
    for path in _removed(vm, POWER_ON_CHECKS):
        yield forbidden(path, REMOVE)


@rule("VA-18", op="C", exempt="priv", who="admin")
def no_vm_begins_with_a_delete_check(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users add delete checks to a new VM."""
    for path in _added(vm, DELETE_CHECKS):
        yield forbidden(path, ADD)


@rule("VA-19", op="U", exempt="priv", who="admin")
def the_delete_checks_stay(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users add, change or remove delete checks."""
    for path in _added(vm, DELETE_CHECKS):
        yield forbidden(path, ADD)
    for path in _changed(vm, DELETE_CHECKS):
        yield forbidden(path, CHANGE)
    for path in _removed(vm, DELETE_CHECKS):
        yield forbidden(path, REMOVE)


@rule("VA-20")
def a_delayed_power_state_has_a_time(vm: Admitting) -> Iterator[FieldError]:
    """The annotation that delays a power state holds a time."""
    time = vm.annotation(APPLY_POWER_STATE_TIME)
    if time is not None and not is_moment(time):
        yield invalid(
            f"metadata.annotations[{APPLY_POWER_STATE_TIME}]",
            "Write a time such as 2026-01-02T03:04:05Z, or leave the annotation out.",
        )


def _added(vm: Admitting, prefix: str) -> Iterator[str]:
    now, was = _checks(vm.new, prefix), _checks(vm.old, prefix)
    return (_path(key) for key in now if key not in was)


def _changed(vm: Admitting, prefix: str) -> Iterator[str]:
    now, was = _checks(vm.new, prefix), _checks(vm.old, prefix)
    return (_path(key) for key in now if key in was and now[key] != was[key])


def _removed(vm: Admitting, prefix: str) -> Iterator[str]:
    now, was = _checks(vm.new, prefix), _checks(vm.old, prefix)
    return (_path(key) for key in was if key not in now)


def _checks(obj: Object | None, prefix: str) -> dict[str, str]:
    found = texts(obj, "metadata.annotations")
    return {key: value for key, value in found.items() if key.startswith(prefix)}


def _path(key: str) -> str:
    return f"metadata.annotations.{key}"  # without brackets, as the reference says it (QRK-10)
