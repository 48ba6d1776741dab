"""What is wrong with a value: Kubernetes' paths and error types, and sentences a person can act on."""

from __future__ import annotations

import math

import pytest

from vmportal.schema import validate
from vmportal.schema.words import (
    array,
    boolean,
    int_or_string,
    integer,
    mapping,
    obj,
    preserve_unknown,
    quantity,
    text,
    time,
    uuid,
)


def faults(schema, value, path="spec"):
    return [(error.path, error.type) for error in validate(schema, value, path)]


def test_a_missing_field_is_required_at_its_own_place():
    volumes = array(obj({"name": text()}, required=("name",)))
    assert faults(volumes, [{"name": "a"}, {}], "spec.volumes") == [("spec.volumes[1].name", "Required")]


def test_paths_begin_without_a_dot_at_the_root():
    assert faults(obj({"spec": obj({"a": text()})}), {"spec": {"a": 1}}, "") == [("spec.a", "TypeInvalid")]


def test_keys_of_maps_stand_in_brackets():
    assert faults(mapping(text()), {"a.b/c": 1}, "metadata.labels") == [
        ("metadata.labels[a.b/c]", "TypeInvalid")
    ]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (integer(), "5"),
        (integer(), True),
        (integer(), 1.0),
        (integer(), 1.5),
        (integer(), math.nan),
        (integer(), None),
        ({"type": "number"}, "5"),
        ({"type": "number"}, False),
        ({"type": "number"}, math.nan),
        ({"type": "number"}, math.inf),
        (text(), 5),
        (text(), True),
        (text(), None),
        (boolean(), "true"),
        (boolean(), 1),
        (obj({"a": text()}), []),
        (obj({"a": text()}), "x"),
        (mapping(text()), []),
        (array(text()), {"0": "a"}),
        (array(text()), "a"),
        (int_or_string(), 1.5),
        (int_or_string(), True),
        (int_or_string(), None),
        (quantity(), [1]),
    ],
)
def test_nothing_is_taken_for_another_type(schema, value):
    assert faults(schema, value) == [("spec", "TypeInvalid")]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (integer(), 5),
        (integer(), -(2**31)),
        (integer(format="int64"), 2**63 - 1),
        ({"type": "number"}, 5),
        ({"type": "number"}, 0.5),
        (int_or_string(), 80),
        (int_or_string(), "http"),
        (quantity(), "4Gi"),
        (quantity(), 1024),
        (preserve_unknown(), {"a": [None, 1.5]}),
        ({"type": "string", "nullable": True}, None),
        (obj(), {"any": "thing"}),
    ],
)
def test_what_fits_is_let_pass(schema, value):
    assert faults(schema, value) == []


def test_integers_are_bound_by_their_width():
    assert faults(integer(), 2**31) == [("spec", "Invalid")]
    assert faults(integer(format="int64"), 2**63) == [("spec", "Invalid")]
    assert faults(int_or_string(), 2**63) == [("spec", "Invalid")]


def test_bounds_are_told():
    assert validate(integer(0, 3), 4, "spec.busNumber")[0].message == "Must be from 0 to 3."
    assert validate(integer(13), 12, "spec")[0].message == "Must be at least 13."
    assert faults({"type": "number", "minimum": 1, "maximum": 2}, 2.5) == [("spec", "Invalid")]
    assert faults({"type": "number", "minimum": 1, "maximum": 2}, 0.5) == [("spec", "Invalid")]


def test_an_unknown_choice_is_not_supported_and_the_choices_are_told():
    [error] = validate(text(enum=("Hard", "Soft")), "Gentle", "spec.powerOffMode")
    assert (error.path, error.type) == ("spec.powerOffMode", "NotSupported")
    assert error.message == '"Gentle" is not supported: choose one of "Hard", "Soft".'


def test_a_wrong_type_says_how_to_write_it():
    assert validate(text(), 8, "a")[0].message == "Must be a string, not a whole number: put it in quotes."
    assert (
        validate(integer(), "8", "a")[0].message
        == "Must be a whole number, not a string: write it without quotes."
    )


def test_lengths_are_counted_in_characters():
    schema = text(min_length=1, max_length=3)
    assert faults(schema, "äöü") == []
    assert faults(schema, "äöüß") == [("spec", "TooLong")]
    assert faults(schema, "") == [("spec", "Invalid")]


def test_a_pattern_ends_where_the_text_ends():
    """VMS-75: a line break at the end is no part of a name."""
    schema = text(pattern="^[a-z0-9]{2,}$", description="Two or more letters or digits.")
    assert faults(schema, "eth0") == []
    assert faults(schema, "e") == faults(schema, "eth0\n") == [("spec", "Invalid")]
    assert validate(schema, "e")[0].message == "Must match ^[a-z0-9]{2,}$ (Two or more letters or digits)."


def test_word_characters_are_ascii_as_in_go():
    assert faults(text(pattern=r"^\w\w+$"), "ethé") == [("spec", "Invalid")]
    assert faults(text(pattern=r"^[$]\$$"), "$$") == []


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (
            uuid(),
            ["42081d15-9a7b-4c3f-8f22-6d1f0a5be101", "42081D159A7B4C3F8F226D1F0A5BE101"],
            ["", "42081d15-9a7b-4c3f-8f22-6d1f0a5be1010", "urn:uuid:42081d15-9a7b-4c3f-8f22-6d1f0a5be101"],
        ),
        (
            time(),
            ["2026-01-31T09:30:00Z", "2026-01-31t09:30:00.123456+02:00"],
            ["2026-02-30T09:30:00Z", "2026-01-31", "2026-01-31T24:00:00Z", "2026-01-31T09:30:00", "now", ""],
        ),
        (text(format="byte"), ["", "aGVsbG8=", "aGVs\nbG8="], ["aGVsbG8", "not base64!", "ä"]),
    ],
)
def test_formats_are_types(schema, good, bad):
    assert [value for value in good if faults(schema, value)] == []
    assert [value for value in bad if faults(schema, value) != [("spec", "TypeInvalid")]] == []


def test_quantities_are_strings_of_a_pattern():
    for value in ("1", "+1.5Gi", ".5", "1e3", "1E"):
        assert faults(quantity(), value) == []
    for value in ("", "many", "4 GB", "1e1.5", "NaN", "1_000", "٣Gi"):
        assert faults(quantity(), value) == [("spec", "Invalid")]


def test_a_value_that_may_be_secret_is_not_repeated():
    [error] = validate(mapping(text(format="byte")), {"password": "hunter2!"}, "data")
    assert error.path == "data[password]"
    assert "hunter2" not in error.message


def test_too_many_items_are_told_beside_what_is_wrong_with_them():
    """VMS-53, VMS-55."""
    schema = array(obj({"busNumber": integer(0, 1)}), keys=("busNumber",), max_items=2)
    value = [{"busNumber": 0}, {"busNumber": 1}, {"busNumber": 2}]
    assert faults(schema, value) == [("spec", "TooMany"), ("spec[2].busNumber", "Invalid")]
    assert faults(array(text(), min_items=1), []) == [("spec", "Invalid")]


def test_items_of_a_list_map_are_unique_by_all_its_keys():
    schema = array(obj({"name": text(), "type": text()}), keys=("name", "type"))
    assert faults(schema, [{"name": "a", "type": "x"}, {"name": "a", "type": "y"}]) == []
    [error] = validate(schema, [{"name": "a", "type": "x"}] * 2, "status.volumes")
    assert (error.path, error.type) == ("status.volumes[1]", "Duplicate")
    assert 'name "a", type "x"' in error.message


def test_of_three_equals_the_second_is_named():
    assert faults(array(obj({"name": text()}), keys=("name",)), [{"name": "a"}] * 3) == [
        ("spec[1]", "Duplicate")
    ]
    assert faults(array(text(), set=True), ["a", "b", "a", "a"]) == [("spec[2]", "Duplicate")]


def test_one_and_true_are_no_equals():
    assert faults(array(preserve_unknown(), set=True), [1, True, "1"]) == []


def test_items_that_are_no_objects_are_only_told_their_type():
    schema = array(obj({"name": text()}), keys=("name",))
    assert faults(schema, [None, "a", "a"]) == [(f"spec[{index}]", "TypeInvalid") for index in range(3)]


def test_everything_is_told_at_once():
    schema = obj({"a": integer(), "b": text(enum=("x",)), "c": text()}, required=("c",))
    assert faults(schema, {"a": "1", "b": "y"}) == [
        ("spec.c", "Required"),
        ("spec.a", "TypeInvalid"),
        ("spec.b", "NotSupported"),
    ]


def test_a_schema_that_the_validator_does_not_understand_is_refused():
    with pytest.raises(ValueError, match="oneOf"):
        validate({"type": "object", "properties": {"a": {"type": "string", "oneOf": []}}}, {})
    with pytest.raises(ValueError, match="without a type"):
        validate({"description": "nothing"}, {})
