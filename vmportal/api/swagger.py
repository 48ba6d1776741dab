"""The OpenAPI v2 document (`/openapi/v2`), for clients that know no v3: made from the v3 documents. Pure.

Called by `vmportal.api.published`. What v2 cannot say is left out just as a kube-apiserver does, so that the same
clients read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Doc = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch")
_UNKNOWN_TO_V2 = ("default", "nullable", "anyOf", "oneOf", "allOf", "not", "example")
_OPEN = "x-kubernetes-preserve-unknown-fields"


def document(documents: Iterable[Mapping[str, Any]]) -> Doc:
    """One v2 document of all v3 documents."""
    paths: Doc = {}
    definitions: Doc = {}
    info: Doc = {}
    for one in documents:
        info = one["info"]
        paths |= {address: _item(item) for address, item in one["paths"].items()}
        definitions |= {name: schema(node) for name, node in one["components"]["schemas"].items()}
    return {
        "swagger": "2.0",
        "info": info,
        "paths": dict(sorted(paths.items())),
        "definitions": dict(sorted(definitions.items())),
        "securityDefinitions": {
            "BearerToken": {
                "type": "apiKey",
                "name": "authorization",
                "in": "header",
                "description": "`Bearer` and a token.",
            }
        },
        "security": [{"BearerToken": []}],
    }


def schema(node: Mapping[str, Any]) -> Doc:
    """A schema in the words of v2. What may be null, or holds what nobody declared, is told by no type."""
    if "$ref" in node:
        return {"$ref": _target(node["$ref"])}
    if len(node.get("allOf", ())) == 1 and "$ref" in node["allOf"][0]:
        rest = {key: value for key, value in node.items() if key not in _UNKNOWN_TO_V2}
        return {**rest, **schema(node["allOf"][0])}
    made = {key: value for key, value in node.items() if key not in _UNKNOWN_TO_V2}
    if node.get("nullable") or node.get(_OPEN):
        made = {key: value for key, value in made.items() if key not in ("type", "properties", "items")}
    if "properties" in made:
        made["properties"] = {name: schema(below) for name, below in made["properties"].items()}
    for word in ("items", "additionalProperties"):
        if isinstance(made.get(word), Mapping):
            made[word] = schema(made[word])
    return made


def _target(reference: str) -> str:
    return reference.replace("#/components/schemas/", "#/definitions/")


def _item(item: Mapping[str, Any]) -> Doc:
    made: Doc = {method: _operation(item[method]) for method in _METHODS if method in item}
    if item.get("parameters"):
        made["parameters"] = [_parameter(one) for one in item["parameters"]]
    return made


def _operation(operation: Mapping[str, Any]) -> Doc:
    made = {
        key: value
        for key, value in operation.items()
        if key not in ("requestBody", "responses", "parameters")
    }
    made["parameters"] = [_parameter(one) for one in operation["parameters"]]
    made["produces"] = list(_first_content(operation["responses"]))
    body = operation.get("requestBody")
    made["consumes"] = list(body["content"]) if body else ["*/*"]
    if body:
        made["parameters"].insert(0, _body(body))
    made["responses"] = {code: _response(answer) for code, answer in operation["responses"].items()}
    return made


def _first_content(responses: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((one["content"] for one in responses.values() if "content" in one), {})


def _body(body: Mapping[str, Any]) -> Doc:
    """v2 has one schema for all media types: of patches, the one that is an object."""
    schemas = [one["schema"] for one in body["content"].values()]
    chosen = next((one for one in schemas if not one.get("$ref", "").endswith("/JSONPatch")), schemas[0])
    made: Doc = {"name": "body", "in": "body", "schema": schema(chosen)}
    return {**made, "required": True} if body.get("required") else made


def _parameter(parameter: Mapping[str, Any]) -> Doc:
    """The schema of a parameter stands in the parameter itself."""
    outside = {key: value for key, value in parameter.items() if key not in ("schema", "example")}
    return {**outside, **parameter["schema"]}


def _response(answer: Mapping[str, Any]) -> Doc:
    made: Doc = {"description": answer["description"]}
    content = next(iter(answer.get("content", {}).values()), None)
    if content:
        # Where one of several is answered, v2 names the first.
        made["schema"] = schema(content["schema"].get("anyOf", [content["schema"]])[0])
    if "headers" in answer:
        made["headers"] = {
            name: {"description": one["description"], **one["schema"]}
            for name, one in answer["headers"].items()
        }
    return made
