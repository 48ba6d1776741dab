"""The view of the `scale` subresource: its own small object in, the kind's object changed through the same door.

Routed by `vmportal.api.routes`; what a Scale is, is in `vmportal.api.scale`.
"""

from __future__ import annotations

import json
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from vmportal import access
from vmportal import apply as server_side
from vmportal.api import media
from vmportal.api.base import warn
from vmportal.api.decoding import Intake
from vmportal.api.documents import Document
from vmportal.api.options import field_validation, force
from vmportal.api.scale import SCALE, applied, scale_of, scaled
from vmportal.api.views import ResourceViewSet
from vmportal.kind import Kind, Object, Scale
from vmportal.object_metadata import timestamp
from vmportal.service import Saved


class ScaleViewSet(ResourceViewSet):
    """get, update and patch of the Scale of one object."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.subresource = "scale"

    def _is_address_of(self, kind: Kind) -> bool:
        return kind.shape.scale is not None and bool(self.object_namespace) == kind.shape.namespaced

    @property
    def scale(self) -> Scale:
        assert self.kind.shape.scale  # else this is not its address
        return self.kind.shape.scale

    def _shown(self, body: str) -> Response:
        return Response(scale_of(self.scale, json.loads(body)))

    @property
    def _variant(self) -> str:
        return f".scale{super()._variant}"

    def update(self, request: Request, **_: Any) -> Response:
        document, intake = self._intake(request)
        wish = intake.take(document.value)
        return self._change(request, intake, lambda current: scaled(self.scale, current, wish))

    def partial_update(self, request: Request, **_: Any) -> Response:
        if self._sent(request) == media.APPLY_PATCH:
            return super().partial_update(request)
        where = (self.object_namespace, self.object_name, "scale")
        access.demand(self.caller, "patch", self.kind, *where)
        force(request, is_apply=False)
        document, intake = self._intake(request)
        patch = self._patch(request, document.value)

        def change(current: Object) -> Object:
            wish = intake.take(patch(scale_of(self.scale, current)), is_patched=True)
            return scaled(self.scale, current, wish)

        return self._change(request, intake, change)

    def _apply(self, request: Request, intake: Intake, wish: Object, is_forced: bool) -> Response:
        applier = server_side.Applier(self.by().manager, SCALE.api_version, "scale", is_forced)
        version = self.kind.shape.api_version

        def change(current: Object) -> Object:
            return applied(self.scale, current, wish, applier, version, timestamp())

        return self._change(request, intake, change, is_applied=True)

    def _intake(self, request: Request) -> tuple[Document, Intake]:
        document = self.document()
        return document, Intake(SCALE, field_validation(request), document.duplicates)

    def _answer(self, saved: Saved, warnings: tuple[str, ...] = (), status: int = 200) -> Response:
        saved = self._waited(saved)
        response = Response(scale_of(self.scale, saved.object), status=status)
        warn(response, (*warnings, *saved.warnings))
        return response
