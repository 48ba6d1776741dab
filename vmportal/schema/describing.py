"""Gives the fields of a schema that say nothing of themselves a description, from a table. Pure.

Called by `vmportal.kinds` for what is published: `kubectl explain` and the API reference have something to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmportal.schema.words import Schema

# Fields that mean the same wherever they stand.
COMMON = {
    "apiVersion": "The API version of the object that is meant.",
    "kind": "The kind of the object that is meant.",
    "name": "The name of the object that is meant.",
    "spec": "What is wished.",
    "status": "What was seen. Filled in by the system.",
    "conditions": "What is true of the object now.",
    "conditions.type": "What the condition is about, one word in CamelCase.",
    "conditions.status": "Whether it holds: True, False, or Unknown.",
    "conditions.reason": "One word for programs.",
    "conditions.message": "A sentence for people.",
    "conditions.lastTransitionTime": "When the status last changed.",
    "conditions.observedGeneration": "Which generation of the wish it tells of.",
    "observedGeneration": "Which generation of the wish the status tells of.",
    "matchLabels": "Labels with the values that they must have.",
    "matchExpressions": "What else is asked of labels. All of it must hold.",
    "labels": "Keys and values to select objects by.",
    "annotations": "Keys and values for tools; not to select by.",
    "startTime": "When it began.",
    "completionTime": "When it was done.",
}


def described(schema: Mapping[str, Any], words: Mapping[str, str], path: str = "") -> Schema:
    """The schema with descriptions from `words` where it has none; what has one keeps it.

    A key of `words` is the end of a path without indexes, `ip.dhcp.enabled`; the longest that fits counts, then
    those of `COMMON`. `path` is where the schema itself stands.
    """
    return _below({**schema, **_description(schema, words, path)}, words, path)


def _description(schema: Mapping[str, Any], words: Mapping[str, str], path: str) -> dict[str, str]:
    steps = path.split(".")
    ends = [".".join(steps[start:]) for start in range(len(steps))]
    found = [table[end] for table in (words, COMMON) for end in ends if end in table]
    return {"description": found[0]} if found and "description" not in schema else {}


def _below(schema: Schema, words: Mapping[str, str], path: str) -> Schema:
    """What stands in an item of a list, or in a value of a map, is named as if it stood in the list itself."""
    made = dict(schema)
    if "properties" in schema:
        made["properties"] = {
            name: described(below, words, f"{path}.{name}" if path else name)
            for name, below in schema["properties"].items()
        }
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), Mapping):
            made[word] = _below(schema[word], words, path)
    return made
