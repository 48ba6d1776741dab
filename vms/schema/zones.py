"""The shape of Zone: a part of the site that a namespace may use. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import array, conditions, obj, text


def _pools(description: str) -> dict[str, object]:
    return obj({"poolMoIDs": array(text()), "folderMoID": text()}, description=description)


_SPEC = obj(
    {
        "availabilityZoneReference": obj(
            {"apiVersion": text(), "name": text()}, required=("apiVersion", "name")
        ),
        "namespace": _pools("Resource pools and folder of the namespace."),
        "managedVMs": _pools("Those of VMs that services manage."),
        "vSpherePods": _pools("Those of vSphere Pods."),
    },
    required=("availabilityZoneReference",),
)

ZONE = Shape(
    group="topology.tanzu.vmware.com",
    version="v1alpha1",
    kind="Zone",
    plural="zones",
    singular="zone",
    has_status=True,
    schema=obj({"spec": _SPEC, "status": obj({"conditions": conditions()})}),
)
