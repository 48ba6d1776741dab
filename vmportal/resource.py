"""The row of one object, and the tables beside it: counter, changes, revisions, work, owners, audit.

Written through `vmportal.service` only; read by the API, the pages and the tasks.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from vmportal.keys import MARK, seal, unseal

NAME_MOST = 350  # of a user's name: the longest are "system:serviceaccount:<namespace>:<name>"


class Sealed(str):
    """A body that is encrypted in the database."""

    __slots__ = ()


class BodyField(models.TextField):  # type: ignore[type-arg]
    """An object as JSON text; a `Sealed` one is encrypted on its way in and clear on its way out."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return seal(value, tuple(settings.ENCRYPTION_KEYS))
        return super().get_prep_value(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if value is not None and value.startswith(MARK):
            return Sealed(unseal(value, tuple(settings.ENCRYPTION_KEYS)))
        return value


class PackedBodyField(models.BinaryField):  # type: ignore[type-arg]
    """A body that is seldom read: a tenth of its size; a `Sealed` one is encrypted as in `BodyField`."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return seal(value, tuple(settings.ENCRYPTION_KEYS)).encode()
        return None if value is None else zlib.compress(value.encode(), level=1)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        packed = bytes(value)
        if packed.startswith(MARK.encode()):
            return Sealed(unseal(packed.decode(), tuple(settings.ENCRYPTION_KEYS)))
        return zlib.decompress(packed).decode()


class Resource(models.Model):
    """One object of one kind.

    `body` is the object itself, as JSON text, written once per resource version: get, list and watch
    hand it on and parse nothing. The other columns are made from it in the same save.
    """

    uid = models.CharField(max_length=36, primary_key=True)
    namespace = models.CharField(max_length=63, blank=True)  # "" for cluster-wide kinds
    name = models.CharField(max_length=253)
    version = models.PositiveBigIntegerField()  # metadata.resourceVersion
    generation = models.PositiveBigIntegerField(default=1)
    created = models.DateTimeField()
    deleting = models.DateTimeField(null=True)  # metadata.deletionTimestamp
    labels = models.JSONField(default=dict)
    body = BodyField()

    objects: ClassVar[models.Manager[Self]]  # Django makes it

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["namespace", "name"], name="%(app_label)s_%(class)s_name")
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Counter(models.Model):
    """Numbers that only grow: `version` is the resource version, `access` moves when memberships do."""

    name = models.CharField(max_length=20, primary_key=True)
    value = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.value}"

    @classmethod
    def next(cls, name: str = "version") -> int:
        """The next number. Its row stays locked until the transaction ends: order of numbers is order of commits."""
        table = cls._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (name, value) VALUES (%s, 2) "
                f"ON CONFLICT (name) DO UPDATE SET value = {table}.value + 1 RETURNING value",
                [name],
            )
            return int(cursor.fetchone()[0])

    @classmethod
    def read(cls) -> dict[str, int]:
        """All counters, in one statement; each begins at 1. A list reads this before its rows."""
        return {"version": 1, "access": 1, **dict(cls.objects.values_list("name", "value"))}


class Change(models.Model):
    """One write, for watchers; kept for `CHANGES_KEPT_SECONDS`."""

    version = models.PositiveBigIntegerField(primary_key=True)
    kind = models.CharField(max_length=100)  # Shape.group_resource
    uid = models.CharField(max_length=36)
    namespace = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    type = models.CharField(max_length=8)  # ADDED, MODIFIED, DELETED
    labels_before = models.JSONField(default=dict)
    labels = models.JSONField(default=dict)
    fields_before = models.JSONField(default=dict)  # selectable fields
    fields = models.JSONField(default=dict)
    body = BodyField()
    # The object before the write; null of one that was added. Serves lists of a version that has passed.
    before = PackedBodyField(null=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.version} {self.type} {self.kind} {self.namespace}/{self.name}"


class Revision(models.Model):
    """One change of a wish: who, when, and what was different. Serves history and undo."""

    version = models.PositiveBigIntegerField(primary_key=True)
    kind = models.CharField(max_length=100)
    uid = models.CharField(max_length=36)
    namespace = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    generation = models.PositiveBigIntegerField()
    action = models.CharField(max_length=8)  # create, update, delete
    who = models.CharField(max_length=NAME_MOST)  # who did it, also where it was in somebody else's name:
    impersonated = models.CharField(max_length=NAME_MOST, blank=True)
    manager = models.CharField(max_length=128)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    diff = models.JSONField(default=list)  # [{"path", "old", "new"}]

    class Meta:
        indexes = [models.Index(fields=["uid", "-version"], name="revision_of_object")]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.namespace}/{self.name} by {self.who}"


class Work(models.Model):
    """What is not yet true of an object that a backend makes true. The row is the outbox."""

    uid = models.CharField(max_length=36, primary_key=True)
    kind = models.CharField(max_length=100)
    due_at = models.DateTimeField(db_index=True)
    nudges = models.PositiveBigIntegerField(default=0)  # a nudge during a pass must not be lost
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=36, blank=True)
    attempts = models.PositiveIntegerField(default=0)  # failures in a row
    notes = models.JSONField(default=dict)  # what one pass leaves for the next

    def __str__(self) -> str:
        return f"{self.kind} {self.uid} due {self.due_at:%H:%M:%S}"

    @classmethod
    def take(
        cls, uid: str, token: str, now: dt.datetime, until: dt.timedelta
    ) -> tuple[int, int, dict[str, Any]] | None:
        """Give the lease of work that is due and free to `token`: its nudges, attempts and notes. In one statement."""
        as_time = models.DateTimeField().get_db_prep_value
        moment = as_time(now, connection)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {cls._meta.db_table} SET lease_until = %s, lease_token = %s WHERE uid = %s AND due_at <= %s "
                "AND (lease_until IS NULL OR lease_until <= %s) RETURNING nudges, attempts, notes",
                [as_time(now + until, connection), token, uid, moment, moment],
            )
            found = cursor.fetchone()
        if found is None:
            return None
        nudges, attempts, notes = found
        return nudges, attempts, json.loads(notes) if isinstance(notes, str) else notes

    @classmethod
    def make_due(cls, objects: Sequence[tuple[str, str]]) -> None:
        """Make the work of objects (uid, kind) due now, in one statement; what has none yet gets its row."""
        if not objects:
            return
        table = cls._meta.db_table
        columns = "uid, kind, due_at, nudges, lease_token, attempts, notes"
        values = ", ".join(["(%s, %s, %s, 0, '', 0, '{}')"] * len(objects))
        now = models.DateTimeField().get_db_prep_value(timezone.now(), connection)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {values} "
                f"ON CONFLICT (uid) DO UPDATE SET due_at = excluded.due_at, nudges = {table}.nudges + 1",
                [value for uid, kind in objects for value in (uid, kind, now)],
            )


class IdempotencyKey(models.Model):
    """What was answered to a create that came with a key; kept for `IDEMPOTENCY_KEPT_SECONDS`."""

    id = models.CharField(max_length=64, primary_key=True)  # digest of caller and key
    request = models.CharField(max_length=64)  # digest of what was asked
    body = BodyField()  # the object as it was; encrypted where its kind is
    warnings = models.JSONField(default=list)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.id[:8]} of {self.at:%H:%M:%S}"


class OwnerRef(models.Model):
    """Who owns whom, for garbage collection: `uid` is the dependent."""

    kind = models.CharField(max_length=100)
    uid = models.CharField(max_length=36, db_index=True)
    owner_uid = models.CharField(max_length=36, db_index=True)
    blocks = models.BooleanField(default=False)  # blockOwnerDeletion

    def __str__(self) -> str:
        return f"{self.uid} of {self.owner_uid}"


class Audit(models.Model):
    """Refusals, sign-ins, secret reads, acts of admins."""

    at = models.DateTimeField(db_index=True)
    who = models.CharField(max_length=NAME_MOST)
    action = models.CharField(max_length=40)
    kind = models.CharField(max_length=100, blank=True)
    namespace = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.who} {self.action} {self.kind} {self.namespace}/{self.name}"
