"""Whom an OpenID Connect issuer's token names: what the portal is told of the issuer, and claims to an identity. Pure.

Made by the settings, as kube-apiserver's flags `--oidc-…` make it; asked by `vmportal.api.oidc`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

ALGORITHMS = tuple(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
SYSTEM = "system:"  # names of users and groups that only the portal and Kubernetes themselves give
KUBE_ADMIN = "kubernetes-admin"  # privileged in VM Operator's rules by its name alone (PRIV-03)
NO_PREFIX = "-"
GROUPS_PREFIX = "oidc:"  # the portal has groups of its own: another's of the same name is another group
CREDENTIAL = "authentication.kubernetes.io/credential-id"
NAME_MOST, GROUPS_MOST = 350, 1000

Claims = Mapping[str, Any]


class Refused(Exception):
    """A token that names nobody; why is for the log and for reviews by admins, not for who sent it."""


@dataclass(frozen=True)
class Identity:
    """Somebody whom the issuer knows and the portal need not. It is `request.user`, and `request.auth` as well."""

    username: str
    groups: tuple[str, ...]
    expires: int  # seconds since 1970
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_active = is_authenticated = True
    pk = None

    def get_username(self) -> str:
        return self.username


@dataclass(frozen=True)
class Issuer:
    """One issuer, and what is made of the claims in its tokens. Raises `ValueError` for what cannot work or is unsafe.

    Prefixes are as in Kubernetes: none given, names other than an email get the issuer's address and `#`; `-` is
    none. Unlike there, groups have one of their own by themselves.
    """

    url: str
    audiences: tuple[str, ...]  # a token must be for one of them
    username_claim: str = "sub"
    username_prefix: str = ""
    groups_claim: str = ""
    groups_prefix: str = ""
    required_claims: tuple[tuple[str, str], ...] = ()
    ca_file: str = ""
    algorithms: tuple[str, ...] = ("RS256",)
    admin_group: str = ""  # as the issuer calls it

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError(f"PORTAL_OIDC_ISSUER_URL must be a plain https address, not {self.url!r}")
        if not self.audiences or not all(self.audiences):
            raise ValueError("PORTAL_OIDC_CLIENT_ID must name whom the issuer's tokens are for")
        unknown = [name for name in self.algorithms if name not in ALGORITHMS]
        if unknown or not self.algorithms:
            raise ValueError(f"PORTAL_OIDC_SIGNING_ALGS must be some of {', '.join(ALGORITHMS)}")
        if self.admin_group and not self.groups_claim:
            raise ValueError(
                "PORTAL_OIDC_ADMIN_GROUP needs PORTAL_OIDC_GROUPS_CLAIM, which says who is in it"
            )
        for prefix in (self.prefix_of_names, self.prefix_of_groups):
            if prefix.lower().startswith(SYSTEM):
                raise ValueError(f"no prefix of PORTAL_OIDC_… may begin with {SYSTEM}")

    @property
    def prefix_of_names(self) -> str:
        usual = "" if self.username_claim == "email" else f"{self.url}#"
        return "" if self.username_prefix == NO_PREFIX else self.username_prefix or usual

    @property
    def prefix_of_groups(self) -> str:
        return "" if self.groups_prefix == NO_PREFIX else self.groups_prefix or GROUPS_PREFIX

    @property
    def admins(self) -> str:
        """The group of portal admins as the portal calls it; empty: there is none."""
        return f"{self.prefix_of_groups}{self.admin_group}" if self.admin_group else ""

    def identity(self, claims: Claims) -> Identity:
        """Whom the claims of a token name that has been verified. Raises `Refused`."""
        self._demand_required(claims)
        return Identity(
            username=self._username(claims),
            groups=self._groups(claims),
            expires=int(claims["exp"]),
            extra=_extra(claims.get("jti")),
        )

    def _demand_required(self, claims: Claims) -> None:
        for name, value in self.required_claims:
            if claims.get(name) != value:
                raise Refused(f"the claim {name} is not {value!r}")

    def _username(self, claims: Claims) -> str:
        claimed = claims.get(self.username_claim)
        if not isinstance(claimed, str) or not claimed:
            raise Refused(f"the claim {self.username_claim} names nobody")
        if self.username_claim == "email" and claims.get("email_verified", True) is not True:
            raise Refused("the email is not verified")
        name = f"{self.prefix_of_names}{claimed}"
        if name.lower() == KUBE_ADMIN:
            raise Refused(f"{name} is privileged in VM Operator's rules: no token makes one that")
        return _plain(name)

    def _groups(self, claims: Claims) -> tuple[str, ...]:
        if not self.groups_claim or claims.get(self.groups_claim) is None:
            return ()
        claimed = claims[self.groups_claim]
        groups: Sequence[Any] = [claimed] if isinstance(claimed, str) else claimed
        if not isinstance(groups, list) or len(groups) > GROUPS_MOST:
            raise Refused(f"the claim {self.groups_claim} is no list of at most {GROUPS_MOST} groups")
        if not all(isinstance(one, str) for one in groups):
            raise Refused(f"the claim {self.groups_claim} holds what is no group's name")
        return tuple(dict.fromkeys(_plain(f"{self.prefix_of_groups}{one}") for one in groups if one))


def _extra(jti: Any) -> Mapping[str, tuple[str, ...]]:
    """By what the token is known to the issuer, as Kubernetes tells it."""
    is_told = isinstance(jti, str) and 0 < len(jti) <= NAME_MOST and jti.isprintable()
    return {CREDENTIAL: (f"JTI={jti}",)} if is_told else {}


def _plain(name: str) -> str:
    """A name that may be somebody else's than the portal's own. Raises `Refused`."""
    if name.lower().startswith(SYSTEM):
        raise Refused(f"{name[:NAME_MOST]!r} begins with {SYSTEM}")
    if len(name) > NAME_MOST or not name.isprintable():
        raise Refused(f"a name is longer than {NAME_MOST} characters, or holds some that are not seen")
    return name
