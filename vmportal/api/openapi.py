"""OpenAPI v3 documents, one a group and version, for `kubectl explain`, `apply` and people. Pure.

Called by the views of `/openapi/v3`; made from the same schemas that validate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vmportal.api.object_meta import OBJECT_META
from vmportal.api.scale import SCALE
from vmportal.api.strategic import SET, merge_key
from vmportal.kind import Kind, Shape

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
BUILTIN_PACKAGES = {"": "core", "rbac.authorization.k8s.io": "rbac", "storage.k8s.io": "storage"}
JSON = "application/json"
PATCHES = ("application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml")

Doc = dict[str, Any]


def path_of(group: str, version: str) -> str:
    """How the index of `/openapi/v3` names a document: `api/v1`, `apis/<group>/<version>`."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


def document(kinds: Iterable[Kind], title_version: str) -> Doc:
    """The document of kinds of one group and version."""
    paths: Doc = {}
    schemas: Doc = {f"{META}.ObjectMeta": OBJECT_META, f"{META}.ListMeta": _LIST_META}
    schemas |= {f"{META}.Status": _STATUS, f"{META}.DeleteOptions": _DELETE_OPTIONS}
    for kind in kinds:
        shape = kind.shape
        if shape.scale:
            schemas[schema_name(SCALE)] = _object_schema(SCALE)
        schemas[schema_name(shape)] = _object_schema(shape)
        schemas[f"{schema_name(shape)}List"] = _list_schema(shape)
        paths.update(_paths(shape))
    return {
        "openapi": "3.0.0",
        "info": {"title": "VM Portal", "version": title_version},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"BearerToken": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"BearerToken": []}],
    }


def schema_name(shape: Shape) -> str:
    """As Kubernetes names it: `com.vmware.vmoperator.v1alpha5.VirtualMachine`, `io.k8s.api.core.v1.Secret`."""
    if shape.is_builtin:
        package = BUILTIN_PACKAGES.get(shape.group, shape.group.split(".")[0])
        return f"io.k8s.api.{package}.{shape.version}.{shape.kind}"
    return ".".join([*reversed(shape.group.split(".")), shape.version, shape.kind])


def _ref(name: str) -> Doc:
    return {"$ref": f"#/components/schemas/{name}"}


def _gvk(shape: Shape, suffix: str = "") -> Doc:
    return {"group": shape.group, "version": shape.version, "kind": shape.kind + suffix}


def _object_schema(shape: Shape) -> Doc:
    own = _with_merge_keys(shape.kind, "", shape.schema) if shape.is_builtin else shape.schema
    head = {
        **_TYPE_META,
        "metadata": {"description": "Name, labels and the like.", "allOf": [_ref(f"{META}.ObjectMeta")]},
    }
    return {
        **own,
        "type": "object",
        "properties": {**head, **own.get("properties", {})},
        "x-kubernetes-group-version-kind": [_gvk(shape)],
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
            **_TYPE_META,
            "metadata": {"description": "Where the list stands.", "allOf": [_ref(f"{META}.ListMeta")]},
            "items": {"type": "array", "description": "The objects.", "items": _ref(schema_name(shape))},
        },
        "x-kubernetes-group-version-kind": [_gvk(shape, "List")],
    }


def _paths(shape: Shape) -> Doc:
    root = f"/{path_of(shape.group, shape.version)}"
    base = f"{root}/namespaces/{{namespace}}" if shape.namespaced else root
    where = [_path_param("namespace", "the namespace of the objects")] if shape.namespaced else []
    one = [_path_param("name", f"the name of the {shape.kind}"), *where]
    collection = {
        "get": _operation(shape, "list", "List", _LIST_PARAMS, answer="List"),
        "post": _operation(
            shape, "post", "Create", _WRITE_PARAMS, body=(JSON, "application/yaml"), code="201"
        ),
        "delete": _operation(shape, "deletecollection", "DeleteCollection", _LIST_PARAMS, answer="Status"),
        "parameters": where,
    }
    patch_types = (*PATCHES, "application/strategic-merge-patch+json") if shape.is_builtin else PATCHES
    item = {
        "get": _operation(shape, "get", "Read", ()),
        "put": _operation(shape, "put", "Replace", _WRITE_PARAMS, body=(JSON, "application/yaml")),
        "patch": _operation(shape, "patch", "Patch", _PATCH_PARAMS, body=patch_types),
        "delete": _operation(shape, "delete", "Delete", _DELETE_PARAMS, body=(JSON,), answer="Status"),
        "parameters": one,
    }
    paths: Doc = {f"{base}/{shape.plural}": collection, f"{base}/{shape.plural}/{{name}}": item}
    if shape.has_status:
        status = {"get": _operation(shape, "get", "ReadStatus", ()), "parameters": one}
        paths[f"{base}/{shape.plural}/{{name}}/status"] = status
    if shape.scale:
        paths[f"{base}/{shape.plural}/{{name}}/scale"] = _scale_paths(shape, one)
    if shape.namespaced:
        everywhere = _operation(shape, "list", "ListAll", _LIST_PARAMS, answer="List")
        paths[f"{root}/{shape.plural}"] = {"get": everywhere}
    return paths


def _scale_paths(shape: Shape, parameters: list[Doc]) -> Doc:
    """The operations on the Scale of a kind."""
    paths: Doc = {"parameters": parameters}
    for action, verb in (("get", "Read"), ("put", "Replace"), ("patch", "Patch")):
        body = {"get": (), "put": (JSON,), "patch": PATCHES}[action]
        operation = _operation(SCALE, action, verb, _WRITE_PARAMS if body else (), body=body)
        paths[action] = {
            **operation,
            "operationId": f"{verb.lower()}{shape.version.title()}{shape.kind}Scale",
        }
    return paths


def _operation(
    shape: Shape,
    action: str,
    verb: str,
    params: tuple[Doc, ...],
    *,
    body: tuple[str, ...] = (),
    answer: str = "",
    code: str = "200",
) -> Doc:
    name = f"{META}.Status" if answer == "Status" else schema_name(shape) + answer
    group = "".join(part.title() for part in (shape.group or "core").split("."))
    operation: Doc = {
        "operationId": f"{verb[0].lower()}{verb[1:]}{group}{shape.version.title()}{shape.kind}",
        "tags": [path_of(shape.group, shape.version)],
        "parameters": list(params),
        "responses": {
            code: {"description": "OK", "content": {JSON: {"schema": _ref(name)}}},
            "401": {"description": "Unauthorized"},
        },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _gvk(shape),
    }
    if body:
        content = {type_: {"schema": _body(shape, action, type_)} for type_ in body}
        operation["requestBody"] = {"required": action != "delete", "content": content}
    return operation


def _body(shape: Shape, action: str, type_: str) -> Doc:
    if action == "delete":
        return _ref(f"{META}.DeleteOptions")
    if type_ == PATCHES[0]:
        return {"type": "array", "items": {"type": "object"}}
    return {"type": "object"} if action == "patch" else _ref(schema_name(shape))


def _path_param(name: str, description: str) -> Doc:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _TEXT}


def _query_param(name: str, description: str, schema: Doc) -> Doc:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_TEXT: Doc = {"type": "string"}
_TYPE_META: Doc = {
    "apiVersion": {"type": "string", "description": "The group and version in which the object is written."},
    "kind": {"type": "string", "description": "The kind of the object, in CamelCase."},
}
_LIST_META: Doc = {
    "type": "object",
    "description": "Where a list stands.",
    "properties": {
        "resourceVersion": {**_TEXT, "description": "The version that the list is of: watch from here."},
        "continue": {**_TEXT, "description": "Ask with it for the next page."},
        "remainingItemCount": {"type": "integer", "format": "int64", "description": "How many follow."},
    },
}
_STATUS: Doc = {
    "type": "object",
    "description": "What became of a request that has no object to show.",
    "properties": {
        **_TYPE_META,
        "metadata": _ref(f"{META}.ListMeta"),
        "status": {**_TEXT, "description": "Success or Failure."},
        "message": {**_TEXT, "description": "One sentence for people."},
        "reason": {**_TEXT, "description": "One word for programs."},
        "details": {"type": "object", "description": "What it is about, and all causes."},
        "code": {"type": "integer", "format": "int32", "description": "The HTTP status."},
    },
}
_DELETE_OPTIONS: Doc = {
    "type": "object",
    "description": "How to delete.",
    "properties": {
        **_TYPE_META,
        "dryRun": {"type": "array", "items": _TEXT},
        "gracePeriodSeconds": {"type": "integer", "format": "int64"},
        "orphanDependents": {"type": "boolean"},
        "propagationPolicy": _TEXT,
        "preconditions": {"type": "object", "properties": {"uid": _TEXT, "resourceVersion": _TEXT}},
    },
}
_DRY_RUN = _query_param("dryRun", "All: say what would be stored, and store nothing.", _TEXT)
_WRITE_PARAMS = (
    _DRY_RUN,
    _query_param("fieldManager", "The name under which the written fields are owned.", _TEXT),
    _query_param("fieldValidation", "What to do about unknown fields: Strict, Warn or Ignore.", _TEXT),
)
_PATCH_PARAMS = (
    *_WRITE_PARAMS,
    _query_param("force", "Of an apply: take over the fields that others own.", {"type": "boolean"}),
)
_DELETE_PARAMS = (
    _DRY_RUN,
    _query_param("propagationPolicy", "Background, Foreground or Orphan.", _TEXT),
)
_LIST_PARAMS = (
    _query_param("labelSelector", "Only objects with such labels.", _TEXT),
    _query_param("fieldSelector", "Only objects with such fields.", _TEXT),
    _query_param("limit", "At most so many, and a token for the rest.", {"type": "integer"}),
    _query_param("continue", "The token of the page before.", _TEXT),
    _query_param("watch", "Stream changes instead.", {"type": "boolean"}),
    _query_param("allowWatchBookmarks", "Send a bookmark now and then.", {"type": "boolean"}),
    _query_param("resourceVersion", "From which version to watch.", _TEXT),
    _query_param("timeoutSeconds", "How long to stream.", {"type": "integer"}),
)
