"""The kinds of `vms`: shape, row, rules and reconcile together."""

from __future__ import annotations

from vmportal.kind import Kind
from vms import columns, models, schema, tasks, waiting
from vms.admission import VIRTUAL_MACHINE as VM_ADMISSION

VIRTUAL_MACHINE = Kind(
    schema.VIRTUAL_MACHINE,
    models.VirtualMachine,
    admission=VM_ADMISSION,
    row_columns=columns.virtual_machine,
    selectable={
        "spec.className": "class_name",
        "spec.powerState": "power_state",
        "status.powerState": "power_state",
    },
    reconcile=tasks.reconcile_vm,
)
VIRTUAL_MACHINE_CLASS = Kind(
    schema.VIRTUAL_MACHINE_CLASS,
    models.VirtualMachineClass,
    writer="portal",
    row_columns=columns.virtual_machine_class,
    waiting=waiting.for_class,
)
VIRTUAL_MACHINE_IMAGE = Kind(
    schema.VIRTUAL_MACHINE_IMAGE,
    models.VirtualMachineImage,
    writer="portal",
    row_columns=columns.image,
    selectable={"status.name": "display_name", "status.type": "type"},
    waiting=waiting.for_image,
)
CLUSTER_VIRTUAL_MACHINE_IMAGE = Kind(
    schema.CLUSTER_VIRTUAL_MACHINE_IMAGE,
    models.ClusterVirtualMachineImage,
    writer="portal",
    row_columns=columns.image,
    selectable={"status.name": "display_name", "status.type": "type"},
    waiting=waiting.for_image,
)
ZONE = Kind(schema.ZONE, models.Zone, writer="portal")
KINDS = (
    VIRTUAL_MACHINE,
    VIRTUAL_MACHINE_CLASS,
    VIRTUAL_MACHINE_IMAGE,
    CLUSTER_VIRTUAL_MACHINE_IMAGE,
    ZONE,
)
