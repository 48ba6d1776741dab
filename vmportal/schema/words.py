"""The words that shapes are written in. Used by every `schema` of the portal and its apps; pure.

A word returns a plain structural OpenAPI v3 schema, so that CRDs, OpenAPI and the table of facts are the
declaration itself. A list is replaced as a whole unless it has keys or is a set, as in Kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

QUANTITY_PATTERN = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
_CONDITION_REASON = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
_CONDITION_TYPE = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
)


def obj(
    properties: Mapping[str, Schema] | None = None,
    *,
    required: tuple[str, ...] = (),
    atomic: bool = False,
    preserve_unknown: bool = False,
    description: str = "",
) -> Schema:
    """An object with named fields. `preserve_unknown` keeps further fields as they come."""
    return _node(
        "object",
        description,
        properties=dict(properties) if properties else None,
        required=sorted(required),
        **{
            "x-kubernetes-map-type": "atomic" if atomic else None,
            "x-kubernetes-preserve-unknown-fields": preserve_unknown or None,
        },
    )


def mapping(values: Schema, *, atomic: bool = False, description: str = "") -> Schema:
    """An object whose keys are the user's: labels, annotations, data."""
    return _node(
        "object",
        description,
        additionalProperties=values,
        **{"x-kubernetes-map-type": "atomic" if atomic else None},
    )


def texts(description: str = "") -> Schema:
    """A list of texts that is written as a whole."""
    return array(text(), atomic=True, description=description)


def array(
    items: Schema,
    *,
    keys: tuple[str, ...] = (),
    set: bool = False,
    atomic: bool = False,
    min_items: int | None = None,
    max_items: int | None = None,
    description: str = "",
) -> Schema:
    """A list. With `keys` its items are merged and unique by them, with `set` they are unique themselves.

    Without either it is replaced as a whole; `atomic` only says so aloud, where the real CRD does.
    """
    kind = "map" if keys else "set" if set else "atomic" if atomic else None
    return _node(
        "array",
        description,
        items=items,
        minItems=min_items,
        maxItems=max_items,
        **{"x-kubernetes-list-type": kind, "x-kubernetes-list-map-keys": list(keys)},
    )


def text(
    *,
    enum: tuple[str, ...] = (),
    pattern: str = "",
    min_length: int | None = None,
    max_length: int | None = None,
    format: str = "",
    default: str | None = None,
    description: str = "",
) -> Schema:
    """A string. Where it has a pattern, the description is shown when it does not match."""
    return _node(
        "string",
        description,
        enum=list(enum),
        pattern=pattern,
        minLength=min_length,
        maxLength=max_length,
        format=format,
        default=default,
    )


def integer(
    minimum: int | None = None,
    maximum: int | None = None,
    *,
    format: str = "int32",
    default: int | None = None,
    description: str = "",
) -> Schema:
    """A whole number of 32 bits, or of 64 with `format="int64"`."""
    return _node("integer", description, minimum=minimum, maximum=maximum, format=format, default=default)


def boolean(*, default: bool | None = None, description: str = "") -> Schema:
    return _node("boolean", description, default=default)


def int_or_string(*, pattern: str = "", description: str = "") -> Schema:
    """A whole number, or a string that matches the pattern."""
    return _node(
        "",
        description,
        anyOf=[{"type": "integer"}, {"type": "string"}],
        pattern=pattern,
        **{"x-kubernetes-int-or-string": True},
    )


def quantity(description: str = "") -> Schema:
    """A Kubernetes quantity: `4Gi`, `500m`, `2` (see `vmportal.schema.quantity`)."""
    return int_or_string(pattern=QUANTITY_PATTERN, description=description)


def preserve_unknown(description: str = "") -> Schema:
    """Any JSON, kept as it is."""
    return _node("", description, **{"x-kubernetes-preserve-unknown-fields": True})


def time(description: str = "") -> Schema:
    """A moment as RFC 3339 text."""
    return text(format="date-time", description=description)


def duration(description: str = "") -> Schema:
    """A span of time as Go writes it, `1m30s`. The schema takes any text, as the real one does."""
    return text(description=description)


def uuid(description: str = "") -> Schema:
    return text(format="uuid", description=description)


def label_requirement() -> Schema:
    """One thing that is asked of an object's labels."""
    return obj(
        {
            "key": text(description="The label."),
            "operator": text(description="In, NotIn, Exists or DoesNotExist."),
            "values": texts("For In and NotIn."),
        },
        required=("key", "operator"),
    )


def label_selector(description: str) -> Schema:
    """Kubernetes' label selector: all of its requirements must hold."""
    return obj(
        {"matchLabels": mapping(text()), "matchExpressions": array(label_requirement(), atomic=True)},
        atomic=True,
        description=description,
    )


def conditions(*, keyed: bool = False) -> Schema:
    """The conditions of a status; `keyed` where the real list is merged by `type`."""
    condition = obj(
        {
            "type": text(pattern=_CONDITION_TYPE, max_length=316),
            "status": text(enum=("True", "False", "Unknown")),
            "reason": text(
                pattern=_CONDITION_REASON, min_length=1, max_length=1024, description="One word in CamelCase."
            ),
            "message": text(max_length=32768, description="A sentence for people; may be empty."),
            "lastTransitionTime": time("When the status last changed."),
            "observedGeneration": integer(0, format="int64"),
        },
        required=("type", "status", "reason", "message", "lastTransitionTime"),
    )
    return array(condition, keys=("type",) if keyed else (), description="What is true of the object now.")


def _node(type_name: str, description: str, **facts: Any) -> Schema:
    node: Schema = {"type": type_name} if type_name else {}
    if description:
        node["description"] = description
    node.update((key, value) for key, value in facts.items() if value is not None and value not in ("", []))
    return node
