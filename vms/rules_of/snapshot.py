"""What a VirtualMachineSnapshot becomes, and may look like (section 7.6 of the catalogue). Pure.

A VM that does not exist is let through (SNP-02); a look-up cannot fail here.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admission, Admitting, Policies, Want
from vmportal.admission.reading import Object, each, get, label, mapping, put, text
from vmportal.admission.rule import (
    Gate,
    default,
    feature,
    forbidden,
    invalid,
    not_supported,
    policy,
    required,
    rule,
)
from vmportal.errors import FieldError
from vmportal.schema import parse_duration

VM_NAME, MEMORY, QUIESCE = "spec.vmName", "spec.memory", "spec.quiesce"
TIMEOUT = f"{QUIESCE}.timeout"
VM_NAME_LABEL = "snapshot.vmoperator.vmware.com/vm-name"
CLUSTER_ROLE_LABELS = ("capw.vmware.com/cluster.role", "capv.vmware.com/cluster.role")
SHORTEST, LONGEST = 5 * 60, 4 * 60 * 60  # seconds that a guest may take to quiesce

SNAPSHOTS = feature("VMSnapshots")
STAYS = "This cannot be changed: put it back, or take another snapshot."


def references(snapshot: Admitting) -> Iterator[Want]:
    """The VM of a new snapshot."""
    if snapshot.is_create and snapshot.text(VM_NAME):
        yield Want("VirtualMachine", snapshot.namespace, snapshot.text(VM_NAME))


def _vm(snapshot: Admitting) -> Object | None:
    return snapshot.world.get("VirtualMachine", snapshot.namespace, snapshot.text(VM_NAME))


@default("PIPE-10", op="C", gate=SNAPSHOTS)
def the_timeout_can_be_read(snapshot: Admitting) -> Iterator[FieldError]:
    """The quiesce timeout is a duration."""
    if _is_unreadable(snapshot.get(TIMEOUT)):
        yield invalid("spec.quiesce.timeout", "Write a duration, such as 10m.")


def _is_unreadable(span: object) -> bool:
    return span is not None and _seconds(span) is None


def _seconds(span: object) -> float | None:
    try:
        return parse_duration(span) if isinstance(span, str) else None
    except ValueError:
        return None


@default("SNM-01", op="C", gate=SNAPSHOTS)
def the_vm_is_noted_in_a_label(snapshot: Admitting) -> None:
    """The VM's name goes into the label by which its snapshots are found, unless there is one."""
    if snapshot.text(VM_NAME) and snapshot.label(VM_NAME_LABEL) is None:
        labels = mapping(snapshot.new, "metadata.labels")
        put(snapshot.new, "metadata.labels", {**labels, VM_NAME_LABEL: snapshot.text(VM_NAME)})


@rule("SNP-01", op="C", gate=SNAPSHOTS)
def a_vm_is_named(snapshot: Admitting) -> Iterator[FieldError]:
    """A snapshot is of a VM."""
    if not snapshot.text(VM_NAME):
        yield required("spec.vmName", "Name the VM to take the snapshot of.")


@rule("SNP-03", op="C", gate=SNAPSHOTS)
def no_snapshots_of_cluster_nodes(snapshot: Admitting) -> Iterator[FieldError]:
    """There are no snapshots of VMs that are nodes of a Kubernetes cluster."""
    if any(label(_vm(snapshot), key) is not None for key in CLUSTER_ROLE_LABELS):
        yield forbidden(
            "spec.vmName",
            "Choose another VM: this one is a node of a Kubernetes cluster, and has no snapshots.",
        )


@rule("SNP-04", op="C", gate=SNAPSHOTS)
def no_snapshots_of_shared_buses(snapshot: Admitting) -> Iterator[FieldError]:
    """There are no snapshots of VMs with a SCSI controller that is shared."""
    for _, controller in each(_vm(snapshot), "spec.hardware.scsiControllers"):
        if text(controller, "sharingMode") != "None":
            yield not_supported(
                "spec.vmName",
                f"SCSI controller {controller.get('busNumber')} of this VM is shared: "
                "set its sharingMode to None, or choose another VM.",
            )


@rule("SNP-05", op="U", gate=SNAPSHOTS)
def the_memory_stays(snapshot: Admitting) -> Iterator[FieldError]:
    """Whether the memory is kept is immutable."""
    if (snapshot.get(MEMORY) is True) != (get(snapshot.old, MEMORY) is True):
        yield invalid("spec.memory", STAYS)


@rule("SNP-06", op="U", gate=SNAPSHOTS)
def the_quiescing_stays(snapshot: Admitting) -> Iterator[FieldError]:
    """How the guest is brought to rest is immutable."""
    if _quiesce(snapshot.new) != _quiesce(snapshot.old):
        yield invalid("spec.quiesce", STAYS)


def _quiesce(obj: Object | None) -> tuple[bool, object]:
    """Whether the guest is quiesced at all, and how long it may take, by value."""
    span = get(obj, TIMEOUT)
    return get(obj, QUIESCE) is not None, span if _is_unreadable(span) else _seconds(span)


@rule("SNP-07", op="U", gate=SNAPSHOTS)
def the_vm_stays(snapshot: Admitting) -> Iterator[FieldError]:
    """The VM is immutable."""
    if snapshot.changed(VM_NAME):
        yield invalid("spec.vmName", STAYS)


@rule("SNP-08", op="U", gate=SNAPSHOTS)
def the_label_of_the_vm_stays(snapshot: Admitting) -> Iterator[FieldError]:
    """The label with the VM's name is immutable."""
    if (snapshot.label(VM_NAME_LABEL) or "") != (label(snapshot.old, VM_NAME_LABEL) or ""):
        yield invalid(f"metadata.labels[{VM_NAME_LABEL}]", "This label cannot be changed: put it back.")


READABLE = Gate("the timeout is a duration", lambda snapshot: _seconds(snapshot.get(TIMEOUT)) is not None)


@policy("UNE-12", op="C", gate=READABLE)
def the_timeout_is_what_vsphere_takes(snapshot: Admitting) -> Iterator[FieldError]:
    """A guest gets between 5 minutes and 4 hours to come to rest (SNP-10)."""
    if not SHORTEST <= (_seconds(snapshot.get(TIMEOUT)) or 0) <= LONGEST:
        yield invalid("spec.quiesce.timeout", "Give the guest between 5m and 4h to come to rest.")


ADMISSION = Admission(
    references=references,
    unreadable=(the_timeout_can_be_read,),
    defaults=(the_vm_is_noted_in_a_label,),
    rules=(
        a_vm_is_named,
        no_snapshots_of_cluster_nodes,
        no_snapshots_of_shared_buses,
        the_memory_stays,
        the_quiescing_stays,
        the_vm_stays,
        the_label_of_the_vm_stays,
    ),
    policies=Policies(errors=(the_timeout_is_what_vsphere_takes,)),
)
