"""What every request passes: it gets an id, and is turned away when its client asks too much."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from vmportal import request_ids
from vmportal.addresses import client_address
from vmportal.api.status import headers_of, status_response
from vmportal.errors import ApiError, TooLarge, TooManyRequests
from vmportal.limits import Buckets, Known, Places, digest, neighborhood

HEADER = "X-Request-ID"
ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
OF_API = re.compile(r"/(api|apis|openapi|version)(/|\Z)")
UNLIMITED = ("/livez", "/readyz", "/metrics")  # supervisors must always hear
SIGN_IN_COST = 10.0  # requests: to check a password takes as long as those
BUCKETS, KNOWN, PLACES = Buckets(), Known(), Places()


class RequestIdMiddleware:
    """`request.request_id`: the client's own where it sent a sensible one. It stands in the history of changes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get(HEADER, "")
        request.request_id = sent if ACCEPTABLE.fullmatch(sent) else str(uuid.uuid4())  # type: ignore[attr-defined]
        token = request_ids.CURRENT.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_ids.CURRENT.reset(token)
        response[HEADER] = request.request_id  # type: ignore[attr-defined]
        return response


class LimitsMiddleware:
    """Rate, requests at once, size of bodies. A client is known by its token or session once that was found good."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in UNLIMITED:
            return self.get_response(request)
        is_sign_in = request.method == "POST" and request.path == reverse("sign-in")
        credential = (
            None if is_sign_in else _credential(request)
        )  # who guesses passwords may have a good token
        client = KNOWN.client(credential) if credential else None
        try:
            give_back = _enter(request, client, SIGN_IN_COST if is_sign_in else 1.0)
        except ApiError as refusal:
            return _refused(request, refusal)
        request.give_place_back = give_back  # type: ignore[attr-defined]
        response = self.get_response(request)
        # A large answer holds a thread until it is read: so long it counts.
        response._resource_closers.append(give_back)  # type: ignore[attr-defined]
        if credential:
            _learn(request, response, credential, client)
        return response


def _enter(request: HttpRequest, client: str | None, cost: float) -> Callable[[], None]:
    """Let a request in. Raises `TooLarge` and `TooManyRequests`."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_BODY_BYTES:
        raise TooLarge(f"Request entity too large: limit is {settings.MAX_BODY_BYTES}")
    if client:
        rate, whose = settings.CLIENT_RATE, "of this token or session"
    else:
        client = "address:" + neighborhood(client_address(request.META, settings.TRUSTED_PROXIES))
        rate, whose = settings.ADDRESS_RATE, "without a known token or session from this address"
    if wait := BUCKETS.take(client, rate, time.monotonic(), cost):
        told = f"too many requests {whose}: {rate.per_second:g} a second are taken, {rate.burst:g} at once"
        raise TooManyRequests(f"{told}; try again in {wait} s", retryAfterSeconds=wait)
    give_back = PLACES.take(client, settings.MAX_PARALLEL)
    if give_back is None:
        told = f"{settings.MAX_PARALLEL} requests {whose} are being answered: wait for one of them"
        raise TooManyRequests(told, retryAfterSeconds=1)
    return give_back


def _credential(request: HttpRequest) -> bytes | None:
    sent = request.META.get("HTTP_AUTHORIZATION") or request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return digest(sent) if sent else None


def _learn(request: HttpRequest, response: HttpResponseBase, credential: bytes, client: str | None) -> None:
    """Remember whose a credential is that was found good, and forget one that is good no more."""
    if client and response.status_code == 401:
        KNOWN.forget(credential)
    elif not client and (found := _client(request, credential)):
        KNOWN.learn(credential, found)


def _client(request: HttpRequest, credential: bytes) -> str:
    """Of a request that was answered; empty when nobody has looked at the credential, or it was not good."""
    if "HTTP_AUTHORIZATION" in request.META:
        return f"token:{credential.hex()}" if getattr(request, "auth", None) is not None else ""
    session = request.session
    user = session.get("_auth_user_id") if session.accessed else None
    return f"user:{user}" if user else ""


def _refused(request: HttpRequest, refusal: ApiError) -> HttpResponse:
    if OF_API.match(request.path):
        response = status_response(refusal)
    else:
        headers = headers_of(refusal)
        response = HttpResponse(
            refusal.message, status=refusal.code, headers=headers, content_type="text/plain"
        )
    response["Content-Length"] = str(len(response.content))
    return response
