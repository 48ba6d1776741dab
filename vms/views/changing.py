"""The pages that change a machine or delete it. What is wrong is told beside what was typed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from vmportal import access, service
from vmportal.errors import Conflict, Invalid
from vmportal.labels import changed_labels, read_labels, write_labels
from vmportal.models import OwnerRef, Secret
from vmportal.pages import by, enter, page, read
from vms import forms, verbs
from vms.annotations import ZONE_LABEL
from vms.kinds import VIRTUAL_MACHINE
from vms.offers import Offers
from vms.overview import losses_of
from vms.views.one import row_of

Object = dict[str, Any]


@page
def edit(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
    """Another class (a resize) or other labels; only what differs from what was shown is changed.

    What others have written since the page was opened stays.
    """
    caller = enter(request, namespace)
    row = row_of(namespace, name, caller)
    access.demand(caller, "update", VIRTUAL_MACHINE, namespace, name)
    vm, offers = read(row), Offers(namespace)
    labels = {k: v for k, v in (vm["metadata"].get("labels") or {}).items() if k != ZONE_LABEL}
    typed = {
        "class": vm.get("spec", {}).get("className", ""),
        "labels": write_labels(labels),
    }
    errors, shown = forms.Errors(), typed
    if request.method == "POST":
        shown = {key: _posted(request, f"shown-{key}", typed[key]) for key in typed}
        typed = {key: _posted(request, key) for key in typed}
        errors = _edit(request, namespace, name, shown, typed)
        if not errors:
            messages.success(request, _("%(name)s is changed.") % {"name": name})
            return redirect("vms:page", namespace, name)
    context = {
        "namespace": namespace,
        "vm": vm,
        "row": row,
        "offers": offers,
        "typed": typed,
        "shown": shown,
        "errors": dict(errors.slots(None)),
        "elsewhere": errors.elsewhere,
        "has_errors": bool(errors),
    }
    return render(request, "vms/edit.html", context, status=422 if errors else 200)


def _posted(request: HttpRequest, key: str, default: str = "") -> str:
    return request.POST.get(key, default).replace("\r\n", "\n")


@page
def delete(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
    """What goes and what stays; then, with the uid that was seen as a precondition, the deletion.

    A page of its own; where a script asks, the same as the content of a dialog.
    """
    caller = enter(request, namespace)
    is_dialog = bool(request.htmx)  # type: ignore[attr-defined]
    row = row_of(namespace, name, caller)
    access.demand(caller, "delete", VIRTUAL_MACHINE, namespace, name)
    vm = read(row)
    losses, typed = losses_of(vm), request.POST.get("typed", "")
    error, refused, status = "", "", 200
    if request.method == "POST" and losses["loses_data"] and typed.strip() != name:
        error, status = _("Type %(name)s to say that you mean this machine.") % {"name": name}, 422
    elif request.method == "POST":
        refused, status = _delete(request, namespace, name)
        if not refused:
            listed = reverse("vms:list", args=[namespace])
            return HttpResponseClientRedirect(listed) if is_dialog else redirect(listed)
        typed = ""
    context = {
        "namespace": namespace,
        "vm": vm,
        "verb": verbs.delete_verb(vm, may_edit=True),
        "error": error,
        "refused": refused,
        "typed": typed,
        "owned": _owned_secrets(vm),
        "is_dialog": is_dialog,
        **losses,
    }
    return render(request, "vms/_delete.html" if is_dialog else "vms/delete.html", context, status=status)


def _delete(request: HttpRequest, namespace: str, name: str) -> tuple[str, int]:
    """Carry it out; or why it is refused, and the status that says so."""
    try:
        service.delete(VIRTUAL_MACHINE, namespace, name, by(request), uid=request.POST.get("uid"))
    except Conflict as error:
        text = _("%(name)s is another machine than the one you were shown: look again at what goes.")
        return text % {"name": name}, error.code
    except Invalid as error:
        return " ".join(item.message for item in error.errors), error.code
    messages.success(request, _("%(name)s is being deleted.") % {"name": name})
    return "", 200


def _edit(
    request: HttpRequest, namespace: str, name: str, shown: dict[str, str], typed: dict[str, str]
) -> forms.Errors:
    labels, errors = read_labels(typed["labels"])
    if errors:
        return forms.by_field(errors)

    def change(vm: Object) -> Object:
        if typed["class"] != shown["class"]:
            vm["spec"]["className"] = typed["class"]
        known, _errors = read_labels(shown["labels"])
        vm["metadata"]["labels"] = changed_labels(vm["metadata"].get("labels") or {}, known, labels)
        return vm

    try:
        service.update(VIRTUAL_MACHINE, namespace, name, change, by(request))
    except Invalid as invalid:
        return forms.by_field(invalid.errors)
    return forms.Errors()


def _owned_secrets(vm: Object) -> list[str]:
    """The Secrets that were made with the machine, and go with it."""
    owned = OwnerRef.objects.filter(owner_uid=vm["metadata"]["uid"], kind="secrets").values("uid")
    return list(Secret.objects.filter(uid__in=owned).values_list("name", flat=True))
