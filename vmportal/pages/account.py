"""The account page: API tokens (listed, made and shown once, revoked), a kubeconfig to download, signing out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from vmportal import audit, yamltext
from vmportal.access import Scope
from vmportal.api import tokens
from vmportal.errors import FieldError, Invalid
from vmportal.management.commands.kubeconfig import kubeconfig
from vmportal.models import Token, User
from vmportal.pages import Frame, page, page_of

LIFETIMES = {"1": 1, "7": 7, "30": 30, "90": 90, "365": 365, "never": None}  # days
USUAL_DAYS = 30
NAMESPACES_OFFERED = 200


@dataclass(frozen=True)
class Draft:
    """What stands in the form of a new token, as it was typed."""

    name: str = ""
    lifetime: str = ""
    is_read_only: bool = False
    namespace: str = ""
    networks: str = ""

    def wish(self) -> tokens.Wish:
        networks = tuple(self.networks.replace(",", " ").split())
        scope = Scope(self.is_read_only, self.namespace)
        return tokens.Wish(self.name, _lifetime(self.lifetime), scope, networks)


@never_cache
@page
def account(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


@never_cache
@require_POST
@page
def make_token(request: HttpRequest) -> HttpResponseBase:
    """The one answer that shows the token; the portal keeps a digest."""
    draft = _draft(request)
    try:
        return _show(request, token=_make(request, draft))
    except Invalid as invalid:
        return _show(request, draft, invalid.errors)


@require_POST
@page
def revoke_token(request: HttpRequest, key: str) -> HttpResponseBase:
    user = _user(request)
    if tokens.revoke(Token.objects.filter(user=user, token_key=key), user.username):
        messages.success(request, _("The token %(key)s… is revoked.") % {"key": key[:8]})
    return redirect("account")


@never_cache
@require_POST
@page
def download_kubeconfig(request: HttpRequest) -> HttpResponseBase:
    """A kubeconfig with a new token of its own, which works as it is."""
    draft = _draft(request)
    draft = draft if draft.name else replace(draft, name="kubeconfig")
    try:
        token = _make(request, draft)
    except Invalid as invalid:
        return _show(request, draft, invalid.errors)
    content = yamltext.dump(kubeconfig(_user(request), token, _api(request), draft.namespace))
    disposition = {"Content-Disposition": 'attachment; filename="vm-portal.kubeconfig"'}
    return HttpResponse(content, content_type="application/yaml", headers=disposition)


@require_POST
@page
def sign_out_everywhere(request: HttpRequest) -> HttpResponseBase:
    """End all sessions of the user, this one too. Tokens go on."""
    user = _user(request)
    user.sessions_ended = timezone.now()
    user.save(update_fields=["sessions_ended"])
    audit.note(user.username, "sign-out-everywhere")
    logout(request)
    return redirect("sign-in")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # `page` has seen to it
    return request.user


def _draft(request: HttpRequest) -> Draft:
    sent = request.POST
    return Draft(
        sent.get("name", "").strip(),
        sent.get("lifetime", ""),
        "read_only" in sent,
        sent.get("namespace", "").strip(),
        sent.get("networks", ""),
    )


def _make(request: HttpRequest, draft: Draft) -> str:
    user = _user(request)
    return tokens.make(user, draft.wish(), user.username)[0]


def _lifetime(chosen: str) -> dt.timedelta | None:
    if chosen not in LIFETIMES:
        return tokens.at_most(dt.timedelta(days=USUAL_DAYS))
    days = LIFETIMES[chosen]
    return dt.timedelta(days=days) if days else None


def _lifetimes() -> list[tuple[str, str]]:
    """What the form offers, as far as the setting allows it: value and label."""
    most = tokens.longest()
    offered = [
        (value, ngettext("%(days)d day", "%(days)d days", days) % {"days": days})
        for value, days in LIFETIMES.items()
        if days and (most is None or days <= most.days)
    ]
    return [*offered, ("never", _("ever, until revoked"))] if most is None else offered


def _api(request: HttpRequest) -> str:
    """Where the API is reached over TLS, by the name under which the page is."""
    return f"https://{request.get_host().rsplit(':', 1)[0]}:{settings.TLS_PORT}"


def _show(
    request: HttpRequest, draft: Draft | None = None, errors: Iterable[FieldError] = (), token: str = ""
) -> HttpResponseBase:
    by_field: dict[str, list[FieldError]] = {}
    for error in errors:  # the field is where the error is shown: it need not be named
        by_field.setdefault(error.path, []).append(replace(error, path=""))
    rows = Token.objects.filter(user=_user(request)).order_by("-created")
    namespaces = Frame(request).namespaces
    context = {
        "page": page_of(request, rows),
        "now": timezone.now(),
        "token": token,
        "draft": draft or Draft(lifetime=str(USUAL_DAYS)),
        "errors": by_field,
        "lifetimes": _lifetimes(),
        "namespaces": namespaces[:NAMESPACES_OFFERED],
        "api": _api(request),
        "example": next(iter(namespaces), "NAMESPACE"),
    }
    return render(request, "account.html", context, status=422 if by_field else 200)
