"""OpenAPI v3 documents, one a group and version, for `kubectl explain`, `apply`, tools and people. Pure.

Called by the views of `/openapi/v3`; made from the same schemas that validate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vmportal.api.meta_schemas import META, SHARED, TYPE_META, ref
from vmportal.api.operations import Doc, gvk, path_of, paths, schema_name
from vmportal.api.reviews_schema import TOKEN_REQUEST
from vmportal.api.scale import SCALE
from vmportal.api.strategic import SET, merge_key
from vmportal.kind import Shape

__all__ = ["Published", "document", "path_of"]


@dataclass(frozen=True)
class Published:
    """A shape, and the verbs that its addresses serve."""

    shape: Shape
    verbs: tuple[str, ...]

    @property
    def path(self) -> str:
        """Of the document that it stands in."""
        return path_of(self.shape.group, self.shape.version)


def document(published: Iterable[Published], title_version: str) -> Doc:
    """The document of what is published of one group and version."""
    addresses: Doc = {}
    metadata = _with_merge_keys("*", "metadata", SHARED[f"{META}.ObjectMeta"])
    schemas: Doc = {**SHARED, f"{META}.ObjectMeta": metadata}
    for one in published:
        shape = one.shape
        schemas |= _schemas(shape, has_list="list" in one.verbs)
        addresses |= paths(shape, one.verbs)
        if shape.kind == "ServiceAccount":
            schemas |= _schemas(TOKEN_REQUEST, has_list=False)
    return {
        "openapi": "3.0.0",
        "info": {"title": "VM Portal", "version": title_version},
        "paths": dict(sorted(addresses.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "BearerToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of your account page, of `manage.py token`, or of a service account.",
                }
            },
        },
        "security": [{"BearerToken": []}],
    }


def _schemas(shape: Shape, *, has_list: bool) -> Doc:
    made = {schema_name(shape): _object_schema(shape)}
    if has_list:
        made[f"{schema_name(shape)}List"] = _list_schema(shape)
    if shape.scale:
        made[schema_name(SCALE)] = _object_schema(SCALE)
    return made


def _object_schema(shape: Shape) -> Doc:
    own = _with_merge_keys(shape.kind, "", shape.schema) if shape.is_builtin else shape.schema
    head = {
        **TYPE_META,
        "metadata": {"description": "Name, labels and the like.", "allOf": [ref(f"{META}.ObjectMeta")]},
    }
    return {
        **own,
        "type": "object",
        "properties": {**head, **own.get("properties", {})},
        "x-kubernetes-group-version-kind": [gvk(shape)],
    }


def _with_merge_keys(kind: str, path: str, schema: Mapping[str, Any]) -> Doc:
    """Lists that a strategic merge patch merges are marked as in Kubernetes."""
    marked = dict(schema)
    if "properties" in schema:
        marked["properties"] = {
            key: _with_merge_keys(kind, f"{path}.{key}" if path else key, below)
            for key, below in schema["properties"].items()
        }
    key = merge_key(kind, path) if schema.get("type") == "array" else None
    if key is not None:
        marked["x-kubernetes-patch-strategy"] = "merge"
        if key != SET:
            marked["x-kubernetes-patch-merge-key"] = key
    return marked


def _list_schema(shape: Shape) -> Doc:
    return {
        "type": "object",
        "description": f"A list of {shape.kind}",
        "required": ["items"],
        "properties": {
            **TYPE_META,
            "metadata": {"description": "Where the list stands.", "allOf": [ref(f"{META}.ListMeta")]},
            "items": {"type": "array", "description": "The objects.", "items": ref(schema_name(shape))},
        },
        "x-kubernetes-group-version-kind": [gvk(shape, "List")],
    }
