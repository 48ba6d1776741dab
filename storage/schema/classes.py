"""The shapes of StorageClass, StoragePolicy and EncryptionClass: kinds of storage, and keys for it. Pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import array, boolean, mapping, obj, text, texts

RECLAIM_POLICIES = ("Delete", "Retain")
BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
PROVISIONING_MODES = ("Thin", "Thick", "ThickEagerZero")

_TOPOLOGY_REQUIREMENT = obj({"key": text(), "values": texts()}, required=("key", "values"), atomic=True)
_TOPOLOGY_TERM = obj({"matchLabelExpressions": array(_TOPOLOGY_REQUIREMENT, atomic=True)}, atomic=True)

STORAGE_CLASS = Shape(
    group="storage.k8s.io",
    version="v1",
    kind="StorageClass",
    plural="storageclasses",
    singular="storageclass",
    short_names=("sc",),
    namespaced=False,
    is_builtin=True,
    schema=obj(
        {
            "provisioner": text(description="Who makes the volumes."),
            "parameters": mapping(text(), description="storagePolicyID names the storage policy."),
            "reclaimPolicy": text(
                enum=RECLAIM_POLICIES,
                default="Delete",
                description="What becomes of a volume whose claim is gone.",
            ),
            "volumeBindingMode": text(
                enum=BINDING_MODES,
                default="Immediate",
                description="Whether a claim gets its volume at once or with the VM that uses it.",
            ),
            "allowVolumeExpansion": boolean(description="Whether claims may grow."),
            "mountOptions": texts(),
            "allowedTopologies": array(_TOPOLOGY_TERM, atomic=True),
        },
        required=("provisioner",),
        description="A kind of storage that claims and VMs may ask for.",
    ),
)

_DATASTORE = obj(
    {
        "id": obj({"objectID": text(), "serverID": text()}, required=("objectID",)),
        "type": text(enum=("VMFS", "VSAN")),
    },
    required=("id",),
)

STORAGE_POLICY = Shape(
    group="infra.vmware.com",
    version="v1alpha1",
    kind="StoragePolicy",
    plural="storagepolicies",
    singular="storagepolicy",
    has_status=True,
    columns=(Column("Age", "date", ".metadata.creationTimestamp"),),
    schema=obj(
        {
            "spec": obj({"id": text(description="vSphere's id of the policy.")}, required=("id",)),
            "status": obj(
                {
                    "datastores": array(_DATASTORE),
                    "diskFormat": text(description="512N or 4K."),
                    "diskProvisioningMode": text(enum=PROVISIONING_MODES),
                    "encrypted": boolean(),
                    "storageClasses": array(text()),
                }
            ),
        }
    ),
)

ENCRYPTION_CLASS = Shape(
    group="encryption.vmware.com",
    version="v1alpha1",
    kind="EncryptionClass",
    plural="encryptionclasses",
    singular="encryptionclass",
    short_names=("encclass",),
    has_status=True,
    columns=(
        Column("KeyProvider", "string", ".spec.keyProvider"),
        Column("KeyID", "string", ".spec.keyID"),
    ),
    schema=obj(
        {
            "spec": obj(
                {
                    "keyProvider": text(),
                    "keyID": text(description="A new key when unset."),
                },
                required=("keyProvider",),
            ),
            "status": obj(),
        }
    ),
)
