"""The addresses of the Kubernetes-shaped API."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from vmportal.api import access_reviews, definitions, pods, published, token_reviews
from vmportal.api.crds_schema import CRD
from vmportal.api.scaling import ScaleViewSet
from vmportal.api.views import ResourceViewSet

COLLECTION: Any = {"get": "list", "post": "create", "delete": "destroy_all"}
ITEM: Any = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
STATUS: Any = {"get": "retrieve", "put": "update", "patch": "partial_update"}

collection = ResourceViewSet.as_view(COLLECTION)
item = ResourceViewSet.as_view(ITEM)
status = ResourceViewSet.as_view(STATUS)
scale = ScaleViewSet.as_view(STATUS)

# `/api/v1/...` and `/apis/<group>/<version>/...` differ in their beginning only.
ROOT = r"^api(?:s/(?P<group>[^/]+))?/(?P<version>[^/]+)/"
SPACE = r"namespaces/(?P<namespace>[^/]+)/"
LOCAL = r"^apis/authorization\.k8s\.io/v1/namespaces/(?P<namespace>[^/]+)/localsubjectaccessreviews$"
TOKEN = r"^api/v1/namespaces/(?P<namespace>[^/]+)/serviceaccounts/(?P<name>[^/]+)/token$"
DEFINITIONS = f"apis/{CRD.group}/{CRD.version}/{CRD.plural}"

urlpatterns = [
    path("version", published.Version.as_view()),
    path("version/", published.Version.as_view()),
    path("api", published.Discovery.as_view(core=True)),
    path("api/", published.Discovery.as_view(core=True)),
    path("apis", published.Discovery.as_view()),
    path("apis/", published.Discovery.as_view()),
    path("api/<str:version>", published.Resources.as_view()),
    path("apis/<str:group>", published.Group.as_view()),
    path("apis/<str:group>/", published.Group.as_view()),
    path("apis/<str:group>/<str:version>", published.Resources.as_view()),
    path("openapi/v2", published.Swagger.as_view()),
    path("openapi/v3", published.OpenAPIIndex.as_view()),
    path("openapi/v3/<path:path>", published.OpenAPIDocument.as_view()),
    *(
        path(f"apis/{group}/v1/{plural}", review.as_view())
        for (group, plural), review in access_reviews.REVIEWS.items()
    ),
    path(DEFINITIONS, definitions.Definitions.as_view()),
    path(f"{DEFINITIONS}/<str:name>", definitions.Definitions.as_view()),
    path("api/v1/namespaces/<str:namespace>/pods", pods.Pods.as_view()),
    re_path(LOCAL, access_reviews.LocalSubjectAccessReview.as_view()),
    re_path(TOKEN, token_reviews.TokenRequest.as_view()),
    # A namespace is an object itself, so its subresources come before what it holds.
    re_path(r"^api/(?P<version>v1)/(?P<plural>namespaces)/(?P<name>[^/]+)/(?P<subresource>status)$", status),
    re_path(rf"{ROOT}(?:{SPACE})?(?P<plural>[^/]+)$", collection),
    re_path(rf"{ROOT}(?:{SPACE})?(?P<plural>[^/]+)/(?P<name>[^/]+)$", item),
    re_path(rf"{ROOT}(?:{SPACE})?(?P<plural>[^/]+)/(?P<name>[^/]+)/scale$", scale),
    re_path(rf"{ROOT}(?:{SPACE})?(?P<plural>[^/]+)/(?P<name>[^/]+)/(?P<subresource>[^/]+)$", status),
    re_path(r"^(?:api|apis|openapi)(?:/.*)?$", published.unknown_address),
]
