"""Acting in somebody else's name (`kubectl --as`): the headers `Impersonate-…`, as a kube-apiserver reads them.

For portal admins. Asked by the API's views before anything else, and by watches again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from rest_framework.request import Request

from vmportal import audit
from vmportal.access import AUTHENTICATED, Caller
from vmportal.admission import User
from vmportal.admission.who import account_of, is_privileged, is_vmop
from vmportal.api.callers import Counters, groups_known_of, named, narrowed
from vmportal.errors import BadRequest, Forbidden, Unauthorized
from vmportal.oidc import NAME_MOST
from vmportal.world import installation

ANONYMOUS, UNAUTHENTICATED = "system:anonymous", "system:unauthenticated"
HEADER = "HTTP_IMPERSONATE_"
EXTRA = f"{HEADER}EXTRA_"

# Names that nobody has by a token of the portal, and to some of which VM Operator's rules give more than to others.
_RESERVED_USER = re.compile(
    r"system:(?!anonymous$|serviceaccount:).*|system:serviceaccount:(kube-|vmware-system-|svc-tkg-domain-).*"
)
_RESERVED_GROUP = re.compile(r"system:(?!authenticated$|unauthenticated$|serviceaccounts(:|$)).*|sso:.*")


@dataclass(frozen=True)
class Wish:
    """In whose name a request is to be done."""

    user: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def wished(meta: Mapping[str, Any]) -> Wish | None:
    """What the headers of a request ask for. Raises `BadRequest`.

    A server hands several headers of one name on as one, with commas: so no name of a group has one.
    """
    asked = {key: _text(value) for key, value in meta.items() if key.startswith(HEADER)}
    if not asked:
        return None
    wish = Wish(
        user=asked.get(f"{HEADER}USER", ""),
        groups=_several(asked.get(f"{HEADER}GROUP", "")),
        uid=asked.get(f"{HEADER}UID", ""),
        extra={_extra_key(key): _several(value) for key, value in asked.items() if key.startswith(EXTRA)},
    )
    if not wish.user and (wish.groups or wish.uid or wish.extra):
        raise BadRequest("requested groups, a uid or extra fields without impersonating a user")
    for name in (wish.user, wish.uid, *wish.groups):
        if len(name) > NAME_MOST or not (name.isprintable() or not name):
            raise BadRequest(
                f"a name to impersonate has at most {NAME_MOST} characters, all of which are seen"
            )
    return wish if wish.user else None


def _text(value: Any) -> str:
    """WSGI hands bytes on as if they were Latin-1."""
    try:
        return str(value).encode("latin-1").decode().strip()
    except UnicodeError as error:
        raise BadRequest("a header Impersonate-… is not UTF-8") from error


def _several(value: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in value.split(",") if one.strip())


def _extra_key(header: str) -> str:
    return unquote(header.removeprefix(EXTRA).replace("_", "-").lower())


def is_asked(meta: Mapping[str, Any]) -> bool:
    return any(key.startswith(HEADER) for key in meta)


def acting(real: Caller, meta: Mapping[str, Any], counters: Counters) -> Caller:
    """`real`, or in whose name they act by the headers of their request. Raises as `wished` and `act`."""
    wish = wished(meta)
    return act(real, wish, counters) if wish else real


def note(caller: Caller, request: Request) -> None:
    """Write down that somebody acts in another's name, whatever comes of it."""
    if caller.real:
        audit.note(
            caller,
            "impersonate",
            groups=list(caller.groups),
            request=f"{request.method} {request.path}",
        )


def act(real: Caller, wish: Wish, counters: Counters) -> Caller:
    """The caller in whose name `real` acts: with that one's rights, in the scope of `real`'s token and of extra fields.

    Groups that are given are all that count, as in Kubernetes; without, they are those that the portal knows.
    Raises `Forbidden`, and `Unauthorized` for who would not come in at all.
    """
    if not real.is_admin:
        raise _forbidden(real, wish.user, why=_scope_of(real))
    groups = _groups(wish, counters)
    _demand_ordinary(real, wish.user, groups)
    if AUTHENTICATED not in groups:
        raise Unauthorized("Unauthorized")
    caller = replace(named(wish.user, groups, counters), scope=real.scope)
    return replace(
        narrowed(caller, wish.extra),
        uid=wish.uid,
        extra=wish.extra,
        real=real.name,
    )


def _scope_of(real: Caller) -> str:
    """Why a portal admin is refused: their token is for one namespace, in which nobody may impersonate."""
    only = real.scope.namespace
    is_of_admin = real.role_in(only) == "portal"
    return f'this token is for the namespace "{only}" only' if only and is_of_admin else ""


def _groups(wish: Wish, counters: Counters) -> tuple[str, ...]:
    groups = wish.groups or groups_known_of(wish.user, counters)
    if wish.user == ANONYMOUS:
        return tuple(dict.fromkeys((*groups, UNAUTHENTICATED)))
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return groups
    return (*groups, AUTHENTICATED)


def _demand_ordinary(real: Caller, name: str, groups: tuple[str, ...]) -> None:
    """A portal admin is not privileged in VM Operator's rules, nor becomes it in this way, but by the switch."""
    site = installation()
    if is_vmop(User(name), site):
        raise _forbidden(real, name, why="only the portal works in the name of VM Operator")
    if settings.PRIVILEGED_IMPERSONATION:
        return
    why = "it is the system's own or privileged, and PORTAL_PRIVILEGED_IMPERSONATION is off"
    if is_privileged(User(name), site) or _RESERVED_USER.fullmatch(name.lower()):
        raise _forbidden(real, name, why=why)
    reserved = next((one for one in groups if _RESERVED_GROUP.fullmatch(one.lower())), None)
    if reserved is not None:
        raise _forbidden(real, reserved, resource="groups", why=why)


def _forbidden(real: Caller, name: str, resource: str = "users", why: str = "") -> Forbidden:
    where = "at the cluster scope"
    if resource == "users" and (account := account_of(name)):
        resource, where, name = "serviceaccounts", f'in the namespace "{account[0]}"', account[1]
    said = (
        f'{resource} "{name}" is forbidden: User "{real.name}" cannot impersonate resource "{resource}" '
        f'in API group "" {where}'
    )
    return Forbidden(f"{said}: {why}" if why else said, name=name, kind=resource)
