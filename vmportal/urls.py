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
    path("", include("storage.urls")),
    path("", include("vms.urls")),
]
handler400 = "vmportal.pages.views.bad_request"
handler403 = "vmportal.pages.views.forbidden"
handler404 = "vmportal.pages.views.not_found"
handler500 = "vmportal.pages.views.broken"
