"""Admits one write: looks up what the rules of its kind ask for, lets them decide, and asks what it takes of quotas.

Called by `vmportal.service`; the rules themselves are pure, and so is the pipeline (`vmportal.admission`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings
from django.utils import timezone

from vmportal.access import Caller
from vmportal.admission import Admitting, User, Want, admit, look_up
from vmportal.admission.admitting import Operation
from vmportal.errors import Invalid
from vmportal.kind import Kind, Object
from vmportal.quota import Asked, Line
from vmportal.world import demand_open_namespace, features, fetch, installation


def admit_write(
    kind: Kind, operation: Operation, new: Object | None, old: Object | None, caller: Caller
) -> tuple[Object, tuple[str, ...], Asked | None]:
    """The object as the rules complete it, warnings, and what it asks of quotas.

    Raises `Invalid` with all errors at once.
    """
    admitting = _look_up(kind, _request(kind, operation, new, old, caller))
    outcome = admit(admitting, kind.shape, kind.admission, policy_off=settings.POLICY_OFF)
    if outcome.errors:
        raise Invalid(kind.shape.kind, admitting.name or "", outcome.errors, kind.shape.group)
    asked = _asked(kind, replace(admitting, new=outcome.object)) if outcome.object else None
    warnings = (*outcome.warnings, *(asked.warnings if asked else ()))
    return outcome.object or {}, warnings, asked


def check_quota(kind: Kind, asked: Asked | None) -> tuple[Line, ...]:
    """What a dry run would find. Raises `Exceeded`."""
    return kind.quota.check(asked) if kind.quota and asked else ()


def book_again(kind: Kind, obj: Object, caller: Caller) -> bool:
    """Note what a stored object takes of quotas, whatever they allow; False if nothing."""
    if kind.quota is None:
        return False
    return kind.quota.book_again(_look_up(kind, _request(kind, "CREATE", obj, None, caller)))


def _request(
    kind: Kind, operation: Operation, new: Object | None, old: Object | None, caller: Caller
) -> Admitting:
    meta = (new or old or {})["metadata"]
    return Admitting(
        operation=operation,
        kind=kind.shape.kind,
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        new=new,
        old=old,
        user=User(caller.name, caller.groups),
        now=timezone.now(),
        new_uuid=lambda: str(uuid.uuid4()),
        features=features(),
        installation=installation(),
    )


def _look_up(kind: Kind, admitting: Admitting) -> Admitting:
    """The request with what its rules look up; of a create also that its namespace is there and open."""
    wanted: frozenset[Want] = frozenset()
    if admitting.is_create and kind.shape.namespaced:
        wanted = frozenset([Want("Namespace", "", admitting.namespace)])

    def references(asking: Admitting) -> Iterable[Want]:
        of_quota = kind.quota.references(asking) if kind.quota else ()
        return {*wanted, *kind.admission.references(asking), *of_quota}

    def fetch_checked(wants: frozenset[Want]) -> list[Object]:
        found = fetch(wants)
        if wanted & wants:
            demand_open_namespace(kind, admitting.name, admitting.namespace, found)
        return found

    return look_up(admitting, references, fetch_checked)


def _asked(kind: Kind, admitted: Admitting) -> Asked | None:
    """What an admitted object asks of the quotas of its namespace."""
    if kind.quota is None:
        return None
    return kind.quota.ask(look_up(admitted, kind.quota.references, fetch, beside=True))
