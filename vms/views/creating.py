"""The form for a new machine: shown, checked while one types, sent. The real rules answer, as they do the API."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vmportal import access, service, yamltext
from vmportal.core_kinds import SECRET
from vmportal.errors import AlreadyExists, ApiError, Exceeded, FieldError, Invalid
from vmportal.pages import by, enter, page
from vmportal.store import By
from vms import forms
from vms.forecast import Share, shares
from vms.forms import Draft, Errors
from vms.kinds import VIRTUAL_MACHINE
from vms.models import VirtualMachine
from vms.offers import Offers

CLOUD_INIT_EXAMPLE = """\
#cloud-config
users:
- name: me
  ssh_authorized_keys:
  - ssh-ed25519 …
"""


@dataclass(frozen=True)
class Judged:
    """A draft after the rules: what would be stored, or why not."""

    sent: dict[str, Any]
    completed: dict[str, Any] | None
    errors: Errors
    warnings: tuple[str, ...] = ()
    added: list[tuple[str, Any]] = field(default_factory=list)
    quota: list[Share] = field(default_factory=list)


@page
def new(request: HttpRequest, namespace: str) -> HttpResponseBase:
    caller = enter(request, namespace)
    access.demand(caller, "create", VIRTUAL_MACHINE, namespace)
    offers = Offers(namespace)
    if request.method != "POST":
        draft = _proposed(offers, request.GET)
        return _form(request, offers, draft, _judge(offers, draft, by(request)), touched=frozenset())
    draft = Draft.of(request.POST)
    if request.POST.get("act") == "preview":
        return _form(request, offers, draft, _judge(offers, draft, by(request)), touched=None)
    if forms.own_errors(draft):
        judged = _judge(offers, draft, by(request))  # all errors at once, the rules' too
        return _form(request, offers, draft, judged, touched=None, status=422)
    sent = forms.virtual_machine(draft, offers.image(draft.image))
    try:
        _create(sent, namespace, draft, by(request))
    except ApiError as error:
        judged = Judged(sent, None, _errors_of(error), quota=_shares_of(error))
        return _form(request, offers, draft, judged, touched=None, status=422)
    messages.success(request, _("%(name)s is being created.") % {"name": draft.name})
    return redirect("vms:page", namespace, draft.name)


@require_POST
@page
def check(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """The error slots, the summary and the preview of what stands in the form: nothing else is swapped."""
    caller = enter(request, namespace)
    access.demand(caller, "create", VIRTUAL_MACHINE, namespace)
    offers = Offers(namespace)
    draft = Draft.of(request.POST)
    judged = _judge(offers, draft, by(request))
    return render(request, "vms/_check.html", _context(request, offers, draft, judged, draft.touched))


def _judge(offers: Offers, draft: Draft, writer: By) -> Judged:
    """What the rules say to a draft; all errors at once."""
    sent = forms.virtual_machine(draft, offers.image(draft.image))
    own = forms.own_errors(draft)
    try:
        saved = service.create(VIRTUAL_MACHINE, offers.namespace, sent, writer, dry_run=True)
        if draft.has_cloud_init and not own:
            service.create(SECRET, offers.namespace, forms.cloud_init_secret(draft), writer, dry_run=True)
    except ApiError as error:
        return Judged(sent, None, _errors_of(error, own), quota=_shares_of(error))
    quota = shares(saved.quota)
    if own:
        return Judged(sent, None, forms.by_field(own), quota=quota)
    added = forms.what_is_added(sent, saved.object)
    return Judged(sent, saved.object, Errors(), saved.warnings, added, quota)


def _shares_of(error: ApiError) -> list[Share]:
    return shares(error.lines) if isinstance(error, Exceeded) else []


def _errors_of(error: ApiError, own: list[FieldError] | None = None) -> Errors:
    """A refusal as errors of fields, the service's words kept."""
    found = list(own or [])
    if isinstance(error, Invalid | Exceeded):
        found += error.errors
    elif isinstance(error, AlreadyExists) and error.details.get("kind") == SECRET.shape.plural:
        text = _("The Secret %(name)s, in which this would be kept, exists already: choose another name.")
        found.append(FieldError("metadata.name", "Duplicate", text % {"name": error.details["name"]}))
    elif isinstance(error, AlreadyExists):
        text = _("There is a machine called %(name)s already.") % {"name": error.details["name"]}
        found.append(FieldError("metadata.name", "Duplicate", text))
    else:
        found.append(FieldError("", "Forbidden", error.message))
    return forms.by_field(found)


def _create(sent: dict[str, Any], namespace: str, draft: Draft, writer: By) -> None:
    """The machine, and the Secret with its user-data, which goes when the machine goes: both or none."""
    with transaction.atomic():
        saved = service.create(VIRTUAL_MACHINE, namespace, sent, writer)
        if draft.has_cloud_init:
            secret = forms.cloud_init_secret(draft)
            secret["metadata"]["ownerReferences"] = [_owner(saved.object)]
            service.create(SECRET, namespace, secret, writer)


def _owner(vm: dict[str, Any]) -> dict[str, str]:
    meta = vm["metadata"]
    return {"apiVersion": vm["apiVersion"], "kind": vm["kind"], "name": meta["name"], "uid": meta["uid"]}


def _form(
    request: HttpRequest,
    offers: Offers,
    draft: Draft,
    judged: Judged,
    *,
    touched: frozenset[str] | None,
    status: int = 200,
) -> HttpResponseBase:
    context = _context(request, offers, draft, judged, touched)
    context["is_refused"] = status == 422
    return render(request, "vms/new.html", context, status=status)


def _context(
    request: HttpRequest, offers: Offers, draft: Draft, judged: Judged, touched: frozenset[str] | None
) -> dict[str, Any]:
    labels = _labels()
    slots = judged.errors.slots(touched)
    text = _as_yaml(judged.sent, offers.namespace, draft)
    api = f"https://{request.get_host().rsplit(':', 1)[0]}:{settings.TLS_PORT}"
    return {
        "namespace": offers.namespace,
        "offers": offers,
        "draft": draft,
        "judged": judged,
        "slots": slots,
        "errors": {name: errors for name, errors in slots if errors},
        "elsewhere": judged.errors.elsewhere,
        "missing": [(name, labels[name]) for name in judged.errors.missing()],
        "labels": labels,
        "cloud_init_example": CLOUD_INIT_EXAMPLE,
        "image": offers.image(draft.image),
        "class": offers.class_named(draft.class_name),
        "yaml": text,
        "api": api,
    }


def _as_yaml(sent: dict[str, Any], namespace: str, draft: Draft) -> str:
    objects = [_placed(sent, namespace)]
    if draft.has_cloud_init:
        objects.insert(0, _placed(forms.cloud_init_secret(draft, is_clear=True), namespace))
    return yamltext.dump_all(objects)


def _placed(obj: dict[str, Any], namespace: str) -> dict[str, Any]:
    meta = obj["metadata"]
    rest = {key: value for key, value in meta.items() if key != "name"}
    return {**obj, "metadata": {"name": meta["name"], "namespace": namespace, **rest}}


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "image": _("Image"),
        "class": _("Class"),
        "storage_class": _("Storage class"),
        "zone": _("Zone"),
        "interface": _("Interface name"),
        "network": _("Network"),
        "cloud_init": _("Cloud-init"),
        "power_on": _("Power"),
        "labels": _("Labels"),
    }


def _proposed(offers: Offers, query: Any) -> Draft:
    """An empty form with what is likely: the next name, the smallest class, the only storage class."""
    storage = [offer.name for offer in offers.storage_classes]
    classes = [offer.name for offer in offers.classes]
    wanted = query.get("class", "")
    images = [image.key for image in offers.images]
    return Draft(
        name=_next_name(offers.namespace),
        class_name=wanted if wanted in classes else (classes[0] if classes else ""),
        image=query.get("image", "") if query.get("image", "") in images else "",
        storage_class=storage[0] if storage else "",
    )


def _next_name(namespace: str) -> str:
    """`web-3` after `web-2`, the newest machine; `vm-1` in an empty namespace."""
    rows = VirtualMachine.objects.filter(namespace=namespace)
    newest = rows.order_by("-created", "-version").values_list("name", flat=True).first()
    if newest is None:
        return "vm-1"
    stem = re.sub(r"-?\d+$", "", newest)[:58] or "vm"
    taken = set(rows.filter(name__startswith=f"{stem}-").values_list("name", flat=True))
    numbers = [int(name[len(stem) + 1 :]) for name in taken if name[len(stem) + 1 :].isdecimal()]
    return f"{stem}-{max(numbers, default=1) + 1}"
