"""What all questions share that one POSTs: the body is read as a kube-apiserver does, and answered in its `status`.

Asked and answered in `vmportal.api.access_reviews` and `vmportal.api.token_reviews`. Nothing of them is kept.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from vmportal.access import no_namespace
from vmportal.api.base import ApiView, warn
from vmportal.api.decoding import Intake
from vmportal.api.options import field_validation
from vmportal.api.reviews_schema import QUESTIONS, TOKEN_REQUEST
from vmportal.errors import BadRequest, Forbidden
from vmportal.kind import Object, Shape
from vmportal.schema import prune, validate

SHAPES = {shape.kind: shape for shape in (*QUESTIONS, TOKEN_REQUEST)}


class Review(ApiView):
    """One question: checks that the body asks it, and answers with its `status` filled in."""

    kind = ""

    @property
    def shape(self) -> Shape:
        return SHAPES[self.kind]

    def post(self, request: Request, **where: str) -> Response:
        document = self.document()
        intake = Intake(self.shape, field_validation(request), document.duplicates)
        taken = intake.take(document.value)
        self.metadata: Object = taken["metadata"]
        spec = self._spec(taken)
        answer = {
            "kind": self.kind,
            "apiVersion": self.shape.api_version,
            "metadata": {},
            **({"spec": spec} if "spec" in taken and "spec" in self.shape.schema["properties"] else {}),
            "status": self.answer(spec, **where),
        }
        response = Response(answer, status=201)
        warn(response, intake.warnings)
        return response

    def _spec(self, taken: Object) -> dict[str, Any]:
        """What is asked, without what nobody knows. Raises `BadRequest` for wrong types; what is missing may be."""
        known, _ = prune(self.shape.schema, {"spec": _without_nulls(taken.get("spec")) or {}})
        wrong = [error for error in validate(self.shape.schema, known, "") if error.type != "Required"]
        if wrong:
            raise BadRequest("; ".join(f"{error.path}: {error.message}" for error in wrong))
        spec: dict[str, Any] = known.get("spec", {})
        return spec

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        raise NotImplementedError

    def demand(self, is_allowed: bool, namespace: str = "") -> None:
        """Raise, in Kubernetes' words, what gets who may not ask this: `NotFound` of a stranger's namespace."""
        if is_allowed:
            return
        if namespace and not self.caller.role_in(namespace):
            raise no_namespace(namespace)
        shape = self.shape
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        raise Forbidden(
            f'{shape.group_resource} is forbidden: User "{self.caller.name}" cannot create resource '
            f'"{shape.plural}" in API group "{shape.group}" {where}',
            group=shape.group,
            kind=shape.plural,
        )


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
