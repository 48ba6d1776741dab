"""What every view of the API shares: who may come in, how bodies are read, how answers are dressed."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.views import APIView

from vmportal.access import Caller
from vmportal.api import etags, impersonation
from vmportal.api.auth import AUTHENTICATION, UNAUTHORIZED
from vmportal.api.callers import identified
from vmportal.api.documents import Document
from vmportal.api.large import GZIP_FROM
from vmportal.api.media import JSONParser, JSONRenderer, Negotiation, ProtobufParser, YAMLParser, YAMLRenderer
from vmportal.api.options import manager
from vmportal.api.status import exception_handler
from vmportal.errors import BadRequest, Unauthorized
from vmportal.models import Counter
from vmportal.store import By

WARNINGS_MOST = 4096  # bytes of all warnings of one answer


class ApiView(APIView):
    """A view below /api, /apis or /openapi: signed in by token or session, Kubernetes-shaped in all it says."""

    authentication_classes: Any = AUTHENTICATION
    permission_classes = ()  # `vmportal.access` is asked in each verb
    parser_classes: Any = (JSONParser, YAMLParser, ProtobufParser)
    renderer_classes: Any = (JSONRenderer, YAMLRenderer)
    content_negotiation_class = Negotiation
    metadata_class = None  # OPTIONS is not a verb of the API
    is_public = False
    forms: tuple[tuple[str, str, str], ...] = ()  # (group, version, kind) that `Accept` may ask for instead

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if any(
            "\0" in text
            for text in (*kwargs.values(), *request.query_params.values())
            if isinstance(text, str)
        ):
            raise BadRequest("an address holds no character NUL")
        super().initial(request, *args, **kwargs)
        if not self.is_public and not request.user:
            raise Unauthorized(UNAUTHORIZED)
        if request.user and impersonation.is_asked(request.META):
            impersonation.note(self.caller, request)

    def get_exception_handler(self) -> Any:
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.setdefault("Cache-Control", "no-cache, private")
        patch_vary_headers(response, ("Accept", "Accept-Encoding"))
        if takes_gzip(request) and hasattr(response, "add_post_render_callback"):
            response.add_post_render_callback(_compress)
        return response

    @property
    def counters(self) -> dict[str, int]:
        """The store's counters, read once a request, before anything else."""
        if not hasattr(self, "_counters"):
            self._counters = Counter.read()
        return self._counters

    @property
    def caller(self) -> Caller:
        if not hasattr(self, "_caller"):
            real = identified(self.request.user, self.request.auth, self.counters)
            self._caller = impersonation.acting(real, self.request.META, self.counters)
        return self._caller

    def by(self) -> By:
        return By(self.caller, manager(self.request), getattr(self.request, "request_id", ""))

    @property
    def form(self) -> str:
        """Table or PartialObjectMetadata, where the client asked for it instead of the object."""
        return str(getattr(self.request, "form", ("", "", ""))[2])

    @property
    def include(self) -> str:
        """Of a Table: how much of each object stands in its row."""
        asked = str(self.request.query_params.get("includeObject") or "Metadata")
        if asked not in ("Metadata", "Object", "None"):
            raise BadRequest(
                "Unable to convert to Table as requested: includeObject: "
                f"Invalid value: {json.dumps(asked)}: must be 'Metadata', 'Object', 'None', or empty"
            )
        return asked

    def document(self) -> Document:
        """The body. Raises `BadRequest` when there is none."""
        sent = self.request.data
        if not isinstance(sent, Document):
            raise BadRequest("the request needs a body")
        return sent


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")


def warn(response: Any, warnings: Iterable[str]) -> None:
    """Put warnings into the header where kubectl looks for them."""
    shown, size = [], 0
    for text in dict.fromkeys(warnings):
        plain = re.sub(r"[^\x20-\x7e]", "?", text)
        escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
        size += len(escaped)
        if size > WARNINGS_MOST:
            break
        shown.append(f'299 - "{escaped}"')
    if shown:
        response["Warning"] = ", ".join(shown)


def _compress(response: HttpResponse) -> None:
    if len(response.content) >= GZIP_FROM:
        response.content = gzip.compress(response.content, compresslevel=1)
        response["Content-Encoding"] = "gzip"
        if "ETag" in response:
            response["ETag"] = etags.zipped(response["ETag"])
