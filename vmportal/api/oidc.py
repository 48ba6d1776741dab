"""Bearer tokens of an OpenID Connect issuer: is it the issuer's, is it for the portal, whom does it name?

A DRF authentication class, and `verified()` for token reviews. What is not the issuer's is left to others.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from vmportal.api.signing_keys import Key, SigningKeys
from vmportal.errors import Unauthorized
from vmportal.models import User
from vmportal.oidc import Identity, Issuer, Refused

log = logging.getLogger(__name__)

LEEWAY = 10  # seconds that the issuer's clock and ours may differ
# What comes of reading nonsense: PyJWT tells most of it as its own errors, but not all.
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError)
CHECKS: Any = {
    "require": ["exp", "iss", "aud"],
    "verify_iat": False,  # `nbf` says from when it counts; an `iat` in the future says that clocks differ
    "verify_sub": False,  # a claim as any other: the issuer's settings name the one that counts
    "verify_jti": False,
    "enforce_minimum_key_length": True,
}


class OIDCAuthentication(BaseAuthentication):
    """`Authorization: Bearer <JSON Web Token>` of the configured issuer."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        word, _, token = get_authorization_header(request).decode("ascii", "replace").partition(" ")
        if word.lower() != "bearer":
            return None
        try:
            identity = verified(token.strip())
        except Refused as refused:
            log.info("a token of the issuer is refused: %s", refused)
            raise Unauthorized("Unauthorized") from refused
        return (identity, identity) if identity else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def verified(token: str) -> Identity | None:
    """Whom a token names; None when it is not the issuer's, or there is none. Raises `Refused`."""
    issuer: Issuer | None = settings.OIDC
    if issuer is None or not _names(token, issuer.url):
        return None
    identity = issuer.identity(_claims(token, issuer))
    if User.objects.filter(username=identity.username).exists():
        # Bindings go by names: with another's name one would have another's powers.
        raise Refused(f"{identity.username} is a user of the portal's own: set PORTAL_OIDC_USERNAME_PREFIX")
    return identity


def _names(token: str, url: str) -> bool:
    """Whether a token says that it is of that issuer; nothing of it is verified yet."""
    if token.count(".") != 2:
        return False
    try:
        return bool(jwt.decode(token, options={"verify_signature": False}).get("iss") == url)
    except UNREADABLE:
        return False


def _claims(token: str, issuer: Issuer) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in issuer.algorithms:  # before any key is looked for: none, HS256 and the like
            raise Refused(f"it is signed with {algorithm!r}, not with one of {', '.join(issuer.algorithms)}")
        keys = keys_of(issuer.url, issuer.ca_file)
        fitting = [key for key in keys.find(kid) if key.get("alg", algorithm) == algorithm]
        return _signed_with_one_of(fitting, token, algorithm, issuer, keys.problem)
    except UNREADABLE as error:
        raise Refused(str(error)) from error


def _signed_with_one_of(
    keys: list[Key], token: str, algorithm: str, issuer: Issuer, problem: str
) -> dict[str, Any]:
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm),
                algorithms=[algorithm],
                audience=issuer.audiences,
                issuer=issuer.url,
                leeway=LEEWAY,
                options=CHECKS,
            )
            return claims
        except (jwt.InvalidSignatureError, jwt.InvalidKeyError, jwt.PyJWKError):
            continue  # another may have the same id, or the token none
    raise Refused(problem or "no key of the issuer has signed it")


@cache
def keys_of(url: str, ca_file: str) -> SigningKeys:
    """The keys of an issuer: one set a process."""
    return SigningKeys(url, ca_file)
