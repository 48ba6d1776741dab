"""All addresses: health, the Kubernetes-shaped API, and the pages."""

from __future__ import annotations

from django.urls import include, path

from vmportal import health

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("", include("vmportal.api.routes")),
    path("", include("vmportal.pages.urls")),
    path("", include("vms.urls")),
]
