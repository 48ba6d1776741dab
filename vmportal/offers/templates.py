"""What an offer's template stands for: its kind, what its kind says of it, and what it makes in a namespace.

Called by admission of offers and by `tasks`. It asks the list of kinds, so it is not pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from django.conf import settings

from vmportal.admission import Admitting, Want, admit
from vmportal.admission.admitting import Operation
from vmportal.admission.reading import get, mapping, text
from vmportal.admission.rule import invalid, not_supported, rule
from vmportal.errors import FieldError
from vmportal.kind import Kind, Object
from vmportal.offers.reconcile import in_namespace
from vmportal.offers.rules import TEMPLATE
from vmportal.schema import prune

TYPE = ("apiVersion", "kind", "metadata")
ANY = "any"  # stands for the namespaces while a template is judged


def offered_kinds() -> list[Kind]:
    """The kinds that can be offered, by name."""
    from vmportal.kinds import KINDS  # which knows this file

    return sorted((kind for kind in KINDS if kind.offering), key=lambda kind: kind.shape.kind)


def kind_of(obj: object) -> Kind | None:
    """The kind of an object, if it can be offered."""
    wanted = text(obj, "apiVersion"), text(obj, "kind")
    return next(
        (kind for kind in offered_kinds() if (kind.shape.api_version, kind.shape.kind) == wanted), None
    )


def granted(
    kind: Kind, offer: Object, fetched: Iterable[Object], features: Mapping[str, bool]
) -> Object | None:
    """The template of what stands in namespaces; None where the cluster-wide object that it is about is missing."""
    template: Object = get(offer, TEMPLATE)
    if kind.offering is None or kind.offering.grant is None:
        return template
    name = text(template, "metadata.name")
    of_that_name = (obj for obj in fetched if text(obj, "metadata.name") == name)
    found = next((obj for obj in of_that_name if obj["kind"] == kind.shape.kind), None)
    return kind.offering.grant(found, str(get(offer, "spec.limit") or ""), features) if found else None


def wanted(kind: Kind, offer: Object) -> frozenset[Want]:
    """What must be looked up to grant a cluster-wide object."""
    is_granted = kind.offering is not None and kind.offering.grant is not None
    name = text(offer, f"{TEMPLATE}.metadata.name")
    return frozenset([Want(kind.shape.kind, "", name)] if is_granted else [])


def references(offer: Admitting) -> Iterator[Want]:
    kind = kind_of(offer.get(TEMPLATE))
    if kind is not None and kind.shape.namespaced and offer.new is not None:
        yield from kind.admission.references(_as_object(offer, kind))


@rule("OFR-07", who="admin")
def the_kind_can_be_offered(offer: Admitting) -> Iterator[FieldError]:
    """What is offered is of a kind that catalogues consist of."""
    if kind_of(offer.get(TEMPLATE)) is None:
        known = ", ".join(f"{kind.shape.kind} ({kind.shape.api_version})" for kind in offered_kinds())
        yield not_supported(f"{TEMPLATE}.kind", f"Offer one of: {known}.")


@rule("OFR-08", who="admin")
def the_template_is_as_its_kind_demands(offer: Admitting) -> Iterator[FieldError]:
    """The template is an object that could be stored as it stands: all rules of its own kind hold for it."""
    template = offer.get(TEMPLATE)
    kind = kind_of(template)
    if kind is None or kind.offering is None:
        return
    rest = {key: value for key, value in template.items() if key not in TYPE}
    if kind.offering.grant:
        for key in rest:
            yield invalid(
                f"{TEMPLATE}.{key}", "Leave it out: the object stands already, and is known by its name."
            )
        return
    pruned, unknown = prune(kind.shape.schema, rest)
    for path in unknown:
        yield invalid(f"{TEMPLATE}.{path}", f"A {kind.shape.kind} has no such field: see `kubectl explain`.")
    if "status" in pruned and not kind.offering.has_status:
        yield invalid(
            f"{TEMPLATE}.status", "Leave it out: what is seen of an object is no part of the offer."
        )
    outcome = admit(_as_object(offer, kind), kind.shape, kind.admission, policy_off=settings.POLICY_OFF)
    for error in outcome.errors:
        yield replace(error, path=f"{TEMPLATE}.{error.path}")


def _as_object(offer: Admitting, kind: Kind) -> Admitting:
    """The request as if the template itself were written, in some namespace."""
    new, old = (_object(kind, obj) for obj in (offer.new, offer.old))
    name = text(new, "metadata.name")
    if name != text(old, "metadata.name"):
        old = None
    operation: Operation = "UPDATE" if old else "CREATE"
    return replace(
        offer,
        kind=kind.shape.kind,
        namespace=ANY,
        name=name,
        operation=operation,
        new=new,
        old=old,
        sent=None,
    )


def _object(kind: Kind, offer: Object | None) -> Object | None:
    template = mapping(offer, TEMPLATE)
    if not template or kind_of(template) is not kind:
        return None
    whole = in_namespace(template, ANY)
    known = {key: whole[key] for key in TYPE}
    pruned, _ = prune(kind.shape.schema, {key: value for key, value in whole.items() if key not in TYPE})
    return {**known, **pruned}
