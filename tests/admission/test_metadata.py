"""Metadata is held to Kubernetes' own rules, with its paths and types."""

from __future__ import annotations

import dataclasses

import pytest

from tests.admission.asking import judge, refused, stored, vm
from vmportal.admission import Admission
from vms.admission import VIRTUAL_MACHINE as ADMISSION
from vms.schema import VIRTUAL_MACHINE as SHAPE

OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "u-1"}


def errors(name: str = "web-1", *, names: str = "subdomain", shape=SHAPE, **meta):
    found = refused(vm(name, meta=meta), shape=shape, admission=Admission(names=names))
    return [(path, kind) for path, kind, _ in found]


@pytest.mark.parametrize("name", ["a", "a.b", "0", "web-1.prod", "a" * 253])
def test_names_are_dns_subdomains(name):
    assert errors(name) == []


@pytest.mark.parametrize("name", ["My_VM", "a..b", "-a", "a-", "a.", "ä", "a" * 254, "a\n", "a b"])
def test_other_names_are_refused(name):
    """VML-06."""
    assert errors(name) == [("metadata.name", "Invalid")]


def test_a_kind_may_ask_for_labels_or_take_any_segment():
    assert errors("a.b", names="label") == [("metadata.name", "Invalid")]
    assert errors("a" * 64, names="label") == [("metadata.name", "Invalid")]
    assert errors("system:admin@Example", names="segment") == []
    assert errors("a/b", names="segment") == [("metadata.name", "Invalid")]
    assert errors("..", names="segment") == [("metadata.name", "Invalid")]


def test_a_name_is_needed():
    assert errors("") == [("metadata.name", "Required")]


def test_a_generated_name_may_end_with_a_hyphen():
    assert errors(generateName="web-") == []
    assert errors(generateName="Web-") == [("metadata.generateName", "Invalid")]


def test_the_namespace_is_there_where_it_belongs():
    assert errors(namespace="") == [("metadata.namespace", "Required")]
    assert errors(namespace="Team") == [("metadata.namespace", "Invalid")]
    cluster_wide = dataclasses.replace(SHAPE, namespaced=False)
    assert errors(shape=cluster_wide) == [("metadata.namespace", "Forbidden")]


@pytest.mark.parametrize("key", ["app", "a.b/c", "A_b-c.9", "topology.kubernetes.io/zone", "x" * 63])
def test_label_keys(key):
    assert errors(labels={key: "v"}) == []


@pytest.mark.parametrize("key", ["", "-a", "a/b/c", "/a", "a/", "A.b/c", "x" * 64, "a b", "ä"])
def test_label_keys_that_are_none(key):
    assert errors(labels={key: "v"}) == [("metadata.labels", "Invalid")]


def test_label_values():
    assert errors(labels={"a": "", "b": "A-1_2.3"}) == []
    for value in ("-a", "a b", "x" * 64, "a\n"):
        assert errors(labels={"a": value}) == [("metadata.labels", "Invalid")]


def test_annotations_have_keys_like_labels_but_any_case_and_any_value():
    assert errors(annotations={"Example.COM/Note": "any text\n"}) == []
    assert errors(annotations={"a b": ""}) == [("metadata.annotations", "Invalid")]


def test_annotations_have_a_total_size():
    assert errors(annotations={"a": "x" * (256 * 1024 - 1)}) == []
    assert errors(annotations={"a": "x" * (256 * 1024)}) == [("metadata.annotations", "TooLong")]
    assert errors(annotations={"a": "ä" * (128 * 1024)}) == [("metadata.annotations", "TooLong")]


def test_owners_are_complete_and_one_at_most_controls():
    assert errors(ownerReferences=[OWNER]) == []
    for key in OWNER:
        part = {k: v for k, v in OWNER.items() if k != key}
        assert errors(ownerReferences=[part]) == [(f"metadata.ownerReferences[0].{key}", "Required")]
    controllers = [{**OWNER, "controller": True}, {**OWNER, "controller": True, "uid": "u-2"}]
    assert errors(ownerReferences=controllers) == [("metadata.ownerReferences", "Invalid")]
    event = {**OWNER, "apiVersion": "v1", "kind": "Event"}
    assert errors(ownerReferences=[event]) == [("metadata.ownerReferences[0]", "Invalid")]


def test_finalizers_are_qualified_names():
    assert errors(finalizers=["example.com/wait"]) == []
    assert errors(finalizers=["a b"]) == [("metadata.finalizers", "Invalid")]
    assert errors(finalizers=["orphan", "foregroundDeletion"]) == [("metadata.finalizers", "Invalid")]


def test_finalizers_without_a_domain_are_refused_in_kubernetes_own_kinds_and_warned_of_in_others():
    own = dataclasses.replace(SHAPE, is_builtin=True)
    assert errors(shape=own, finalizers=["plain", "orphan"]) == [("metadata.finalizers[0]", "Invalid")]
    others = judge(vm(meta={"finalizers": ["plain", "example.com/a"]}), admission=Admission())
    assert list(others.warnings) == [
        'metadata.finalizers: "plain": prefer a domain-qualified finalizer name to avoid accidental conflicts with '
        "other finalizer writers"
    ]


@pytest.mark.parametrize(
    ("meta", "path"),
    [
        ({"labels": {"a": 1}}, "metadata.labels[a]"),
        ({"labels": []}, "metadata.labels"),
        ({"annotations": {"a": None, "b": True}}, "metadata.annotations[b]"),
        ({"finalizers": "x"}, "metadata.finalizers"),
        ({"ownerReferences": ["x"]}, "metadata.ownerReferences[0]"),
        ({"generateName": 5}, "metadata.generateName"),
    ],
)
def test_wrong_types_are_named(meta, path):
    assert (path, "TypeInvalid") in errors(**meta)


def test_null_counts_as_absent():
    assert errors(labels=None, annotations=None, finalizers=None) == []


@pytest.mark.parametrize(
    ("key", "value"), [("uid", "u-2"), ("creationTimestamp", "2020-01-01T00:00:00Z"), ("namespace", "team-b")]
)
def test_identity_is_immutable(key, value):
    old = stored(meta={"uid": "u-1", "creationTimestamp": "2026-01-01T00:00:00Z"})
    new = {**old, "metadata": {**old["metadata"], key: value}}
    assert refused(new, old) == [(f"metadata.{key}", "Invalid", "METADATA")]


def test_no_finalizer_is_added_while_the_object_is_being_deleted():
    meta = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/wait"]}
    old = stored(meta=meta)
    new = {**old, "metadata": {**old["metadata"], "finalizers": ["example.com/wait", "example.com/more"]}}
    assert refused(new, old) == [("metadata.finalizers", "Forbidden", "METADATA")]
    assert refused({**old, "metadata": {**old["metadata"], "finalizers": []}}, old) == []


def test_a_vms_name_may_be_long_but_a_warning_says_so():
    """VML-06, VML-07: accepted as a name, with a warning."""
    outcome = judge(vm("web.prod", network={"hostName": "web"}), policy=True, admission=ADMISSION)
    assert outcome.errors == ()
    assert [text.partition(":")[0] for text in outcome.warnings] == ["metadata.name"]
