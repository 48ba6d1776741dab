"""The pages that belong to no kind: home, theme, namespaces, activity, errors."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vmportal import access, space
from vmportal.api.status import status_response
from vmportal.core_kinds import NAMESPACE
from vmportal.errors import BadRequest, Forbidden
from vmportal.kind import Kind
from vmportal.kinds import KINDS
from vmportal.middleware import OF_API
from vmportal.models import Namespace, Revision
from vmportal.pages import (
    THEME_COOKIE,
    THEMES,
    Frame,
    enter,
    error_page,
    own_address,
    page,
    page_of,
    refusal,
    without_bookkeeping,
)

YEAR = 365 * 24 * 3600  # seconds
# Namespaced kind -> the view that shows one object of it, by namespace and name.
PAGES = {
    "VirtualMachine": "vms:page",
    "VirtualMachineClass": "vms:class",
    "VirtualMachineImage": "vms:image",
}


@page
def home(request: HttpRequest) -> HttpResponseBase:
    """To the machines of the namespace looked at last; a friendly page for who has none."""
    namespace = Frame(request).namespace
    return redirect("vms:list", namespace) if namespace else render(request, "no_namespace.html")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    response = redirect(own_address(request, back) or "home")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax")
    return response


@page
def namespaces(request: HttpRequest) -> HttpResponseBase:
    """The namespaces one may look into, with what is in them."""
    caller = access.caller_of(request)
    rows = access.visible(caller, NAMESPACE, Namespace.objects.order_by("name"))
    if sought := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=sought)
    found = page_of(request, rows)
    return render(request, "namespaces.html", {"page": found, "q": sought})


@page
def activity(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """Who changed what in a namespace, newest first. What one may not read is not told either."""
    caller = enter(request, namespace)
    kinds = [kind for kind in KINDS if kind.shape.namespaced and access.may(caller, "get", kind, namespace)]
    rows = Revision.objects.filter(
        namespace=namespace, kind__in=[kind.shape.group_resource for kind in kinds]
    ).order_by("-version")
    if who := request.GET.get("who", "").strip():
        rows = rows.filter(who=who)
    found = page_of(request, without_bookkeeping(request, rows))
    names = {kind.shape.group_resource: kind for kind in kinds}
    lines = [
        {"revision": row, "kind": names[row.kind].shape.kind, "url": url_of(names[row.kind], row)}
        for row in found
    ]
    context = {"page": found, "lines": lines, "who": who, "namespace": namespace}
    return render(request, "activity.html", context)


def url_of(kind: Kind, row: Any) -> str:
    """The page of an object; empty where its kind has none."""
    view = PAGES.get(kind.shape.kind)
    return reverse(view, args=[row.namespace, row.name]) if view else ""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404, "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403, "")


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that lacks the token of this session, most often as one has signed in anew since it was opened."""
    message = _(
        "You have signed in anew since. Go back, where what you typed still is, and load the page again."
    )
    if getattr(request, "htmx", False):
        return refusal(request, Forbidden(message))
    title = _("This page is out of date")
    context = {"code": 403, "title": title, "message": message, "is_out_of_date": True}
    return render(request, "error.html", context, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses by itself. Needs no frame: of a wrong `Host` not even an address can be made."""
    message = "the request cannot be read: it holds too much, or something that nobody should send"
    if isinstance(exception, DisallowedHost):
        message = (
            "the portal does not know itself by the name in `Host`: an admin adds it to PORTAL_ALLOWED_HOSTS"
        )
    if OF_API.match(request.path):
        return status_response(BadRequest(message))
    return HttpResponse(message, status=400, content_type="text/plain")


def broken(request: HttpRequest) -> HttpResponse:
    """Needs nothing that may be what is broken: no database, no session. Called while the exception is handled."""
    is_full = space.is_full(sys.exc_info()[1])
    if is_full and OF_API.match(request.path):
        return status_response(space.refusal())
    context = {"request_id": getattr(request, "request_id", ""), "is_full": is_full}
    return render(None, "500.html", context, status=507 if is_full else 500)
