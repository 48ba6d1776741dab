"""The shapes of VirtualMachineClass, how large a VM is, and of its instances. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import array, integer, obj, quantity, text

_DEVICES = obj(
    {
        "vgpuDevices": array(obj({"profileName": text()}, required=("profileName",)), keys=("profileName",)),
        "dynamicDirectPathIODevices": array(
            obj(
                {
                    "vendorID": integer(format="int64"),
                    "deviceID": integer(format="int64"),
                    "customLabel": text(),
                },
                required=("vendorID", "deviceID"),
            )
        ),
    },
    description="Devices passed through from the host.",
)

_INSTANCE_STORAGE = obj(
    {"storageClass": text(), "volumes": array(obj({"size": quantity()}, required=("size",)))},
    description="Disks on the host itself.",
)

_RESOURCES = obj(
    {
        "requests": obj({"cpu": quantity(), "memory": quantity()}, description="What is reserved."),
        "limits": obj({"cpu": quantity(), "memory": quantity()}, description="What is the most."),
    }
)

CLASS_SPEC = obj(
    {
        "description": text(),
        "controllerName": text(),
        "hardware": obj(
            {
                "cpus": integer(format="int64"),
                "memory": quantity(),
                "devices": _DEVICES,
                "instanceStorage": _INSTANCE_STORAGE,
            }
        ),
        "policies": obj({"resources": _RESOURCES}),
        "configSpec": obj(
            preserve_unknown=True, description="Further settings, a ConfigSpec in vSphere's JSON."
        ),
        "reservedProfileID": text(),
        "reservedSlots": integer(0),
    }
)

_SIZE = (
    Column("CPU", "string", ".spec.hardware.cpus"),
    Column("Memory", "string", ".spec.hardware.memory"),
)

VIRTUAL_MACHINE_CLASS = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineClass",
    plural="virtualmachineclasses",
    singular="virtualmachineclass",
    short_names=("vmclass",),
    has_status=True,
    columns=(*_SIZE, Column("Capabilities", "string", ".status.capabilities", priority=1)),
    schema=obj({"spec": CLASS_SPEC, "status": obj()}),
)

VIRTUAL_MACHINE_CLASS_INSTANCE = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineClassInstance",
    plural="virtualmachineclassinstances",
    singular="virtualmachineclassinstance",
    short_names=("vmclassinstance",),
    has_status=True,
    columns=(*_SIZE, Column("Active", "string", r".metadata.labels['vmoperator\.vmware\.com/active']")),
    schema=obj(
        {"spec": CLASS_SPEC, "status": obj()}, description="A class as it was at a time; never changes."
    ),
)
