"""Where a path leads in a schema. For tests that name a place as people do: `spec.volumes[0].name`."""

from __future__ import annotations

import re

from vmportal.schema.nodes import Node, child, items

_STEP = re.compile(r"\[[^\]]*\]|[^.\[]+")


def at(schema: Node, path: str) -> Node | None:
    """The node at `spec.volumes[0].name` or `spec.volumes[].name`; None where there is no such place."""
    node: Node | None = schema
    for step in _STEP.findall(path):
        if node is None:
            return None
        if not step.startswith("["):
            node = child(node, step)
        elif "additionalProperties" in node:
            node = child(node, step[1:-1])
        else:
            node = items(node)
    return node
