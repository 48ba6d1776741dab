"""The shape of VirtualMachineService: a network address for several VMs. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import array, integer, mapping, obj, text

_PORT = obj(
    {
        "name": text(description="Unique in the service."),
        "protocol": text(description="TCP, UDP or SCTP."),
        "port": integer(description="The port of the service."),
        "targetPort": integer(description="The port of the VMs."),
    },
    required=("name", "port", "protocol", "targetPort"),
)

_SPEC = obj(
    {
        "type": text(description="ClusterIP, LoadBalancer or ExternalName."),
        "ports": array(_PORT),
        "selector": mapping(text(), description="The labels of the VMs that are meant."),
        "clusterIp": text(description="An address inside, or None for no address at all."),
        "externalName": text(description="A DNS name, for the type ExternalName."),
        "loadBalancerIP": text(),
        "loadBalancerSourceRanges": array(text(), description="Who may come in, as 192.0.2.0/24."),
    },
    required=("type",),
)

_INGRESS = obj({"ip": text(), "hostname": text()})

VIRTUAL_MACHINE_SERVICE = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineService",
    plural="virtualmachineservices",
    singular="virtualmachineservice",
    short_names=("vmservice",),
    has_status=True,
    columns=(
        Column("Type", "string", ".spec.type"),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
    schema=obj(
        {"spec": _SPEC, "status": obj({"loadBalancer": obj({"ingress": array(_INGRESS)})})},
        description="One address for the VMs that its selector finds.",
    ),
)
