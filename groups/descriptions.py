"""What the fields of groups mean, by the end of their paths. Pure.

Used by `vmportal.kinds` for fields that do not say it where they are declared.
"""

from __future__ import annotations

WORDS = {
    "bootOrder.members": "Who starts together in this step.",
    "members.name": "The name of the machine or group.",
    "members.kind": "VirtualMachine or VirtualMachineGroup.",
    "status.members": "The members as they were seen.",
    "members.uid": "What tells the member from all others.",
    "members.powerState": "The power state of the member.",
    "placement.zoneID": "The zone that is recommended.",
    "placement.datastores": "The datastores that are recommended.",
    "datastores.name": "The name of the datastore.",
    "datastores.id": "Its id in vCenter.",
    "datastores.url": "Its address in vCenter.",
    "supportedDiskFormats": "The formats of disks that it takes.",
    "topLevelDirectoryCreateSupported": "Whether folders can be made on it.",
    "status.source": "The group that is published.",
    "status.target": "The library that it is published to.",
    "status.images": "What became of each machine.",
}
