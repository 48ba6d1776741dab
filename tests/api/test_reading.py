"""What clients send is read as Kubernetes reads it: documents, selectors, protobuf, JSONPath, ages."""

from __future__ import annotations

import datetime as dt

import pytest

from vmportal.api import jsonpath, protobuf
from vmportal.api.ages import human
from vmportal.api.documents import read_json, read_yaml
from vmportal.api.selectors import field_selector, holds, label_selector
from vmportal.errors import BadRequest


def test_keys_that_stand_twice_are_named_with_their_path():
    text = b'{"spec": {"a": 1, "a": 2, "list": [{"b": 1, "b": 2}]}}'
    assert read_json(text).duplicates == ("spec.a", "spec.list[0].b")
    assert read_json(text).value == {"spec": {"a": 2, "list": [{"b": 2}]}}
    assert read_yaml(b"spec:\n  a: 1\n  a: 2\n").duplicates == ("spec.a",)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b"[" * 5000,
        b"[" * 200 + b"]" * 200,
    ],
)
def test_what_is_no_json_is_a_bad_request(text):
    with pytest.raises(BadRequest):
        read_json(text)


def test_yaml_is_read_as_kubectl_reads_it():
    value = read_yaml(b"day: 2026-01-02\ntime: 1:30\non: yes\nmode: 0755\nbig: 1e3\nnone: ~\ntext: '5'").value
    assert value == {
        "day": "2026-01-02",
        "time": "1:30",
        "on": True,
        "mode": 493,
        "big": 1000.0,
        "none": None,
        "text": "5",
    }


@pytest.mark.parametrize(
    "text",
    [
        b"a: [",
        b"a: !!binary aGk=",
        b"a: 1\n---\nb: 2",
        b"a: &x [*x]",
        b"? [a]\n: b",
        b"a: !!python/name:os.system",
    ],
)
def test_yaml_that_kubernetes_does_not_know_is_a_bad_request(text):
    with pytest.raises(BadRequest):
        read_yaml(text)


def test_aliases_of_aliases_are_stopped():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    with pytest.raises(BadRequest, match="aliases"):
        read_yaml("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ("app=web", True),
        ("app==web", True),
        ("app = web , tier in ( a , db )", True),
        ("app!=web", False),
        ("gone!=web", True),
        ("tier in (a,b)", False),
        ("tier notin (a,b)", True),
        ("gone notin (a)", True),
        ("app", True),
        ("gone", False),
        ("!gone", True),
        ("! app", False),
        ("example.com/x.y=1", True),
        ("empty=", True),
        ("", True),
    ],
)
def test_label_selectors_mean_what_they_mean_in_kubernetes(selector, fits):
    labels = {"app": "web", "tier": "db", "example.com/x.y": "1", "empty": ""}
    assert holds(label_selector(selector), labels) is fits


@pytest.mark.parametrize(
    "selector", ["app=web,", "=x", "a b", "a in b", "a in (b", "-a=1", "a=b c", "a='1'", 'a"b=1', "x/y/z"]
)
def test_a_label_selector_that_cannot_be_read_is_a_bad_request(selector):
    with pytest.raises(BadRequest, match="unable to parse requirement"):
        label_selector(selector)


def test_field_selectors_name_what_may_be_asked():
    assert holds(
        field_selector("metadata.name=a,type!=b", {"metadata.name": "name", "type": "type"}),
        {"metadata.name": "a", "type": "c"},
    )
    with pytest.raises(
        BadRequest, match=r"field label not supported: spec.x \(supported here: metadata.name\)"
    ):
        field_selector("spec.x=1", {"metadata.name": "name"})
    with pytest.raises(BadRequest):
        field_selector("metadata.name", {"metadata.name": "name"})


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def part(number: int, value: bytes | int) -> bytes:
    """One protobuf field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def body(api_version: bytes, kind: bytes, raw: bytes) -> bytes:
    return protobuf.MAGIC + part(1, part(1, api_version) + part(2, kind)) + part(2, raw)


def test_a_secret_in_protobuf_is_the_same_object():
    meta = part(1, b"s") + part(2, b"") + part(8, b"") + part(11, part(1, b"app") + part(2, b"web"))
    raw = (
        part(1, meta)
        + part(2, part(1, b"key") + part(2, b"\x00\xff"))
        + part(3, b"Opaque")
        + part(99, b"new")
    )
    assert protobuf.decode(body(b"v1", b"Secret", raw)) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "labels": {"app": "web"}},
        "data": {"key": "AP8="},
        "type": "Opaque",
    }


def test_a_zero_behind_a_pointer_is_kept():
    options = protobuf.decode(body(b"v1", b"DeleteOptions", part(1, 0) + part(4, b"Orphan")))
    assert options == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "gracePeriodSeconds": 0,
        "propagationPolicy": "Orphan",
    }


def test_times_and_quantities_in_protobuf():
    stamp = part(1, 1_767_323_045)
    raw = part(1, part(8, stamp)) + part(2, part(1, part(1, b"cpu") + part(2, part(1, b"2"))))
    quota = protobuf.decode(body(b"v1", b"ResourceQuota", raw))
    assert quota["metadata"]["creationTimestamp"] == "2026-01-02T03:04:05Z"
    quota = protobuf.decode(
        body(b"v1", b"ResourceQuota", part(2, part(1, part(1, b"cpu") + part(2, part(1, b"2")))))
    )
    assert quota["spec"] == {"hard": {"cpu": "2"}}


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{}",
        protobuf.MAGIC,
        protobuf.MAGIC + b"\xff" * 20,
        body(b"v1", b"Pod", b""),
        body(b"v1", b"Secret", b"\x0a\xff"),
        body(b"v1", b"Secret", part(1, 5)),
        body(b"v1", b"Secret", part(3, b"\xff\xfe")),
        body(b"v1", b"ConfigMap", b"\x0b"),
    ],
)
def test_broken_protobuf_is_a_bad_request(sent):
    with pytest.raises(BadRequest):
        protobuf.decode(sent)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.className", "small"),
        (".metadata.labels['vm\\.com/x']", "1"),
        (".metadata.labels.vm\\.com/x", "1"),
        (".status.conditions[?(@.type=='Ready')].status", "True"),
        ('.status.conditions[?(.type=="Ready")].status', "True"),
        (".status.conditions[?(@.type!='Ready')].status", "False"),
        (".status.conditions[0].type", "Created"),
        (".status.conditions[-1].type", "Ready"),
        (".status.conditions[*].type", "Created"),
        ("{.spec.className}", "small"),
        (".spec.nothing.at.all", None),
        (".spec.className.deeper", None),
    ],
)
def test_json_paths_of_printer_columns(path, found):
    obj = {
        "metadata": {"labels": {"vm.com/x": "1"}},
        "spec": {"className": "small"},
        "status": {
            "conditions": [{"type": "Created", "status": "False"}, {"type": "Ready", "status": "True"}]
        },
    }
    assert jsonpath.first(path, obj) == found


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (dt.timedelta(seconds=-1), "0s"),
        (dt.timedelta(seconds=-2), "<invalid>"),
        (dt.timedelta(seconds=119), "119s"),
        (dt.timedelta(minutes=2), "2m"),
        (dt.timedelta(minutes=5, seconds=30), "5m30s"),
        (dt.timedelta(minutes=179), "179m"),
        (dt.timedelta(hours=7, minutes=5), "7h5m"),
        (dt.timedelta(hours=47), "47h"),
        (dt.timedelta(days=3, hours=4), "3d4h"),
        (dt.timedelta(days=8), "8d"),
        (dt.timedelta(days=729), "729d"),
        (dt.timedelta(days=731), "2y1d"),
        (dt.timedelta(days=365 * 9), "9y"),
    ],
)
def test_ages_are_written_as_kubectl_writes_them(span, text):
    assert human(span.total_seconds()) == text
