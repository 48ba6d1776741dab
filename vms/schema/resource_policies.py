"""The shape of VirtualMachineSetResourcePolicy: what some VMs of a namespace share. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import Schema, array, obj, quantity, text


def _amounts(description: str) -> Schema:
    return obj({"cpu": quantity(), "memory": quantity()}, description=description)


_SPEC = obj(
    {
        "resourcePool": obj(
            {
                "name": text(description="A child of the namespace's resource pool."),
                "reservations": _amounts("What is kept for them."),
                "limits": _amounts("The most they get."),
            },
        ),
        "folder": text(description="A child of the namespace's folder."),
        "clusterModuleGroups": array(text(), description="Groups of VMs that stay on different hosts."),
    },
    description="What the VMs share; never changes.",
)

_STATUS = obj(
    {
        "resourcePools": array(
            obj(
                {"clusterMoID": text(), "childResourcePoolMoID": text()},
                required=("childResourcePoolMoID", "clusterMoID"),
            )
        ),
        "clustermodules": array(
            obj(
                {"groupName": text(), "moduleUUID": text(), "clusterMoID": text()},
                required=("clusterMoID", "groupName", "moduleUUID"),
            )
        ),
    }
)

VIRTUAL_MACHINE_SET_RESOURCE_POLICY = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineSetResourcePolicy",
    plural="virtualmachinesetresourcepolicies",
    singular="virtualmachinesetresourcepolicy",
    has_status=True,
    schema=obj({"spec": _SPEC, "status": _STATUS}, description="Resources that some VMs share."),
)
