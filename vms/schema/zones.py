"""The shapes of Zone, a part of the site that a namespace may use, and of AvailabilityZone, that part itself. Pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import array, conditions, mapping, obj, text


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

_IN_NAMESPACE = obj({"poolMoId": text(), "poolMoIDs": array(text()), "folderMoId": text()})

AVAILABILITY_ZONE = Shape(
    group="topology.tanzu.vmware.com",
    version="v1alpha1",
    kind="AvailabilityZone",
    plural="availabilityzones",
    singular="availabilityzone",
    short_names=("az",),
    namespaced=False,
    has_status=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "clusterComputeResourceMoId": text(),
                    "clusterComputeResourceMoIDs": array(
                        text(), description="The vSphere clusters of the zone."
                    ),
                    "namespaces": mapping(
                        _IN_NAMESPACE, description="Resource pools and folder of each namespace, by its name."
                    ),
                }
            ),
            "status": obj(),
        },
        description="A part of the site that fails by itself.",
    ),
)
