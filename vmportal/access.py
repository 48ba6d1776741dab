"""Who sees what and may do what. Asked by pages, the API, access reviews and every query.

People and machines are subjects of `RoleBinding`s to `view`, `edit` or `admin` of a namespace; a portal
admin may do all. A stranger's namespace does not exist for them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from vmportal.admission.who import account_groups, account_name, account_of
from vmportal.errors import Forbidden, NotFound
from vmportal.kind import Kind, Shape
from vmportal.models import Counter, RoleBinding, Token, User

ROLES = ("view", "edit", "admin")  # each includes those before it
READ_VERBS = frozenset({"get", "list", "watch"})
AUTHENTICATED = "system:authenticated"
STATUS = "status"  # the subresource

Roles = Mapping[str, str]  # namespace -> role; "portal": what a portal admin may do there


@dataclass(frozen=True)
class Scope:
    """What a token takes away from what its user may do."""

    read_only: bool = False
    namespace: str = ""  # all others do not exist for it


@dataclass(frozen=True)
class Caller:
    """Who asks. `name` and `groups` are as the admission webhooks see them.

    `is_admin` and `roles` are what is left of them in the scope, so that nobody who asks them goes beyond it:
    a portal admin with a token of one namespace is no admin, but has the role "portal" there.
    """

    name: str
    groups: tuple[str, ...] = (AUTHENTICATED,)
    is_admin: bool = False  # of the portal; not "privileged" in the sense of the admission rules
    user_id: int | None = None
    roles: Roles = field(default_factory=dict)
    scope: Scope = Scope()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # as in Kubernetes: what is shown of them
    real: str = ""  # who it really is that acts in this one's name (impersonation)

    @property
    def actor(self) -> str:
        """Who it is that acts, by their own name."""
        return self.real or self.name

    def __post_init__(self) -> None:
        only = self.scope.namespace
        if only:
            role = self.role_in(only)
            object.__setattr__(self, "roles", {only: role} if role else {})
            object.__setattr__(self, "is_admin", False)

    def role_in(self, namespace: str) -> str:
        return "portal" if self.is_admin else self.roles.get(namespace, "")


def caller_for(user: User, counters: Mapping[str, int] | None = None, scope: Scope | None = None) -> Caller:
    """The caller that a signed-in user is. One statement (the counters) when memberships have not changed."""
    known = _memberships((counters or Counter.read())["access"])
    groups = (AUTHENTICATED, *known.groups_of(user))
    return Caller(
        name=user.get_username(),
        groups=groups,
        is_admin=user.is_superuser,
        user_id=user.pk,
        roles=_roles_of(known.bindings, user.get_username(), groups),
        scope=scope or Scope(),
        uid=user.service_account or str(user.pk),
    )


def scope_of(auth: object) -> Scope:
    """The scope of what a request came with (`request.auth`): a token's own; a session has none."""
    return Scope(auth.read_only, auth.namespace) if isinstance(auth, Token) else Scope()


def caller_named(name: str, groups: tuple[str, ...], counters: Mapping[str, int]) -> Caller:
    """The caller that somebody of this name and these groups would be, whom the portal need not know."""
    return Caller(name, groups, roles=_roles_of(_memberships(counters["access"]).bindings, name, groups))


def caller_of(request: HttpRequest) -> Caller:
    """The caller of a request, made once a request."""
    if not hasattr(request, "_caller"):
        scope = scope_of(getattr(request, "auth", None))
        request._caller = caller_for(request.user, counters_of(request), scope)  # type: ignore[attr-defined,arg-type]
    return request._caller  # type: ignore[attr-defined]


def counters_of(request: HttpRequest) -> Mapping[str, int]:
    """The counters as a request found them, read once a request, before any row."""
    if not hasattr(request, "_counters"):
        request._counters = Counter.read()  # type: ignore[attr-defined]
    return request._counters  # type: ignore[attr-defined]


def may(
    caller: Caller, verb: str, kind: Kind, namespace: str = "", name: str = "", subresource: str = ""
) -> bool:
    """Whether `caller` may do `verb` (Kubernetes' word) to objects of `kind` in `namespace`.

    A status is written by the portal; other subresources are written by who may write the object.
    """
    reads = verb in READ_VERBS
    if caller.scope.read_only and not reads:
        return False
    if caller.is_admin:
        return True
    needed = kind.reader if reads else "portal" if subresource == STATUS else kind.writer
    if kind.shape.namespaced and namespace:
        return _includes(caller.role_in(namespace), needed)
    if needed == "portal":
        return False
    if kind.shape.namespaced:
        return reads and bool(caller.roles)
    if kind.shape.plural == "namespaces" and name:
        return reads and name in caller.roles
    return reads


def demand(
    caller: Caller, verb: str, kind: Kind, namespace: str = "", name: str = "", subresource: str = ""
) -> None:
    """Raise what a caller gets who may not: `NotFound` where they may not even look, else `Forbidden`.

    Of kinds that are for portal admins alone others may know that they are, as discovery tells it, and of no object.
    """
    if may(caller, verb, kind, namespace, name, subresource):
        return
    if kind.shape.namespaced and namespace and not caller.role_in(namespace):
        raise no_namespace(namespace)
    if name and not kind.shape.namespaced and not may(caller, "get", kind, namespace, name):
        raise not_found(kind.shape, name)
    subject = f'{kind.shape.group_resource} "{name}"' if name else kind.shape.group_resource
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    resource = f"{kind.shape.plural}/{subresource}" if subresource else kind.shape.plural
    raise Forbidden(
        f'{subject} is forbidden: User "{caller.name}" cannot {verb} resource "{resource}" '
        f'in API group "{kind.shape.group}" {where}{_because(caller, verb, kind, namespace, subresource)}',
        **kind.shape.details(name),
    )


def _because(caller: Caller, verb: str, kind: Kind, namespace: str, subresource: str) -> str:
    """What may be the reason of a refusal beside the role, behind Kubernetes' own words."""
    scope = caller.scope
    if scope.read_only and verb not in READ_VERBS:
        return ": this token is read-only"
    if scope.namespace and not namespace:
        return f': this token is for the namespace "{scope.namespace}" only'
    if subresource == STATUS and verb not in READ_VERBS:
        return ": a status is written by the portal and its admins only"
    if kind.offering and kind.writer == "portal" and namespace and verb not in READ_VERBS:
        return ": the catalogue of a namespace is kept by portal admins, who may offer something there"
    return ""


def not_found(shape: Shape, name: str) -> NotFound:
    return NotFound(f'{shape.group_resource} "{name}" not found', **shape.details(name))


def no_namespace(name: str) -> NotFound:
    return NotFound(f'namespaces "{name}" not found', name=name, kind="namespaces")


def visible(caller: Caller, kind: Kind, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Of `rows` of `kind`, those that `caller` may read."""
    if caller.is_admin:
        return rows
    if kind.shape.plural == "namespaces" and not kind.shape.group:
        return rows.filter(name__in=list(caller.roles))
    if kind.shape.namespaced:
        return rows.filter(namespace__in=readable_namespaces(caller, kind))
    return rows if kind.reader != "portal" else rows.none()


def readable_namespaces(caller: Caller, kind: Kind) -> list[str]:
    """The namespaces in which an ordinary caller may read objects of `kind`."""
    return sorted(ns for ns, role in caller.roles.items() if _includes(role, kind.reader))


def _includes(role: str, needed: str) -> bool:
    return role == "portal" or (
        role in ROLES and needed in ROLES and ROLES.index(role) >= ROLES.index(needed)
    )


@dataclass
class _Memberships:
    """Who is bound to what, and in which groups, as of one value of the counter `access`.

    They are few, asked for by every request and rarely changed: kept in the process until a RoleBinding, a group or
    who is in it has been written.
    """

    version: int
    bindings: dict[tuple[str, str], dict[str, str]]
    groups: dict[int, tuple[str, ...]] = field(default_factory=dict)  # by user, once asked for

    def groups_of(self, user: User) -> tuple[str, ...]:
        """Service accounts have Kubernetes' own groups, too."""
        if user.pk not in self.groups:
            names = [*user.groups.order_by("name").values_list("name", flat=True)]
            if account := account_of(user.get_username()):
                names += account_groups(account[0])
            self.groups[user.pk] = tuple(names)
        return self.groups[user.pk]


_lock = threading.Lock()
_cache = _Memberships(-1, {})


def _memberships(access_version: int) -> _Memberships:
    global _cache
    with _lock:
        if _cache.version != access_version:
            bindings = _load(RoleBinding.objects.values_list("namespace", "body"))
            _cache = _Memberships(access_version, bindings)
        return _cache


def forget_memberships() -> None:
    """For tests that take back a transaction: the number may come again with other memberships."""
    global _cache
    _cache = _Memberships(-1, {})


@receiver([post_save, post_delete], sender=Group)
@receiver(m2m_changed, sender=User.groups.through)
def _note_change(**_: Any) -> None:
    Counter.next("access")


def _load(rows: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for namespace, body in rows:
        binding = json.loads(body)
        role = (binding.get("roleRef") or {}).get("name", "")
        if role not in ROLES:
            continue
        for subject in binding.get("subjects") or []:
            roles = found.setdefault(_subject_key(subject, namespace), {})
            roles[namespace] = max(roles.get(namespace, role), role, key=ROLES.index)
    return found


def _subject_key(subject: Mapping[str, str], namespace: str) -> tuple[str, str]:
    name = subject.get("name", "")
    if subject.get("kind") == "ServiceAccount":
        return "User", account_name(subject.get("namespace") or namespace, name)
    return subject.get("kind", "User"), name


def _roles_of(
    bindings: Mapping[tuple[str, str], Mapping[str, str]], name: str, groups: Iterable[str]
) -> dict[str, str]:
    roles: dict[str, str] = {}
    for key in [("User", name), *(("Group", group) for group in groups)]:
        for namespace, role in bindings.get(key, {}).items():
            roles[namespace] = max(roles.get(namespace, role), role, key=ROLES.index)
    return roles
