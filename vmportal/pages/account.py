"""The account page: API tokens (listed, made and shown once, revoked), and a kubeconfig to download."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from vmportal import yamltext
from vmportal.access import caller_of
from vmportal.api.auth import new_token
from vmportal.management.commands.kubeconfig import kubeconfig
from vmportal.models import Token
from vmportal.pages import page

LIFETIMES = {"30": 30, "90": 90, "365": 365, "never": None}  # days
KUBECONFIG_DAYS = 30


@never_cache
@page
def account(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


@never_cache
@require_POST
@page
def make_token(request: HttpRequest) -> HttpResponseBase:
    """The one answer that shows the token; the portal keeps a digest."""
    days = LIFETIMES.get(request.POST.get("lifetime", ""), KUBECONFIG_DAYS)
    expiry = dt.timedelta(days=days) if days else None
    token, _ends = new_token(request.user, expiry)  # type: ignore[arg-type]
    return _show(request, token)


@require_POST
@page
def revoke_token(request: HttpRequest, key: str) -> HttpResponseBase:
    Token.objects.filter(user=request.user, token_key=key).delete()
    messages.success(request, _("The token %(key)s… is revoked.") % {"key": key})
    return redirect("account")


@never_cache
@require_POST
@page
def download_kubeconfig(request: HttpRequest) -> HttpResponseBase:
    """A kubeconfig with a new token of its own, which works as it is."""
    token, _ends = new_token(request.user, dt.timedelta(days=KUBECONFIG_DAYS))  # type: ignore[arg-type]
    content = yamltext.dump(kubeconfig(request.user, token, _api(request)))  # type: ignore[arg-type]
    disposition = {"Content-Disposition": 'attachment; filename="vm-portal.kubeconfig"'}
    return HttpResponse(content, content_type="application/yaml", headers=disposition)


def _api(request: HttpRequest) -> str:
    """Where the API is reached over TLS, by the name under which the page is."""
    return f"https://{request.get_host().rsplit(':', 1)[0]}:{settings.TLS_PORT}"


def _show(request: HttpRequest, token: str = "") -> HttpResponseBase:
    context = {
        "tokens": Token.objects.filter(user=request.user).order_by("-created"),
        "token": token,
        "api": _api(request),
        "example": next(iter(caller_of(request).roles), "NAMESPACE"),
    }
    return render(request, "account.html", context)
