"""The rows of the kinds of `storage`: the columns that lists and look-ups use (`storage.columns`)."""

from __future__ import annotations

from django.db import models

from vmportal.resource import Resource


class StorageClass(Resource):
    policy_id = models.CharField(max_length=64, blank=True, db_index=True)


class StoragePolicy(Resource):
    policy_id = models.CharField(max_length=64, blank=True, db_index=True)
    is_encrypted = models.BooleanField(default=False)


class StoragePolicyQuota(Resource):
    policy_id = models.CharField(max_length=64, blank=True, db_index=True)


class EncryptionClass(Resource):
    is_default = models.BooleanField(default=False)


class StoragePolicyUsage(Resource):
    policy_id = models.CharField(max_length=128, blank=True, db_index=True)
    storage_class = models.CharField(max_length=253, blank=True)


class ResourceQuota(Resource):
    pass


class PersistentVolumeClaim(Resource):
    storage_class = models.CharField(max_length=253, blank=True)
    requested = models.BigIntegerField(default=0)  # bytes
    phase = models.CharField(max_length=20, blank=True)

    class Meta(Resource.Meta):
        indexes = [models.Index(fields=["namespace", "storage_class"], name="claim_class")]


class CnsRegisterVolume(Resource):
    claim_name = models.CharField(max_length=253, blank=True)
    is_registered = models.BooleanField(default=False)
