"""The tables of the app `vmportal`: users, the store's own, and one for each core kind."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac
from knox.models import AbstractAuthToken

from vmportal.backends.simulator import models as simulator
from vmportal.resource import (
    Audit,
    Change,
    Counter,
    IdempotencyKey,
    OwnerRef,
    Resource,
    Revision,
    Work,
)

__all__ = [
    "Audit",
    "Change",
    "Counter",
    "IdempotencyKey",
    "OwnerRef",
    "Resource",
    "Revision",
    "Work",
    "simulator",
]


class User(AbstractUser):  # type: ignore[django-manager-missing]  # of its tokens: knox has no types
    """A person or a machine who signs in. `is_superuser` makes a portal admin, and nothing more than that."""

    # Long enough for "system:serviceaccount:<namespace>:<name>".
    username = models.CharField(max_length=350, unique=True)
    service_account = models.CharField(max_length=36, blank=True)  # the uid of the ServiceAccount that it is
    sessions_ended = models.DateTimeField(null=True, blank=True)  # sessions from before do not count

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must know: Django ends all that know another, in whatever process they are cached."""
        known = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if self.sessions_ended is None:
            return str(known)
        value = f"{known}{self.sessions_ended.timestamp()}"
        return salted_hmac("vmportal.User.sessions", value, secret=secret, algorithm="sha256").hexdigest()


class Token(AbstractAuthToken):
    """A bearer token; of the token itself only a digest is kept. Made by `vmportal.tokens`."""

    name = models.CharField(max_length=100)  # for people; several may have the same
    read_only = models.BooleanField(default=False)
    namespace = models.CharField(
        max_length=63, blank=True
    )  # the only one that it opens; empty: all of its user's
    networks = models.JSONField(default=list)  # CIDRs that it may come from; none: from everywhere
    last_used = models.DateTimeField(null=True, blank=True)  # within a minute

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key[:8]}…)"


class Namespace(Resource):
    phase = models.CharField(max_length=20, blank=True)


class Secret(Resource):
    type = models.CharField(max_length=100, blank=True)


class ConfigMap(Resource):
    pass


class Event(Resource):
    involved_uid = models.CharField(max_length=36, blank=True, db_index=True)
    involved_api_version = models.CharField(max_length=100, blank=True, default="")
    involved_kind = models.CharField(max_length=63, blank=True)
    involved_name = models.CharField(max_length=253, blank=True)
    involved_namespace = models.CharField(max_length=63, blank=True, default="")
    reason = models.CharField(max_length=128, blank=True)
    type = models.CharField(max_length=20, blank=True)
    last_seen = models.DateTimeField(null=True, db_index=True)


class ServiceAccount(Resource):
    pass


class RoleBinding(Resource):
    pass


class Offer(Resource):
    offered_kind = models.CharField(max_length=100, blank=True)
    offered_name = models.CharField(max_length=253, blank=True)


class Connection(Resource):
    secret = models.CharField(max_length=253, blank=True)  # with its account, in the portal's own namespace
