"""Who calls the API: people and machines by bearer token, people also by the session of the pages.

DRF's authentication classes. What a token may be is asked of `vmportal.api.tokens`.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from vmportal import audit
from vmportal.addresses import client_address, is_within
from vmportal.admission.who import account_name
from vmportal.api.oidc import OIDCAuthentication
from vmportal.errors import Unauthorized
from vmportal.models import ServiceAccount, Token, User

UNAUTHORIZED = "Unauthorized"
NOTED_EVERY = dt.timedelta(minutes=1)  # of one token: its use, its refusal at one address


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`; one statement, and once a minute another. Only digests of tokens are stored."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        found: tuple[User, Token] | None = super().authenticate(request)
        if found is not None:
            _use(found[1], request)
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        text = token.decode("ascii", "replace")
        digest = hash_token(text)
        for known in live_tokens().filter(token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH]):
            if compare_digest(digest, known.digest):
                return known.user, known
        raise Unauthorized(UNAUTHORIZED)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def live_tokens() -> QuerySet[Any]:
    """Tokens that count: not expired, their user active, and their service account (if it is one's) there."""
    accounts = ServiceAccount.objects.filter(uid=OuterRef("user__service_account"))
    tokens: QuerySet[Any] = Token.objects.select_related("user")
    return tokens.filter(
        Q(expiry=None) | Q(expiry__gt=timezone.now()),
        Q(user__service_account="") | Exists(accounts),
        user__is_active=True,
    )


def new_token(user: User, lifetime: dt.timedelta | None, **what: Any) -> tuple[str, Token]:
    """A new token of `user`, in clear for this one time, and its row, with `what` in its other columns.

    Nothing is checked: who makes tokens for others asks `vmportal.api.tokens`. Lifetime None: it never ends.
    """
    made, text = Token.objects.create(user, expiry=lifetime, **what)
    return text, made


def _use(token: Token, request: Request) -> None:
    """Note that a token is used, at most once a minute. Raises `Unauthorized` where it may not come from."""
    if token.networks:
        _demand_network(token, request)
    now = timezone.now()
    if token.last_used is None or now - token.last_used >= NOTED_EVERY:
        stale = Q(last_used=None) | Q(last_used__lte=now - NOTED_EVERY)
        with suppress(OperationalError):  # a disk that is full does not stop what only reads
            Token.objects.filter(stale, pk=token.pk).update(last_used=now)


def _demand_network(token: Token, request: Request) -> None:
    address = client_address(request.META, settings.TRUSTED_PROXIES)
    if is_within(address, token.networks):
        return
    # Noted now and then: who tries it all day long must not fill the log.
    if cache.add(f"token-refused:{token.token_key}:{address}", True, NOTED_EVERY.total_seconds()):
        note(token.user.get_username(), "token-refused", token, address=address)
    raise Unauthorized(f"Unauthorized: this token may not be used from {address or 'an unknown address'}")


def note(who: str, action: str, token: Token, **details: Any) -> None:
    """Write down what became of a token: make-token, revoke-token, token-refused."""
    key, user = f"{token.token_key[:8]}…", token.user.get_username()
    audit.note(who, action, name=token.name, key=key, user=user, **details)


@transaction.atomic
def user_of_service_account(namespace: str, name: str, uid: str) -> User:
    """The user that a service account is. Another account of the same name once does not live on in it."""
    username = account_name(namespace, name)
    user, is_new = User.objects.get_or_create(username=username, defaults={"service_account": uid})
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    elif user.service_account != uid:
        Token.objects.filter(user=user).delete()
        user.service_account = uid
        user.save(update_fields=["service_account"])
    return user


AUTHENTICATION = (OIDCAuthentication, BearerAuthentication, SessionAuthentication)
