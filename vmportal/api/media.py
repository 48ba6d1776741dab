"""Media types: what a client sends, what it accepts, and how the one becomes the other.

DRF's parsers, renderers and negotiation for the API's views.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from vmportal import yamltext
from vmportal.api import protobuf
from vmportal.api.documents import Document, read_json, read_yaml
from vmportal.errors import BadRequest, NotAcceptable, UnsupportedMediaType

JSON, YAML, CSV = "application/json", "application/yaml", "text/csv"
FORMATS = {"json": JSON, "yaml": YAML, "csv": CSV}  # of `?format=`
CSV_FORM = ("", "", "CSV")
PROTOBUF = "application/vnd.kubernetes.protobuf"
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class JSONParser(BaseParser):
    """This parser and the next two make a `Document` of a body."""

    media_type = JSON

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        return read_json(stream.read())


class YAMLParser(BaseParser):
    media_type = YAML

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        return read_yaml(stream.read())


class ProtobufParser(BaseParser):
    media_type = PROTOBUF

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        return Document(protobuf.decode(stream.read()))


class JSONPatchParser(JSONParser):
    media_type = JSON_PATCH


class MergePatchParser(JSONParser):
    media_type = MERGE_PATCH


class StrategicPatchParser(JSONParser):
    media_type = STRATEGIC_PATCH


class ApplyPatchParser(BaseParser):
    """A configuration to apply: YAML, and so JSON, which is read quicker."""

    media_type = APPLY_PATCH

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        text = stream.read()
        if text.lstrip().startswith(b"{"):
            with suppress(BadRequest):
                return read_json(text)
        return read_yaml(text)


class JSONRenderer(BaseRenderer):
    """A text is JSON already: the bodies of rows, joined."""

    media_type = JSON
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        return text.encode()


class YAMLRenderer(BaseRenderer):
    media_type = YAML
    format = "yaml"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return yamltext.dump(json.loads(data) if isinstance(data, (str, bytes)) else data).encode()


@dataclass(frozen=True)
class Accepted:
    """One media range of an Accept header, such as `application/json;as=Table;g=meta.k8s.io;v=v1`."""

    type: str
    params: Mapping[str, str] = field(default_factory=dict)
    quality: float = 1.0

    @property
    def form(self) -> tuple[str, str, str]:
        """The kind asked for instead of the object itself: (group, version, kind), or three empty texts."""
        named = (self.params.get("g", ""), self.params.get("v", ""), self.params.get("as", ""))
        return named if named[2] else ("", "", "")


def accepted_ranges(header: str) -> Iterator[Accepted]:
    """The ranges of an Accept header, most wanted first."""
    ranges = []
    for part in (header or "*/*").split(","):
        name, *params = (piece.strip() for piece in part.split(";"))
        pairs = dict(param.split("=", 1) for param in params if "=" in param)
        try:
            quality = float(pairs.pop("q", 1))
        except ValueError:
            quality = 0.0
        if name and quality > 0:
            ranges.append(Accepted(name.lower(), pairs, quality))
    yield from sorted(ranges, key=lambda one: -one.quality)


class Negotiation(BaseContentNegotiation):
    """Chooses by `Content-Type` and `Accept`, and leaves on the request which form was asked for.

    A view names the forms it can answer in its `forms`, and whether it can as CSV in `has_csv`. `?format=` goes
    before `Accept`: it is quickly typed.
    """

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        # Without a type a kube-apiserver takes a body for JSON; so do clients.
        sent = (request.content_type or JSON).split(";")[0].strip().lower()
        for parser in parsers:
            if parser.media_type == sent:
                return parser
        known = ", ".join(parser.media_type for parser in parsers)
        raise UnsupportedMediaType(
            f"the body of the request was in an unknown format - accepted media types include: {known}"
        )

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        view = request.parser_context.get("view")
        forms, has_csv = getattr(view, "forms", ()), getattr(view, "has_csv", False)
        for wanted in accepted_ranges(_named(request) or request.META.get("HTTP_ACCEPT", "")):
            if wanted.type == CSV and has_csv:
                request.form = CSV_FORM  # type: ignore[attr-defined]
                return JSONRenderer(), JSON  # of a refusal
            if wanted.form != ("", "", "") and wanted.form not in forms:
                continue
            for renderer in renderers:
                if _fits(wanted.type, renderer.media_type):
                    request.form = wanted.form  # type: ignore[attr-defined]
                    return renderer, renderer.media_type
        known = ", ".join([*(renderer.media_type for renderer in renderers), *([CSV] if has_csv else [])])
        raise NotAcceptable(f"only the following media types are accepted: {known}")


def _named(request: Request) -> str:
    """The media type that `?format=` names."""
    name = request.query_params.get("format", "")
    if name and name not in FORMATS:
        raise BadRequest(f"format is one of {', '.join(FORMATS)}, not {name!r}")
    return FORMATS.get(name, "")


def _fits(wanted: str, offered: str) -> bool:
    return wanted in ("*/*", offered, f"{offered.split('/')[0]}/*")
