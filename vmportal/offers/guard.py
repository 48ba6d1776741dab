"""Keeps what is made from an offer as the offer says: nobody writes it but the portal. Asked by the service."""

from __future__ import annotations

from vmportal.admission.reading import mapping
from vmportal.errors import Forbidden
from vmportal.kind import Kind, Object
from vmportal.offers.marks import OFFER, WITHDRAWN, offer_of


def demand_not_offered(kind: Kind, old: Object | None, new: Object | None) -> None:
    """Raise `Forbidden` for an object that an offer has made, and for one that only says so of itself.

    `old` is None on create, `new` on delete.
    """
    if kind.offering is None or not kind.shape.namespaced:
        return
    offer = offer_of(old)
    if offer:
        raise _forbidden(
            kind,
            old,
            f'it is made from the offer "{offer}" and is as that says: a portal admin can change what is offered, '
            f"and where (kubectl edit offer {offer})",
        )
    for label in (OFFER, WITHDRAWN):
        if label in mapping(new, "metadata.labels"):
            raise _forbidden(
                kind,
                new,
                f"the label {label} is the portal's own: leave it out, or make an offer of the object",
            )


def _forbidden(kind: Kind, obj: Object | None, why: str) -> Forbidden:
    name = (obj or {})["metadata"].get("name", "")
    return Forbidden(
        f'{kind.shape.group_resource} "{name}" is forbidden: {why}',
        **kind.shape.details(name),
    )
