"""What a kube-apiserver drops from an object, and what it fills in."""

from __future__ import annotations

from typing import Any

from vmportal.schema import apply_defaults, prune
from vmportal.schema.words import array, boolean, integer, mapping, obj, preserve_unknown, text

SHAPE = obj(
    {
        "spec": obj(
            {
                "mode": text(default="Soft"),
                "name": text(),
                "disks": array(obj({"name": text(), "removable": boolean(default=True)}), keys=("name",)),
                "labels": mapping(text()),
                "named": mapping(obj({"size": integer(default=3)})),
                "free": preserve_unknown(),
                "config": obj({"inner": obj({"a": text()})}, preserve_unknown=True),
                "boot": obj({"retry": text(default="Disabled")}),
            }
        )
    }
)


def test_unknown_fields_are_dropped_and_named():
    value: dict[str, Any] = {
        "spec": {"name": "a", "foo": 1, "disks": [{"name": "x", "bar": {"deep": 1}}, {"name": "y"}]},
        "stranger": {},
    }
    pruned, unknown = prune(SHAPE, value)
    assert pruned == {"spec": {"name": "a", "disks": [{"name": "x"}, {"name": "y"}]}}
    assert sorted(unknown) == ["spec.disks[0].bar", "spec.foo", "stranger"]
    assert "stranger" in value
    assert "bar" in value["spec"]["disks"][0]  # the client's object is left as it was


def test_a_value_without_unknown_fields_is_answered_as_it_is():
    value = {"spec": {"name": "a", "disks": [{"name": "x"}], "labels": {"any/key": "v"}}}
    pruned, unknown = prune(SHAPE, value)
    assert pruned is value
    assert unknown == []


def test_what_preserves_unknown_fields_keeps_them_but_still_prunes_what_it_declares():
    value = {"spec": {"free": {"x": [1, {"y": None}]}, "config": {"any": 1, "inner": {"a": "b", "c": 1}}}}
    pruned, unknown = prune(SHAPE, value)
    assert pruned["spec"] == {"free": {"x": [1, {"y": None}]}, "config": {"any": 1, "inner": {"a": "b"}}}
    assert unknown == ["spec.config.inner.c"]


def test_fields_below_a_scalar_are_unknown():
    assert prune(SHAPE, {"spec": {"name": {"first": "a"}}}) == ({"spec": {"name": {}}}, ["spec.name.first"])


def test_defaults_are_set_only_where_the_parent_is_present():
    assert apply_defaults(SHAPE, {}) == {}
    assert apply_defaults(SHAPE, {"spec": {}}) == {"spec": {"mode": "Soft"}}
    assert apply_defaults(SHAPE, {"spec": {"boot": {}}})["spec"]["boot"] == {"retry": "Disabled"}


def test_defaults_reach_into_lists_and_maps():
    filled = apply_defaults(
        SHAPE, {"spec": {"disks": [{"name": "a"}, {"removable": False}], "named": {"x": {}}}}
    )
    assert filled["spec"]["disks"] == [{"name": "a", "removable": True}, {"removable": False}]
    assert filled["spec"]["named"] == {"x": {"size": 3}}


def test_a_null_gives_way_to_the_default_and_is_dropped_where_there_is_none():
    filled = apply_defaults(SHAPE, {"spec": {"mode": None, "name": None, "labels": {"a": None}}})
    assert filled == {"spec": {"mode": "Soft", "labels": {}}}


def test_a_null_that_may_be_is_kept():
    shape = obj({"a": {"type": "string", "nullable": True, "default": "x"}})
    assert apply_defaults(shape, {"a": None}) == {"a": None}


def test_a_null_in_a_list_stays_for_the_validator_to_refuse():
    assert apply_defaults(SHAPE, {"spec": {"mode": "x", "disks": [None]}})["spec"]["disks"] == [None]


def test_defaults_leave_the_argument_alone_and_a_complete_value_as_it_is():
    value = {"spec": {"disks": [{"name": "a"}]}}
    apply_defaults(SHAPE, value)
    assert value == {"spec": {"disks": [{"name": "a"}]}}
    complete = apply_defaults(SHAPE, value)
    assert apply_defaults(SHAPE, complete) is complete


def test_a_default_object_is_each_times_own():
    shape = obj({"a": {"type": "object", "default": {"b": []}, "properties": {"b": array(text())}}})
    first, second = apply_defaults(shape, {}), apply_defaults(shape, {})
    first["a"]["b"].append("x")
    assert second == {"a": {"b": []}}
