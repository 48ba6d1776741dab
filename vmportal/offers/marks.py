"""The marks of what stands in a namespace because of an offer. Read by rules, pages and the plan; pure."""

from __future__ import annotations

from typing import Any

from vmportal.admission.reading import annotation, label

OFFER = "vmportal.dev/offer"  # label: the name of the offer that the object is made from
WITHDRAWN = "vmportal.dev/withdrawn"  # label: it stays for those who use it, and nobody else may begin to
MADE_FROM = "vmportal.dev/made-from"  # annotation: a digest of the wish that it was made from
ADOPT = "vmportal.dev/adopt"  # annotation: the offer of this name may take the object over
FINALIZER = "vmportal.dev/offer"  # holds an offer until nothing stands anywhere because of it
MANAGER = "offers"  # in managedFields


def offer_of(obj: dict[str, Any] | None) -> str:
    """The offer that an object is made from; empty when it was made by hand."""
    return label(obj, OFFER) or ""


def is_withdrawn(obj: dict[str, Any] | None) -> bool:
    """Whether nobody may begin to use an object."""
    return label(obj, WITHDRAWN) is not None


def may_be_adopted(obj: dict[str, Any], offer: str) -> bool:
    return annotation(obj, ADOPT) == offer
