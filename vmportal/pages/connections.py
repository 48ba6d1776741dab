"""The pages of connections for portal admins: the list, one with what was found there, the form, and taking it away."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vmportal import access, service, work, yamltext
from vmportal.admission.reading import get, text
from vmportal.connections.account import SECRET as SECRET_NAME
from vmportal.connections.form import PASTED, Draft, placed
from vmportal.connections.kinds import CONNECTION
from vmportal.connections.marks import CONNECTION as MARK
from vmportal.core_kinds import NAMESPACE, SECRET
from vmportal.errors import AlreadyExists, ApiError, FieldError, Invalid
from vmportal.kind import Object
from vmportal.models import Connection, Event, Namespace
from vmportal.pages import by, page, page_of, read
from vmportal.store import By

EVENTS_SHOWN = 20


@page
def index(request: HttpRequest) -> HttpResponseBase:
    """All connections: where, and whether VMs can be made there."""
    access.demand(access.caller_of(request), "list", CONNECTION)
    found = page_of(request, Connection.objects.order_by("name"))
    lines = [(row, read(row)) for row in found]
    context = {"page": found, "lines": [(row, one, _ready(one)) for row, one in lines]}
    return render(request, "connections/index.html", context)


@page
def one(request: HttpRequest, name: str) -> HttpResponseBase:
    """One connection: what was found there when it was last looked at."""
    row = _row(request, name)
    connection = read(row)
    kinds = get(connection, "status.kinds") or []
    context = {
        "name": name,
        "connection": connection,
        "supervisor": get(connection, "spec.supervisor") or {},
        "status": get(connection, "status") or {},
        "ready": _ready(connection),
        "kinds": [one for one in kinds if one["state"] != "Served"],
        "served": sum(one["state"] == "Served" for one in kinds),
        "namespaces": _namespaces(name),
        "events": [
            read(event)
            for event in Event.objects.filter(involved_uid=row.uid).order_by("-last_seen")[:EVENTS_SHOWN]
        ],
        "yaml": yamltext.dump_object(connection),
    }
    return render(request, "connections/page.html", context)


@page
def new(request: HttpRequest) -> HttpResponseBase:
    """A new connection; an account that is pasted becomes a Secret in the portal's own namespace."""
    access.demand(access.caller_of(request), "create", CONNECTION)
    draft = Draft.typed(request.POST) if request.method == "POST" else Draft()
    if request.method != "POST":
        return _form(request, draft)
    if draft.is_pasted and not draft.pasted:
        return _form(request, draft, [_nothing_pasted()])
    try:
        with transaction.atomic():
            _put_account(draft, "", by(request))
            service.create(CONNECTION, "", draft.connection(), by(request), unknown="Strict")
    except ApiError as error:
        return _form(request, draft, _errors(error))
    messages.success(
        request, _("The connection %(name)s is made, and is being tried.") % {"name": draft.name}
    )
    return redirect("connection", draft.name)


@page
def edit(request: HttpRequest, name: str) -> HttpResponseBase:
    """A connection in the form. What somebody else has changed meanwhile is not overwritten."""
    row = _row(request, name)
    version = request.POST.get("version", str(row.version))
    if request.method != "POST":
        return _form(request, Draft.of(read(row)), name=name, version=version)
    draft = Draft.typed({**request.POST.dict(), "name": name})
    if draft.is_pasted and not draft.pasted:
        return _form(request, draft, [_nothing_pasted()], name, version)

    def change(found: Object) -> Object:
        wish, meta = draft.connection(), {**found["metadata"], "resourceVersion": version}
        return {**found, "metadata": meta, "spec": {**found["spec"], **wish["spec"]}}

    try:
        with transaction.atomic():
            _put_account(draft, text(read(row), SECRET_NAME), by(request))
            service.update(CONNECTION, "", name, change, by(request), unknown="Strict")
    except ApiError as error:
        return _form(request, draft, _errors(error), name, version)
    messages.success(request, _("The connection %(name)s is changed, and is being tried.") % {"name": name})
    return redirect("connection", name)


@require_POST
@page
def try_now(request: HttpRequest, name: str) -> HttpResponseBase:
    """Have it looked at now; the page tells when it has been."""
    row = _row(request, name)
    access.demand(access.caller_of(request), "update", CONNECTION)
    work.nudge_now(row.uid)
    work.wake_worker("vmportal.tasks.sync", CONNECTION.shape.group_resource, row.uid)
    messages.success(request, _("It is being tried: look again in a moment."))
    return redirect("connection", name)


@page
def delete(request: HttpRequest, name: str) -> HttpResponseBase:
    """Who is on it; then, when it is still the same one and nobody is, the deletion."""
    row = _row(request, name)
    errors: list[FieldError] = []
    if request.method == "POST":
        try:
            service.delete(CONNECTION, "", name, by(request), uid=request.POST.get("uid"))
        except Invalid as invalid:
            errors = list(invalid.errors)
        else:
            messages.success(
                request, _("The connection %(name)s is gone; its Secret stays.") % {"name": name}
            )
            return redirect("connections")
    context = {"name": name, "uid": row.uid, "namespaces": _namespaces(name), "errors": errors}
    return render(request, "connections/delete.html", context, status=422 if errors else 200)


def _row(request: HttpRequest, name: str) -> Any:
    return service.get(CONNECTION, "", name, access.caller_of(request))


def _form(
    request: HttpRequest,
    draft: Draft,
    errors: list[FieldError] | None = None,
    name: str = "",
    version: str = "",
) -> HttpResponseBase:
    accounts = {
        "token": _("A token, pasted below"),
        "certificate": _("A client certificate and its key, pasted below"),
        "kubeconfig": _("A kubeconfig, pasted below"),
        "secret": _("A Secret that is there already"),
        "file": _("A kubeconfig file that is mounted"),
    }
    context = {
        "name": name,
        "version": version,
        "typed": draft,
        "accounts": accounts.items(),
        "pasted": PASTED,
        "own_namespace": settings.OPERATOR_NAMESPACE,
        "folder": settings.KUBECONFIG_DIR,
        "all_errors": errors or [],
        "errors": placed(errors or []),
    }
    return render(request, "connections/edit.html", context, status=422 if errors else 200)


def _put_account(draft: Draft, before: str, who: By) -> None:
    """Write what was pasted into the Secret named as the connection, over `before` alone. Raises `ApiError`."""
    data = draft.data()
    if not data:
        return
    namespace = settings.OPERATOR_NAMESPACE
    if not Namespace.objects.filter(name=namespace).exists():
        service.create(
            NAMESPACE, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, who
        )
    if before == draft.name and SECRET.model.objects.filter(namespace=namespace, name=before).exists():
        service.update(SECRET, namespace, before, lambda found: {**found, "data": data}, who)
        return
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": draft.name}, "data": data}
    try:
        service.create(SECRET, namespace, secret, who)
    except AlreadyExists:
        message = _("There is a Secret %(name)s already: choose it above, or another name.")
        path = "spec.supervisor.secretRef"
        raise Invalid(
            "Secret", draft.name, [FieldError(path, "Duplicate", message % {"name": draft.name})]
        ) from None


def _nothing_pasted() -> FieldError:
    return FieldError("spec.supervisor.secretRef", "Required", _("Paste the account, or choose another way."))


def _errors(error: ApiError) -> list[FieldError]:
    if isinstance(error, Invalid):
        return list(error.errors)
    if isinstance(error, AlreadyExists):
        return [FieldError("metadata.name", "Duplicate", _("This name is taken: choose another."))]
    return [FieldError("", "Invalid", error.message)]


def _ready(connection: Object) -> Object:
    found = get(connection, "status.conditions") or []
    return next((one for one in found if one["type"] == "Ready"), {})


def _namespaces(name: str) -> list[str]:
    rows = Namespace.objects.filter(labels__has_key=MARK).order_by("name")
    return [row.name for row in rows if row.labels.get(MARK) == name]
