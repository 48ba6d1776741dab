"""Objects with every kind of list and map, and what three tools may wish of them. Used by the tests of apply."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from vmportal.kind import Shape
from vmportal.schema.nodes import Node, is_open, is_set, merge_keys
from vmportal.schema.words import array, boolean, int_or_string, integer, mapping, obj, preserve_unknown, text

MANAGERS = ("ann", "ben", "cleo")

_PORT = obj(
    {"port": integer(), "protocol": text(default="TCP"), "name": text(), "tags": array(text(), set=True)},
    required=("port",),
)
_DISK = obj(
    {
        "name": text(),
        "size": integer(),
        "source": obj({"claim": text(), "path": text()}),
        "parts": array(obj({"id": integer(), "label": text()}, required=("id",)), keys=("id",)),
    },
    required=("name",),
)
THING = Shape(
    group="tests.vmportal.dev",
    version="v1",
    kind="Thing",
    plural="things",
    singular="thing",
    has_status=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "name": text(),
                    "mode": text(default="Auto"),
                    "limits": obj({"cpu": integer(default=1), "memory": text()}),
                    "deep": obj({"er": obj({"on": boolean(), "off": boolean()}), "top": text()}),
                    "selector": obj({"a": text(), "b": text()}, atomic=True),
                    "disks": array(_DISK, keys=("name",)),
                    "ports": array(_PORT, keys=("port", "protocol")),
                    "tags": array(text(), set=True),
                    "words": array(text()),
                    "options": mapping(text()),
                    "frozen": mapping(text(), atomic=True),
                    "groups": mapping(obj({"x": text(), "y": text()})),
                    "target": int_or_string(),
                    "free": preserve_unknown(),
                    "open": obj({"known": text()}, preserve_unknown=True),
                }
            ),
            "status": obj({"phase": text()}),
        }
    ),
)

_FREE: list[Any] = [{"a": 1}, {"a": 2, "b": {"c": "x"}}, {"b": {"d": [1]}}, [1, 2], "text", {}]


def values(node: Node) -> st.SearchStrategy[Any]:
    """Small values that a schema lets pass, from few words, so that tools often wish for the same."""
    if node.get("enum"):
        return st.sampled_from(node["enum"])
    if node.get("x-kubernetes-int-or-string"):
        return st.sampled_from([1, 2, "50%"])
    kind = node.get("type")
    if kind == "object":
        return _objects(node)
    if kind == "array":
        return _lists(node)
    simple = {
        "string": st.sampled_from(["x", "y", "z"]),
        "integer": st.integers(0, 2),
        "boolean": st.booleans(),
    }
    return simple[kind] if kind else st.sampled_from(_FREE)


def _objects(node: Node) -> st.SearchStrategy[Any]:
    if "additionalProperties" in node:
        return st.dictionaries(st.sampled_from("abc"), values(node["additionalProperties"]), max_size=3)
    properties = node["properties"]
    needed = node.get("required", ())
    fields = st.fixed_dictionaries(
        {name: values(properties[name]) for name in needed},
        optional={name: values(below) for name, below in properties.items() if name not in needed},
    )
    if not is_open(node):
        return fields
    return st.builds(dict.__or__, fields, st.sampled_from([{}, {"extra": {"a": "x"}}, {"extra": "y"}]))


def _lists(node: Node) -> st.SearchStrategy[Any]:
    keys, items = merge_keys(node), values(node["items"])
    if keys:
        defaults = {key: node["items"]["properties"][key].get("default") for key in keys}
        return st.lists(
            items, max_size=3, unique_by=lambda item: tuple(item.get(key, defaults[key]) for key in keys)
        )
    return st.lists(items, max_size=3, unique=is_set(node))


def few(fields: st.SearchStrategy[dict[str, Any]], most: int = 5) -> st.SearchStrategy[dict[str, Any]]:
    """The same objects with a few of their fields."""
    return st.builds(_cut, fields, st.integers(1, most), st.randoms(use_true_random=False))


def _cut(value: dict[str, Any], most: int, chance: Any) -> dict[str, Any]:
    kept = chance.sample(sorted(value), min(most, len(value)))
    return {key: value[key] for key in sorted(kept)}


# None is empty: nothing of it is stored, and only the clock decides whether that is a change.
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["x", "y"]), min_size=1)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "labels": LABELS,
        "annotations": LABELS,
        "finalizers": st.lists(
            st.sampled_from(["tests.vmportal.dev/a", "tests.vmportal.dev/b"]), min_size=1, unique=True
        ),
    },
)


def bodies(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What a tool may wish of an object, without its name."""
    return st.fixed_dictionaries({}, optional={"metadata": METADATA, **fields})


def steps(
    wishes: st.SearchStrategy[dict[str, Any]], update: str = "put"
) -> st.SearchStrategy[list[tuple[str, str, Any]]]:
    """One after another: (what is done, by whom, with which wish). `update`: put, or merge (a patch)."""
    done = st.sampled_from(["apply", "apply", "apply", "force", update])
    return st.lists(st.tuples(done, st.sampled_from(MANAGERS), wishes), min_size=2, max_size=6)


SPEC = few(values(THING.schema["properties"]["spec"]))
