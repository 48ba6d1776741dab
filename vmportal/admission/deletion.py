"""Guards that hold while an object is being deleted, when no rule looks at it (PIPE-06). For the policies of the apps."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission.admitting import Admitting
from vmportal.admission.rule import Rule, policy
from vmportal.errors import FieldError


def guards_in_deletion(*guards: Rule) -> Rule:
    """The policy QRK-17 of a kind: what these rules keep for privileged users stays theirs to the end."""

    @policy("QRK-17", op="U")
    def guards_hold_during_deletion(request: Admitting) -> Iterator[FieldError]:
        """What only privileged users may touch stays guarded while the object is being deleted."""
        for guard in guards:
            yield from (found for found in guard.findings(request) if isinstance(found, FieldError))

    return guards_hold_during_deletion
