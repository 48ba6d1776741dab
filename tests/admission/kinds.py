"""Requests on any kind, asked of its own admission: a test names only what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.admission.asking import Object, admitted, judge, refused
from vmportal.admission import Outcome
from vmportal.kind import Kind


@dataclass(frozen=True)
class Asked:
    """A kind with its shape and admission, and a world to look things up in."""

    kind: Kind
    world: tuple[Object, ...] = ()

    def obj(self, name: str = "one", /, *, meta: Object | None = None, **spec: Any) -> Object:
        """An object as a user sends it; None leaves a field out."""
        shape = self.kind.shape
        return {
            "apiVersion": shape.api_version,
            "kind": shape.kind,
            "metadata": {"name": name, "namespace": "team-a", **(meta or {})},
            "spec": {key: value for key, value in spec.items() if value is not None},
        }

    def deleting(self, obj: Object) -> Object:
        """The object in deletion."""
        return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}

    def refused(self, *objects: Object | None, **request: Any) -> list[tuple[str, str, str]]:
        """Path, type and rule of each error: of `new`, or of `new` and `old`."""
        return refused(*objects, **self._with(request))

    def admitted(self, *objects: Object | None, **request: Any) -> Object:
        """The object that would be stored; a refusal fails the test."""
        return admitted(*objects, **self._with(request))

    def judge(self, *objects: Object | None, **request: Any) -> Outcome:
        return judge(*objects, **self._with(request))

    def _with(self, request: dict[str, Any]) -> dict[str, Any]:
        own = {"shape": self.kind.shape, "admission": self.kind.admission, "world": self.world}
        return {**own, **request}
