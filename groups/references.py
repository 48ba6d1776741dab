"""The objects that defaults, rules and policy of groups and of their publish requests may look up; pure."""

from __future__ import annotations

from collections.abc import Iterator

from groups.members import want_groups
from vmportal.admission import Admitting, Want


def want_libraries(namespace: str) -> Want:
    """All content libraries of a namespace: they are few, and the default one is known by its label only."""
    return Want("ContentLibrary", namespace)


def group_references(group: Admitting) -> Iterator[Want]:
    """The other groups, if this one has a parent."""
    if group.text("spec.groupName"):
        yield want_groups(group.namespace)


def publish_references(request: Admitting) -> Iterator[Want]:
    """Groups and libraries; only a new request looks at them."""
    if request.is_create:
        yield want_groups(request.namespace)
        yield want_libraries(request.namespace)
