"""What an API server says when it does not do as it is asked, as exceptions of the portal's own. Pure.

Raised by the client; whoever writes wishes or reads news catches them. All are a `BackendUnavailable` (later it may
work) or a `BackendRefused` (as it is, it never will).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vmportal.backends.base import BackendRefused, BackendUnavailable

MOST_TEXT = 2000  # characters of a message


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong, as `Status.details.causes` has it: a field's path (may be empty), why, and in words."""

    path: str
    reason: str
    message: str


class Away(BackendUnavailable):
    """Nobody answers, not in time, or somebody else does (its certificate is not to be trusted)."""

    reason = "Unreachable"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after  # seconds, where the server has named them


class Untrusted(Away):
    """Somebody answers whose certificate is not signed by the authority that is told, or not for this name."""

    reason = "CertificateRefused"


class Throttled(Away):
    """Too much has been asked (429): again after `retry_after` seconds."""

    reason = "Throttled"


class CredentialsRefused(Away):
    """The account is not known there, or not any more (401): somebody must bring other credentials."""

    reason = "CredentialsRefused"


class Refused(BackendRefused):
    """The API server, or a webhook of its, says no. `fault` is the `reason` of its Status."""

    def __init__(self, code: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(reason, message)
        self.code = code
        self.causes = causes


class Denied(Refused):
    """The account may not do this (403), or a webhook refuses it with that code."""


class NotThere(Refused):
    """There is no such object, or no such namespace, any more or yet."""


class NotServed(Refused):
    """There is no such kind there, or not in this version."""


class Expired(Refused):
    """The version from which one wanted to go on is too old (410): list again."""


class Conflicting(Refused):
    """Somebody else has it otherwise (409): `owners` are (field manager, field path) of what an apply would take.

    Without owners the object has a newer version or another uid than was named, or (`AlreadyExists`) is there already.
    """

    @property
    def owners(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (_manager(cause.message), cause.path.removeprefix("."))
            for cause in self.causes
            if cause.reason == "FieldManagerConflict"
        )


_BY_CODE: Mapping[int, type[Refused]] = {403: Denied, 409: Conflicting, 410: Expired}
_NOT_TYPED = re.compile(r"failed to create typed patch object \(.*?; .*?\): (.*)", re.DOTALL)
_FIELD = re.compile(r"^\s*\.(\S+): (.*)$", re.MULTILINE)
_MANAGER = re.compile(r'^conflict with "((?:[^"\\]|\\.)*)"')


def refusal(code: int, body: bytes, retry_after: str | None, *, is_secret: bool = False) -> Exception:
    """The exception for an answer that is not a success. Of a Secret's, no values are repeated."""
    status = _status(body)
    reason = str(status.get("reason") or "") or f"HTTP{code}"
    message = str(status.get("message") or "")[:MOST_TEXT] or f"The API server answers {code}."
    causes = _causes(status)
    if code == 500 and (found := _NOT_TYPED.match(message)):
        # What an apply says of fields that the kind does not have there: no failure, though it says so.
        code, reason, message = 422, "Invalid", " ".join(found[1].removeprefix("errors:").split())
        causes = tuple(Cause(path, "FieldValueInvalid", why) for path, why in _FIELD.findall(found[1]))
    if is_secret:
        message = f"{reason}: {', '.join(cause.path for cause in causes) or 'the Secret'}"
        causes = tuple(Cause(cause.path, cause.reason, cause.reason) for cause in causes)
    if code == 401:
        return CredentialsRefused(
            "The API server does not know the account: its credentials are wrong or old."
        )
    if code == 429:
        return Throttled(message, _seconds(status, retry_after) or 1.0)
    if code >= 500 or code < 400:
        return Away(f"The API server answers {code}: {message}", _seconds(status, retry_after))
    if code == 404:
        return (NotThere if status.get("reason") == "NotFound" and _names(status) else NotServed)(
            code, reason, message, causes
        )
    return _BY_CODE.get(code, Refused)(code, reason, message, causes)


def _status(body: bytes) -> dict[str, Any]:
    """The Status that was answered; empty where it was something else."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def _details(status: Mapping[str, Any]) -> Mapping[str, Any]:
    found = status.get("details")
    return found if isinstance(found, dict) else {}


def _names(status: Mapping[str, Any]) -> bool:
    """Whether it is told which object is not there; of a kind that is not served, nothing is."""
    return bool(_details(status).get("name"))


def _causes(status: Mapping[str, Any]) -> tuple[Cause, ...]:
    found = _details(status).get("causes")
    return tuple(
        Cause(
            str(one.get("field") or ""),
            str(one.get("reason") or ""),
            str(one.get("message") or "")[:MOST_TEXT],
        )
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict)
    )


def _seconds(status: Mapping[str, Any], header: str | None) -> float | None:
    for text in (header, _details(status).get("retryAfterSeconds")):
        try:
            if text is not None and float(text) >= 0:
                return float(text)
        except (TypeError, ValueError):
            continue  # a date: nobody knows whose clock is right
    return None


def _manager(message: str) -> str:
    found = _MANAGER.match(message)
    return found[1] if found else message
