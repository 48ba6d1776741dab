"""The shapes of the kinds of `groups`, declared once. Used by `groups.kinds`, forms and conversion; pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import array, boolean, conditions, duration, integer, obj, text, time
from vms.schema.power import power_mode, power_state

MEMBER_KINDS = ("VirtualMachine", "VirtualMachineGroup")

_MEMBER = obj(
    {"name": text(), "kind": text(enum=MEMBER_KINDS, default="VirtualMachine")},
    required=("name",),
)

_BOOT_ORDER = array(
    obj(
        {
            "members": array(_MEMBER, keys=("kind", "name")),
            "powerOnDelay": duration("How long to wait before these members are powered on, as 30s."),
        }
    ),
    description="Which members are powered on first; those of one entry together.",
)

_SPEC = obj(
    {
        "groupName": text(description="The VirtualMachineGroup that this one belongs to."),
        "bootOrder": _BOOT_ORDER,
        "powerState": power_state("What all members should be."),
        "powerOffMode": power_mode("power off"),
        "suspendMode": power_mode("suspend"),
        "nextForcePowerStateSyncTime": text(
            description="Write now to bring all members to the power state once more."
        ),
    },
    description="What the group should be.",
)

_DATASTORE = obj(
    {
        "name": text(),
        "id": text(),
        "url": text(),
        "supportedDiskFormats": array(text()),
        "diskKey": integer(description="The disk it is for; the VM's own files when unset."),
        "topLevelDirectoryCreateSupported": boolean(),
    },
    required=("name",),
)

_PLACEMENT = obj(
    {
        "zoneID": text(),
        "node": text(description="The host."),
        "pool": text(description="The resource pool."),
        "datastores": array(_DATASTORE),
    },
    description="Where the member goes.",
)

_MEMBER_STATUS = obj(
    {
        "name": text(),
        "kind": text(enum=MEMBER_KINDS),
        "uid": text(),
        "powerState": power_state(),
        "placement": _PLACEMENT,
        "conditions": conditions(),
    },
    required=("kind", "name"),
)

VIRTUAL_MACHINE_GROUP = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineGroup",
    plural="virtualmachinegroups",
    singular="virtualmachinegroup",
    short_names=("vmg",),
    has_status=True,
    schema=obj(
        {
            "spec": _SPEC,
            "status": obj(
                {
                    "conditions": conditions(),
                    "members": array(_MEMBER_STATUS, keys=("name", "kind")),
                    "lastUpdatedPowerStateTime": time("When the power state was last wished for."),
                }
            ),
        },
        description="VMs and groups that are placed and powered together.",
    ),
)

_IMAGE = obj(
    {
        "source": text(description="The VM."),
        "publishRequestName": text(description="Its VirtualMachinePublishRequest."),
        "imageName": text(description="The VirtualMachineImage that it became."),
        "conditions": conditions(),
    },
    required=("publishRequestName", "source"),
)

VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineGroupPublishRequest",
    plural="virtualmachinegrouppublishrequests",
    singular="virtualmachinegrouppublishrequest",
    short_names=("vmgpub",),
    has_status=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "source": text(description="The group; the name of the request when unset."),
                    "virtualMachines": array(text(), description="Some of its VMs; all of them when unset."),
                    "target": text(description="The library; the namespace's default when unset."),
                    "ttlSecondsAfterFinished": integer(
                        0,
                        format="int64",
                        description="How long the request is kept when it is done; for good when unset.",
                    ),
                }
            ),
            "status": obj(
                {
                    "conditions": conditions(),
                    "source": text(),
                    "target": text(),
                    "images": array(_IMAGE, keys=("source",)),
                    "startTime": time(),
                    "completionTime": time(),
                }
            ),
        },
        description="A wish that the VMs of a group become images in a library.",
    ),
)
