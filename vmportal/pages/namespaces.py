"""The pages of namespaces for portal admins: the list, a new one, one with all that it has, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vmportal import access, service
from vmportal.access import ROLES
from vmportal.core_kinds import NAMESPACE
from vmportal.core_rules import NAME_LABEL
from vmportal.errors import AlreadyExists, Conflict, FieldError, Invalid
from vmportal.kind import Object
from vmportal.kinds import KINDS, kind_named
from vmportal.labels import changed_labels, read_labels, write_labels
from vmportal.models import Namespace
from vmportal.offers.kinds import OFFER
from vmportal.pages import by, members, page, page_of, read
from vmportal.pages.offered import offers_for, offers_in, offers_per_namespace

# The start of an error's path -> the field of the form beside which it is shown.
_FIELDS = {"metadata.name": "name", "metadata.labels": "labels"}


@page
def index(request: HttpRequest) -> HttpResponseBase:
    """All namespaces, with how many members and offers each has."""
    access.demand(access.caller_of(request), "create", NAMESPACE)
    rows = Namespace.objects.order_by("name")
    if sought := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=sought)
    found = page_of(request, rows)
    people, offered = members.counts(row.name for row in found), offers_per_namespace()
    lines = [{"row": row, "members": people[row.name], "offers": offered[row.name]} for row in found]
    return render(request, "namespaces/index.html", {"page": found, "lines": lines, "q": sought})


@page
def new(request: HttpRequest) -> HttpResponseBase:
    """A new namespace, with its members and with what it is offered beside what comes by itself."""
    access.demand(access.caller_of(request), "create", NAMESPACE)
    typed: dict[str, Any] = {key: request.POST.get(key, "").strip() for key in ("name", "labels", *ROLES)}
    typed["offers"] = request.POST.getlist("offers")
    errors: list[FieldError] = []
    if request.method == "POST":
        labels, errors = read_labels(typed["labels"].replace("\r\n", "\n"))
        errors = errors or _create(request, typed, labels)
        if not errors:
            messages.success(request, _("The namespace %(name)s is made.") % {"name": typed["name"]})
            return redirect("namespace", typed["name"])
    context = {"typed": typed, "roles": _roles(typed), "offers": offers_for(typed["name"]), **_placed(errors)}
    return render(request, "namespaces/new.html", context, status=422 if errors else 200)


def _roles(typed: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Role, its label, and who was typed for it."""
    labels = {"admin": _("Admins"), "edit": _("Editors"), "view": _("Viewers")}
    return [(role, label, typed[role]) for role, label in labels.items()]


def _create(request: HttpRequest, typed: dict[str, Any], labels: dict[str, str]) -> list[FieldError]:
    """All of it, or nothing; what is wrong."""
    name, who = typed["name"], by(request)
    meta = {"name": name, **({"labels": labels} if labels else {})}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
    try:
        with transaction.atomic():
            service.create(NAMESPACE, "", namespace, who)
            for role in ROLES:
                for kind, person in members.read_people(typed[role]):
                    members.add_member(name, kind, person, role, who)
            for offer in typed["offers"]:
                service.update(OFFER, "", offer, lambda found: _to(found, name), who)
    except Invalid as invalid:
        return list(invalid.errors)
    except AlreadyExists:
        return [
            FieldError("metadata.name", "Duplicate", _("There is a namespace of this name: choose another."))
        ]
    return []


def _to(offer: Object, namespace: str) -> Object:
    """The offer, to one more namespace."""
    spec = offer["spec"]
    spec["namespaces"] = [*(name for name in spec.get("namespaces") or [] if name != namespace), namespace]
    return offer


@page
def one(request: HttpRequest, name: str) -> HttpResponseBase:
    """One namespace: labels, members, what it is offered, what of its quotas is used, and what stands in it."""
    return _show(request, name)


@require_POST
@page
def change_labels(request: HttpRequest, name: str) -> HttpResponseBase:
    typed = request.POST.get("labels", "").replace("\r\n", "\n")
    labels, errors = read_labels(typed)
    shown, _none = read_labels(request.POST.get("shown-labels", "").replace("\r\n", "\n"))

    def change(found: Object) -> Object:
        found["metadata"]["labels"] = changed_labels(found["metadata"].get("labels") or {}, shown, labels)
        return found

    if not errors:
        try:
            service.update(NAMESPACE, "", name, change, by(request))
        except Invalid as invalid:
            errors = list(invalid.errors)
    if errors:
        return _show(request, name, {"labels": typed, "shown": write_labels(shown)}, errors)
    messages.success(request, _("The labels of %(name)s are changed.") % {"name": name})
    return redirect("namespace", name)


@require_POST
@page
def add_members(request: HttpRequest, name: str) -> HttpResponseBase:
    _demand(request, name)
    people, role = request.POST.get("people", ""), request.POST.get("role", "")
    found = members.read_people(people)
    errors = [] if found else [FieldError("people", "Required", _("Name somebody."))]
    try:
        for kind, person in found:
            members.add_member(name, kind, person, role, by(request))
    except Invalid as invalid:
        errors = [FieldError("people", error.type, error.message) for error in invalid.errors]
    if errors:
        return _show(request, name, {"people": people, "role": role}, errors)
    messages.success(request, _("They are members of %(name)s now.") % {"name": name})
    return redirect("namespace", name)


@require_POST
@page
def remove_member(request: HttpRequest, name: str) -> HttpResponseBase:
    _demand(request, name)
    binding, kind, person = (request.POST.get(key, "") for key in ("binding", "kind", "person"))
    members.remove_member(name, binding, kind, person, by(request))
    messages.success(request, _("%(person)s is no member any more.") % {"person": person})
    return redirect("namespace", name)


@page
def delete(request: HttpRequest, name: str) -> HttpResponseBase:
    """What goes with a namespace; then, when its name is typed and it is still the same one, the deletion."""
    row = _demand(request, name)
    typed, error, refused, status = request.POST.get("typed", ""), "", "", 200
    if request.method == "POST" and typed.strip() != name:
        error, status = _("Type %(name)s to say that you mean this namespace.") % {"name": name}, 422
    elif request.method == "POST":
        try:
            service.delete(NAMESPACE, "", name, by(request), uid=request.POST.get("uid"))
        except Conflict as conflict:
            text = _("%(name)s is another namespace than the one you were shown: look again at what goes.")
            refused, status = text % {"name": name}, conflict.code
        else:
            messages.success(request, _("%(name)s is being deleted.") % {"name": name})
            return redirect("namespace-list")
    context = {
        "name": name,
        "uid": row.uid,
        "content": _content(name),
        "typed": typed,
        "error": error,
        "refused": refused,
    }
    return render(request, "namespaces/delete.html", context, status=status)


def _demand(request: HttpRequest, name: str) -> Namespace:
    """The row of a namespace that the caller may change. Raises `NotFound`, `Forbidden`."""
    caller = access.caller_of(request)
    access.demand(caller, "update", NAMESPACE, "", name)
    row: Namespace = service.get(NAMESPACE, "", name, caller)
    return row


def _show(
    request: HttpRequest,
    name: str,
    typed: dict[str, str] | None = None,
    errors: list[FieldError] | None = None,
) -> HttpResponseBase:
    row = _demand(request, name)
    obj = read(row)
    labels = {key: value for key, value in (obj["metadata"].get("labels") or {}).items() if key != NAME_LABEL}
    status = obj.get("status") or {}
    context = {
        "row": row,
        "name": name,
        "labels": labels,
        "typed": {
            "labels": write_labels(labels),
            "shown": write_labels(labels),
            "role": "edit",
            **(typed or {}),
        },
        "members": members.members_of(name),
        "choices": [("view", _("Viewer")), ("edit", _("Editor")), ("admin", _("Admin"))],
        "offers": offers_in(name),
        "quotas": _quotas(name),
        "content": _content(name),
        "remaining": [one for one in status.get("conditions") or [] if one["status"] == "True"],
        **_placed(errors or []),
    }
    return render(request, "namespaces/page.html", context, status=422 if errors else 200)


def _placed(errors: list[FieldError]) -> dict[str, Any]:
    """The errors by field, and those of no field."""
    by_field: dict[str, list[FieldError]] = {}
    for error in errors:
        start = next((start for start in _FIELDS if error.path.startswith(start)), error.path)
        by_field.setdefault(_FIELDS.get(start, start), []).append(error)
    known = {"name", "labels", "people"}
    elsewhere = [error for field, some in by_field.items() if field not in known for error in some]
    return {"errors": by_field, "elsewhere": elsewhere}


def _content(namespace: str) -> list[tuple[str, int]]:
    """How many objects of each kind stand in a namespace; kinds with none are left out."""
    counted = (
        (kind.shape.kind, kind.model.objects.filter(namespace=namespace).count())
        for kind in KINDS
        if kind.shape.namespaced and kind.shape.kind != "Event"
    )
    return [(kind, count) for kind, count in counted if count]


def _quotas(namespace: str) -> list[dict[str, str]]:
    """A line for each limit of the namespace's ResourceQuotas: what is limited, how far, and what of it is used."""
    lines = []
    for row in kind_named("resourcequotas").model.objects.filter(namespace=namespace).order_by("name"):
        quota = read(row)
        used = (quota.get("status") or {}).get("used") or {}
        for resource, limit in ((quota.get("spec") or {}).get("hard") or {}).items():
            lines.append(
                {"quota": row.name, "resource": resource, "limit": limit, "used": used.get(resource, "")}
            )
    return lines
