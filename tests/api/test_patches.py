"""Patches: what clients send and what becomes of an object."""

from __future__ import annotations

import copy

import pytest

from vmportal.api.patches import MOST_OPERATIONS, PatchRefused, json_patch, merge
from vmportal.api.strategic import strategic_merge
from vmportal.errors import BadRequest, TooLarge

VM = {
    "metadata": {"name": "web", "labels": {"a/b": "1", "app": "web"}},
    "spec": {"className": "small", "volumes": [{"name": "a"}, {"name": "b"}]},
}


def patched(*operations: dict) -> dict:
    return json_patch(VM, list(operations))


def test_a_merge_patch_sets_removes_and_goes_deep():
    result = merge(VM, {"metadata": {"labels": {"app": None, "tier": "db"}}, "spec": {"volumes": []}})
    assert result["metadata"]["labels"] == {"a/b": "1", "tier": "db"}
    assert result["spec"] == {"className": "small", "volumes": []}


def test_a_merge_patch_leaves_no_nulls_in_what_it_adds():
    assert merge({}, {"spec": {"a": None, "b": {"c": None}}}) == {"spec": {"b": {}}}


@pytest.mark.parametrize(
    ("operation", "path", "expected"),
    [
        ({"op": "add", "path": "/spec/volumes/1", "value": {"name": "x"}}, "names", ["a", "x", "b"]),
        ({"op": "add", "path": "/spec/volumes/-", "value": {"name": "x"}}, "names", ["a", "b", "x"]),
        ({"op": "remove", "path": "/spec/volumes/0"}, "names", ["b"]),
        ({"op": "remove", "path": "/spec/volumes/-1"}, "names", ["a"]),
        ({"op": "replace", "path": "/spec/volumes/0", "value": {"name": "x"}}, "names", ["x", "b"]),
        ({"op": "move", "from": "/spec/volumes/0", "path": "/spec/volumes/1"}, "names", ["b", "a"]),
        ({"op": "copy", "from": "/spec/volumes/0", "path": "/spec/volumes/-"}, "names", ["a", "b", "a"]),
    ],
)
def test_a_json_patch_operation_does_what_rfc_6902_says(operation, path, expected):
    result = patched(operation)
    assert [volume["name"] for volume in result["spec"]["volumes"]] == expected


def test_a_json_pointer_escapes_slashes():
    result = patched({"op": "replace", "path": "/metadata/labels/a~1b", "value": "2"})
    assert result["metadata"]["labels"]["a/b"] == "2"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/spec/className", "value": "large"},
        {"op": "test", "path": "/spec/nothing", "value": 1},
        {"op": "remove", "path": "/spec/nothing"},
        {"op": "replace", "path": "/spec/className"},
        {"op": "add", "path": "/nowhere/at/all", "value": 1},
        {"op": "add", "path": "/spec/volumes/3", "value": 1},
        {"op": "add", "path": "/spec/volumes/x", "value": 1},
        {"op": "add", "path": "/spec/volumes/²", "value": 1},
        {"op": "add", "path": "spec", "value": 1},
        {"op": "add", "path": "/spec/className/deeper", "value": 1},
        {"op": "move", "path": "/spec/x"},
        {"op": "jump", "path": "/spec"},
        {"op": "add"},
    ],
)
def test_an_operation_that_does_not_fit_is_refused_as_unprocessable(operation):
    with pytest.raises(PatchRefused) as refusal:
        patched(operation)
    assert (refusal.value.code, refusal.value.reason) == (422, "Invalid")


def test_a_json_patch_is_done_whole_or_not_at_all():
    before = copy.deepcopy(VM)
    with pytest.raises(PatchRefused):
        patched({"op": "remove", "path": "/spec/className"}, {"op": "test", "path": "/spec/x", "value": 1})
    assert before == VM


def test_true_is_not_one_in_a_test_operation():
    with pytest.raises(PatchRefused):
        json_patch({"a": [{"b": True}]}, [{"op": "test", "path": "/a", "value": [{"b": 1}]}])
    assert json_patch({"a": 1}, [{"op": "test", "path": "/b", "value": None}]) == {"a": 1}


def test_a_json_patch_must_be_a_list_of_operations():
    with pytest.raises(BadRequest):
        json_patch(VM, {"op": "add"})
    with pytest.raises(TooLarge):
        json_patch(VM, [{}] * (MOST_OPERATIONS + 1))


def test_a_json_patch_cannot_double_an_object_without_end():
    doubling = [{"op": "copy", "from": "", "path": f"/{number}"} for number in range(60)]
    with pytest.raises(TooLarge):
        json_patch(VM, doubling)


def test_strategic_merge_unites_finalizers_and_merges_by_key():
    account = {"metadata": {"finalizers": ["a"]}, "secrets": [{"name": "one"}], "data": {"k": "v"}}
    result = strategic_merge(
        "ServiceAccount",
        account,
        {"metadata": {"finalizers": ["b"]}, "secrets": [{"name": "two"}], "data": {"k": None}},
    )
    assert result["metadata"]["finalizers"] == ["b", "a"]  # new ones come first
    assert result["secrets"] == [{"name": "two"}, {"name": "one"}]
    assert result["data"] == {}


def test_a_replaced_key_need_not_be_there():
    """As in Kubernetes, other than RFC 6902."""
    assert patched({"op": "replace", "path": "/spec/nothing", "value": 1})["spec"]["nothing"] == 1


def test_strategic_merge_keeps_the_order_of_what_was_there():
    account = {"metadata": {"finalizers": ["a", "b", "c"]}}
    result = strategic_merge("ServiceAccount", account, {"metadata": {"finalizers": ["new", "b"]}})
    assert result["metadata"]["finalizers"] == ["new", "a", "b", "c"]


def test_strategic_merge_obeys_its_directives():
    account = {"metadata": {"finalizers": ["a", "b"]}, "secrets": [{"name": "one"}, {"name": "two"}]}
    result = strategic_merge(
        "ServiceAccount",
        account,
        {
            "metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]},
            "secrets": [{"$patch": "delete", "name": "one"}, {"name": "three"}],
            "$setElementOrder/secrets": [{"name": "three"}, {"name": "two"}],
        },
    )
    assert result["metadata"]["finalizers"] == ["b"]
    assert result["secrets"] == [{"name": "three"}, {"name": "two"}]
    assert strategic_merge("Secret", {"data": {"a": "1"}}, {"data": {"$patch": "replace", "b": "2"}}) == {
        "data": {"b": "2"}
    }
    assert strategic_merge("Secret", {"data": {"a": "1", "b": "2"}}, {"data": {"$retainKeys": ["a"]}}) == {
        "data": {"a": "1"}
    }


def test_lists_without_a_merge_key_are_replaced():
    binding = {"subjects": [{"kind": "User", "name": "alice"}]}
    assert strategic_merge("RoleBinding", binding, {"subjects": [{"kind": "User", "name": "bob"}]}) == {
        "subjects": [{"kind": "User", "name": "bob"}]
    }


def test_an_item_of_a_strategic_patch_needs_its_key():
    with pytest.raises(BadRequest, match=r"secrets.*name"):
        strategic_merge("ServiceAccount", {}, {"secrets": [{}]})
