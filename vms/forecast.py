"""How a wish stands to the quotas of its namespace, in words. For the form for a new machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from storage.quota import key_of, rounded
from vmportal.quota import Line


@dataclass(frozen=True)
class Share:
    """One limit: how much of it is used, how much this adds, and what is left then."""

    label: str
    quota: str
    used: str
    added: str
    left: str
    is_exceeded: bool


def shares(lines: Iterable[Line]) -> list[Share]:
    return [
        Share(
            label=_label(line),
            quota=line.quota,
            used=rounded(line.used, line.is_bytes),
            added=rounded(line.requested, line.is_bytes),
            left=rounded(max(0, line.left - line.requested), line.is_bytes),
            is_exceeded=line.is_exceeded,
        )
        for line in lines
    ]


def _label(line: Line) -> str:
    known = {
        "storage": _("Storage"),
        "requests.cpu": _("vCPUs"),
        "requests.memory": _("Memory"),
        "count/virtualmachines.vmoperator.vmware.com": _("Machines"),
    }
    return known.get(key_of(line.resource), line.resource)
