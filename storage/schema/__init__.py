"""The shapes of the kinds of `storage`, declared once. Used by `storage.kinds`, forms and conversion; pure."""

from __future__ import annotations

from storage.schema.claims import CNS_REGISTER_VOLUME, PERSISTENT_VOLUME_CLAIM
from storage.schema.classes import ENCRYPTION_CLASS, STORAGE_CLASS, STORAGE_POLICY
from storage.schema.quotas import RESOURCE_QUOTA, STORAGE_POLICY_QUOTA, STORAGE_POLICY_USAGE

__all__ = [
    "CNS_REGISTER_VOLUME",
    "ENCRYPTION_CLASS",
    "PERSISTENT_VOLUME_CLAIM",
    "RESOURCE_QUOTA",
    "STORAGE_CLASS",
    "STORAGE_POLICY",
    "STORAGE_POLICY_QUOTA",
    "STORAGE_POLICY_USAGE",
]
