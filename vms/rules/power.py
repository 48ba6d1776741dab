"""Power states and restarts of a VM (section 6.10 of the catalogue). Part of `vms.rules`; see also `locks`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError
from vms.times import is_moment

PATH = "spec.powerState"
RESTART = "spec.nextRestartTime"


@rule("VW-01", op="C")
def no_vm_begins_suspended(vm: Admitting) -> Iterator[FieldError]:
    """A new VM is wanted on or off."""
    if vm.text(PATH) == "Suspended":
        yield invalid(PATH, "A new VM cannot be suspended: choose PoweredOn or PoweredOff.")


@rule("VW-02", op="U")
def the_power_state_is_not_taken_away(vm: Admitting) -> Iterator[FieldError]:
    """The power state does not become empty."""
    if not vm.text(PATH):
        yield invalid(PATH, "Say which power state the VM should have: PoweredOn, PoweredOff or Suspended.")


@rule("VW-03", op="U")
def what_is_off_is_not_suspended(vm: Admitting) -> Iterator[FieldError]:
    """A VM that was wanted off cannot be suspended."""
    if vm.was(PATH) == "PoweredOff" and vm.text(PATH) == "Suspended":
        yield invalid(PATH, "A VM that is off cannot be suspended: power it on first.")


@rule("VW-05", op="C")
def no_vm_begins_with_a_restart(vm: Admitting) -> Iterator[FieldError]:
    """A new VM has no restart time."""
    if vm.text(RESTART):
        yield invalid(RESTART, "A new VM cannot be restarted: leave this out.")


@rule("VW-07", op="U")
def the_restart_has_been_stamped(vm: Admitting) -> Iterator[FieldError]:
    """A new restart time is no longer `now` once the defaults have run."""
    # They have refused it themselves when the VM was not wanted on (VW-06).
    if vm.text(RESTART).lower() == "now" and vm.changed(RESTART) and vm.was(PATH) == "PoweredOn":
        yield invalid(RESTART, "The time of the restart has not been set: try again.")


@rule("VW-08", op="U")
def the_restart_is_a_moment(vm: Admitting) -> Iterator[FieldError]:
    """A new restart time is a time."""
    wanted = vm.text(RESTART)
    if wanted and wanted.lower() != "now" and vm.changed(RESTART) and not is_moment(wanted):
        yield invalid(RESTART, "Write 'now' to restart the VM.")
