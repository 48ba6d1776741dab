"""Notes what changes no object and yet should be known: sign-ins, refusals, secrets that were read.

Written by pages and API; what changes a wish stands in its `Revision` already.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from vmportal.access import Caller
from vmportal.kind import Kind
from vmportal.models import Audit
from vmportal.request_ids import CURRENT
from vmportal.resource import NAME_MOST


def note(
    who: str | Caller,
    action: str,
    *,
    kind: Kind | None = None,
    namespace: str = "",
    name: str = "",
    **details: Any,
) -> None:
    """`action`: sign-in, sign-in-failed, sign-out, sign-out-everywhere, read-secret, forbidden, impersonate,
    privileged, make-token, revoke-token, token-refused.

    Of who acts in another's name both are noted; and the id of the request that is being answered, if it is one.
    """
    if isinstance(who, Caller):
        if who.real:
            details["impersonated"] = who.name
        who = who.actor
    Audit.objects.create(
        at=timezone.now(),
        who=who[:NAME_MOST],
        action=action,
        kind=kind.shape.group_resource if kind else "",
        namespace=namespace,
        name=name,
        request_id=CURRENT.get(),
        details=details,
    )
