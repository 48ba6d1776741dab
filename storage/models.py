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


class LedgerEntry(models.Model):
    """What an object takes of its namespace's quotas (`storage.quota.Charge`), kept by `storage.ledger`.

    Written with the object, as the image and the class that it was made from may be gone when it is asked. A
    snapshot has one for each storage class, any other object one.
    """

    uid = models.CharField(max_length=36, db_index=True)
    kind = models.CharField(max_length=100)  # Shape.group_resource
    namespace = models.CharField(max_length=63)
    storage_class = models.CharField(max_length=253, blank=True)
    policy_id = models.CharField(max_length=128, blank=True)
    cpus = models.BigIntegerField(default=0)
    memory = models.BigIntegerField(default=0)  # bytes, as all below
    asked = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)
    is_own = models.BooleanField(default=True)

    class Meta:
        indexes = [
            # Holds all that is summed up: 10,000 machines of a namespace take some 4 ms.
            models.Index(
                fields=[
                    "namespace", "kind", "storage_class", "policy_id", "cpus", "memory", "reserved", "used",
                ],
                name="ledger_sums",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}: {self.reserved + self.used} of {self.storage_class}"
