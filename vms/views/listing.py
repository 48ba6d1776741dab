"""The list of machines, and what changed of it while one looks."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from vmportal import access
from vmportal.access import Caller
from vmportal.api import csvtext
from vmportal.pages import EVERYWHERE, ROWS, enter, page, read
from vms import listing
from vms.kinds import VIRTUAL_MACHINE
from vms.listing import Counts, Seen, Wanted, count
from vms.models import VirtualMachine
from vms.state import State, state_of


@page
def index(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """The machines of a namespace, or (`_all`) of all that one may look into."""
    return render(request, "vms/index.html", _context(request, namespace))


@page
def news(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """What changed of the list since it was shown (`since`); 204 when nothing of what is shown did."""
    enter(request, namespace, may_be_all=True)
    since = Seen.read(request.GET.get("since", ""))
    if since.version == access.counters_of(request)["version"]:  # nothing at all was written
        return HttpResponse(status=204)
    context = _context(request, namespace)
    seen: Seen = context["seen"]
    if seen.shows_as(since):
        return HttpResponse(status=204)
    context["is_same_page"] = seen.page == since.page
    context["changed"] = [vm for vm in context["vms"] if vm.version > since.newest]
    return render(request, "vms/_news.html", context)


@page
def as_csv(request: HttpRequest, namespace: str) -> HttpResponseBase:
    """What the list shows, on all its pages, for a spreadsheet: the columns of `kubectl get -o wide`."""
    wanted = Wanted.of(request.GET)
    rows = listing.picked(_found(enter(request, namespace, may_be_all=True), namespace, wanted), wanted)
    bodies = rows.values_list("body", flat=True).iterator(chunk_size=csvtext.BATCH)
    return csvtext.answer(VIRTUAL_MACHINE.shape, bodies, wide=True, download=True)


def _context(request: HttpRequest, namespace: str) -> dict[str, Any]:
    """What the list and its news show."""
    caller = enter(request, namespace, may_be_all=True)
    wanted = Wanted.of(request.GET)
    found = _found(caller, namespace, wanted)
    counts = listing.counted(found)
    total = counts.of(wanted.group)
    pages = max(-(-total // ROWS), 1)
    number = min(_number(request.GET.get("page", "")), pages)
    start = (number - 1) * ROWS
    vms = listing.shown(found, wanted, start, ROWS)
    for vm in vms:
        show_state(vm)
    labels = _labels()
    return {
        "namespace": namespace,
        "is_everywhere": namespace == EVERYWHERE,
        "wanted": wanted,
        "vms": vms,
        "seen": Seen.of(access.counters_of(request)["version"], vms, counts),
        "chips": _chips(counts, wanted),
        "count": count(total),
        "all": count(counts.total),
        "attention": counts.of("attention"),
        "working": counts.of("working"),
        "first": start + 1,
        "last": start + len(vms),
        "page_number": number,
        "pages": pages,
        "labels": labels,
        "columns": _columns(labels, wanted, is_everywhere=namespace == EVERYWHERE),
    }


def _found(caller: Caller, namespace: str, wanted: Wanted) -> QuerySet[VirtualMachine]:
    """What the search finds, in whatever state."""
    rows = access.visible(caller, VIRTUAL_MACHINE, VirtualMachine.objects.all())
    if namespace != EVERYWHERE:
        rows = rows.filter(namespace=namespace)
    return listing.searched(rows, wanted.text)


def show_state(vm: Any) -> None:
    """Give a row its state; only where there is more to say than a word is the object parsed."""
    vm.shown = state_of(read(vm)) if vm.is_settling or vm.needs_attention else State(vm.state)


def _number(text: str) -> int:
    return max(int(text), 1) if text.isdecimal() and len(text) < 10 else 1


def _chips(counts: Counts, wanted: Wanted) -> list[dict[str, Any]]:
    labels = {
        "": _("All"),
        "attention": _("Need attention"),
        "working": _("Working"),
        "running": _("Running"),
        "off": _("Off"),
        "suspended": _("Suspended"),
    }
    return [
        {"group": group, "label": label, "count": count(counts.of(group)), "is_here": group == wanted.group}
        for group, label in labels.items()
        if group in ("", wanted.group) or counts.of(group)
    ]


def _labels() -> dict[str, str]:
    """The headings of the columns, which telephones show beside each cell."""
    return {
        "name": _("Name"),
        "namespace": _("Namespace"),
        "state": _("State"),
        "address": _("Address"),
        "class": _("Class"),
        "image": _("Image"),
        "zone": _("Zone"),
        "age": _("Age"),
    }


def _columns(labels: dict[str, str], wanted: Wanted, *, is_everywhere: bool) -> list[dict[str, Any]]:
    found = []
    for key, label in labels.items():
        if key == "namespace" and not is_everywhere:
            continue
        is_sorted = key == wanted.sort
        direction = ("descending" if wanted.is_descending else "ascending") if is_sorted else ""
        following = f"-{key}" if is_sorted and not wanted.is_descending else key
        found.append({"label": label, "sort": following, "direction": direction})
    return found
