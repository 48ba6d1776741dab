"""Lists of one kind: which rows a request means, page by page, as joined text. Called by the viewset and watches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import BooleanField, F, Func, IntegerField, QuerySet, Subquery, Value
from rest_framework.request import Request

from vmportal import access
from vmportal.access import Caller
from vmportal.api.options import number
from vmportal.api.selectors import (
    Selector,
    field_selector,
    fields_query,
    holds,
    label_selector,
    labels_query,
)
from vmportal.errors import ApiError, BadRequest, Expired, FieldError, Invalid
from vmportal.kind import Kind, Shape
from vmportal.models import Counter

COUNTED_MOST = 1000  # objects that `remainingItemCount` tells; of more it says nothing, as it may
_SALT = "vmportal.continue"


class TooNew(ApiError):
    """A resource version that this portal has not reached (504, as in Kubernetes)."""

    code, reason = 504, "Timeout"


@dataclass(frozen=True)
class Wanted:
    """Which objects of a kind a list or a watch is about."""

    kind: Kind
    namespace: str
    labels: Selector = ()
    fields: Selector = ()

    def rows(self, caller: Caller) -> QuerySet[Any]:
        """The rows, of those that `caller` may read, in the order of lists."""
        rows = access.visible(caller, self.kind, self.kind.model.objects.all())
        if self.namespace:
            rows = rows.filter(namespace=self.namespace)
        asked = labels_query(self.labels) & fields_query(self.fields, _columns(self.kind))
        return rows.filter(asked).order_by("namespace", "name")

    def holds(self, labels: dict[str, str], fields: dict[str, str]) -> bool:
        return holds(self.labels, labels) and holds(self.fields, fields)

    @property
    def has_selector(self) -> bool:
        return bool(self.labels or self.fields)


def wanted(kind: Kind, namespace: str, request: Request) -> Wanted:
    """Raises `BadRequest` for selectors that cannot be read."""
    query = request.query_params
    return Wanted(
        kind,
        namespace,
        label_selector(query.get("labelSelector", "")),
        field_selector(query.get("fieldSelector", ""), _columns(kind)),
    )


def _columns(kind: Kind) -> dict[str, str]:
    return {"metadata.name": "name", "metadata.namespace": "namespace", **kind.selectable}


@dataclass(frozen=True)
class Page:
    """One page: bodies (JSON texts), the resource version it is of, and how to go on."""

    bodies: Sequence[str]
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
    """The page that `limit` and `continue` ask for, in one statement."""
    limit = number(request, "limit")
    token = request.query_params.get("continue", "")
    rows, version = asked.rows(caller), 0
    if token:
        start, version = _read_token(token, asked, request)
        rows = rows.filter(_After(*start))
    else:
        _demand_version(request, counters["version"])
    # In the same statement as the rows, so that no row is newer than the list's version.
    now = Subquery(Counter.objects.filter(name="version").values("value")[:1])
    columns = ["namespace", "name", "body", "now"]
    selected = rows.annotate(now=now)
    if limit and not asked.has_selector:
        selected = selected.annotate(
            total=_Counted(rows.order_by().values("uid")[: limit + COUNTED_MOST + 1])
        )
        columns.append("total")
    found = list(selected.values_list(*columns)[: limit + 1 if limit else None])
    version = version or (found[0][3] if found else counters["version"])
    shown = found[:limit] if limit else found
    if len(found) == len(shown):
        return Page([row[2] for row in shown], version)
    remaining = found[0][4] - limit if not asked.has_selector else None
    if remaining is not None and remaining > COUNTED_MOST:
        remaining = None
    last = (shown[-1][0], shown[-1][1])
    return Page([row[2] for row in shown], version, _write_token(last, version), remaining)


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


def join(shape: Shape, found: Page) -> str:
    """The list as JSON: rows' bodies joined, nothing parsed."""
    head = {"kind": f"{shape.kind}List", "apiVersion": shape.api_version, "metadata": found.metadata}
    return f'{json.dumps(head, separators=(",", ":"))[:-1]},"items":[{",".join(found.bodies)}]}}'


def _write_token(last: tuple[str, str], version: int) -> str:
    return signing.dumps([*last, version], salt=_SALT)


def _read_token(token: str, asked: Wanted, request: Request) -> tuple[tuple[str, str], int]:
    if request.query_params.get("resourceVersion") not in (None, "", "0"):
        raise BadRequest("specifying resource version is not allowed when using continue")
    try:
        namespace, name, version = signing.loads(token, salt=_SALT, max_age=settings.CHANGES_KEPT_SECONDS)
    except signing.SignatureExpired:
        namespace, name, _ = signing.loads(token, salt=_SALT)
        fresh = _write_token((namespace, name), 0)
        raise Expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new "
            "list without the continue parameter, or use the continue token in this response to retrieve the "
            "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
            "that were created, modified, or deleted between the time the first chunk was returned and now may show "
            "up in the list.",
            metadata={"continue": fresh},
        ) from None
    except (signing.BadSignature, ValueError):
        raise BadRequest("continue key is not valid: send the one of the page before, unchanged") from None
    return (namespace, name), version


def _demand_version(request: Request, newest: int) -> None:
    """Check `resourceVersion` and `resourceVersionMatch` of a list."""
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
    if match == "Exact" and asked != newest:
        raise Expired(
            f"The resourceVersion {asked} for the provided list is too old: lists are of the present ({newest})."
        )


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
