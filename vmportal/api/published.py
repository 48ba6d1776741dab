"""The views of what the API says of itself: discovery, OpenAPI, version. Made once a process, kept as bytes."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from vmportal.api import discovery, openapi
from vmportal.api.base import ApiView
from vmportal.api.media import JSON
from vmportal.api.status import nothing_here, status_response
from vmportal.kinds import KINDS

KUBERNETES = ("1", "37")  # whose API this is like; clients compare it with their own version
FOREVER = "public, max-age=31536000, immutable"


@cache
def _served() -> tuple[discovery.Served, ...]:
    return discovery.served(KINDS)


def encode(value: Mapping[str, Any]) -> tuple[bytes, str]:
    """The bytes and their ETag: the same for the same content, in every process."""
    text = json.dumps(value, separators=(",", ":")).encode()
    return text, hashlib.sha512(text).hexdigest().upper()


@cache
def _aggregated(version: str, core: bool) -> tuple[bytes, str]:
    return encode(discovery.aggregated(_served(), version, core=core))


@cache
def openapi_documents() -> dict[str, tuple[bytes, str]]:
    """(bytes, hash) by path: `api/v1`, `apis/<group>/<version>`."""
    groups = dict.fromkeys((kind.shape.group, kind.shape.version) for kind in KINDS)
    return {
        openapi.path_of(*group): encode(
            openapi.document(
                [kind for kind in KINDS if (kind.shape.group, kind.shape.version) == group],
                settings.BUILD_VERSION,
            )
        )
        for group in groups
    }


def _answer(request: Request, text: bytes, tag: str, content_type: str = JSON) -> HttpResponse:
    if request.META.get("HTTP_IF_NONE_MATCH", "").strip() == f'"{tag}"':
        # With its type: clients take the headers of a 304 over into what they have kept.
        response = HttpResponse(status=304, content_type=content_type)
    else:
        response = HttpResponse(text, content_type=content_type)
    response["ETag"] = f'"{tag}"'
    response["Vary"] = "Accept"
    return response


class Discovery(ApiView):
    """`/api` and `/apis`: aggregated for who asks so, else plain."""

    forms = tuple((discovery.AGGREGATED, version, "APIGroupDiscoveryList") for version in ("v2", "v2beta1"))
    core = False

    def get(self, request: Request) -> HttpResponse:
        group, version, kind = getattr(request, "form", ("", "", ""))
        if kind:
            content_type = f"{JSON};g={group};v={version};as={kind}"
            response = _answer(request, *_aggregated(version, self.core), content_type)
            response["Cache-Control"] = "public"
            return response
        plain = discovery.core_versions(request.get_host()) if self.core else discovery.group_list(_served())
        return _answer(request, *encode(plain))


class Group(ApiView):
    """`/apis/<group>`."""

    def get(self, request: Request, group: str) -> HttpResponse:
        found = discovery.group(group, _served())
        if found is None:
            raise nothing_here()
        return _answer(request, *encode(found))


class Resources(ApiView):
    """`/api/v1` and `/apis/<group>/<version>`."""

    def get(self, request: Request, version: str, group: str = "") -> HttpResponse:
        found = discovery.resource_list(group, version, _served())
        if found is None:
            raise nothing_here()
        return _answer(request, *encode(found))


class OpenAPIIndex(ApiView):
    """`/openapi/v3`: the documents, each at an address that changes with its content."""

    def get(self, request: Request) -> HttpResponse:
        paths = {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={tag}"}
            for path, (_, tag) in openapi_documents().items()
        }
        return _answer(request, *encode({"paths": paths}))


class OpenAPIDocument(ApiView):
    def get(self, request: Request, path: str) -> HttpResponse:
        if path not in openapi_documents():
            raise nothing_here()
        text, tag = openapi_documents()[path]
        response = _answer(request, text, tag)
        if request.query_params.get("hash") == tag:
            response["Cache-Control"] = FOREVER
        return response


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


def unknown_address(request: HttpRequest, **_: Any) -> HttpResponse:
    """Whatever else is asked for below /api, /apis and /openapi."""
    return status_response(nothing_here())
