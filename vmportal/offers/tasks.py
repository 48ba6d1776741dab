"""Makes offers true: look at all namespaces, plan, write through the one door, tell.

Called by the worker under a lease, and by the demo while it is seeded.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from vmportal import events, service
from vmportal.admission.reading import text
from vmportal.backends import backend_for
from vmportal.errors import ApiError, Conflict, NotFound
from vmportal.kind import Kind, Object
from vmportal.models import Namespace, Offer
from vmportal.object_metadata import timestamp
from vmportal.offers import marks, templates
from vmportal.offers.reconcile import (
    REFUSED,
    Action,
    Place,
    Plan,
    Remove,
    goes_to,
    is_of,
    news,
    plan,
    status,
    wish_for,
)
from vmportal.store import By
from vmportal.work import Lease
from vmportal.world import features, fetch

MOST_USERS = 100  # looked up of each namespace
REFUSED_SECONDS = 30.0  # until what was refused somewhere is tried again


def reconcile_offer(uid: str, lease: Lease | None = None) -> float | None:
    """Put what is offered where it goes, take it back where it does not; seconds until the next look, or None."""
    row = Offer.objects.filter(uid=uid).first()
    if row is None:
        return None
    offer = json.loads(row.body)
    kind = templates.kind_of(offer["spec"]["template"])
    if kind is None:  # privileged users may store what no rule has looked at
        _tell(offer, plan(offer, ()), {}, lease)
        return None
    made, step = _look(offer, kind)
    failures = _carry_out(made, step, lease)
    _tell(offer, step, failures, lease)
    return REFUSED_SECONDS if failures and step.look_again is None else step.look_again


def by_offers() -> By:
    """The portal itself, with the manager's name of what it puts into namespaces for offers."""
    return By(service.operator().caller, marks.MANAGER)


def users_of(kind: Kind, obj: Object, most: int = MOST_USERS) -> tuple[str, ...]:
    """Who cannot do without what stands in a namespace: `VirtualMachine web-1`."""
    queries = kind.offering.users(obj) if kind.offering else ()
    return tuple(
        f"{rows.model.__name__} {name}"
        for rows in queries
        for name in rows.order_by("name").values_list("name", flat=True)[:most]
    )


def _look(offer: Object, kind: Kind) -> tuple[Kind, Plan]:
    """The kind of what stands in namespaces, and what is to be done there."""
    template = templates.granted(kind, offer, fetch(templates.wanted(kind, offer)), features())
    if template is not None:
        made = templates.kind_of(template) or kind
        return made, plan(offer, _places(offer, made, template))
    missing = _("There is no %(kind)s %(name)s that a namespace could be let use.") % {
        "kind": kind.shape.kind,
        "name": text(offer, "spec.template.metadata.name"),
    }
    made = _kind_made(offer, kind)
    return made, plan(offer, _places(offer, made, None), missing)


def _kind_made(offer: Object, kind: Kind) -> Kind:
    """The kind of what stands in namespaces already, where the template cannot tell it any more."""
    made = (one for one in templates.offered_kinds() if _made(offer, one).exists())
    return next(made, kind)


def _made(offer: Object, kind: Kind) -> Any:
    return kind.model.objects.filter(**{f"labels__{marks.OFFER}": text(offer, "metadata.name")})


def standing(offer: Object, kind: Kind, name: str = "") -> dict[str, Object]:
    """By namespace: what is made from the offer, or has the name of what would be."""
    rows = kind.model.objects.exclude(namespace="")
    made = _made(offer, kind) | rows.filter(name=name) if name else _made(offer, kind)
    return {row.namespace: json.loads(row.body) for row in made.order_by("pk")}


def _places(offer: Object, made: Kind, template: Object | None) -> Iterator[Place]:
    found = standing(offer, made, text(template, "metadata.name"))
    for row in Namespace.objects.order_by("name"):
        place = Place(
            name=row.name,
            labels=row.labels,
            is_terminating=row.deleting is not None,
            is_backends=backend_for(row.name).owns_catalogue,
            is_system=row.name == settings.OPERATOR_NAMESPACE,
            found=found.get(row.name),
        )
        is_wanted = goes_to(offer, place)
        if not is_wanted and not is_of(offer, place.found):
            continue
        users = () if is_wanted or place.found is None else users_of(made, place.found)
        wish = wish_for(offer, template, row.name, withdrawn=not is_wanted) if template else None
        yield replace(place, users=users, wish=wish)


def _carry_out(kind: Kind, step: Plan, lease: Lease | None) -> dict[str, str]:
    """Write what the plan says; by namespace, why something is refused there."""
    failures = {}
    for action in step.actions:
        if lease:
            lease.renew()
        try:
            write(kind, action)
        except NotFound:
            continue  # the namespace, or the object, went meanwhile: the next look will know
        except ApiError as error:
            failures[action.namespace] = error.message
    return failures


def write(kind: Kind, action: Action) -> None:
    """Carry out one action. Raises `ApiError`."""
    by = by_offers()
    if isinstance(action, Remove):
        service.delete(kind, action.namespace, action.name, by, uid=action.uid)
        return
    wish = {key: value for key, value in action.wish.items() if key != "status"}
    name = text(wish, "metadata.name")
    if action.replaces:
        service.update(kind, action.namespace, name, lambda found: _replaced(found, wish), by)
    service.apply(
        kind, action.namespace, name, wish, by, force=True, check=lambda live: _demand_own(live, wish)
    )
    if "status" in action.wish:
        seen = action.wish["status"]
        service.update(
            kind, action.namespace, name, lambda found: {**found, "status": seen}, by, subresource="status"
        )


def _demand_own(live: Object, wish: Object) -> None:
    """Raise `Conflict` for what somebody has made by hand since the look: it is not to be overwritten."""
    if live and marks.offer_of(live) != marks.offer_of(wish):
        raise Conflict(_("Somebody has just made one by hand."))


def _replaced(found: Object, wish: Object) -> Object:
    """What was made by hand, with nothing left of it but its identity."""
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "finalizers")
    meta = {key: value for key, value in found["metadata"].items() if key in kept}
    return {**wish, "metadata": {**meta, **wish["metadata"]}}


def _tell(offer: Object, step: Plan, failures: dict[str, str], lease: Lease | None) -> None:
    """Write the status down, let the offer go when all is over, and tell what is new."""
    rows = [
        replace(row, state=REFUSED, message=failures[row.name]) if row.name in failures else row
        for row in step.rows
    ]
    after = status(offer, rows, timestamp())
    kind, meta, by = _offers(), offer["metadata"], service.operator()

    def change(found: Object) -> Object:
        if step.is_over and not failures:
            finalizers = found["metadata"].get("finalizers") or []
            found["metadata"]["finalizers"] = [one for one in finalizers if one != marks.FINALIZER]
        return {**found, "status": after}

    with contextlib.suppress(NotFound):  # it went meanwhile
        service.update(kind, "", meta["name"], change, by, lease=lease, with_status=True)
    for one in news(offer, after) if lease else ():  # what is seeded is no news
        with contextlib.suppress(ApiError):
            events.record(kind, offer, one.type, one.reason, one.message, by)


def _offers() -> Kind:
    from vmportal.kinds import kind_named  # which names this file's task

    return kind_named("offers.vmportal.dev")
