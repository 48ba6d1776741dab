"""The options of requests as OpenAPI v3 parameters, and the headers of answers. Pure.

Called by `vmportal.api.operations`; what each does is decided in `vmportal.api.options` and `lists`.
"""

from __future__ import annotations

from typing import Any

from vmportal.schema.words import boolean, integer, text

Doc = dict[str, Any]


def _in(place: str, name: str, description: str, schema: Doc) -> Doc:
    return {"name": name, "in": place, "description": description, "schema": schema}


def _in_path(name: str, description: str) -> Doc:
    return {**_in("path", name, description, text()), "required": True}


def _query(name: str, description: str, schema: Doc | None = None) -> Doc:
    return _in("query", name, description, schema or text())


def name_of(kind: str) -> Doc:
    """The name of an object, as a part of the address."""
    return _in_path("name", f"The name of the {kind}.")


NAMESPACE = _in_path("namespace", "The namespace of the objects.")
_IDEMPOTENCY_KEY = _in(
    "header",
    "Idempotency-Key",
    "A key of your own: the same request with the same key is carried out once, and answered as the first time.",
    text(min_length=1, max_length=255),
)
_REQUEST_ID = _in(
    "header",
    "X-Request-ID",
    "A name of your own for this request; it stands in the history of what it changes.",
    text(pattern="^[A-Za-z0-9._:-]{1,64}$"),
)
_NO_MATCH = _in(
    "header", "If-None-Match", "An ETag: if it still holds, the answer is 304 without a body.", text()
)
_MATCH = _in(
    "header", "If-Match", "An ETag: if it holds no more, nothing is done, and the answer is 412.", text()
)
_WAIT = (
    _query(
        "wait",
        "Answer when it is so, at most after the timeout: `condition=<type>`, `jsonpath=<path>=<value>`, "
        "`create` or `delete`.",
    ),
    _query("timeout", "How long to wait, as `30s`, `1m` or `500ms`."),
)
_DRY_RUN = _query("dryRun", "`All`: say what would be stored, and store nothing.", text(enum=("All",)))
_MANAGER = _query("fieldManager", "The name under which the written fields are owned.", text(max_length=128))
_VALIDATION = _query(
    "fieldValidation",
    "What to do about unknown and doubled fields: refuse them, warn of them (the default) or drop them.",
    text(enum=("Strict", "Warn", "Ignore")),
)
_VERSION = _query("resourceVersion", "At least, or from, which version. `0`: whatever is at hand.")
QUESTION = (_VALIDATION, _REQUEST_ID)
CREATE = (_DRY_RUN, _MANAGER, _VALIDATION, *_WAIT, _IDEMPOTENCY_KEY, _REQUEST_ID)
WRITE = (_DRY_RUN, _MANAGER, _VALIDATION, *_WAIT, _MATCH, _REQUEST_ID)
PATCH = (
    _DRY_RUN,
    _MANAGER,
    _VALIDATION,
    _query("force", "Of an apply: take over the fields that others own.", boolean()),
    *_WAIT,
    _MATCH,
    _REQUEST_ID,
)
READ = (_VERSION, *_WAIT, _NO_MATCH)
_DELETE = (
    _DRY_RUN,
    _query("gracePeriodSeconds", "Taken, and without effect: nothing here is given time to end.", integer(0)),
    _query("orphanDependents", "Leave what the object owns. Say `propagationPolicy` instead.", boolean()),
    _query(
        "propagationPolicy",
        "What becomes of the objects that this one owns: deleted after it, before it, or left.",
        text(enum=("Background", "Foreground", "Orphan")),
    ),
    _REQUEST_ID,
)
DELETE = (*_DELETE, *_WAIT, _MATCH)
_SELECTORS = (
    _query("fieldSelector", "Only objects with such fields: `metadata.name=my-vm`."),
    _query("labelSelector", "Only objects with such labels: `app=web,tier!=test`."),
)
DELETE_COLLECTION = (*_SELECTORS, *_DELETE)
LIST = (
    _query("allowWatchBookmarks", "Of a watch: send a bookmark now and then.", boolean()),
    _query("continue", "The token of the page before."),
    *_SELECTORS,
    _query("limit", "At most so many, and a token for the rest.", integer(0)),
    _VERSION,
    _query("resourceVersionMatch", "How the version is meant.", text(enum=("NotOlderThan", "Exact"))),
    _query("sendInitialEvents", "Of a watch: begin with the present state.", boolean()),
    _query("timeoutSeconds", "Of a watch: how long to stream.", integer(0)),
    _query("wide", "Of CSV: with the columns that kubectl prints with `-o wide`.", boolean()),
    _query("watch", "Stream the changes, one JSON line each, instead of a list.", boolean()),
    _NO_MATCH,
)
HEADERS: Doc = {
    "ETag": {"description": "Changes with the answer: for If-None-Match and If-Match.", "schema": text()},
    "X-Request-ID": {"description": "The name of this request.", "schema": text()},
    "Warning": {"description": "What is odd about the request, though it was done.", "schema": text()},
}
