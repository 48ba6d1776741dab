"""The frame of every page (`frame` is a context processor), and what every view of every app begins with.

`page` lets people in who are signed in, `enter` into a namespace; refusals are told in the frame.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from vmportal import access, store
from vmportal.access import Caller
from vmportal.errors import ApiError, NotFound
from vmportal.models import Namespace, Revision

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "portal_theme"
EVERYWHERE = "_all"  # in an address: all namespaces that one may see
OPERATOR = "vm-operator"  # the manager of what the portal writes itself
MANAGER = "page"  # as in managedFields: what was written by clicking
ROWS = 25  # of a list on one page

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Section:
    """One line of the navigation."""

    label: str
    icon: str
    url: str
    is_here: bool


class Frame:
    """What `base.html` shows around a page. Each part is asked for when a template wants it, and once."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def is_signed_in(self) -> bool:
        user = getattr(self.request, "user", None)
        return user is not None and user.is_authenticated

    @cached_property
    def caller(self) -> Caller:
        return access.caller_of(self.request)

    @cached_property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @property
    def themes(self) -> list[tuple[str, str, str]]:
        return [
            ("auto", _("Like the system"), "contrast"),
            ("light", _("Light"), "sun"),
            ("dark", _("Dark"), "moon"),
        ]

    @cached_property
    def namespaces(self) -> list[str]:
        """All that the caller may look into."""
        if not self.caller.is_admin:
            return sorted(self.caller.roles)
        return list(Namespace.objects.order_by("name").values_list("name", flat=True))

    @cached_property
    def namespace(self) -> str:
        """The one this page is about, else the one looked at last."""
        match = self.request.resolver_match
        here = match.kwargs.get("namespace", "") if match else ""
        if here == EVERYWHERE or here in self.namespaces:
            return here
        return remembered_namespace(self.request, self.namespaces)

    @property
    def is_everywhere(self) -> bool:
        return self.namespace == EVERYWHERE

    @property
    def may_edit(self) -> bool:
        return self.caller.role_in(self.namespace) in ("edit", "admin", "portal")

    @property
    def offers_creation(self) -> bool:
        """Whether the frame has the button; some pages have one of their own."""
        match = self.request.resolver_match
        is_apart = match is not None and match.view_name in ("vms:new", "vms:class", "vms:image")
        is_apart = is_apart or any(section.is_here for section in self.admin_sections)
        return bool(self.namespace) and not self.is_everywhere and self.may_edit and not is_apart

    @cached_property
    def sections(self) -> list[Section]:
        namespace = self.namespace
        also = () if namespace == EVERYWHERE else (reverse("vms:new", args=[namespace]),)
        found = [self._section(_("Virtual machines"), "device-desktop", "vms:list", namespace, also=also)]
        if namespace != EVERYWHERE:
            found += [
                self._section(_("Images"), "disc", "vms:images", namespace),
                self._section(_("Classes"), "cpu", "vms:classes", namespace),
                self._section(_("Storage classes"), "database", "storage:classes", namespace),
                self._section(_("Activity"), "history", "activity", namespace),
            ]
        return found

    @cached_property
    def admin_sections(self) -> list[Section]:
        if not self.caller.is_admin:
            return []
        return [
            self._section(_("Namespaces"), "folders", "namespace-list", also=(reverse("new-namespace"),)),
            self._section(_("Offers"), "box", "offers", also=(reverse("new-offer"),)),
            self._section(_("Connections"), "server", "connections", also=(reverse("new-connection"),)),
        ]

    def _section(self, label: str, icon: str, view: str, *args: str, also: tuple[str, ...] = ()) -> Section:
        url = reverse(view, args=args)
        return Section(label, icon, url, self.request.path.startswith((url, *also)))


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": Frame(request)}


def remembered_namespace(request: HttpRequest, names: list[str]) -> str:
    """The namespace looked at last, if one still may; else the first; else none."""
    last = request.session.get("namespace", "")
    return last if last in names else (names[0] if names else "")


def page(view: View) -> View:
    """A view for people who are signed in. What services refuse is told in the frame, or in place."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _signed_out(request)
        try:
            return view(request, *args, **kwargs)
        except ApiError as error:
            return refusal(request, error)

    return answer


def enter(request: HttpRequest, namespace: str, *, may_be_all: bool = False) -> Caller:
    """The caller, who may look into the namespace, which is remembered. Raises `NotFound` for a stranger."""
    caller = access.caller_of(request)
    if may_be_all and namespace == EVERYWHERE:
        return caller
    is_there = (
        Namespace.objects.filter(name=namespace).exists()
        if caller.is_admin
        else bool(caller.role_in(namespace))
    )
    if not is_there:
        raise NotFound(_("There is no namespace %(name)s that you may look into.") % {"name": namespace})
    if request.session.get("namespace") != namespace:
        request.session["namespace"] = namespace
    return caller


def by(request: HttpRequest) -> store.By:
    """Who writes when a page writes."""
    return store.By(access.caller_of(request), MANAGER, getattr(request, "request_id", ""))


def read(row: Any) -> dict[str, Any]:
    """The object of a row."""
    found: dict[str, Any] = json.loads(row.body)
    return found


def without_bookkeeping(request: HttpRequest, rows: QuerySet[Revision]) -> QuerySet[Revision]:
    """Revisions without what the portal itself noted on objects, unless `?all` asks for it."""
    return rows if "all" in request.GET else rows.exclude(manager=OPERATOR, action="update")


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], per_page: int = ROWS) -> Page[Any]:
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def refusal(request: HttpRequest, error: ApiError) -> HttpResponse:
    """A refusal as a page; for a fragment, as a notice beside what is there, which stays."""
    if getattr(request, "htmx", False):
        response = render(request, "_refusal.html", {"message": error.message}, status=error.code)
        response["HX-Reswap"] = "none"
        return response
    return error_page(request, error.code, error.message)


def own_address(request: HttpRequest, wanted: str) -> str:
    """`wanted` when it is the address of a page of the portal's, to which one may be sent; else empty."""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    # `redirect` takes a text without a slash for the name of a view.
    return wanted if is_ours and "/" in wanted else ""


def error_page(request: HttpRequest, code: int, message: str) -> HttpResponse:
    titles = {
        403: _("You may not do this"),
        404: _("There is nothing here"),
        409: _("Somebody was quicker"),
        422: _("This is refused"),
        429: _("Too many requests"),
    }
    context = {"code": code, "title": titles.get(code, _("This did not work")), "message": message}
    return render(request, "error.html", context, status=code)


def _signed_out(request: HttpRequest) -> HttpResponse:
    """To the sign-in; but never away from a page on which something is being typed."""
    sign_in = reverse("sign-in")
    if getattr(request, "htmx", False):
        response = render(request, "_signed_out.html", status=401)
        response["HX-Reswap"] = "none"
        return response
    if request.method == "GET":
        return redirect(f"{sign_in}?{urlencode({'next': request.get_full_path()})}")
    return render(request, "signed_out.html", status=401)
