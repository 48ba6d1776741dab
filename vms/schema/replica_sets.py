"""The shape of VirtualMachineReplicaSet: a number of VMs of one template. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Column, Scale, Shape
from vmportal.schema.words import conditions, integer, label_selector, mapping, obj, text
from vms.schema.spec import SPEC as VM_SPEC

_TEMPLATE = obj(
    {
        "metadata": obj({"labels": mapping(text()), "annotations": mapping(text())}),
        "spec": VM_SPEC,
    },
    description="What each VM looks like.",
)

_SPEC = obj(
    {
        "replicas": integer(default=1, description="How many VMs there should be."),
        "deletePolicy": text(enum=("Random",), description="Which VMs go first when there are too many."),
        "selector": label_selector("The VMs that belong to the set; must fit the template's labels."),
        "template": _TEMPLATE,
    }
)

_STATUS = obj(
    {
        "conditions": conditions(),
        "replicas": integer(description="How many VMs there are."),
        "fullyLabeledReplicas": integer(description="How many of them have all labels of the template."),
        "readyReplicas": integer(description="How many of them are ready."),
        "observedGeneration": integer(format="int64"),
    }
)

VIRTUAL_MACHINE_REPLICA_SET = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineReplicaSet",
    plural="virtualmachinereplicasets",
    singular="virtualmachinereplicaset",
    short_names=("vmrs", "vmreplicaset"),
    has_status=True,
    scale=Scale(replicas=".spec.replicas", seen=".status.replicas"),
    columns=(
        Column("Replicas", "integer", ".status.replicas"),
        Column("Ready", "integer", ".status.readyReplicas"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
    schema=obj({"spec": _SPEC, "status": _STATUS}, description="A number of VMs made from one template."),
)
