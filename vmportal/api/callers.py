"""From who signed in, or from a name, to the `Caller`. Asked by the API's views, its watches and its reviews."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from vmportal.access import AUTHENTICATED, Caller, caller_for, caller_named, scope_of
from vmportal.admission.who import MASTERS, account_groups, account_of
from vmportal.api.auth import live_tokens
from vmportal.api.oidc import LEEWAY
from vmportal.errors import BadRequest
from vmportal.models import Token, User
from vmportal.oidc import CREDENTIAL, Identity

# How the extra fields of somebody tell the scope of their token, to whoever reviews it.
TOKEN_SCOPE, READ_ONLY, NAMESPACE = "vmportal.dev/token-scope", "read-only", "namespace:"

Counters = Mapping[str, int]


def identified(user: Any, auth: Any, counters: Counters) -> Caller:
    """The caller that somebody is who came with `auth`: a token, an identity of the OIDC issuer, or a session (None)."""
    if isinstance(user, Identity):
        caller = _by_groups(user.username, (AUTHENTICATED, *user.groups), counters)
        return replace(caller, extra=user.extra)
    assert isinstance(user, User)
    extra = _known_by(auth) if isinstance(auth, Token) else {}
    return replace(caller_for(user, counters, scope_of(auth)), extra=extra)


def _known_by(token: Token) -> dict[str, tuple[str, ...]]:
    """By which token somebody is known, and what it takes away: others who review it should hold to that, too."""
    narrowed = (
        *((READ_ONLY,) if token.read_only else ()),
        *((f"{NAMESPACE}{token.namespace}",) if token.namespace else ()),
    )
    told = {
        CREDENTIAL: (f"TOKEN={token.token_key[:8]}",),
        TOKEN_SCOPE: narrowed,
        "vmportal.dev/token-networks": tuple(token.networks),
    }
    return {key: values for key, values in told.items() if values}


def narrowed(caller: Caller, extra: Mapping[str, Sequence[str]]) -> Caller:
    """The caller within the scope that extra fields tell, which others hand back as a TokenReview told them.

    It takes away and never gives. Raises `BadRequest` for a scope that is none.
    """
    for told in extra.get(TOKEN_SCOPE, ()):
        if told != READ_ONLY and not (told.startswith(NAMESPACE) and told != NAMESPACE):
            raise BadRequest(f"{TOKEN_SCOPE} is {READ_ONLY} or {NAMESPACE}<name>, not {told!r}")
        if told == READ_ONLY:
            caller = replace(caller, scope=replace(caller.scope, read_only=True))
        else:
            caller = replace(caller, scope=replace(caller.scope, namespace=told.removeprefix(NAMESPACE)))
    return caller


def renewed(user: Any, auth: Any, counters: Counters) -> Caller | None:
    """The caller that they are by now; None when they have to sign in again."""
    if isinstance(user, Identity):
        # By a user of the portal's own, since the watch began.
        is_taken = User.objects.filter(username=user.username).exists()
        return None if is_taken or time.time() >= user.expires + LEEWAY else identified(user, auth, counters)
    now = User.objects.filter(pk=user.pk, is_active=True).first()
    if now is None or (isinstance(auth, Token) and not live_tokens().filter(digest=auth.digest).exists()):
        return None
    return identified(now, auth, counters)


def named(name: str, groups: tuple[str, ...], counters: Counters) -> Caller:
    """The caller that somebody of this name, in these groups and no others, would be."""
    caller = _by_groups(name, groups, counters)
    is_admin = User.objects.filter(username=name, is_active=True, is_superuser=True).exists()
    return replace(caller, is_admin=caller.is_admin or is_admin)


def _by_groups(name: str, groups: tuple[str, ...], counters: Counters) -> Caller:
    admins = {MASTERS, settings.OIDC.admins if settings.OIDC else ""} - {""}
    return replace(caller_named(name, groups, counters), is_admin=not admins.isdisjoint(groups))


def groups_known_of(name: str, counters: Counters) -> tuple[str, ...]:
    """The groups that the portal itself knows somebody to be in, who need not be known at all."""
    user = User.objects.filter(username=name, is_active=True).first()
    if user is not None:
        return tuple(one for one in caller_for(user, counters).groups if one != AUTHENTICATED)
    account = account_of(name)
    return account_groups(account[0]) if account else ()
