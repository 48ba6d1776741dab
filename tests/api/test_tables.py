"""Tables of many objects: written object by object, and the same as if they were made as a whole."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.builders import config_map, kind, vm
from vmportal import jsontext
from vmportal.api import jsonpath, table
from vmportal.kinds import KINDS

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
STORED = {
    "uid": "u-1",
    "resourceVersion": "5",
    "creationTimestamp": "2026-01-01T00:00:00Z",
    "labels": {"a": "ä"},
}


def stored(document: dict) -> dict:
    return {**document, "metadata": {**document["metadata"], **STORED}}


@pytest.mark.parametrize("include", ["Metadata", "Object", "None"])
@pytest.mark.parametrize("make", [vm, config_map])
def test_a_table_is_the_same_written_at_once_or_object_by_object(make, include):
    objects = [stored(make(name)) for name in ("a", "b")]
    shape = kind(objects[0]["kind"]).shape
    bodies = [json.dumps(obj) for obj in objects]
    meta = {"resourceVersion": "7", "continue": "x"}
    for these, texts in ((objects, bodies), ([], [])):
        found = b"".join(table.parts(shape, texts, NOW, meta, include))
        assert json.loads(found) == table.table(shape, these, NOW, meta, include)


def test_a_list_of_metadata_has_it_all():
    objects = [stored(config_map(name)) for name in ("a", "b")]
    found = json.loads(b"".join(table.partial_parts(map(json.dumps, objects), {"resourceVersion": "7"})))
    assert found["metadata"] == {"resourceVersion": "7"}
    assert [item["metadata"] for item in found["items"]] == [obj["metadata"] for obj in objects]


@pytest.mark.parametrize("path", sorted({column.path for one in KINDS for column in one.shape.columns}))
def test_a_column_finds_what_its_path_finds(path):
    condition = {"type": "Ready", "status": "True", "reason": "R"}
    full = {
        "metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"displayName": "d", "type": "t", "hardware": {"cpus": 2, "memory": "4Gi"}},
        "status": {"conditions": [{"type": "Other"}, condition], "powerState": "PoweredOn", "ready": False},
    }
    find = jsonpath.finder(path)
    for obj in (full, {"status": None}, {"status": "text", "spec": []}, {}, None):
        assert find(obj) == jsonpath.first(path, obj)


def test_a_path_beyond_the_subset_is_told_at_once():
    with pytest.raises(ValueError, match="not understood"):
        jsonpath.finder(".a[")


@pytest.mark.parametrize(
    "value", [{"a": [1.5, None, True, "ä€𝄞"]}, {"b": 2**64 - 1}, {"": -(2**63)}, [], "text"]
)
def test_what_is_written_is_read_again(value):
    text = jsontext.written(value)
    assert json.loads(text) == value
    assert jsontext.read(text) == value
    assert jsontext.read(text.decode()) == value


def test_a_whole_number_beyond_64_bits_is_written_and_read_as_kubernetes_reads_it():
    assert jsontext.written({"a": 10**30}) == b'{"a":1000000000000000000000000000000}'
    assert jsontext.read(b"[1000000000000000000000000000000]") == [1e30]


def test_half_a_character_is_read_as_python_reads_it():
    assert jsontext.read('"\\ud800"') == "\ud800"
