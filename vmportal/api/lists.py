"""Lists of one kind: which rows a request means, page by page, as joined text. Called by the viewset and watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import BooleanField, F, Func, IntegerField, Q, QuerySet, Subquery, Value
from rest_framework.request import Request

from vmportal import jsontext
from vmportal.access import Caller
from vmportal.api.options import number
from vmportal.api.past import count_at, objects_at
from vmportal.api.wanted import Wanted
from vmportal.errors import ApiError, BadRequest, Expired, FieldError, Invalid
from vmportal.kind import Shape
from vmportal.models import Counter

UNLIMITED = 2**31  # where no list is too long
FETCHED = 200  # rows at once, of a list without a limit
COUNTED_MOST = 1000  # objects that `remainingItemCount` tells; of more it says nothing, as it may
_SALT = "vmportal.continue"


class TooNew(ApiError):
    """A resource version that this portal has not reached (504, as in Kubernetes)."""

    code, reason = 504, "Timeout"


@dataclass(frozen=True)
class Page:
    """One page: bodies (JSON texts, to be gone through once), the resource version it is of, and how to go on."""

    bodies: Iterable[str]
    version: int
    token: str = ""
    remaining: int | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        meta: dict[str, Any] = {"resourceVersion": str(self.version)}
        if self.token:
            meta["continue"] = self.token
        if self.remaining:
            meta["remainingItemCount"] = self.remaining
        return meta


def page(asked: Wanted, caller: Caller, request: Request, counters: dict[str, int]) -> Page:
    """The page that `limit` and `continue` ask for. Raises `Invalid` for a list that is too long to be given whole."""
    limit = min(number(request, "limit"), settings.MAX_LIST or UNLIMITED)
    token = request.query_params.get("continue", "")
    if token:
        start, version, remaining = _read_token(token, request)
        where = Q(_After(*start))
        if not version:  # the rest of a list whose version is forgotten
            return _present(asked, caller, where, limit, counters["version"])
        try:
            return _past(asked, caller, version, where, limit, remaining)
        except Expired:
            raise _expired(start) from None
    exact = _exact_version(request, counters["version"], limit)
    if exact is None:
        return _present(asked, caller, Q(), limit, counters["version"])
    counted = count_at(asked, caller, exact, limit + COUNTED_MOST + 1) if limit else 0
    return _past(asked, caller, exact, Q(), limit, None if counted > limit + COUNTED_MOST else counted)


def _present(asked: Wanted, caller: Caller, where: Q, limit: int, version: int) -> Page:
    """As it is now, in one statement."""
    rows = asked.rows(caller).filter(where)
    # In the same statement as the rows, so that no row is newer than the list's version.
    now = Subquery(Counter.objects.filter(name="version").values("value")[:1])
    columns = ["namespace", "name", "body", "now"]
    selected = rows.annotate(now=now)
    if limit and not asked.has_selector:
        selected = selected.annotate(
            total=_Counted(rows.order_by().values("uid")[: limit + COUNTED_MOST + 1])
        )
        columns.append("total")
    if not limit:
        most = settings.MAX_LIST or UNLIMITED
        counted_too = selected.annotate(total=_Counted(rows.order_by().values("uid")[: most + 1]))
        return _whole(counted_too.values_list("body", "now", "total"), version, most)
    found = list(selected.values_list(*columns)[: limit + 1])
    version = found[0][3] if found else version
    counted = found[0][4] if found and not asked.has_selector else None
    if counted is not None and counted > limit + COUNTED_MOST:
        counted = None
    return _cut([row[:3] for row in found], version, limit, counted)


def _whole(rows: QuerySet[Any, tuple[str, int, int]], version: int, most: int) -> Page:
    """All of it, fetched while it is gone through."""
    found = rows.iterator(chunk_size=FETCHED)
    first = next(found, None)
    if first is None:
        return Page((), version)
    if first[2] > most:
        raise _too_many(most)
    return Page(chain([first[0]], (body for body, *_ in found)), first[1])


def _too_many(most: int) -> Invalid:
    told = f"Invalid value: 0: these are more than {most} objects: ask in pages, with limit and continue"
    return bad_option("limit", told, "Invalid")


def _past(asked: Wanted, caller: Caller, version: int, where: Q, limit: int, counted: int | None) -> Page:
    """As it was at `version`; `counted` objects from here on, if that is known."""
    most = limit or settings.MAX_LIST or UNLIMITED
    found = objects_at(asked, caller, version, where, most + 1)
    if len(found) > most and not limit:
        raise _too_many(most)
    return _cut(found, version, limit, None if asked.has_selector else counted)


def _cut(found: Sequence[tuple[str, str, str]], version: int, limit: int, counted: int | None) -> Page:
    """The page of what was found, which is one more than `limit` where there are more."""
    shown = found[:limit] if limit else found
    bodies = [body for *_, body in shown]
    if len(found) == len(shown):
        return Page(bodies, version)
    remaining = None if counted is None else counted - limit
    namespace, name, _ = shown[-1]
    return Page(bodies, version, _write_token((namespace, name), version, remaining), remaining)


class _After(Func):
    """(namespace, name) > (…): a comparison of rows, which finds its place in the index."""

    output_field = BooleanField()

    def __init__(self, namespace: str, name: str) -> None:
        super().__init__(F("namespace"), F("name"), Value(namespace), Value(name))

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        parts = [compiler.compile(part) for part in self.source_expressions]
        (namespace, name, *given), params = zip(*parts, strict=True)
        return f"({namespace}, {name}) > ({', '.join(given)})", [item for some in params for item in some]


class _Counted(Subquery):
    """How many rows a query has; it is cut off where exact counts become dear."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def parts(shape: Shape, found: Page) -> Iterator[bytes]:
    """The list as JSON, in parts: rows' bodies, nothing parsed."""
    head = {"kind": f"{shape.kind}List", "apiVersion": shape.api_version, "metadata": found.metadata}
    return jsontext.with_items(head, "items", (body.encode() for body in found.bodies))


def _write_token(last: tuple[str, str], version: int, remaining: int | None = None) -> str:
    return signing.dumps([*last, version, remaining], salt=_SALT)


def _read_token(token: str, request: Request) -> tuple[tuple[str, str], int, int | None]:
    """After which object to go on, the list's version (0: the present one), and how many remain if it is known."""
    if request.query_params.get("resourceVersionMatch"):
        raise _bad_match("Forbidden: resourceVersionMatch is forbidden when continue is provided")
    if request.query_params.get("resourceVersion") not in (None, "", "0"):
        raise BadRequest("specifying resource version is not allowed when using continue")
    try:
        namespace, name, version, remaining = signing.loads(
            token, salt=_SALT, max_age=settings.CHANGES_KEPT_SECONDS
        )
    except signing.SignatureExpired:
        namespace, name, *_ = signing.loads(token, salt=_SALT)
        raise _expired((namespace, name)) from None
    except (signing.BadSignature, ValueError):
        raise BadRequest("continue key is not valid: send the one of the page before, unchanged") from None
    return (namespace, name), version, remaining


def _expired(last: tuple[str, str]) -> Expired:
    return Expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new "
        "list without the continue parameter, or use the continue token in this response to retrieve the "
        "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
        "that were created, modified, or deleted between the time the first chunk was returned and now may show "
        "up in the list.",
        metadata={"continue": _write_token(last, 0)},
    )


def _exact_version(request: Request, newest: int, limit: int) -> int | None:
    """Which version a list must be of, if not the present one. Checks `resourceVersion` and `resourceVersionMatch`."""
    match = request.query_params.get("resourceVersionMatch", "")
    given = request.query_params.get("resourceVersion", "")
    if "sendInitialEvents" in request.query_params:
        raise bad_option("sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list")
    if match and not given:
        raise _bad_match("Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match not in ("", "Exact", "NotOlderThan"):
        raise _bad_match(
            f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan", ""', "NotSupported"
        )
    if match == "Exact" and given == "0":
        raise _bad_match('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    asked = resource_version(request)
    if asked > newest:
        raise too_new(asked, newest)
    is_exact = match == "Exact" or (asked and limit and not match)  # the latter as Kubernetes has always done
    return asked if is_exact else None


def _bad_match(message: str, type_: str = "Forbidden") -> Invalid:
    return bad_option("resourceVersionMatch", message, type_)


def bad_option(field: str, message: str, type_: str = "Forbidden") -> Invalid:
    """An option of a list or watch that does not go with the others."""
    return Invalid("ListOptions", "", [FieldError(field, type_, message)], "meta.k8s.io")


def resource_version(request: Request) -> int:
    """`resourceVersion` of the query; 0 when it is not given. Raises `BadRequest`."""
    return number(request, "resourceVersion")


def too_new(asked: int, newest: int) -> TooNew:
    return TooNew(
        f"Timeout: Too large resource version: {asked}, current: {newest}",
        retryAfterSeconds=1,
        causes=[{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
    )
