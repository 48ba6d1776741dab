"""The shape of VirtualMachine, put together from its sections. Pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import obj
from vms.schema.spec import SPEC
from vms.schema.status import STATUS

VIRTUAL_MACHINE = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachine",
    plural="virtualmachines",
    singular="virtualmachine",
    short_names=("vm",),
    has_status=True,
    columns=(
        Column("Power-State", "string", ".status.powerState"),
        Column("Class", "string", ".spec.className", priority=1),
        Column("Image", "string", ".spec.image.name", priority=1),
        Column("Primary-IP4", "string", ".status.network.primaryIP4", priority=1),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
    schema=obj({"spec": SPEC, "status": STATUS}, description="A virtual machine."),
    example={
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachine",
        "metadata": {"name": "my-vm", "labels": {"app": "web"}},
        "spec": {
            "className": "small",
            "imageName": "ubuntu-24.04",
            "storageClass": "gold",
            "powerState": "PoweredOn",
        },
    },
)
