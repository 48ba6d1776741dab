"""The kinds of `storage`: shape, row and rules together."""

from __future__ import annotations

from storage import admission, columns, models, offering, schema, tasks, waiting
from vmportal.kind import Kind

STORAGE_CLASS = Kind(
    schema.STORAGE_CLASS,
    models.StorageClass,
    writer="portal",
    row_columns=columns.storage_class,
    waiting=waiting.for_storage_class,
    offering=offering.STORAGE_CLASS,
)
STORAGE_POLICY = Kind(
    schema.STORAGE_POLICY,
    models.StoragePolicy,
    reader="admin",
    writer="portal",
    row_columns=columns.storage_policy,
)
STORAGE_POLICY_QUOTA = Kind(
    schema.STORAGE_POLICY_QUOTA,
    models.StoragePolicyQuota,
    writer="portal",
    admission=admission.STORAGE_POLICY_QUOTA,
    row_columns=columns.storage_policy_quota,
    selectable={"spec.storagePolicyId": "policy_id"},
    reconcile=tasks.tell_policy_quota,
)
ENCRYPTION_CLASS = Kind(
    schema.ENCRYPTION_CLASS,
    models.EncryptionClass,
    writer="portal",
    row_columns=columns.encryption_class,
)
STORAGE_POLICY_USAGE = Kind(
    schema.STORAGE_POLICY_USAGE,
    models.StoragePolicyUsage,
    writer="portal",
    admission=admission.STORAGE_POLICY_USAGE,
    row_columns=columns.storage_policy_usage,
    selectable={"spec.storagePolicyId": "policy_id", "spec.storageClassName": "storage_class"},
)
RESOURCE_QUOTA = Kind(
    schema.RESOURCE_QUOTA,
    models.ResourceQuota,
    writer="portal",
    admission=admission.RESOURCE_QUOTA,
    reconcile=tasks.tell_resource_quota,
    offering=offering.QUOTA,
)
PERSISTENT_VOLUME_CLAIM = Kind(
    schema.PERSISTENT_VOLUME_CLAIM,
    models.PersistentVolumeClaim,
    admission=admission.PERSISTENT_VOLUME_CLAIM,
    row_columns=columns.claim,
    selectable={"spec.storageClassName": "storage_class", "status.phase": "phase"},
)
# A disk's id alone would hand a namespace the disk of another.
CNS_REGISTER_VOLUME = Kind(
    schema.CNS_REGISTER_VOLUME,
    models.CnsRegisterVolume,
    writer="portal",
    row_columns=columns.register_volume,
    selectable={"spec.pvcName": "claim_name"},
)
KINDS = (
    STORAGE_CLASS,
    STORAGE_POLICY,
    STORAGE_POLICY_QUOTA,
    STORAGE_POLICY_USAGE,
    RESOURCE_QUOTA,
    PERSISTENT_VOLUME_CLAIM,
    CNS_REGISTER_VOLUME,
    ENCRYPTION_CLASS,
)
