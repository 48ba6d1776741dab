"""The shapes of PersistentVolumeClaim, a wish for a disk, and CnsRegisterVolume, a disk that is there already. Pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import Schema, array, boolean, label_selector, mapping, obj, quantity, text, time

ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
VOLUME_MODES = ("Filesystem", "Block")
PHASES = ("Pending", "Bound", "Lost")


def _quantities(description: str) -> Schema:
    return mapping(quantity(), description=description)


def _source(description: str, *, atomic: bool = False, **more: Schema) -> Schema:
    return obj(
        {"apiGroup": text(), "kind": text(), "name": text(), **more},
        required=("kind", "name"),
        atomic=atomic,
        description=description,
    )


_ACCESS_MODES = array(text(enum=ACCESS_MODES), atomic=True)

_CLAIM_SPEC = obj(
    {
        "storageClassName": text(description="The StorageClass; the default one when unset."),
        "accessModes": _ACCESS_MODES,
        "volumeMode": text(enum=VOLUME_MODES, default="Filesystem"),
        "resources": obj(
            {"requests": _quantities("How large: storage."), "limits": _quantities("How large at most.")}
        ),
        "volumeName": text(description="The volume that it is bound to."),
        "selector": label_selector("Which volumes will do."),
        "dataSource": _source("What the volume is made from.", atomic=True),
        "dataSourceRef": _source("What the volume is made from.", namespace=text()),
        "volumeAttributesClassName": text(),
    },
    description="What the claim should be.",
)

_CONDITION = obj(
    {
        "type": text(),
        "status": text(),
        "reason": text(),
        "message": text(),
        "lastProbeTime": time(),
        "lastTransitionTime": time(),
    },
    required=("status", "type"),
)

_HEALTH = obj({"status": text(), "reason": text(), "message": text()}, required=("reason", "status"))

_CLAIM_STATUS = obj(
    {
        "phase": text(enum=PHASES),
        "accessModes": _ACCESS_MODES,
        "capacity": _quantities("How large the volume is."),
        "conditions": array(_CONDITION, keys=("type",)),
        "allocatedResources": _quantities("How large it is going to be."),
        "allocatedResourceStatuses": mapping(text()),
        "currentVolumeAttributesClassName": text(),
        "healthStatus": obj({"healthConditions": array(_HEALTH, atomic=True), "lastTransitionTime": time()}),
        "modifyVolumeStatus": obj(
            {"status": text(), "targetVolumeAttributesClassName": text()}, required=("status",)
        ),
    },
    description="What was seen of the claim.",
)

PERSISTENT_VOLUME_CLAIM = Shape(
    group="",
    version="v1",
    kind="PersistentVolumeClaim",
    plural="persistentvolumeclaims",
    singular="persistentvolumeclaim",
    short_names=("pvc",),
    has_status=True,
    is_builtin=True,
    schema=obj({"spec": _CLAIM_SPEC, "status": _CLAIM_STATUS}, description="A wish for a disk."),
)

CNS_REGISTER_VOLUME = Shape(
    group="cns.vmware.com",
    version="v1alpha1",
    kind="CnsRegisterVolume",
    plural="cnsregistervolumes",
    singular="cnsregistervolume",
    has_status=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "pvcName": text(description="The claim to make for the disk."),
                    "volumeID": text(description="The disk's id; excludes diskURLPath."),
                    "diskURLPath": text(description="The disk's address; excludes volumeID."),
                    "accessMode": text(),
                    "volumeMode": text(),
                    "backingType": text(),
                },
                required=("pvcName",),
            ),
            "status": obj(
                {"registered": boolean(), "error": text(description="Why it could not be registered.")},
                required=("registered",),
            ),
        },
        description="A disk that is there already, and shall have a claim.",
    ),
)
