"""Pods, of which the portal has none: `kubectl describe pvc` asks for them, to tell which use a claim.

Routed by `vmportal.api.routes`; discovery does not name them.
"""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from vmportal import access
from vmportal.api.base import ApiView
from vmportal.kinds import kind_named


class Pods(ApiView):
    """The empty list, for whoever may read the namespace's claims."""

    def get(self, request: Request, namespace: str) -> Response:
        access.demand(self.caller, "list", kind_named("persistentvolumeclaims"), namespace)
        meta = {"resourceVersion": str(self.counters["version"])}
        return Response({"kind": "PodList", "apiVersion": "v1", "metadata": meta, "items": []})
