"""What a schema says of the parts of a node, and how what stands there is merged."""

from __future__ import annotations

from tests.schema.places import at
from vmportal.schema.nodes import is_atomic_map, is_set, merge_keys
from vmportal.schema.words import array, mapping, obj, preserve_unknown, text

SHAPE = obj(
    {
        "volumes": array(obj({"name": text(description="a volume's")}), keys=("name",)),
        "names": array(text()),
        "finalizers": array(text(), set=True),
        "labels": mapping(text()),
        "selector": obj({"a": text()}, atomic=True),
        "lists": mapping(array(obj({"b": text()}), keys=("b",))),
        "free": preserve_unknown(),
    }
)


def node(path):
    found = at(SHAPE, path)
    assert found is not None
    return found


def test_lists_are_replaced_as_a_whole_unless_they_say_otherwise():
    assert [merge_keys(node(path)) for path in ("volumes", "names", "finalizers")] == [("name",), (), ()]
    assert [is_set(node(path)) for path in ("volumes", "names", "finalizers")] == [False, False, True]


def test_maps_are_merged_unless_they_say_otherwise():
    assert [is_atomic_map(node(path)) for path in ("", "labels", "selector")] == [False, False, True]


def test_paths_lead_through_items_and_keys():
    for path in ("volumes[].name", "volumes[7].name"):
        assert at(SHAPE, path) == text(description="a volume's")
    assert merge_keys(node("lists[a.b/c]")) == ("b",)
    assert at(SHAPE, "lists[a.b/c][0].b") == text()
    assert at(SHAPE, "free.anything.below") == preserve_unknown()
    assert at(SHAPE, "volumes[0].size") is None
    assert at(SHAPE, "names.more") is None
