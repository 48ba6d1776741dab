"""The views of what the API says of itself: discovery, OpenAPI, version. Made once a process, kept as bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from vmportal import yamltext
from vmportal.api import discovery, etags, openapi, swagger, swagger_protobuf
from vmportal.api.base import ApiView
from vmportal.api.crds_schema import CRD
from vmportal.api.media import JSON, YAML, JSONRenderer
from vmportal.api.reviews_schema import QUESTIONS
from vmportal.api.status import nothing_here, status_response
from vmportal.kinds import KINDS, SHAPES

KUBERNETES = ("1", "37")  # whose API this is like; clients compare it with their own version
COMPRESSED_FROM = 4096  # bytes
FOREVER = "public, max-age=31536000, immutable"


@cache
def _served() -> tuple[discovery.Served, ...]:
    return discovery.served(KINDS)


class Kept(NamedTuple):
    """A document as it is sent. The tag is the same for the same content, in every process."""

    text: bytes
    tag: str
    compressed: bytes  # empty where that would not make it much shorter


def keep(value: Mapping[str, Any]) -> Kept:
    return kept(json.dumps(value, separators=(",", ":")).encode())


def kept(text: bytes) -> Kept:
    compressed = gzip.compress(text, mtime=0) if len(text) >= COMPRESSED_FROM else b""
    return Kept(text, hashlib.sha512(text).hexdigest().upper(), compressed)


@cache
def _aggregated(version: str, core: bool) -> Kept:
    return keep(discovery.aggregated(_served(), version, core=core))


@cache
def _openapi() -> dict[str, dict[str, Any]]:
    """The documents by path: `api/v1`, `apis/<group>/<version>`."""
    shapes = [*SHAPES, *QUESTIONS, CRD]
    by_name = {(shape.group, shape.version, shape.plural): shape for shape in shapes}
    found: dict[str, list[openapi.Published]] = {}
    for one in _served():
        shape = by_name[one.group, one.version, one.plural]
        found.setdefault(openapi.path_of(one.group, one.version), []).append(
            openapi.Published(shape, one.verbs)
        )
    return {path: openapi.document(published, settings.BUILD_VERSION) for path, published in found.items()}


@cache
def openapi_documents() -> dict[str, Kept]:
    """What is answered for each path of `/openapi/v3`."""
    return {path: keep(document) for path, document in _openapi().items()}


@cache
def _swagger(media_type: str) -> Kept:
    """What is answered for `/openapi/v2`."""
    document = swagger.document(_openapi().values())
    is_protobuf = media_type == swagger_protobuf.MEDIA_TYPE
    return kept(swagger_protobuf.encode(document)) if is_protobuf else keep(document)


def answer(request: Request, kept: Kept, content_type: str = JSON) -> HttpResponse:
    """The document, compressed where the client takes that; 304 where it has it already."""
    tag = f'"{kept.tag}"'
    if etags.known(request.META.get("HTTP_IF_NONE_MATCH", ""), tag):
        # With its type: clients take the headers of a 304 over into what they have kept.
        response = HttpResponse(status=304, content_type=content_type)
    elif kept.compressed and "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        response = HttpResponse(kept.compressed, content_type=content_type)
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(kept.text, content_type=content_type)
    response["ETag"] = tag
    response["Vary"] = "Accept, Accept-Encoding"
    return response


def told(request: Request, kept: Kept, content_type: str = JSON) -> HttpResponse:
    """A document of discovery: those can be had as YAML, too."""
    if request.accepted_renderer.format == "yaml":
        return HttpResponse(yamltext.dump(json.loads(kept.text)), content_type.replace(JSON, YAML))
    return answer(request, kept, content_type)


class Discovery(ApiView):
    """`/api` and `/apis`: aggregated for who asks so, else plain."""

    forms = tuple((discovery.AGGREGATED, version, "APIGroupDiscoveryList") for version in ("v2", "v2beta1"))
    core = False

    def get(self, request: Request) -> HttpResponse:
        group, version, kind = getattr(request, "form", ("", "", ""))
        if kind:
            content_type = f"{JSON};g={group};v={version};as={kind}"
            response = told(request, _aggregated(version, self.core), content_type)
            response["Cache-Control"] = "public"
            return response
        plain = discovery.core_versions(request.get_host()) if self.core else discovery.group_list(_served())
        return told(request, keep(plain))


class Group(ApiView):
    """`/apis/<group>`."""

    def get(self, request: Request, group: str) -> HttpResponse:
        found = discovery.group(group, _served())
        if found is None:
            raise nothing_here()
        return told(request, keep(found))


class Resources(ApiView):
    """`/api/v1` and `/apis/<group>/<version>`."""

    def get(self, request: Request, version: str, group: str = "") -> HttpResponse:
        found = discovery.resource_list(group, version, _served())
        if found is None:
            raise nothing_here()
        return told(request, keep(found))


class OpenAPIIndex(ApiView):
    """`/openapi/v3`: the documents, each at an address that changes with its content."""

    def get(self, request: Request) -> HttpResponse:
        paths = {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={kept.tag}"}
            for path, kept in openapi_documents().items()
        }
        return answer(request, keep({"paths": paths}))


class OpenAPIDocument(ApiView):
    def get(self, request: Request, path: str) -> HttpResponse:
        if path not in openapi_documents():
            raise nothing_here()
        kept = openapi_documents()[path]
        response = answer(request, kept)
        if request.query_params.get("hash") == kept.tag:
            response["Cache-Control"] = FOREVER
        return response


class SwaggerProtobuf(JSONRenderer):
    """Only named in negotiation: refusals are JSON even for who asked for protobuf."""

    media_type = swagger_protobuf.MEDIA_TYPE
    format = "protobuf"


class Swagger(ApiView):
    """`/openapi/v2`: all in one document, for kubectl before 1.27, Terraform's `kubernetes_manifest` and others."""

    renderer_classes = (JSONRenderer, SwaggerProtobuf)

    def get(self, request: Request) -> HttpResponse:
        asked = request.accepted_renderer.media_type
        answered = swagger_protobuf.CONTENT_TYPE if asked == swagger_protobuf.MEDIA_TYPE else asked
        return answer(request, _swagger(asked), answered)


class Version(ApiView):
    """`/version`, for everybody: it says which Kubernetes the API is like, and which portal this is."""

    is_public = True
    authentication_classes = ()

    def get(self, request: Request) -> HttpResponse:
        major, minor = KUBERNETES
        version = {
            "major": major,
            "minor": minor,
            "gitVersion": f"v{major}.{minor}.0+vmportal-{settings.BUILD_VERSION.removeprefix('v')}",
            "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "",
            "goVersion": "",
            "compiler": f"python{platform.python_version()}",
            "platform": f"{platform.system().lower()}/{platform.machine()}",
        }
        return HttpResponse(json.dumps(version), content_type=JSON)


@csrf_exempt  # it changes nothing, and the answer to any method is the API's
def unknown_address(request: HttpRequest, **_: Any) -> HttpResponse:
    """Whatever else is asked for below /api, /apis and /openapi."""
    return status_response(nothing_here())
