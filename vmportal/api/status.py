"""Refusals as Kubernetes' `Status`, whatever went wrong. Called by DRF for every exception of an API view."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from vmportal import audit, errors, space
from vmportal.errors import ApiError, ApplyConflict, Exceeded, FieldError, Invalid

log = logging.getLogger(__name__)

_OF_DRF: dict[type[Exception], type[ApiError]] = {
    exceptions.ParseError: errors.BadRequest,
    exceptions.AuthenticationFailed: errors.Unauthorized,
    exceptions.NotAuthenticated: errors.Unauthorized,
    exceptions.PermissionDenied: errors.Forbidden,
    exceptions.NotFound: errors.NotFound,
    exceptions.MethodNotAllowed: errors.MethodNotAllowed,
    exceptions.NotAcceptable: errors.NotAcceptable,
    exceptions.UnsupportedMediaType: errors.UnsupportedMediaType,
    exceptions.Throttled: errors.TooManyRequests,
    RequestDataTooBig: errors.TooLarge,
    Http404: errors.NotFound,
}
NOT_ALLOWED = "the server does not allow this method on the requested resource"
_SAYS = {errors.Unauthorized: "Unauthorized", errors.MethodNotAllowed: NOT_ALLOWED}


def nothing_here() -> errors.NotFound:
    """What a kube-apiserver says of an address that it does not serve."""
    return errors.NotFound("the server could not find the requested resource")


def status_of(error: ApiError) -> dict[str, Any]:
    """The `Status` of a refusal."""
    details = {key: value for key, value in error.details.items() if value and key != "metadata"}
    if isinstance(error, Invalid | Exceeded | ApplyConflict):
        details["causes"] = [_cause(one) for one in error.errors]
    status: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": error.details.get("metadata", {}),
        "status": "Failure",
        "message": error.message,
        "reason": error.reason,
    }
    if details:
        status["details"] = details
    return {**status, "code": error.code}


def _cause(error: FieldError) -> dict[str, str]:
    """Kubernetes' three fields; beside them the rule's id and who can help, which its clients pass over."""
    cause = {"reason": error.reason, "message": error.message, "field": error.path}
    return {**cause, "rule": error.rule, "who": error.who} if error.rule else cause


def success(**details: Any) -> dict[str, Any]:
    """The `Status` of an act that leaves no object to show."""
    shown = {key: value for key, value in details.items() if value}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": shown}


def as_api_error(error: Exception) -> ApiError:
    """Any exception as a refusal; what nobody expected is logged, and says nothing of its inside."""
    if isinstance(error, ApiError):
        return error
    for type_, ours in _OF_DRF.items():
        if isinstance(error, type_):
            wait = getattr(error, "wait", None)
            details = {"retryAfterSeconds": int(wait) + 1} if wait else {}
            said = str(getattr(error, "detail", None) or error)
            return ours(_SAYS.get(ours) or said or ours.reason, **details)
    if space.is_full(error):
        log.warning("a request was refused: the disk is full")
        return space.refusal()
    log.error("an API request failed", exc_info=error)
    return ApiError("an error on the server: it is in the portal's log, with the X-Request-ID of this answer")


def headers_of(error: ApiError) -> dict[str, str]:
    headers = {"Cache-Control": "no-cache, private"}
    if error.code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="vm-portal"'
    if error.retry_after:
        headers["Retry-After"] = str(error.retry_after)
    return headers


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's hook."""
    refusal = as_api_error(error)
    if isinstance(refusal, errors.Forbidden):
        request = context["request"]
        # The view's caller knows of impersonation; there is none yet when it is this that is refused.
        who: Any = getattr(context.get("view"), "_caller", None) or getattr(request.user, "username", "")
        try:
            audit.note(who, "forbidden", message=refusal.message)
        except DatabaseError as unwritten:
            refusal = as_api_error(unwritten)
    response = Response(status_of(refusal), status=refusal.code, headers=headers_of(refusal))
    # Django would log every 5xx as an error, also a wait in vain; what is one has been logged with its cause.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def status_response(error: ApiError) -> HttpResponse:
    """A refusal outside of DRF."""
    return HttpResponse(
        json.dumps(status_of(error)),
        content_type="application/json",
        status=error.code,
        headers=headers_of(error),
    )
