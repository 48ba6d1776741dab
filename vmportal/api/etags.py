"""Entity tags: by what a client sees that it has the newest, and says which one it means to change.

Called by the API's views. A tag of an object is `"<uid>.<resourceVersion>"` and what form it has, `.yaml`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.http import HttpResponse

from vmportal.access import Caller
from vmportal.errors import PreconditionFailed
from vmportal.kind import Object


def of_object(uid: str, version: str | int, form: str = "") -> str:
    return f'"{uid}.{version}{form}"'


def of_list(address: str, caller: Caller, counters: Mapping[str, int], form: str = "") -> str:
    """Of what `address` (with its query) shows a caller as long as nothing at all is written.

    `counters` were read before the rows: a newer list under an older tag is asked for once more than it must be.
    """
    view = f"{replace(caller, roles={})!r} {sorted(caller.roles.items())}"
    text = f"{address}\n{view}\n{sorted(counters.items())}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}{form}"'


def known(if_none_match: str, tag: str) -> str:
    """The tag of an `If-None-Match` that says that the client has `tag` already, as it has it; else empty."""
    for is_weak, opaque in _tags(if_none_match):
        if opaque == "*" or opaque.removesuffix("-gzip") == tag[1:-1]:
            return tag if opaque == "*" else f'{"W/" if is_weak else ""}"{opaque}"'
    return ""


def not_modified() -> HttpResponse:
    """The answer to who has it already: without a type, so that theirs stays."""
    response = HttpResponse(status=304)
    del response["Content-Type"]
    return response


def zipped(tag: str) -> str:
    """Of the same in gzip, which is another text."""
    return f'{tag[:-1]}-gzip"'


def demand_match(if_match: str, obj: Object, name: str) -> None:
    """Raise `PreconditionFailed` unless an `If-Match` names the object ({}: there is none), in whatever form.

    Without the header all is well.
    """
    if not if_match:
        return
    if not obj:
        raise PreconditionFailed(f"{name} is not there, and If-Match says that it is", name=name)
    meta = obj["metadata"]
    tag = of_object(meta["uid"], meta["resourceVersion"])
    # A weak tag (of a proxy that has packed the answer) may stand for something that is a little different.
    if not any(
        opaque == "*" or (not is_weak and _begins(opaque, tag[1:-1])) for is_weak, opaque in _tags(if_match)
    ):
        raise PreconditionFailed(
            f"{name} is another than If-Match says: its ETag is {tag} now. Read it again, and decide anew.",
            name=name,
        )


def _begins(opaque: str, name: str) -> bool:
    return opaque.startswith(name) and opaque[len(name) : len(name) + 1] in ("", ".", "-")


def _tags(header: str) -> Iterator[tuple[bool, str]]:
    """(is weak, text without quotes) of each tag; the portal's own hold no comma."""
    for part in header.split(","):
        text = part.strip()
        is_weak = text.startswith("W/")
        text = text.removeprefix("W/")
        if text == "*":
            yield False, text
        elif len(text) > 1 and text[0] == text[-1] == '"':
            yield is_weak, text[1:-1]
