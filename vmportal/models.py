"""The tables of the app `vmportal`: users, the store's own, and one for each core kind."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from vmportal.backends.simulator import models as simulator
from vmportal.resource import (
    Audit,
    Change,
    Counter,
    OwnerRef,
    Resource,
    Revision,
    Work,
)

__all__ = ["Audit", "Change", "Counter", "OwnerRef", "Resource", "Revision", "Work", "simulator"]


class User(AbstractUser):
    """A person or a machine who signs in. `is_superuser` makes a portal admin, and nothing more than that."""

    # Long enough for "system:serviceaccount:<namespace>:<name>".
    username = models.CharField(max_length=350, unique=True)
    service_account = models.CharField(max_length=36, blank=True)  # the uid of the ServiceAccount that it is


class Namespace(Resource):
    phase = models.CharField(max_length=20, blank=True)


class Secret(Resource):
    type = models.CharField(max_length=100, blank=True)


class ConfigMap(Resource):
    pass


class Event(Resource):
    involved_uid = models.CharField(max_length=36, blank=True, db_index=True)
    involved_kind = models.CharField(max_length=63, blank=True)
    involved_name = models.CharField(max_length=253, blank=True)
    reason = models.CharField(max_length=128, blank=True)
    type = models.CharField(max_length=20, blank=True)
    last_seen = models.DateTimeField(null=True, db_index=True)


class ServiceAccount(Resource):
    pass


class RoleBinding(Resource):
    pass
