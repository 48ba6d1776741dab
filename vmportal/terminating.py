"""What Kubernetes says of a namespace that is being deleted: its conditions, and why it takes nothing new. Pure.

Called by `vmportal.namespaces`, which empties it, and by service and store, which refuse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vmportal.conditions import dated
from vmportal.errors import Forbidden
from vmportal.kind import Kind

Object = dict[str, Any]


@dataclass
class Remains:
    """What is left in a namespace: how many objects of each kind (`virtualmachines.vmoperator.vmware.com`; a core
    kind ends with a dot), how many each finalizer holds, and why something could not be deleted."""

    objects: Counter[str] = field(default_factory=Counter)
    finalizers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.objects)


def takes_nothing_new(kind: Kind, name: str, namespace: str) -> Forbidden:
    """The refusal of a new object in a namespace that is being deleted."""
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    return Forbidden(
        f'{kind.shape.group_resource} "{name}" is forbidden: unable to create new content in namespace '
        f"{namespace} because it is being terminated",
        **kind.shape.details(name),
        causes=[cause],
    )


def terminating_status(before: Mapping[str, Any], remains: Remains, now: str) -> Object:
    """The status of a namespace in deletion, in Kubernetes' own words."""
    was = {"status": before}
    conditions = [dated(was, condition, now) for condition in _conditions(remains)]
    return {"phase": "Terminating", "conditions": conditions}


def _conditions(remains: Remains) -> list[Object]:
    failed = ", ".join(remains.failures)
    kinds = ", ".join(
        f"{kind} has {count} resource instances" for kind, count in sorted(remains.objects.items())
    )
    held = ", ".join(
        f"{name} in {count} resource instances" for name, count in sorted(remains.finalizers.items())
    )
    return [
        _fine(
            "NamespaceDeletionDiscoveryFailure",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        _fine(
            "NamespaceDeletionGroupVersionParsingFailure",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        _trouble(
            "NamespaceDeletionContentFailure",
            "ContentDeletionFailed",
            f"Failed to delete all resource types, {len(remains.failures)} remaining: {failed}",
        )
        if failed
        else _fine(
            "NamespaceDeletionContentFailure",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        _trouble("NamespaceContentRemaining", "SomeResourcesRemain", f"Some resources are remaining: {kinds}")
        if kinds
        else _fine("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
        _trouble(
            "NamespaceFinalizersRemaining",
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {held}",
        )
        if held
        else _fine(
            "NamespaceFinalizersRemaining",
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        ),
    ]


def _fine(type_: str, reason: str, message: str) -> Object:
    return {"type": type_, "status": "False", "reason": reason, "message": message}


def _trouble(type_: str, reason: str, message: str) -> Object:
    return {"type": type_, "status": "True", "reason": reason, "message": message}
