"""What a person can do to a machine now, and why not what they cannot; pure.

Called by the VM's page for its buttons, and by the view that carries a verb out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vms.annotations import DELETE_CHECKS, POWER_ON_CHECKS
from vms.state import OFF, ON, SUSPENDED

Object = dict[str, Any]


@dataclass(frozen=True)
class Verb:
    """One thing to do. `why_not` is empty when it can be done."""

    name: str
    label: str
    icon: str
    note: str = ""
    why_not: str = ""

    @property
    def can(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class _Power:
    label: str
    icon: str
    note: str
    change: Mapping[str, str]  # of spec


POWER: Mapping[str, _Power] = {
    "on": _Power("Power on", "player-play", "", {"powerState": ON}),
    "resume": _Power("Resume", "player-play", "Goes on where it was suspended", {"powerState": ON}),
    "off": _Power(
        "Shut down",
        "power",
        "Asks the guest; cuts the power if it has not obeyed after five minutes",
        {"powerState": OFF, "powerOffMode": "TrySoft"},
    ),
    "off-hard": _Power(
        "Cut the power",
        "plug",
        "At once, like pulling the plug: unsaved data is lost",
        {"powerState": OFF, "powerOffMode": "Hard"},
    ),
    "restart": _Power(
        "Restart", "refresh", "Asks the guest first", {"nextRestartTime": "now", "restartMode": "TrySoft"}
    ),
    "restart-hard": _Power(
        "Reset",
        "rotate",
        "At once, without asking the guest",
        {"nextRestartTime": "now", "restartMode": "Hard"},
    ),
    "suspend": _Power(
        "Suspend",
        "player-pause",
        "Keeps the memory on disk",
        {"powerState": SUSPENDED, "suspendMode": "TrySoft"},
    ),
}


def change_of(name: str) -> Callable[[Object], Object]:
    """The change of the object that a power verb is. Raises `KeyError` for another."""
    values = POWER[name].change

    def change(vm: Object) -> Object:
        return {**vm, "spec": {**vm.get("spec", {}), **values}}

    return change


def main_verb(vm: Object, may_edit: bool) -> Verb:
    """The one for this state: the opposite of what is wished."""
    wished = vm.get("spec", {}).get("powerState") or ON
    return _verb({ON: "off", OFF: "on"}.get(wished, "resume"), vm, may_edit)


def power_verbs(vm: Object, may_edit: bool) -> list[Verb]:
    """All power verbs, the impossible ones with their reason; `resume` in place of `on` when suspended."""
    is_suspended = (vm.get("spec", {}).get("powerState") or ON) == SUSPENDED
    names = ["resume" if is_suspended else "on", "off", "off-hard", "restart", "restart-hard", "suspend"]
    return [_verb(name, vm, may_edit) for name in names]


def delete_verb(vm: Object, may_edit: bool) -> Verb:
    why = "" if may_edit else _MAY_NOT
    if vm["metadata"].get("deletionTimestamp"):
        held = [key.removeprefix(DELETE_CHECKS) for key in _annotations(vm) if key.startswith(DELETE_CHECKS)]
        why = f"Is being deleted; held back by {', '.join(held)}" if held else "Is being deleted already"
    return Verb("delete", "Delete …", "trash", "", why)


_MAY_NOT = "You may only look: an admin of the namespace can make you an editor"


def _verb(name: str, vm: Object, may_edit: bool) -> Verb:
    power = POWER[name]
    return Verb(name, power.label, power.icon, power.note, _why_not(name, vm, may_edit))


def _why_not(name: str, vm: Object, may_edit: bool) -> str:
    if not may_edit:
        return _MAY_NOT
    if vm["metadata"].get("deletionTimestamp"):
        return "The machine is being deleted"
    wished = vm.get("spec", {}).get("powerState") or ON
    seen = (vm.get("status") or {}).get("powerState", "")
    if not seen and wished == ON:
        return "It is not made yet"
    if name in ("on", "resume"):
        return _why_not_on(vm, wished, seen)
    if wished == OFF and seen in (OFF, ""):
        return "It is off"
    if name in ("restart", "restart-hard", "suspend") and wished != ON:
        return "It is suspended: resume it first" if wished == SUSPENDED else "It is being stopped"
    if name in ("restart", "restart-hard") and seen != ON:
        return "It does not run yet"
    return ""


def _why_not_on(vm: Object, wished: str, seen: str) -> str:
    held = [key.removeprefix(POWER_ON_CHECKS) for key in _annotations(vm) if key.startswith(POWER_ON_CHECKS)]
    if held and wished != ON:
        return f"Power-on is held back by {', '.join(held)}"
    if wished == ON:
        return "It runs" if seen == ON else "It is being started"
    return ""


def _annotations(vm: Object) -> Mapping[str, str]:
    return vm["metadata"].get("annotations") or {}
