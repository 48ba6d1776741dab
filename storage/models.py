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
