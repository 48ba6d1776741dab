"""VirtualMachineReplicaSets (section 7.10 of the catalogue), and how label selectors are read."""

from __future__ import annotations

import pytest

from tests.admission.kinds import Asked
from vmportal.admission.selectors import selects
from vms.kinds import VIRTUAL_MACHINE_REPLICA_SET

SETS = Asked(VIRTUAL_MACHINE_REPLICA_SET)
LABELS = {"app": "web", "example.com/tier": "front"}
METADATA = "spec.template.metadata"
UNFIT = [(f"{METADATA}.labels", "Invalid", "RPS-02")]


def expression(key="app", operator="In", *values: str, **more):
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values), **more}]}


def replicas(selector: object, labels: dict | None = None, annotations: dict | None = None, **spec):
    metadata = {"labels": LABELS if labels is None else labels, "annotations": annotations or {}}
    template = {"metadata": metadata, "spec": {"className": "small", **spec}}
    return SETS.obj(selector=selector, template=template)


@pytest.mark.parametrize(
    "selector",
    [
        expression("app", "Equals", "web"),
        expression("app", "in", "web"),
        expression("app", "In"),
        expression("app", "NotIn"),
        expression("app", "Exists", "web"),
        expression("app", "DoesNotExist", "web"),
        expression("-app", "Exists"),
        expression("", "Exists"),
        expression("app", "In", "a b"),
        {"matchLabels": {"app!": "web"}},
        {"matchLabels": {"app": "w" * 64}},
    ],
)
def test_selectors_that_are_ill_formed(selector):
    """RPS-01: on create and update."""
    for old in (None, replicas({})):
        assert SETS.refused(replicas(selector), old) == [("spec.selector", "Invalid", "RPS-01")]


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "db"}}, False),
        ({"matchLabels": {"app": "web", "zone": "a"}}, False),
        ({"matchLabels": {"example.com/tier": "front"}}, True),
        (expression("app", "In", "db", "web"), True),
        (expression("app", "In", "db"), False),
        (expression("zone", "In", ""), False),
        (expression("app", "NotIn", "db"), True),
        (expression("app", "NotIn", "web"), False),
        (expression("zone", "NotIn", "a"), True),
        (expression("app", "Exists"), True),
        (expression("zone", "Exists"), False),
        (expression("zone", "DoesNotExist"), True),
        (expression("app", "DoesNotExist"), False),
        ({"matchLabels": {"app": "web"}, **expression("app", "NotIn", "web")}, False),
    ],
)
def test_the_template_fits_the_selector(selector, fits):
    """RPS-02: none at all fits nothing, an empty one fits all."""
    assert SETS.refused(replicas(selector)) == ([] if fits else UNFIT)
    assert selects(selector, LABELS) is fits


@pytest.mark.parametrize(
    ("labels", "annotations", "path", "type_"),
    [
        ({"app": "a b"}, {}, "labels", "Invalid"),
        ({"a b": "c"}, {}, "labels", "Invalid"),
        ({}, {"a b": "c"}, "annotations", "Invalid"),
        ({}, {"a": "b" * 300_000}, "annotations", "TooLong"),
    ],
)
def test_the_template_has_metadata_that_vms_may_have(labels, annotations, path, type_):
    """RPS-03."""
    assert SETS.refused(replicas({}, labels, annotations)) == [(f"{METADATA}.{path}", type_, "RPS-03")]
    assert SETS.refused(replicas({}, {"a": ""}, {"A/b": "any text: at all"})) == []


@pytest.mark.parametrize(("delay", "is_good"), [("10s", True), ("-1s", True), ("10", False), ("", False)])
def test_delays_of_the_template_are_durations(delay, is_good):
    """PIPE-10: the template is decoded, though the rules of VMs do not judge it."""
    for field in ("bootDelay", "bootRetryDelay"):
        path = f"spec.template.spec.bootOptions.{field}"
        errors = [] if is_good else [(path, "Invalid", "PIPE-10")]
        assert SETS.refused(replicas({}, bootOptions={field: delay})) == errors


@pytest.mark.parametrize(("number", "errors"), [(0, []), (-1, [(".spec.replicas", "Invalid", "SCHEMA")])])
def test_no_fewer_than_none(number, errors):
    """RSS-02: with the leading dot of the scale subresource."""
    assert SETS.refused({**replicas({}), "spec": {**replicas({})["spec"], "replicas": number}}) == errors


def test_without_the_feature_nothing_is_asked():
    off = {"K8sWorkloadMgmtAPI": False}
    assert SETS.refused(replicas(None, {"a b": ""}, bootOptions={"bootDelay": "soon"}), **off) == []
    assert SETS.refused(replicas(expression("app", "In")), **off) == []
