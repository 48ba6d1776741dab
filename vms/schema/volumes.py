"""`spec.volumes`: the disks. Part of the VirtualMachine's shape; pure."""

from __future__ import annotations

from vmportal.schema.words import array, boolean, obj, quantity, text
from vms.schema.hardware import placement

APPLICATION_TYPES = ("OracleRAC", "MicrosoftWSFC")
DISK_MODES = ("IndependentNonPersistent", "IndependentPersistent", "NonPersistent", "Persistent")
SHARING_MODES = ("MultiWriter", "None")

_INSTANCE_CLAIM = obj(
    {"storageClass": text(), "size": quantity()},
    required=("storageClass", "size"),
    description="Storage on the host itself; set from the class.",
)

_CLAIM = obj(
    {
        "claimName": text(description="The PersistentVolumeClaim."),
        "readOnly": boolean(),
        "instanceVolumeClaim": _INSTANCE_CLAIM,
    },
    required=("claimName",),
)

_VOLUME = obj(
    {
        "name": text(description="Unique in the VM."),
        "persistentVolumeClaim": _CLAIM,
        "removable": boolean(default=True, description="False for the disks of the image."),
        "applicationType": text(
            enum=APPLICATION_TYPES, description="Sets modes and controllers that the application needs."
        ),
        "diskMode": text(enum=DISK_MODES),
        "sharingMode": text(enum=SHARING_MODES),
        **placement(),
    },
    required=("name",),
)

VOLUMES = array(_VOLUME, keys=("name",), description="The disks: claims that are attached.")
