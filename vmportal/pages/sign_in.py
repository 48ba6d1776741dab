"""Signing in and out. The demo offers its users with one click; failures are limited by user and address."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from vmportal import audit, demo
from vmportal.addresses import client_address
from vmportal.pages import own_address

FAILURES, WINDOW_SECONDS = 8, 300
HINTS = {
    "admin": gettext_lazy("runs the portal"),
    "alice": gettext_lazy("admin of team-a, looks into team-b"),
    "bob": gettext_lazy("works in team-b"),
}


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    next_page = _next_page(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(next_page)
        return _page(request, next_page)
    name, password = request.POST.get("username", "").strip(), request.POST.get("password", "")
    if settings.IS_DEMO and (demo_user := request.POST.get("demo")) in demo.DEMO_USERS:
        name, password = demo_user, demo.DEMO_USERS[demo_user]
    key = _key(name, _address(request))
    if cache.get(key, 0) >= FAILURES:
        message = _("Too many attempts. Wait five minutes, then try again.")
        return _page(request, next_page, message, name, status=429)
    user = authenticate(request, username=name, password=password)
    if user is None:
        cache.add(key, 0, WINDOW_SECONDS)
        cache.incr(key)
        audit.note(name, "sign-in-failed", address=_address(request))
        message = _("User name and password do not belong together.")
        return _page(request, next_page, message, name, status=422)
    cache.delete(key)
    login(request, user)
    audit.note(name, "sign-in", address=_address(request))
    return redirect(next_page)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        audit.note(request.user.get_username(), "sign-out")
    logout(request)
    return redirect("sign-in")


def _address(request: HttpRequest) -> str:
    return client_address(request.META, settings.TRUSTED_PROXIES)


def _key(name: str, address: str) -> str:
    """Where failures are counted; hashed, since a name is whatever somebody typed."""
    return f"sign-in:{hashlib.sha256(f'{name}|{address}'.encode()).hexdigest()}"


def _page(
    request: HttpRequest, next_page: str, error: str = "", name: str = "", *, status: int = 200
) -> HttpResponse:
    users = [(user, HINTS.get(user, "")) for user in demo.DEMO_USERS] if settings.IS_DEMO else []
    context = {"next": next_page, "error": error, "name": name, "demo_users": users}
    return render(request, "sign_in.html", context, status=status)


def _next_page(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return own_address(request, wanted) or "/"
