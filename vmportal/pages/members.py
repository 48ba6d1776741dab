"""The members of a namespace as its page shows and changes them: subjects of RoleBindings. Called by the views."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vmportal import service
from vmportal.access import ROLES
from vmportal.core_kinds import ROLE_BINDING
from vmportal.core_schema import RBAC_GROUP
from vmportal.kind import Object
from vmportal.models import RoleBinding
from vmportal.store import By

GROUP, ACCOUNT = "group:", "serviceaccount:"  # before a name, for who is no person


@dataclass(frozen=True)
class Member:
    """A subject of a binding: `kind` is User, Group or ServiceAccount."""

    binding: str
    kind: str
    name: str
    role: str

    @property
    def written(self) -> str:
        """As it is typed."""
        return {"Group": GROUP, "ServiceAccount": ACCOUNT}.get(self.kind, "") + self.name


def members_of(namespace: str) -> list[Member]:
    """By role, the most powerful first, and name."""
    bodies = RoleBinding.objects.filter(namespace=namespace).values_list("body", flat=True)
    found = [member for body in bodies for member in _members(json.loads(body))]
    return sorted(found, key=lambda member: (-ROLES.index(member.role), member.kind, member.name))


def counts(namespaces: Iterable[str]) -> Counter[str]:
    """How many subjects each namespace has; in one statement."""
    rows = RoleBinding.objects.filter(namespace__in=list(namespaces)).values_list("namespace", "body")
    found: Counter[str] = Counter()
    for namespace, body in rows:
        found[namespace] += sum(1 for _ in _members(json.loads(body)))
    return found


def read_people(text: str) -> list[tuple[str, str]]:
    """Kind and name of each, between commas, spaces or lines: `alice, group:operators`."""
    return [_subject(word) for word in text.replace(",", " ").split()]


def add_member(namespace: str, kind: str, name: str, role: str, by: By) -> None:
    """Bind somebody to a role, unless they have it. Raises `Invalid`."""
    if any((one.kind, one.name, one.role) == (kind, name, role) for one in members_of(namespace)):
        return
    subject = {"kind": kind, "name": name}
    subject |= {"namespace": namespace} if kind == "ServiceAccount" else {"apiGroup": RBAC_GROUP}
    binding = {
        "apiVersion": f"{RBAC_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"generateName": f"{role}-", "namespace": namespace},
        "subjects": [subject],
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": role},
    }
    service.create(ROLE_BINDING, namespace, binding, by)


def remove_member(namespace: str, binding: str, kind: str, name: str, by: By) -> None:
    """Take a subject out of a binding, and the binding away when it was the last. Raises `NotFound`."""
    row = service.get(ROLE_BINDING, namespace, binding, by.caller)
    if len(json.loads(row.body).get("subjects") or []) <= 1:
        service.delete(ROLE_BINDING, namespace, binding, by)
        return

    def without(found: Object) -> Object:
        subjects = found.get("subjects") or []
        found["subjects"] = [one for one in subjects if (one["kind"], one["name"]) != (kind, name)]
        return found

    service.update(ROLE_BINDING, namespace, binding, without, by)


def _members(binding: Object) -> list[Member]:
    role = (binding.get("roleRef") or {}).get("name", "")
    if role not in ROLES:
        return []
    subjects = binding.get("subjects") or []
    return [Member(binding["metadata"]["name"], one["kind"], one["name"], role) for one in subjects]


def _subject(word: str) -> tuple[str, str]:
    for prefix, kind in ((GROUP, "Group"), (ACCOUNT, "ServiceAccount")):
        if word.lower().startswith(prefix):
            return kind, word[len(prefix) :]
    return "User", word
