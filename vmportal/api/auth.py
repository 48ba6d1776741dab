"""Who calls the API: people and machines by bearer token, people also by the session of the pages.

DRF's authentication classes; the tokens themselves are made here too, for commands and TokenRequest.
"""

from __future__ import annotations

import datetime as dt
from hmac import compare_digest
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from vmportal.errors import Unauthorized
from vmportal.models import ServiceAccount, User

UNAUTHORIZED = "Unauthorized"


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`; one statement, and no writing. Only digests of tokens are stored."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
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
    tokens: QuerySet[Any] = AuthToken.objects.select_related("user")
    return tokens.filter(
        Q(expiry=None) | Q(expiry__gt=timezone.now()),
        Q(user__service_account="") | Exists(accounts),
        user__is_active=True,
    )


def new_token(user: User, lifetime: dt.timedelta | None) -> tuple[str, dt.datetime | None]:
    """A new token of `user`, in clear for this one time, and when it ends (None: never)."""
    made, token = AuthToken.objects.create(user, expiry=lifetime)
    return token, made.expiry


@transaction.atomic
def user_of_service_account(namespace: str, name: str, uid: str) -> User:
    """The user that a service account is. Another account of the same name once does not live on in it."""
    username = f"system:serviceaccount:{namespace}:{name}"
    user, is_new = User.objects.get_or_create(username=username, defaults={"service_account": uid})
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    elif user.service_account != uid:
        AuthToken.objects.filter(user=user).delete()
        user.service_account = uid
        user.save(update_fields=["service_account"])
    return user


AUTHENTICATION = (BearerAuthentication, SessionAuthentication)
