"""The shapes of VirtualMachineImage and ClusterVirtualMachineImage: what a VM is made from. Pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import array, conditions, integer, obj, quantity, text
from vms.schema.hardware import placement
from vms.schema.references import typed_reference

_DISK = obj(
    {
        "name": text(),
        "limit": quantity("Its capacity."),
        "requested": quantity(),
        **placement(),
    },
    required=("name",),
)

_STATUS = obj(
    {
        "name": text(description="The display name, which spec.imageName may use."),
        "type": text(description="OVF, ISO or VM."),
        "firmware": text(),
        "hardwareVersion": integer(),
        "osInfo": obj({"id": text(), "type": text(), "version": text()}),
        "productInfo": obj({"product": text(), "vendor": text(), "version": text(), "fullVersion": text()}),
        "capabilities": array(text(), set=True),
        "disks": array(_DISK, keys=("name",)),
        "ovfProperties": array(
            obj({"key": text(), "type": text(), "default": text()}, required=("key", "type"))
        ),
        "vmwareSystemProperties": array(obj({"key": text(), "value": text()}, required=("key",))),
        "providerContentVersion": text(),
        "providerItemID": text(),
        "conditions": conditions(keyed=True),
    }
)

_SCHEMA = obj(
    {"spec": obj({"providerRef": typed_reference("The library's item.")}), "status": _STATUS},
)

_COLUMNS = (
    Column("Display Name", "string", ".status.name"),
    Column("Type", "string", ".status.type"),
    Column("Image Version", "string", ".status.productInfo.version"),
    Column("OS Name", "string", ".status.osInfo.type"),
    Column("OS Version", "string", ".status.osInfo.version"),
    Column("Hardware Version", "string", ".status.hardwareVersion"),
)

VIRTUAL_MACHINE_IMAGE = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineImage",
    plural="virtualmachineimages",
    singular="virtualmachineimage",
    short_names=("vmi", "vmimage"),
    has_status=True,
    columns=(*_COLUMNS, Column("Capabilities", "string", ".status.capabilities")),
    schema=_SCHEMA,
)

CLUSTER_VIRTUAL_MACHINE_IMAGE = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="ClusterVirtualMachineImage",
    plural="clustervirtualmachineimages",
    singular="clustervirtualmachineimage",
    short_names=("cvmi", "cvmimage", "clustervmi", "clustervmimage"),
    namespaced=False,
    has_status=True,
    columns=_COLUMNS,
    schema=_SCHEMA,
)
