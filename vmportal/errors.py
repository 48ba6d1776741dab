"""What can go wrong with a request, in Kubernetes' words. Raised by services, answered by pages and API.

Every error is an `ApiError`; the API turns it into a `Status` object, pages into a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmportal.quota import Line

# Kubernetes' error type -> the `reason` of a cause in `Status.details.causes`.
CAUSE_REASON = {
    "Required": "FieldValueRequired",
    "Invalid": "FieldValueInvalid",
    "Forbidden": "FieldValueForbidden",
    "NotSupported": "FieldValueNotSupported",
    "Duplicate": "FieldValueDuplicate",
    "NotFound": "FieldValueNotFound",
    "TypeInvalid": "FieldValueTypeInvalid",
    "TooLong": "FieldValueTooLong",
    "TooMany": "FieldValueTooMany",
    "InternalError": "InternalError",
    "FieldManagerConflict": "FieldManagerConflict",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with an object.

    `path` is the place in the client's JSON (`spec.volumes[1].unitNumber`), `type` one of
    `CAUSE_REASON`, `message` one sentence for people that says what to do, `rule` the catalogue's id (`VS-02`).
    The rule itself adds `why`, the sentence that it enforces, and `who` can change what is complained of.
    """

    path: str
    type: str
    message: str
    rule: str = ""
    who: str = field(default="you", compare=False)
    why: str = field(default="", compare=False)

    @property
    def reason(self) -> str:
        return CAUSE_REASON[self.type]


class ApiError(Exception):
    """A refusal: `code` is the HTTP status, `reason` the `Status.reason`."""

    code = 500
    reason = "InternalError"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def retry_after(self) -> int | None:
        return self.details.get("retryAfterSeconds")


class BadRequest(ApiError):
    code, reason = 400, "BadRequest"


class Unauthorized(ApiError):
    code, reason = 401, "Unauthorized"


class Forbidden(ApiError):
    code, reason = 403, "Forbidden"


class Exceeded(Forbidden):
    """What a quota of the namespace has no room for: all that is too much, and every limit that was met."""

    def __init__(
        self, message: str, errors: Iterable[FieldError], lines: Iterable[Line] = (), **details: Any
    ) -> None:
        self.errors, self.lines = tuple(errors), tuple(lines)
        super().__init__(message, **details)


class NotFound(ApiError):
    code, reason = 404, "NotFound"


class MethodNotAllowed(ApiError):
    code, reason = 405, "MethodNotAllowed"


class NotAcceptable(ApiError):
    code, reason = 406, "NotAcceptable"


class AlreadyExists(ApiError):
    code, reason = 409, "AlreadyExists"


class Conflict(ApiError):
    code, reason = 409, "Conflict"


class ApplyConflict(Conflict):
    """What somebody applies and others own with another value: one error for each field and owner."""

    def __init__(self, message: str, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(message)


class PreconditionFailed(ApiError):
    """What a request says in its header `If-Match` is not so."""

    code, reason = 412, "PreconditionFailed"


class Expired(ApiError):
    code, reason = 410, "Expired"


class TooLarge(ApiError):
    code, reason = 413, "RequestEntityTooLarge"


class UnsupportedMediaType(ApiError):
    code, reason = 415, "UnsupportedMediaType"


class TooManyRequests(ApiError):
    code, reason = 429, "TooManyRequests"


class NoSpace(ApiError):
    code, reason = 507, "InsufficientStorage"


class KeyReused(ApiError):
    """An `Idempotency-Key` that stands for another request already."""

    code, reason = 422, "Invalid"


class TimedOut(ApiError):
    """What somebody waited for did not come in time."""

    code, reason = 504, "Timeout"


class Invalid(ApiError):
    """An object that the rules refuse, with all errors at once (422)."""

    code, reason = 422, "Invalid"

    def __init__(self, kind: str, name: str, errors: Iterable[FieldError], group: str = "") -> None:
        self.errors = tuple(errors)
        # An error without path is about the whole object.
        listed = ", ".join(f"{error.path}: {error.message}".removeprefix(": ") for error in self.errors)
        text = f"[{listed}]" if len(self.errors) > 1 else listed
        subject = f"{kind}.{group}" if group else kind
        super().__init__(f'{subject} "{name}" is invalid: {text}', name=name, group=group, kind=kind)
