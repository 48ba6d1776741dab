"""The pages of offers for portal admins: the list, one with who uses it, writing it as YAML, and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from vmportal import access, service, yamltext
from vmportal.admission.reading import get
from vmportal.api.decoding import Intake
from vmportal.api.documents import read_yaml
from vmportal.errors import ApiError, FieldError, Invalid
from vmportal.kind import Kind, Object
from vmportal.models import Event, Offer
from vmportal.offers.kinds import OFFER
from vmportal.offers.tasks import standing, users_of
from vmportal.offers.templates import kind_of, offered_kinds
from vmportal.pages import by, page, page_of, read
from vmportal.pages.offered import line_of

USERS_SHOWN = 20
EVENTS_SHOWN = 20


@page
def index(request: HttpRequest) -> HttpResponseBase:
    """All offers: what, where, and whether it stands there."""
    access.demand(access.caller_of(request), "list", OFFER)
    rows = Offer.objects.order_by("offered_kind", "name")
    if sought := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=sought)
    if chosen := request.GET.get("kind", ""):
        rows = rows.filter(offered_kind=chosen)
    found = page_of(request, rows)
    context = {
        "page": found,
        "lines": [(row, line_of(read(row))) for row in found],
        "kinds": [kind.shape.kind for kind in offered_kinds()],
        "chosen": chosen,
        "q": sought,
    }
    return render(request, "offers/index.html", context)


@page
def one(request: HttpRequest, name: str) -> HttpResponseBase:
    """One offer: how it stands in each namespace, and who uses it there."""
    offer = read(_row(request, name))
    places = page_of(request, get(offer, "status.namespaces") or [])
    used = _users(offer, [place["name"] for place in places])
    context = {
        "name": name,
        "offer": line_of(offer),
        "limit": get(offer, "spec.limit"),
        "conditions": get(offer, "status.conditions") or [],
        "page": places,
        "places": [
            {
                **place,
                "users": used.get(place["name"], ())[:USERS_SHOWN],
                "more": len(used.get(place["name"], ())) > USERS_SHOWN,
            }
            for place in places
        ],
        "events": [read(row) for row in _events(offer)],
        "yaml": yamltext.dump_object(offer),
    }
    return render(request, "offers/page.html", context)


@page
def new(request: HttpRequest) -> HttpResponseBase:
    """A new offer, written as YAML; it begins with what its kind must have."""
    access.demand(access.caller_of(request), "create", OFFER)
    kinds = offered_kinds()
    chosen = next((kind for kind in kinds if kind.shape.kind == request.GET.get("kind")), None)
    typed = request.POST.get("yaml", yamltext.dump(_beginning(chosen)) if chosen else "")
    errors: list[FieldError] = []
    if request.method == "POST":
        try:
            made = service.create(OFFER, "", _read(typed), by(request), unknown="Strict").object
        except ApiError as error:
            errors = _errors(error)
        else:
            messages.success(request, _("The offer %(name)s is made.") % {"name": made["metadata"]["name"]})
            return redirect("offer", made["metadata"]["name"])
    context = {
        "kinds": [kind.shape.kind for kind in kinds],
        "chosen": chosen.shape.kind if chosen else "",
        "typed": typed,
    }
    return render(request, "offers/edit.html", {**context, "errors": errors}, status=422 if errors else 200)


@page
def edit(request: HttpRequest, name: str) -> HttpResponseBase:
    """An offer as YAML. What somebody else has changed meanwhile is not overwritten."""
    row = _row(request, name)
    typed = request.POST.get("yaml", yamltext.dump(_written(read(row))))
    version = request.POST.get("version", str(row.version))
    errors: list[FieldError] = []
    if request.method == "POST":
        try:
            _replace(request, name, _read(typed), version)
        except ApiError as error:
            errors = _errors(error)
        else:
            messages.success(request, _("The offer %(name)s is changed.") % {"name": name})
            return redirect("offer", name)
    context = {"name": name, "typed": typed, "version": version, "errors": errors}
    return render(request, "offers/edit.html", context, status=422 if errors else 200)


@page
def delete(request: HttpRequest, name: str) -> HttpResponseBase:
    """Where it stands and who keeps it there; then, when it is still the same one, the deletion."""
    row = _row(request, name)
    offer = read(row)
    names = [place["name"] for place in get(offer, "status.namespaces") or []]
    used = {place: users for place, users in _users(offer, names).items() if users}
    if request.method == "POST":
        service.delete(OFFER, "", name, by(request), uid=request.POST.get("uid"))
        messages.success(request, _("The offer %(name)s is being taken back.") % {"name": name})
        return redirect("offers")
    context = {
        "name": name,
        "uid": row.uid,
        "offer": line_of(offer),
        "unused": [place for place in names if place not in used],
        "used": [(place, users[:USERS_SHOWN]) for place, users in used.items()],
    }
    return render(request, "offers/delete.html", context)


def _row(request: HttpRequest, name: str) -> Any:
    return service.get(OFFER, "", name, access.caller_of(request))


def _users(offer: Object, namespaces: list[str]) -> dict[str, tuple[str, ...]]:
    """By namespace: who uses what stands there because of an offer."""
    kind = kind_of(get(offer, "spec.template"))
    if kind is None:
        return {}
    found = {}
    for made in [kind] if kind.shape.namespaced else offered_kinds():
        for namespace, obj in standing(offer, made).items():
            if namespace in namespaces:
                found[namespace] = users_of(made, obj)
    return found


def _events(offer: Object) -> Any:
    return Event.objects.filter(involved_uid=offer["metadata"]["uid"]).order_by("-last_seen")[:EVENTS_SHOWN]


def _read(typed: str) -> Object:
    """The object that is typed. Raises `BadRequest`."""
    document = read_yaml(typed.replace("\r\n", "\n").encode())
    return Intake(OFFER.shape, "Strict", document.duplicates).take(document.value)


def _replace(request: HttpRequest, name: str, wish: Object, version: str) -> None:
    def change(found: Object) -> Object:
        meta = {
            key: value for key, value in wish["metadata"].items() if key in ("name", "labels", "annotations")
        }
        kept = {
            key: value for key, value in found["metadata"].items() if key not in ("labels", "annotations")
        }
        return {**found, "spec": wish.get("spec"), "metadata": {**kept, **meta, "resourceVersion": version}}

    service.update(OFFER, "", name, change, by(request), unknown="Strict")


def _errors(error: ApiError) -> list[FieldError]:
    return list(error.errors) if isinstance(error, Invalid) else [FieldError("", "Invalid", error.message)]


def _written(offer: Object) -> Object:
    """What of an offer is written by people."""
    meta = {
        key: value for key, value in offer["metadata"].items() if key in ("name", "labels", "annotations")
    }
    return {"apiVersion": offer["apiVersion"], "kind": offer["kind"], "metadata": meta, "spec": offer["spec"]}


def _beginning(kind: Kind) -> Object:
    """An offer of a kind, as far as it can be told before anything is typed."""
    shape = kind.shape
    template: Object = {"apiVersion": shape.api_version, "kind": shape.kind}
    spec: Object = {"template": template}
    if kind.offering and kind.offering.grant:
        spec["limit"] = "1Ti"
    else:
        schema = shape.schema["properties"].get("spec") or {}
        template["spec"] = _sample(shape.kind, schema)
    return {
        "apiVersion": OFFER.shape.api_version,
        "kind": OFFER.shape.kind,
        "metadata": {"name": ""},
        "spec": {**spec, "namespaceSelector": {}},
    }


def _sample(kind: str, schema: Object) -> Object:
    """What an offer of the kind that is there already has; else what the schema demands, empty."""
    known = Offer.objects.filter(offered_kind=kind).order_by("name").first()
    if known is not None:
        found = get(read(known), "spec.template.spec")
        return found if isinstance(found, dict) else {}
    empty: dict[str, Any] = {"object": {}, "array": [], "integer": 0, "boolean": False}
    properties = schema.get("properties") or {}
    return {name: empty.get(properties[name].get("type", ""), "") for name in schema.get("required") or []}
