"""What an Offer may look like, beside what its template's own kind says. Assembled in `vmportal.offers.kinds`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.metadata import is_dns_label
from vmportal.admission.reading import fill, get, mapping, put
from vmportal.admission.rule import default, forbidden, invalid, rule
from vmportal.admission.selectors import is_selector
from vmportal.errors import FieldError
from vmportal.offers.marks import ADOPT, FINALIZER, MADE_FROM, OFFER, WITHDRAWN
from vmportal.schema import parse_quantity

TEMPLATE, FINALIZERS = "spec.template", "metadata.finalizers"
STAYS = "This stays as it is, since it stands in namespaces: put it back, and make another offer."


@default("OFR-01", op="C")
def an_offer_is_held_until_it_is_taken_back(offer: Admitting) -> None:
    """A new offer has the finalizer that holds it until nothing stands in a namespace because of it."""
    finalizers = get(offer.new, FINALIZERS) or []
    if isinstance(finalizers, list) and FINALIZER not in finalizers:
        put(offer.new, FINALIZERS, [*finalizers, FINALIZER])


@default("OFR-02")
def what_is_offered_is_named_as_the_offer(offer: Admitting) -> None:
    """Without a name of its own, what is offered has that of the offer."""
    if isinstance(get(offer.new, TEMPLATE), dict):
        fill(offer.new, f"{TEMPLATE}.metadata.name", offer.name)


@rule("OFR-03", op="U", who="admin")
def what_is_offered_stays(offer: Admitting) -> Iterator[FieldError]:
    """The kind and the name of what is offered never change; the rest of it may."""
    for part in ("apiVersion", "kind", "metadata.name"):
        if offer.changed(f"{TEMPLATE}.{part}"):
            yield invalid(f"{TEMPLATE}.{part}", STAYS)


@rule("OFR-04", who="admin")
def namespaces_are_named(offer: Admitting) -> Iterator[FieldError]:
    """Each of the namespaces is a name that a namespace can have."""
    for path, name in offer.each_text("spec.namespaces"):
        if not is_dns_label(name):
            yield invalid(path, "Name a namespace: lower case letters, digits and '-'.")


@rule("OFR-05", who="admin")
def the_selector_can_be_read(offer: Admitting) -> Iterator[FieldError]:
    """The selector of namespaces is one that Kubernetes can read."""
    if not is_selector(offer.get("spec.namespaceSelector")):
        yield invalid(
            "spec.namespaceSelector",
            "Write labels in matchLabels, or In, NotIn (with values), Exists and DoesNotExist (without).",
        )


@rule("OFR-06", who="admin")
def a_limit_is_of_a_storage_class(offer: Admitting) -> Iterator[FieldError]:
    """A limit goes with a storage class, and is not below 0."""
    limit = offer.get("spec.limit")
    if limit is None:
        return
    if offer.text(f"{TEMPLATE}.kind") != "StorageClass":
        yield invalid("spec.limit", "Leave it out: only a storage class is offered up to a limit.")
        return
    try:
        is_negative = parse_quantity(limit) < 0
    except ValueError:
        return  # the schema has said so
    if is_negative:
        yield invalid("spec.limit", "Allow 0 or more.")


@rule("OFR-09", op="C", who="admin")
def the_name_can_be_a_label(offer: Admitting) -> Iterator[FieldError]:
    """The name of an offer stands as a label on all that is made from it, and so has at most 63 characters."""
    if len(offer.name) > 63:
        yield invalid("metadata.name", "Keep to 63 characters: the name becomes a label.")


@rule("OFR-10", who="admin")
def marks_are_the_portals(offer: Admitting) -> Iterator[FieldError]:
    """The template leaves out the labels and annotations by which the portal knows what is made from offers."""
    for part, reserved in (("labels", (OFFER, WITHDRAWN)), ("annotations", (MADE_FROM, ADOPT))):
        path = f"{TEMPLATE}.metadata.{part}"
        for key in reserved:
            if key in mapping(offer.new, path):
                yield forbidden(f"{path}[{key}]", "Leave it out: the portal sets it.")


RULES = (
    marks_are_the_portals,
    the_name_can_be_a_label,
    what_is_offered_stays,
    namespaces_are_named,
    the_selector_can_be_read,
    a_limit_is_of_a_storage_class,
)
DEFAULTS = (an_offer_is_held_until_it_is_taken_back, what_is_offered_is_named_as_the_offer)
