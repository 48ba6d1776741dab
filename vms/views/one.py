"""The page of one machine: its tabs, what changes on it while one looks, and its power."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from vmportal import access, service, yamltext
from vmportal.errors import ApiError, FieldError, Invalid
from vmportal.models import Event, Revision
from vmportal.pages import by, enter, page, page_of, read, without_bookkeeping
from vms import verbs
from vms.chain import chain_of, is_ready
from vms.kinds import VIRTUAL_MACHINE
from vms.listing import with_names
from vms.models import VirtualMachine
from vms.overview import facts_of
from vms.state import state_of

TABS = ("overview", "conditions", "events", "history", "yaml")
EVENTS_SHOWN = 100

Object = dict[str, Any]


@page
def show(request: HttpRequest, namespace: str, name: str, tab: str = "overview") -> HttpResponseBase:
    if tab not in TABS:
        raise Http404
    return render(request, "vms/page.html", _context(request, namespace, name, tab))


@page
def live(request: HttpRequest, namespace: str, name: str, tab: str) -> HttpResponseBase:
    """What may change on the page while one looks; 204 when it has not (`since`)."""
    caller = enter(request, namespace)
    row = with_names(VirtualMachine.objects.filter(namespace=namespace, name=name)).defer("body").first()
    if row is None:
        messages.success(request, _("%(name)s is gone.") % {"name": name})
        return HttpResponseClientRedirect(reverse("vms:list", args=[namespace]))
    tab = tab if tab in TABS else "overview"
    may_edit = access.may(caller, "update", VIRTUAL_MACHINE, namespace, name)
    if _fingerprint(row, tab, may_edit) == request.GET.get("since"):
        return HttpResponse(status=204)
    return render(request, "vms/_live.html", _context(request, namespace, name, tab))


@require_POST
@page
def power(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
    """Wish another power state, or a restart."""
    enter(request, namespace)
    wanted = request.POST.get("verb", "")
    if wanted not in verbs.POWER:
        raise Http404
    return _act(request, namespace, name, verbs.change_of(wanted), _said(wanted))


def _act(
    request: HttpRequest, namespace: str, name: str, change: Callable[[Object], Object], said: str
) -> HttpResponseBase:
    """Carry a change out: the fragment anew and a notice, or what is wrong, in place."""
    errors: tuple[FieldError, ...] = ()
    try:
        service.update(VIRTUAL_MACHINE, namespace, name, change, by(request))
    except Invalid as invalid:
        errors = invalid.errors
    except ApiError as error:
        if error.code in (403, 404):
            raise
        errors = (FieldError("", "Invalid", error.message),)
    if not request.htmx:  # type: ignore[attr-defined]
        if errors:
            for wrong in errors:
                messages.error(request, f"{wrong.path}: {wrong.message}" if wrong.path else wrong.message)
        else:
            messages.success(request, said)
        return redirect("vms:page", namespace, name)
    tab = request.POST.get("tab", "overview")
    context = _context(request, namespace, name, tab if tab in TABS else "overview")
    context.update(errors=errors, said="" if errors else said)
    return render(request, "vms/_acted.html", context, status=422 if errors else 200)


def row_of(namespace: str, name: str, caller: access.Caller) -> Any:
    """The row with its names, or a 404."""
    access.demand(caller, "get", VIRTUAL_MACHINE, namespace, name)
    row = with_names(VirtualMachine.objects.filter(namespace=namespace, name=name)).first()
    if row is None:
        raise access.not_found(VIRTUAL_MACHINE.shape, name)
    return row


def _context(request: HttpRequest, namespace: str, name: str, tab: str) -> dict[str, Any]:
    caller = enter(request, namespace)
    row = row_of(namespace, name, caller)
    vm = read(row)
    may_edit = access.may(caller, "update", VIRTUAL_MACHINE, namespace, name)
    context: dict[str, Any] = {
        "namespace": namespace,
        "name": name,
        "row": row,
        "vm": vm,
        "tab": tab,
        "tabs": _tabs(),
        "state": state_of(vm),
        "main_verb": verbs.main_verb(vm, may_edit),
        "verbs": verbs.power_verbs(vm, may_edit),
        "delete_verb": verbs.delete_verb(vm, may_edit),
        "may_edit": may_edit,
        "seen": _fingerprint(row, tab, may_edit),
    }
    context.update(_PARTS[tab](request, context))
    return context


def _tabs() -> list[tuple[str, str]]:
    return [
        ("overview", _("Overview")),
        ("conditions", _("Conditions")),
        ("events", _("Events")),
        ("history", _("History")),
        ("yaml", _("YAML")),
    ]


def _fingerprint(row: Any, tab: str, may_edit: bool) -> str:
    """Changes when what is shown does: the object's version, and what else the page and its tab tell."""
    events = list(_events_of(row).values_list("version", flat=True)) if tab == "events" else []
    told = json.dumps([row.version, row.cpus, row.memory_mib, row.image_label, may_edit, events])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    vm = context["vm"]
    chain = chain_of(vm)
    return {"chain": chain, "is_ready": is_ready(chain), "facts": facts_of(context["row"], vm)}


def _conditions(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """False first, then unknown, then true: what is wrong is what one looks for."""
    order = {"False": 0, "Unknown": 1, "True": 2}
    listed = (context["vm"].get("status") or {}).get("conditions") or []
    return {"conditions": sorted(listed, key=lambda item: (order.get(item["status"], 1), item["type"]))}


def _events(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    return {"events": [{"row": row, **read(row)} for row in _events_of(context["row"])]}


def _events_of(row: VirtualMachine) -> QuerySet[Event]:
    rows = Event.objects.filter(namespace=row.namespace, involved_uid=row.uid)
    return rows.order_by("-last_seen", "-version")[:EVENTS_SHOWN]


def _history(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    rows = Revision.objects.filter(uid=context["row"].uid).order_by("-version")
    return {"page": page_of(request, without_bookkeeping(request, rows))}


def _yaml(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    is_whole = "managed" in request.GET
    text = yamltext.dump_object(context["vm"], with_managed_fields=is_whole)
    return {"yaml": text, "is_whole": is_whole}


_PARTS: dict[str, Callable[[HttpRequest, dict[str, Any]], dict[str, Any]]] = {
    "overview": _overview,
    "conditions": _conditions,
    "events": _events,
    "history": _history,
    "yaml": _yaml,
}


def _said(verb: str) -> str:
    return {
        "on": _("Power-on is asked for."),
        "resume": _("It will go on."),
        "off": _("Shutdown is asked for."),
        "off-hard": _("The power will be cut."),
        "restart": _("Restart is asked for."),
        "restart-hard": _("It will be reset."),
        "suspend": _("Suspending is asked for."),
    }[verb]
