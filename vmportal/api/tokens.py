"""What a token may be; making and revoking them. Called by the account page, commands and TokenRequest."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vmportal import addresses
from vmportal.access import Scope, caller_for
from vmportal.api.auth import new_token, note
from vmportal.errors import FieldError, Invalid
from vmportal.models import Counter, Namespace, Token, User

NAME_MOST, NETWORKS_MOST = 100, 20
KEPT_AFTER_END = dt.timedelta(days=7)  # to be seen on the account page; then a sweep takes it away


@dataclass(frozen=True)
class Wish:
    """What somebody asks a token to be. `lifetime` None: until it is revoked."""

    name: str
    lifetime: dt.timedelta | None
    scope: Scope = field(default_factory=Scope)
    networks: tuple[str, ...] = ()  # CIDRs; none: from everywhere


def longest() -> dt.timedelta | None:
    """How long a token may live (`PORTAL_TOKEN_MAX_DAYS`); None: for ever."""
    return dt.timedelta(days=settings.TOKEN_MAX_DAYS) if settings.TOKEN_MAX_DAYS else None


def at_most(lifetime: dt.timedelta) -> dt.timedelta:
    """A lifetime that nobody asked for, shortened to what is allowed."""
    most = longest()
    return lifetime if most is None else min(lifetime, most)


def make(user: User, wish: Wish, maker: str) -> tuple[str, Token]:
    """A new token of `user`, in clear for this one time, and its row. Raises `Invalid` with all errors at once.

    `maker` is noted: who asked for it.
    """
    if errors := problems(user, wish):
        raise Invalid("Token", wish.name[:NAME_MOST], errors)
    text, made = new_token(
        user,
        wish.lifetime,
        name=wish.name.strip(),
        read_only=wish.scope.read_only,
        namespace=wish.scope.namespace,
        networks=[str(addresses.network(one)) for one in wish.networks],
    )
    note(maker, "make-token", made)
    return text, made


def problems(user: User, wish: Wish) -> list[FieldError]:
    """What is wrong with a wish. Paths are `name`, `lifetime`, `namespace`, `networks`."""
    return [
        *_problems_of_name(wish.name.strip()),
        *_problems_of_lifetime(wish.lifetime),
        *_problems_of_namespace(user, wish.scope.namespace),
        *_problems_of_networks(wish.networks),
    ]


def _problems_of_name(name: str) -> list[FieldError]:
    if not name:
        return [FieldError("name", "Required", _("Give it a name by which you will know it again."))]
    if len(name) > NAME_MOST:
        message = _("At most %(most)s characters.") % {"most": NAME_MOST}
        return [FieldError("name", "TooLong", message)]
    if not name.isprintable():
        return [FieldError("name", "Invalid", _("Only characters that can be seen."))]
    return []


def _problems_of_lifetime(lifetime: dt.timedelta | None) -> list[FieldError]:
    most = longest()
    if most is not None and (lifetime is None or lifetime > most):
        message = _("Tokens live at most %(days)s days here.") % {"days": most.days}
        return [FieldError("lifetime", "Invalid", message)]
    return []


def _problems_of_namespace(user: User, namespace: str) -> list[FieldError]:
    if not namespace:
        return []
    is_there = "\0" not in namespace and Namespace.objects.filter(name=namespace).exists()
    if is_there and caller_for(user).role_in(namespace):
        return []
    message = _("There is no namespace %(name)s that %(user)s may look into.")
    said = message % {"name": repr(namespace[:63]), "user": user.get_username()}
    return [FieldError("namespace", "NotFound", said)]


def _problems_of_networks(networks: tuple[str, ...]) -> list[FieldError]:
    if len(networks) > NETWORKS_MOST:
        message = _("At most %(most)s networks.") % {"most": NETWORKS_MOST}
        return [FieldError("networks", "TooMany", message)]
    errors = []
    for one in networks:
        try:
            addresses.network(one)
        except ValueError as error:
            errors.append(FieldError("networks", "Invalid", str(error)))
    return errors


def revoke(tokens: QuerySet[Any], who: str) -> int:
    """End tokens at once, and the watches that were opened with them; how many there were."""
    found = [*tokens.select_related("user")]
    for token in found:
        token.delete()
        note(who, "revoke-token", token)
    if found:
        Counter.next("access")  # watches look anew who may see what
    return len(found)


def sweep() -> None:
    """Take away what ended long ago."""
    Token.objects.filter(expiry__lt=timezone.now() - KEPT_AFTER_END).delete()
