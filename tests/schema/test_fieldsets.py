"""Sets of paths: the algebra that managedFields and server-side apply stand on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vmportal.fieldset import FieldSet, compare, difference, intersection, union
from vmportal.schema.words import array, integer, mapping, obj, preserve_unknown, text

# As node of a set: a leaf, or a member or mere way with something below it.
PATHS = st.lists(st.lists(st.sampled_from(["f:a", "f:b", 'k:{"n":1}', 'v:"x"']), min_size=1, max_size=4))

SHAPE = obj(
    {
        "name": text(),
        "disks": array(obj({"name": text(), "size": integer()}, required=("name",)), keys=("name",)),
        "used": array(
            obj({"type": text(), "bus": integer(), "key": integer()}, required=("type", "bus")),
            keys=("type", "bus"),
        ),
        "tags": array(text(), set=True),
        "words": array(text()),
        "labels": mapping(text()),
        "selector": obj({"a": text(), "b": text()}, atomic=True),
        "free": preserve_unknown(),
    }
)


def as_set(paths):
    """The field set of some paths, made one by one."""
    made: FieldSet = {}
    for path in paths:
        node: FieldSet = {}
        for step in reversed(path):
            node = {step: node}
        made = union(made, node)
    return made


def members(fields, way=()):
    """The paths in a field set, written in the plainest way."""
    found = set()
    for step, node in fields.items():
        if step == ".":
            found.add(way)
        elif node:
            found |= members(node, (*way, step))
        else:
            found.add((*way, step))
    return found


@given(PATHS, PATHS)
def test_the_algebra_is_that_of_sets_of_paths(first, second):
    one, two = as_set(first), as_set(second)
    assert members(one) == {tuple(path) for path in first}
    assert members(union(one, two)) == members(one) | members(two)
    assert members(difference(one, two)) == members(one) - members(two)
    assert members(intersection(one, two)) == members(one) & members(two)


@given(PATHS, PATHS)
def test_equal_sets_are_written_alike(first, second):
    one, two = as_set(first), as_set(second)
    assert union(one, two) == union(two, one)
    assert union(difference(one, two), intersection(one, two)) == one
    assert difference(one, one) == {}


def added(value: dict) -> FieldSet:
    """All paths of an object that was not there before."""
    return compare(SHAPE, {}, value)[1]


def test_each_kind_of_list_and_map_has_its_own_steps():
    value = {
        "name": "a",
        "disks": [{"name": "x", "size": 1}],
        "used": [{"type": "SCSI", "bus": 0, "key": 7}],
        "tags": ["t"],
        "words": ["w"],
        "labels": {"k/1": "v"},
        "selector": {"a": "1"},
        "free": {"deep": {"er": [1, 2]}},
    }
    assert added(value) == {
        "f:name": {},
        "f:disks": {".": {}, 'k:{"name":"x"}': {".": {}, "f:name": {}, "f:size": {}}},
        "f:used": {
            ".": {},
            'k:{"bus":0,"type":"SCSI"}': {".": {}, "f:type": {}, "f:bus": {}, "f:key": {}},
        },
        "f:tags": {".": {}, 'v:"t"': {}},
        "f:words": {},
        "f:labels": {".": {}, "f:k/1": {}},
        "f:selector": {},
        "f:free": {".": {}, "f:deep": {".": {}, "f:er": {}}},
    }


def test_what_is_empty_is_a_leaf():
    assert added({"disks": [], "labels": {}}) == {"f:disks": {}, "f:labels": {}}


def test_only_what_differs_is_compared_as_changed():
    old = {
        "name": "a",
        "disks": [{"name": "x", "size": 1}, {"name": "y"}],
        "words": ["u"],
        "labels": {"k": "v"},
    }
    new = {"name": "a", "disks": [{"name": "z"}, {"name": "x", "size": 2}], "words": ["u", "w"]}
    removed, changed = compare(SHAPE, old, new)
    assert removed == {
        "f:disks": {'k:{"name":"y"}': {".": {}, "f:name": {}}},
        "f:labels": {".": {}, "f:k": {}},
    }
    assert changed == {
        "f:disks": {'k:{"name":"z"}': {".": {}, "f:name": {}}, 'k:{"name":"x"}': {"f:size": {}}},
        "f:words": {},
    }


def test_another_order_of_keyed_items_changes_nothing():
    items = [{"name": "x", "size": 1}, {"name": "y"}]
    assert compare(SHAPE, {"disks": items}, {"disks": items[::-1]}) == ({}, {})


def test_a_leaf_may_become_an_object():
    removed, changed = compare(SHAPE, {"free": "text"}, {"free": {"a": 1}})
    assert removed == {"f:free": {}}
    assert changed == {"f:free": {".": {}, "f:a": {}}}


def test_fields_that_the_schema_does_not_know_are_owned_too():
    assert added({"later": {"x": [1], "y": 2}}) == {"f:later": {".": {}, "f:x": {}, "f:y": {}}}
