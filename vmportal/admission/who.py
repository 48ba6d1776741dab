"""Who somebody is by their name: privileged in VM Operator's webhooks (PRIV-01 to PRIV-06), or a service account.

Asked by `Admitting`, and by who signs people in. Privileged is not the portal's admin: an admin of the portal is an
ordinary user here unless listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

SERVICE_ACCOUNT, SERVICE_ACCOUNTS = "system:serviceaccount:", "system:serviceaccounts"
MASTERS = "system:masters"
KUBE_ADMIN = "kubernetes-admin"
HASH = "-HASH"  # in a listed account's namespace: stands for a hyphen and five letters or digits
_ACCOUNT = re.compile(SERVICE_ACCOUNT + r"([a-z0-9]([-a-z0-9]*[a-z0-9])?):[a-z0-9]([-.a-z0-9]*[a-z0-9])?")


@dataclass(frozen=True)
class User:
    """The requester, named as an API server hands it to admission webhooks."""

    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Installation:
    """What holds for the whole installation, whatever the request."""

    build_version: str = ""  # empty: no object ever counts as upgraded (UPG-05)
    operator_namespace: str = "vmware-system-vmop"
    operator_account: str = "vmoperator-service-account"
    privileged_users: str = ""  # as in VM Operator's variable PRIVILEGED_USERS
    network_provider: str = "VSPHERE_NETWORK"
    schema_version: str = "v1alpha5"

    @cached_property
    def operator(self) -> str:
        """VM Operator's own account, as a user name."""
        return account_name(self.operator_namespace, self.operator_account)

    @cached_property
    def listed(self) -> tuple[re.Pattern[str], ...]:
        """A pattern for each of the listed privileged users (PRIV-04)."""
        parts = re.split(r"(?<!\\),", self.privileged_users)
        names = (part.strip().replace("\\,", ",") for part in parts)
        return tuple(_pattern(name) for name in names if name)


def _pattern(listed: str) -> re.Pattern[str]:
    """What a listed name matches: itself only, or any hash in place of `-HASH` (PRIV-05, PRIV-06)."""
    namespace, colon, account = listed.removeprefix(SERVICE_ACCOUNT).partition(":")
    if listed.startswith(SERVICE_ACCOUNT) and colon and namespace.endswith(HASH):
        prefix = re.escape(SERVICE_ACCOUNT + namespace.removesuffix(HASH))
        return re.compile(f"{prefix}-[A-Za-z0-9]{{5}}:{re.escape(account)}")
    return re.compile(re.escape(listed))


def is_vmop(user: User, installation: Installation) -> bool:
    """VM Operator's own account (PRIV-01)."""
    return user.name.lower() == installation.operator.lower()


def is_vmop_or_masters(user: User, installation: Installation) -> bool:
    """VM Operator's own account, or a member of `system:masters` (PRIV-02)."""
    return is_vmop(user, installation) or MASTERS in user.groups


def is_privileged(user: User, installation: Installation) -> bool:
    """Any privileged user (PRIV-01 to PRIV-06)."""
    return (
        is_vmop_or_masters(user, installation)
        or user.name.lower() == KUBE_ADMIN
        or any(pattern.fullmatch(user.name) for pattern in installation.listed)
    )


def account_name(namespace: str, name: str) -> str:
    """The user name that a service account has."""
    return f"{SERVICE_ACCOUNT}{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, str]:
    """The groups of the service accounts of a namespace."""
    return SERVICE_ACCOUNTS, f"{SERVICE_ACCOUNTS}:{namespace}"


def account_of(name: str) -> tuple[str, str] | None:
    """Namespace and name of the service account that a user's name stands for, or None."""
    if not _ACCOUNT.fullmatch(name):
        return None
    namespace, _, account = name.removeprefix(SERVICE_ACCOUNT).partition(":")
    return namespace, account
