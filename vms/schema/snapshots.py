"""The shape of VirtualMachineSnapshot: a VM as it was at a time. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import array, boolean, conditions, duration, obj, quantity, text
from vms.schema.power import power_state
from vms.schema.status import snapshot_reference

_SPEC = obj(
    {
        "vmName": text(description="The VM; never changes."),
        "description": text(),
        "memory": boolean(description="Whether to keep the memory too; never changes."),
        "quiesce": obj(
            {"timeout": duration("How long the guest may take, 5 minutes to 4 hours.")},
            description="Ask the guest to bring its file systems to rest first; never changes.",
        ),
    }
)

_STORAGE = obj(
    {
        "used": quantity("What the snapshot itself takes."),
        "requested": array(
            obj({"storageClass": text(), "total": quantity()}, required=("storageClass", "total")),
            description="The most that going back to it may take, by storage class.",
        ),
    }
)

_STATUS = obj(
    {
        "conditions": conditions(),
        "powerState": power_state("What the VM was then."),
        "quiesced": boolean(description="Whether the file systems were at rest."),
        "uniqueID": text(description="vSphere's name of the snapshot, such as snapshot-42."),
        "children": array(snapshot_reference(), description="Snapshots taken after this one."),
        "storage": _STORAGE,
    }
)

VIRTUAL_MACHINE_SNAPSHOT = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineSnapshot",
    plural="virtualmachinesnapshots",
    singular="virtualmachinesnapshot",
    short_names=("vmsnapshot",),
    has_status=True,
    schema=obj({"spec": _SPEC, "status": _STATUS}, description="A VM as it was at a time, to go back to."),
)
