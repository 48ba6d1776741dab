"""What the query of a request (and the DeleteOptions in its body) asks for. Called by the API's views."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from vmportal.errors import BadRequest, FieldError, Invalid

POLICIES = ("Foreground", "Background", "Orphan")
VALIDATIONS = ("Ignore", "Strict", "Warn")
MANAGER_MOST = 128
_KINDS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}


def flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("true", "1")


def number(request: Request, name: str) -> int:
    """A whole number that is not negative; 0 when it is not given."""
    text = request.query_params.get(name, "") or "0"
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise BadRequest(f"{name} must be a whole number, not {text!r}")
    return int(text)


def is_dry_run(request: Request) -> bool:
    return _dry_run(request.query_params.getlist("dryRun"), _kind(request))


def _kind(request: Request) -> str:
    """What Kubernetes calls the options of a request."""
    return _KINDS.get(str(request.method), "Options")


def _dry_run(asked: Any, kind: str) -> bool:
    if asked and asked != ["All"]:
        raise _unsupported("dryRun", asked, ("All",), kind)
    return bool(asked)


def field_validation(request: Request) -> str:
    """What to do about unknown and doubled fields: Strict, Warn or Ignore."""
    asked = request.query_params.get("fieldValidation") or "Warn"
    if asked not in VALIDATIONS:
        raise _unsupported("fieldValidation", asked, ("", *VALIDATIONS), _kind(request))
    return str(asked)


def manager(request: Request) -> str:
    """Who owns the fields of this write: as the client says, else its program's name."""
    named = str(request.query_params.get("fieldManager", ""))
    if not named:
        agent = request.META.get("HTTP_USER_AGENT", "").split("/")[0].strip()
        return "".join(letter for letter in agent if letter.isprintable())[:MANAGER_MOST] or "unknown"
    if len(named) > MANAGER_MOST:
        told = f"Too long: may not be more than {MANAGER_MOST} bytes"
        raise _invalid(FieldError("fieldManager", "TooLong", told), _kind(request))
    if not named.isprintable():
        at, letter = next((at, one) for at, one in enumerate(named) if not one.isprintable())
        told = f"Invalid value: {json.dumps(named)}: invalid character U+{ord(letter):04X} (at position {at})"
        raise _invalid(FieldError("fieldManager", "Invalid", told), _kind(request))
    return named


def force(request: Request, *, is_apply: bool) -> bool:
    """Whether an apply takes over what others own. Raises `Invalid` for what the kind of patch does not allow."""
    asked = request.query_params.get("force")
    if not is_apply and asked is not None:
        error = FieldError("force", "Forbidden", "Forbidden: may not be specified for non-apply patch")
        raise _invalid(error, "PatchOptions")
    if is_apply and not request.query_params.get("fieldManager"):
        error = FieldError("fieldManager", "Required", "Required value: is required for apply patch")
        raise _invalid(error, "PatchOptions")
    return asked is not None and asked.lower() not in ("false", "0")


@dataclass(frozen=True)
class DeleteOptions:
    uid: str | None = None
    resource_version: str | None = None
    propagation: str | None = None
    dry_run: bool = False


def delete_options(request: Request, body: Any) -> DeleteOptions:
    """From the body (a DeleteOptions object) where there is one, else from the query."""
    query = request.query_params
    number(request, "gracePeriodSeconds")  # nothing here is given time to end, but nonsense is told
    if body is None:
        body = {
            "dryRun": query.getlist("dryRun"),
            "propagationPolicy": query.get("propagationPolicy"),
            "orphanDependents": flag(request, "orphanDependents") if "orphanDependents" in query else None,
        }
    if not isinstance(body, Mapping):
        raise BadRequest("the body of a delete must be a DeleteOptions object")
    if body.get("kind", "DeleteOptions") not in ("DeleteOptions", ""):
        raise BadRequest(f"the body of a delete must be a DeleteOptions object, not a {body['kind']}")
    policy, orphan = body.get("propagationPolicy"), body.get("orphanDependents")
    if policy is not None and orphan is not None:
        told = f"Invalid value: {json.dumps(policy)}: orphanDependents and deletionPropagation cannot be both set"
        raise _invalid(FieldError("propagationPolicy", "Invalid", told), "DeleteOptions")
    if policy is not None and policy not in POLICIES:
        raise _unsupported("propagationPolicy", policy, (*POLICIES, "nil"), "DeleteOptions")
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    preconditions = body.get("preconditions") or {}
    if not isinstance(preconditions, Mapping):
        raise BadRequest("preconditions must be an object")
    return DeleteOptions(
        uid=_text(preconditions, "uid"),
        resource_version=_text(preconditions, "resourceVersion"),
        propagation=policy,
        dry_run=_dry_run(body.get("dryRun"), "DeleteOptions"),
    )


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"preconditions.{key} must be a text")
    return value


def _unsupported(field: str, value: Any, supported: tuple[str, ...], kind: str) -> Invalid:
    listed = ", ".join(f'"{one}"' for one in supported)
    given = json.dumps(value, separators=(",", ":"))
    return _invalid(
        FieldError(field, "NotSupported", f"Unsupported value: {given}: supported values: {listed}"), kind
    )


def _invalid(error: FieldError, kind: str) -> Invalid:
    return Invalid(kind, "", [error], "meta.k8s.io")
