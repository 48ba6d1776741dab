"""The snapshot that a VM reverts to (section 6.15 of the catalogue, VG-01 to VG-05). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import Gate, forbidden, invalid, rule
from vmportal.errors import FieldError
from vms.annotations import CLUSTER_ROLE_LABELS

PATH = "spec.currentSnapshotName"
REVERTS = Gate("a snapshot is named", lambda vm: bool(vm.text(PATH).strip()))


@rule("VG-01", op="C")
def no_vm_begins_with_a_snapshot(vm: Admitting) -> Iterator[FieldError]:
    """A new VM has no snapshot to revert to."""
    if vm.text(PATH):
        yield forbidden(PATH, "Leave this out: a new VM has no snapshots.")


@rule("VG-02", op="U")
def the_snapshot_has_a_name(vm: Admitting) -> Iterator[FieldError]:
    """The snapshot's name is more than blanks."""
    name = vm.text(PATH)
    if name and not name.strip():
        yield invalid(PATH, "Name a snapshot of the VM, or leave this out.")


@rule("VG-03", op="U", gate=REVERTS)
def one_revert_at_a_time(vm: Admitting) -> Iterator[FieldError]:
    """While the VM reverts to a snapshot, no other is named."""
    if vm.was(PATH) and vm.changed(PATH):
        yield forbidden(
            PATH, f"The VM is reverting to {vm.was(PATH)!r}: wait until it has, or leave this out."
        )


@rule("VG-04", op="U", gate=REVERTS)
def nodes_of_clusters_are_not_reverted(vm: Admitting) -> Iterator[FieldError]:
    """Nodes of Kubernetes clusters do not revert to snapshots."""
    if any(vm.label(key) is not None for key in CLUSTER_ROLE_LABELS):
        yield forbidden(PATH, "Leave this out: a node of a Kubernetes cluster cannot revert to a snapshot.")
