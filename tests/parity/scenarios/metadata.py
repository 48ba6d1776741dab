"""Names, labels, annotations, owners, finalizers, generated names: what metadata may look like."""

from typing import Any

from tests.parity.language import (
    config_map,
    encryption_class,
    get,
    json_patch,
    merge,
    post,
    put,
    scenario,
    strategic,
    vm_class,
)

UID = "11111111-2222-3333-4444-555555555555"
OTHER_UID = "11111111-2222-3333-4444-666666666666"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": UID}


def both(name: str = "a", **metadata: Any) -> tuple[Any, Any]:
    """The same metadata on a built-in and on a custom object."""
    return (
        post("configmaps", config_map(name, **metadata)),
        post("virtualmachineclasses", vm_class(name, **metadata)),
    )


SCENARIOS = [
    scenario("names that are none", *both("A"), *both("a_b"), *both("-a"), *both("a" * 254), *both("a..b")),
    scenario("names at the edge", *both("a" * 253), *both("7"), *both("a.b-c.d")),
    scenario("an object without a name", *both("")),
    scenario("a made name", *both("", generateName="web-")),
    scenario(
        "a made name from a long beginning",
        *(one.seeing(lambda made: len(made["metadata"]["name"])) for one in both("", generateName="a" * 70)),
    ),
    scenario(
        "a made name that is none",
        *(one.seeing(lambda refused: refused["reason"]) for one in both("", generateName="Web_")),
    ),
    scenario("a name and a beginning", *both("a", generateName="web-")),
    scenario("a name that is taken", *both(), *both()),
    scenario("an object made with a version", *both(resourceVersion="7")),
    scenario(
        "an object made with what the server writes",
        *both(uid=UID, generation=7, creationTimestamp="2001-01-01T00:00:00Z", selfLink="/x"),
    ),
    scenario(
        "an object made as if it were going",
        *both(deletionTimestamp="2001-01-01T00:00:00Z", deletionGracePeriodSeconds=5),
    ),
    scenario("an object made for another namespace", *both(namespace="elsewhere")),
    scenario(
        "an object made in a namespace that is not there",
        post("/api/v1/namespaces/none-such/configmaps", config_map("a")),
        post(
            "/apis/vmoperator.vmware.com/v1alpha5/namespaces/none-such/virtualmachineclasses", vm_class("a")
        ),
    ),
    scenario(
        "an object made in no namespace",
        post("/api/v1/configmaps", config_map("a")),
        post("/apis/vmoperator.vmware.com/v1alpha5/virtualmachineclasses", vm_class("a")),
    ),
    scenario(
        "labels with keys that are none",
        *both(labels={"-a": "x"}),
        *both(labels={"a/b/c": "x"}),
        *both(labels={"A.com/b": "x"}),
        *both(labels={"": "x"}),
    ),
    scenario("labels with long keys", *both(labels={"k" * 64: "x"}), *both(labels={f"{'p' * 254}/k": "x"})),
    scenario(
        "labels with values that are none",
        *both(labels={"a": "x y"}),
        *both(labels={"a": "-x"}),
        *both(labels={"a": "x" * 64}),
    ),
    scenario(
        "labels that are no texts", *both(labels={"a": 1}), *both(labels=["a"]), *both(labels={"a": None})
    ),
    scenario(
        "empty labels and annotations", *both(labels={}, annotations={}, finalizers=[], ownerReferences=[])
    ),
    scenario(
        "annotations with keys that are none",
        *both(annotations={"a b": "x"}),
        *both(annotations={"a/b/c": "x"}),
    ),
    scenario("annotations with capital keys", *both(annotations={"Example.com/Key": "any value at all !"})),
    scenario("annotations that are too large", *both(annotations={"a": "x" * 262_145})),
    scenario("annotations that are no texts", *both(annotations={"a": True})),
    scenario("an owner", *both(ownerReferences=[OWNER])),
    scenario(
        "owners that lack something",
        *both(ownerReferences=[{}]),
        *both(ownerReferences=[{**OWNER, "uid": ""}]),
        *both(ownerReferences=[{**OWNER, "name": ""}]),
        *both(ownerReferences=[{**OWNER, "kind": ""}]),
        *both(ownerReferences=[{**OWNER, "apiVersion": "a/b/c"}]),
    ),
    scenario(
        "owners come, change and go",
        post("configmaps", config_map("a")),
        merge("configmaps/a", {"metadata": {"ownerReferences": [OWNER]}}),
        merge("configmaps/a", {"metadata": {"ownerReferences": [{**OWNER, "controller": True}]}}),
        strategic(
            "configmaps/a", {"metadata": {"ownerReferences": [{**OWNER, "uid": OTHER_UID, "name": "p"}]}}
        ),
        json_patch("configmaps/a", {"op": "remove", "path": "/metadata/ownerReferences/0"}),
        merge("configmaps/a", {"metadata": {"ownerReferences": None}}),
    ),
    scenario(
        "an owner of a kind that nobody serves",
        *both(ownerReferences=[{**OWNER, "apiVersion": "example.com/v1", "kind": "Thing"}]),
    ),
    scenario("an owner with fields that there are not", *both(ownerReferences=[{**OWNER, "namespace": "x"}])),
    scenario("owners that are no list", *both(ownerReferences=OWNER), *both(ownerReferences=["o"])),
    scenario(
        "two controllers",
        *both(ownerReferences=[{**OWNER, "controller": True}, {**OWNER, "name": "p", "controller": True}]),
    ),
    scenario("an event as an owner", *both(ownerReferences=[{**OWNER, "kind": "Event"}])),
    scenario("the same owner twice", *both(ownerReferences=[OWNER, OWNER])),
    scenario("finalizers", *both(finalizers=["example.com/a", "example.com/b"])),
    scenario(
        "finalizers that are none",
        *both(finalizers=["plain"]),
        *both(finalizers=["a b/c"]),
        *both(finalizers=[""]),
    ),
    scenario(
        "finalizers of the collector",
        *both(finalizers=["foregroundDeletion"]),
        *both("b", finalizers=["orphan", "foregroundDeletion"]),
    ),
    scenario(
        "metadata that is no object",
        post("configmaps", {**config_map("a"), "metadata": "a"}),
        post("virtualmachineclasses", {**vm_class("a"), "metadata": "a"}),
        post("configmaps", {"apiVersion": "v1", "kind": "ConfigMap"}),
        post("encryptionclasses", {**encryption_class("a"), "metadata": None}),
    ),
    scenario("a version that is no text", *both(resourceVersion=7)),
    scenario(
        "a generation counts changes of the wish",
        post("virtualmachineclasses", vm_class("a")).called("made"),
        merge("virtualmachineclasses/a", {"spec": {"hardware": {"cpus": 4}}}),
        merge("virtualmachineclasses/a", {"metadata": {"labels": {"a": "b"}}}),
        merge("virtualmachineclasses/a", {"spec": {"hardware": {"cpus": 4}}}),
        get("virtualmachineclasses/a"),
    ),
    scenario(
        "metadata that updates refuse",
        post("configmaps", config_map("a")),
        put("configmaps/a", config_map("a", labels={"-": "x"})),
        merge("configmaps/a", {"metadata": {"annotations": {"a b": "x"}}}),
        merge("configmaps/a", {"metadata": {"ownerReferences": [{}]}}),
    ),
    scenario(
        "names of namespaces",
        *(
            post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            for name in ("A", "a.b", "a" * 64)
        ),
    ),
]
