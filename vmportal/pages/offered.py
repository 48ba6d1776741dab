"""Offers as pages tell of them: where one goes, in words, and which there are in a namespace. Called by the views."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from vmportal.admission.reading import get, text, texts
from vmportal.models import Offer
from vmportal.offers.reconcile import OFFERED

Object = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """An offer in a line of a list; `state` is how it stands in a namespace, `ready` whether it stands everywhere."""

    name: str
    kind: str
    what: str  # the name of what is offered
    goes_to: str
    offered: int
    is_to_all: bool
    is_going: bool
    ready: bool
    reason: str
    message: str = ""
    state: str = ""
    used_by: list[str] = field(default_factory=list)


def line_of(offer: Object, namespace: str = "") -> Line:
    ready = _condition(offer, "Ready")
    row = next((one for one in _rows(offer) if one["name"] == namespace), {})
    return Line(
        name=text(offer, "metadata.name"),
        kind=text(offer, "spec.template.kind"),
        what=text(offer, "spec.template.metadata.name"),
        goes_to=goes_to(offer),
        offered=get(offer, "status.offered") or 0,
        is_to_all=get(offer, "spec.namespaceSelector") == {},
        is_going=bool(get(offer, "metadata.deletionTimestamp")),
        ready=ready.get("status") == "True",
        reason=ready.get("reason", ""),
        message=row.get("message", "") if namespace else ready.get("message", ""),
        state=row.get("state", ""),
        used_by=row.get("usedBy") or [],
    )


def goes_to(offer: Object) -> str:
    """Where an offer goes, in words."""
    selector, names = get(offer, "spec.namespaceSelector"), get(offer, "spec.namespaces") or []
    parts = []
    if selector == {}:
        parts.append(_("all namespaces"))
    elif selector:
        parts.append(_("namespaces with %(labels)s") % {"labels": _in_words(selector)})
    parts += names
    return ", ".join(parts) or _("no namespace")


def offers_in(namespace: str) -> list[Line]:
    """The offers that have something to do with a namespace, by kind and name."""
    lines = (line_of(offer, namespace) for offer in _offers())
    return sorted((line for line in lines if line.state), key=lambda line: (line.kind, line.name))


def offers_for(namespace: str) -> list[Line]:
    """The offers that a new namespace can have, by kind and name."""
    lines = (line_of(offer, namespace) for offer in _offers())
    return sorted((line for line in lines if not line.is_going), key=lambda line: (line.kind, line.name))


def offers_per_namespace() -> Counter[str]:
    """How many offers stand in each namespace."""
    return Counter(row["name"] for offer in _offers() for row in _rows(offer) if row["state"] == OFFERED)


def _offers() -> list[Object]:
    return [json.loads(body) for body in Offer.objects.values_list("body", flat=True)]


def _rows(offer: Object) -> list[Object]:
    return get(offer, "status.namespaces") or []


def _condition(offer: Object, type_: str) -> Object:
    return next((one for one in get(offer, "status.conditions") or [] if one["type"] == type_), {})


def _in_words(selector: Object) -> str:
    labels = [f"{key}={value}" for key, value in texts(selector, "matchLabels").items()]
    for one in selector.get("matchExpressions") or []:
        values = f" ({', '.join(one['values'])})" if one.get("values") else ""
        labels.append(f"{one['key']} {one['operator']}{values}")
    return ", ".join(labels)
