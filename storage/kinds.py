"""The kinds of `storage`: shape, row and rules together."""

from __future__ import annotations

from storage import columns, models, schema
from vmportal.kind import Kind

STORAGE_CLASS = Kind(
    schema.STORAGE_CLASS, models.StorageClass, writer="portal", row_columns=columns.storage_class
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
    row_columns=columns.storage_policy_quota,
    selectable={"spec.storagePolicyId": "policy_id"},
)
ENCRYPTION_CLASS = Kind(
    schema.ENCRYPTION_CLASS,
    models.EncryptionClass,
    writer="portal",
    row_columns=columns.encryption_class,
)
KINDS = (STORAGE_CLASS, STORAGE_POLICY, STORAGE_POLICY_QUOTA, ENCRYPTION_CLASS)
