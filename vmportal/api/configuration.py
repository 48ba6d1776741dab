"""What is wrong with a configuration before it can be applied, in a kube-apiserver's words.

Called by `vmportal.api.decoding`; pure. Types and values are judged by admission, on the whole object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from vmportal.api.meta_schemas import OBJECT_META
from vmportal.fieldset import item_steps, told
from vmportal.kind import Shape
from vmportal.schema.nodes import OPEN, Node, child, items, merge_keys
from vmportal.schema.words import text


def faults(shape: Shape, value: Mapping[str, Any]) -> list[str]:
    """Fields that no schema knows, and list items that cannot be told apart: `.spec.foo: field not declared …`."""
    head = {"apiVersion": text(), "kind": text(), "metadata": OBJECT_META}
    properties = {**head, **shape.schema.get("properties", {})}
    return list(_faults({**shape.schema, "properties": properties}, value, ""))


def _faults(node: Node, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping) and node.get("properties"):
        for key, item in value.items():
            below = child(node, key)
            if below is None:
                yield f"{path}.{key}: field not declared in schema"
            else:
                yield from _faults(below, item, f"{path}.{key}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _faults(child(node, key) or OPEN, item, f"{path}.{key}")
    elif isinstance(value, list):
        yield from _faults_of_list(node, value, path)


def _faults_of_list(node: Node, value: list[Any], path: str) -> Iterator[str]:
    keys = merge_keys(node)
    steps = item_steps(node, value)
    if keys and steps is None:
        yield f"{path}: associative list with keys may not have non-map elements"
    for index, step in enumerate(steps or ()):
        if step == "k:{}":
            named = " ".join(f'"{key}"' for key in keys)
            yield (
                f"{path}: element {index}: associative list with keys has an element that omits all key fields "
                f"[{named}] (and doesn't have default values for any key fields)"
            )
    for step, count in Counter(steps or ()).items():
        if count > 1 and step != "k:{}":
            yield f"{path}: duplicate entries for key {told(step)}"
    for index, item in enumerate(value):
        place = told(steps[index]) if steps else f"[{index}]"
        yield from _faults(items(node) or OPEN, item, f"{path}{place}")
