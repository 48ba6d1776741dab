"""Power state, restart and the marks of the group (MC-05, MU-04 to MU-06, MU-08, MU-09)."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import annotate, annotation, fill, mapping, put, text
from vmportal.admission.rule import default, feature, invalid
from vmportal.errors import FieldError
from vms.annotations import APPLY_POWER_STATE_TIME
from vms.times import stamp

RESTART = "spec.nextRestartTime"
GROUPS = feature("VMGroups")


@default("MC-05", op="C")
def a_vm_is_wanted_on(vm: Admitting) -> None:
    """A VM is powered on if nothing else is said."""
    fill(vm.new, "spec.powerState", "PoweredOn")


@default("MU-06", "MU-04", "MU-05", "VW-06", "VW-07", "VW-08", op="U")
def a_restart_is_stamped(vm: Admitting) -> Iterator[FieldError]:
    """`now` becomes the current time, if the VM was wanted on. No other new time is accepted; none keeps the last."""
    wanted, before = vm.text(RESTART), vm.was(RESTART)
    if not wanted:
        if before:
            fill(vm.new, RESTART, before)
    elif wanted.lower() == "now":
        if vm.was("spec.powerState") == "PoweredOn":
            put(vm.new, RESTART, stamp(vm.now))
        else:
            yield invalid(RESTART, "Only a VM that is to be on can restart: power it on first.", "MU-05")
    elif wanted != before:
        yield invalid(RESTART, "Write 'now' to restart the VM: no other time can be given.")


@default("MU-08", op="U", gate=GROUPS)
def the_group_left_owns_no_longer(vm: Admitting) -> None:
    """A VM that leaves a group loses the owner reference to it."""
    before = vm.was("spec.groupName")
    owners = mapping(vm.new, "metadata").get("ownerReferences")
    if before and vm.changed("spec.groupName") and isinstance(owners, list):
        put(vm.new, "metadata.ownerReferences", [owner for owner in owners if not _is_group(owner, before)])


def _is_group(owner: object, name: str) -> bool:
    return (text(owner, "kind"), text(owner, "name")) == ("VirtualMachineGroup", name)


@default("MU-09", op="U", gate=GROUPS)
def a_direct_power_change_is_not_delayed(vm: Admitting) -> None:
    """A new power state takes effect at once: the delay that the group had set is dropped."""
    delay = vm.annotation(APPLY_POWER_STATE_TIME)
    if vm.changed("spec.powerState") and delay and delay == annotation(vm.old, APPLY_POWER_STATE_TIME):
        annotate(vm.new, APPLY_POWER_STATE_TIME, None)
