"""Power states and restarts of a VM (section 6.10 of the catalogue). Part of `vms.rules`; see also `locks`.

A restart on update (VW-06 to VW-08) is answered by the default step MU-06, which every request passes before.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError

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
