"""An object to begin with, of any kind, for the documentation of its `post`. Called by `operations`; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmportal.kind import Shape


def example_of(shape: Shape) -> dict[str, Any]:
    """The shape's own example, else an object with a name and what the schema requires."""
    if shape.example:
        return dict(shape.example)
    parts = {key: value for key, value in _required(shape.schema).items() if key != "status"}
    head = {"apiVersion": shape.api_version, "kind": shape.kind}
    if not parts and "spec" in shape.schema.get("properties", {}):
        parts = {"spec": _required(shape.schema["properties"]["spec"])}
    return {**head, "metadata": {"name": f"my-{shape.singular or shape.kind.lower()}"}, **parts}


def _required(node: Mapping[str, Any]) -> dict[str, Any]:
    properties = node.get("properties", {})
    return {key: _value(properties[key]) for key in node.get("required", ()) if key in properties}


def _value(node: Mapping[str, Any]) -> Any:
    if "default" in node:
        return node["default"]
    if node.get("enum"):
        return node["enum"][0]
    if node.get("x-kubernetes-int-or-string"):
        return 1
    if node.get("type") == "array":
        return [_value(node["items"])] if node.get("minItems") else []
    scalars = {"string": "string", "integer": node.get("minimum", 0), "boolean": False, "number": 0}
    return scalars[node["type"]] if node.get("type") in scalars else _required(node)
