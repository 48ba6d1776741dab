"""What kubectl's client-side apply left in an annotation, for who goes over to server-side apply.

Called by `vmportal.apply`; pure. It matters to the manager `kubectl` only, as in a kube-apiserver: others say so
themselves when they take over.
"""

from __future__ import annotations

import json
from typing import Any

from vmportal.fieldset import FieldSet, claims, compare, difference, union
from vmportal.schema.nodes import Node

MANAGER = "kubectl"
ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
MOST_BYTES = 256 * 1024  # of all annotations together

Object = dict[str, Any]


def _annotations(obj: Object) -> dict[str, Any]:
    return obj.get("metadata", {}).get("annotations") or {}


def allowed(schema: Node, live: Object) -> FieldSet:
    """The fields that the annotation names and the object still has as it says: kubectl may take them over."""
    try:
        last = json.loads(_annotations(live).get(ANNOTATION) or "null")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(last, dict) or last.get("apiVersion") != live.get("apiVersion"):
        return {}
    return difference(claims(schema, last), union(*compare(schema, last, live)))


def refreshed(new: Object, configuration: Object) -> Object:
    """The applied object with its annotation, if it has one, as client-side apply would have written it."""
    annotations = _annotations(new)
    if not annotations.get(ANNOTATION):
        return new
    fresh = {**annotations, ANNOTATION: _written(configuration)}
    if sum(len(key.encode()) + len(str(value).encode()) for key, value in fresh.items()) > MOST_BYTES:
        del fresh[ANNOTATION]
    return {**new, "metadata": {**new["metadata"], "annotations": fresh}}


def _written(configuration: Object) -> str:
    """As Go writes JSON, which clients compare: sorted, with three letters escaped."""
    applied = configuration
    if ANNOTATION in _annotations(applied):
        kept = {key: value for key, value in _annotations(applied).items() if key != ANNOTATION}
        meta = {key: value for key, value in applied["metadata"].items() if key != "annotations"}
        applied = {**applied, "metadata": meta | ({"annotations": kept} if kept else {})}
    text = json.dumps(applied, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return f"{text}\n"
