"""Objects made from a kind's schema, for hypothesis: fields with values of their types, among them words of rules.

Used by the tests that admission never raises. What is made is valid by its schema; rules may think otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from vmportal.kind import Shape
from vmportal.schema.words import QUANTITY_PATTERN

Node = Mapping[str, Any]

MOST_FIELDS = 5  # of one object, beside the required ones: else all is large and nothing is tried twice
# What rules compare with, look up or take apart; each fits somewhere.
WORDS = (
    *("small", "large", "vmi-0001", "vmi-1500", "ubuntu-24.04", "twin", "golden image", "gold", "gold-encrypted"),
    *("nobodys", "no-policy", "tier-1", "backup", "zone-a", "zone-old", "az-1", "web-1", "shelf", "claim-0"),
    *("PoweredOn", "PoweredOff", "Suspended", "Hard", "Soft", "TrySoft", "now", "NOW", "None", "none", "efi"),
    *("10.0.0.5/24", "10.0.0.1", "2001:db8::5/64", "fe80::1%eth0", "::ffff:10.0.0.1", "10.0.0.0/33", "default"),
    *("5s", "1h30m", "-1s", "soon", "5Gi", "20G", "1e3", "0.5", "vmware.com/v1", "a/b/c", "In", "Exists"),
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789+02:00", "topology.kubernetes.io/zone"),
    *("42081d15-9a7b-4c3f-8f22-6d1f0a5be101", "{42081d15-9a7b-4c3f-8f22-6d1f0a5be101}", "SCSI", "IDE", "Physical"),
    *("kubernetes.io/hostname", "VirtualMachine", "ComputePolicy", "vsphere.policy.vmware.com/v1alpha1", "CREATE"),
    *("eth0", "a", "b", "x" * 64, "x" * 254, "UPPER", "two words", "trailing\n", "é\u0301", "١", "a.b", "-a", ""),
)  # fmt: skip
ANNOTATIONS = (
    "vmoperator.vmware.com.protected/skip-validation",
    "vmoperator.vmware.com/no-default-nic",
    "vmoperator.vmware.com/upgraded-to-build-version",
    "vmoperator.vmware.com/upgraded-to-feature-version",
    "vmoperator.vmware.com/failed-over-vm",
    "vmoperator.vmware.com/last-resized-vm-class",
    "vmoperator.vmware.com.protected/apply-power-state-time",
    "vmoperator.vmware.com/paused",
    "poweron.check.vmoperator.vmware.com/net",
    "delete.check.vmoperator.vmware.com/",
    "vsphere-cluster-module-group",
    "example.com/note",
)
LABELS = (
    "topology.kubernetes.io/zone",
    "cluster.x-k8s.io/cluster-name",
    "vmoperator.vmware.com/instance-storage-resource",
    "vmoperator.vmware.com/virtualmachinepublishrequest-managed-by",
    "snapshot.vmoperator.vmware.com/vm-name",
    "app",
)
_OF_PATTERN = {QUANTITY_PATTERN: ("1Gi", "20G", "0", "500m", "1e3", "-5", ".5Mi")}
_OF_FORMAT = {
    "uuid": ("42081d15-9a7b-4c3f-8f22-6d1f0a5be101", "42081D159A7B4C3F8F226D1F0A5BE101"),
    "date-time": ("2026-01-01T00:00:00Z", "2099-12-31T23:59:59.999999999-11:30"),
    "byte": ("", "YQ=="),
}
_FITTING = ("ab", "abc", "00:50:56:00:00:01", "Ready", "eth0", "1Gi")  # one of them fits any other pattern
_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


@st.composite
def objects(draw: st.DrawFn, shape: Shape) -> dict[str, Any]:
    """An object of a kind, with metadata that Kubernetes would take."""
    meta: dict[str, Any] = {"name": draw(st.sampled_from(["one", "web-1", "tier-1"]))}
    if shape.namespaced:
        meta["namespace"] = "team-a"
    for key, names in (("labels", LABELS), ("annotations", ANNOTATIONS)):
        if draw(st.booleans()):
            values = st.sampled_from(["", "web-1", "zone-a", "7", "true", "small"])
            meta[key] = draw(st.dictionaries(st.sampled_from(names), values, max_size=3))
    if draw(st.integers(0, 9)) == 0:
        meta["deletionTimestamp"] = "2026-02-01T00:00:00Z"
    if draw(st.integers(0, 4)) == 0:
        owner = {"apiVersion": "v1", "kind": "VirtualMachineGroup", "name": "tier-1", "uid": "u"}
        meta["ownerReferences"] = [owner]
    head = {"apiVersion": shape.api_version, "kind": shape.kind, "metadata": meta}
    return {**head, **draw(_object(shape.schema, always=("spec",)))}


def value(node: Node) -> st.SearchStrategy[Any]:
    """A value that a schema's node allows."""
    if node.get("x-kubernetes-int-or-string"):
        return st.one_of(st.integers(-5, 2**40), _text(node))
    match node.get("type"):
        case "object" if "properties" in node:
            return _object(node)
        case "object":
            values = node.get("additionalProperties")
            keys = st.sampled_from(["app", "a", "example.com/b", "é"])
            return st.dictionaries(keys, value(values) if isinstance(values, Mapping) else _ANY, max_size=3)
        case "array":
            fewest, most = node.get("minItems", 0), min(node.get("maxItems", 3), 4)
            return st.lists(value(node["items"]), min_size=fewest, max_size=max(fewest, most))
        case "integer":
            low, high = _BOUNDS[node.get("format", "int64")]
            low, high = max(low, node.get("minimum", low)), min(high, node.get("maximum", high))
            return st.one_of(st.integers(low, high), st.integers(max(low, 0), min(high, max(low, 0) + 8)))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case "string":
            return _text(node)
    return _ANY


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def _object(draw: st.DrawFn, node: Node, always: tuple[str, ...] = ()) -> dict[str, Any]:
    """Some of its fields; the required ones always."""
    properties = node.get("properties", {})
    needed = [name for name in (*node.get("required", ()), *always) if name in properties]
    others = [name for name in properties if name not in needed]
    chosen = draw(st.lists(st.sampled_from(others), max_size=MOST_FIELDS, unique=True)) if others else []
    return {name: draw(value(properties[name])) for name in (*needed, *chosen)}


def _text(node: Node) -> st.SearchStrategy[str]:
    if node.get("enum"):
        return st.sampled_from(node["enum"])
    if node.get("format") in _OF_FORMAT:
        return st.sampled_from(_OF_FORMAT[node["format"]])
    if "pattern" in node:
        return st.sampled_from(_OF_PATTERN.get(node["pattern"], _FITTING))
    longest = node.get("maxLength", math.inf)
    return st.sampled_from([word for word in WORDS if node.get("minLength", 0) <= len(word) <= longest])
