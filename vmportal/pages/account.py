"""The account page: API tokens (listed, made and shown once, revoked) and how to use them."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from knox.models import AuthToken

from vmportal.pages import page

LIFETIMES = {"30": 30, "90": 90, "365": 365, "never": None}  # days


@never_cache
@page
def account(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


@never_cache
@require_POST
@page
def make_token(request: HttpRequest) -> HttpResponseBase:
    """The one answer that shows the token; the portal keeps a digest."""
    days = LIFETIMES.get(request.POST.get("lifetime", ""), 90)
    expiry = dt.timedelta(days=days) if days else None
    _row, token = AuthToken.objects.create(user=request.user, expiry=expiry)
    return _show(request, token)


@require_POST
@page
def revoke_token(request: HttpRequest, key: str) -> HttpResponseBase:
    AuthToken.objects.filter(user=request.user, token_key=key).delete()
    messages.success(request, _("The token %(key)s… is revoked.") % {"key": key})
    return redirect("account")


def _show(request: HttpRequest, token: str = "") -> HttpResponseBase:
    context = {
        "tokens": AuthToken.objects.filter(user=request.user).order_by("-created"),
        "token": token,
        "api": f"https://{request.get_host().rsplit(':', 1)[0]}:{settings.TLS_PORT}",
    }
    return render(request, "account.html", context)
