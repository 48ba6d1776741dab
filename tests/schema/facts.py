"""The facts of the real CRDs, without their words: `python -m tests.schema.facts` writes them anew.

Read by `test_facts`, which holds our shapes to them. A fact is what a program can be wrong about: names,
scope, columns, and of each field type, choices, bounds, pattern, default, list type and keys. The version is
v1alpha5, or the stored one where a kind has no such. Rules in CEL are no facts of a shape: they compare with
the object as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.shared import PLACE
from vmportal.kind import Shape

TABLE = Path(__file__).with_name("facts.txt")

Facts = dict[str, Any]
_FIELD_FACTS = {
    **{
        word: word
        for word in ("type", "enum", "pattern", "default", "format", "minimum", "maximum", "nullable")
    },
    **{word: word for word in ("minLength", "maxLength", "minItems", "maxItems", "required")},
    "x-kubernetes-list-type": "list",
    "x-kubernetes-list-map-keys": "keys",
    "x-kubernetes-map-type": "map",
    "x-kubernetes-int-or-string": "int-or-string",
    "x-kubernetes-preserve-unknown-fields": "preserve-unknown",
}
_STRUCTURE = {"properties", "items", "additionalProperties", "allOf", "anyOf", "description"}
_STRUCTURE |= {"x-kubernetes-validations"}


def of_crd(crd: Mapping[str, Any]) -> Facts:
    """The facts of one CustomResourceDefinition."""
    spec = crd["spec"]
    versions = {version["name"]: version for version in spec["versions"]}
    version = versions.get("v1alpha5") or next(one for one in versions.values() if one["storage"])
    schema = dict(version["schema"]["openAPIV3Schema"])
    own = schema["properties"].items()
    schema["properties"] = {key: node for key, node in own if key not in ("apiVersion", "kind", "metadata")}
    columns = version.get("additionalPrinterColumns", [])
    scale = version.get("subresources", {}).get("scale")
    return {
        "group": spec["group"],
        "version": version["name"],
        "kind": spec["names"]["kind"],
        "plural": spec["names"]["plural"],
        "singular": spec["names"]["singular"],
        "short": spec["names"].get("shortNames", []),
        "categories": spec["names"].get("categories", []),
        "namespaced": spec["scope"] == "Namespaced",
        "status": "status" in version.get("subresources", {}),
        "scale": [scale["specReplicasPath"], scale["statusReplicasPath"]] if scale else [],
        "columns": [[one["name"], one["type"], one["jsonPath"], one.get("priority", 0)] for one in columns],
        "fields": dict(_fields(schema, "")),
    }


def of_shape(shape: Shape) -> Facts:
    """The facts of one of our shapes."""
    return {
        "group": shape.group,
        "version": shape.version,
        "kind": shape.kind,
        "plural": shape.plural,
        "singular": shape.singular,
        "short": list(shape.short_names),
        "categories": list(shape.categories),
        "namespaced": shape.namespaced,
        "status": shape.has_status,
        "scale": [shape.scale.replicas, shape.scale.seen] if shape.scale else [],
        "columns": [[one.name, one.type, one.path, one.priority] for one in shape.columns],
        "fields": dict(_fields(shape.schema, "")),
    }


def _fields(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Facts]]:
    strange = node.keys() - _FIELD_FACTS.keys() - _STRUCTURE
    if strange:
        raise ValueError(f"No fact is known for {sorted(strange)} at {path}")
    facts = {short: node[word] for word, short in _FIELD_FACTS.items() if word in node}
    if "required" in facts:
        facts["required"] = sorted(facts["required"])
    if "allOf" in node:  # an enum narrowed by another
        first, *others = (part["enum"] for part in node["allOf"])
        facts["enum"] = [choice for choice in first if all(choice in other for other in others)]
    yield path or ".", facts
    for name, below in sorted(node.get("properties", {}).items()):
        yield from _fields(below, f"{path}.{name}".removeprefix("."))
    if "items" in node:
        yield from _fields(node["items"], f"{path}[]")
    if isinstance(node.get("additionalProperties"), Mapping):
        yield from _fields(node["additionalProperties"], f"{path}{{}}")


def of_folder(folder: Path) -> Iterator[Facts]:
    """The facts of every CRD in a folder and the folders in it."""
    for file in sorted(folder.rglob("*.yaml")):
        for crd in yaml.load_all(file.read_bytes(), yaml.CSafeLoader):
            if crd:
                yield of_crd(crd)


def write(all_facts: Iterator[Facts]) -> str:
    """The table as text: a line of names for each kind, then a line for each field."""
    lines = []
    for facts in all_facts:
        lines.append(_json({key: value for key, value in facts.items() if key != "fields"}))
        lines += [f"  {path} {_json(about)}" for path, about in facts["fields"].items()]
    return "\n".join(lines) + "\n"


def read(table: str) -> list[Facts]:
    """What `write` wrote."""
    found: list[Facts] = []
    for line in table.splitlines():
        if line.startswith("  "):
            path, _, about = line.strip().partition(" ")
            found[-1]["fields"][path] = json.loads(about)
        else:
            found.append(json.loads(line) | {"fields": {}})
    return found


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    TABLE.write_text(write(of_folder(PLACE / "crds")))
