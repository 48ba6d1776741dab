"""Whatever is sent of the kinds beside VirtualMachine, admission answers, and admits again what it has admitted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.kinds import VIRTUAL_MACHINE_GROUP, VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST
from storage.kinds import PERSISTENT_VOLUME_CLAIM, STORAGE_POLICY_QUOTA, STORAGE_POLICY_USAGE
from tests.admission.asking import ALICE, PRIVILEGED, WORLD, thing, vm
from tests.admission.kinds import Asked
from tests.admission.odd import EXAMPLES, broken, many
from vms import kinds

LINKED = [{"type": "GroupLinked", "status": "True"}]
EVERYTHING = (
    *WORLD,
    vm("web-1", hardware={"scsiControllers": [{"busNumber": 0, "sharingMode": "None"}]}),
    thing(
        "VirtualMachineGroup",
        "tier",
        "team-a",
        spec={"groupName": "top"},
        status={"members": [{"kind": "VirtualMachine", "name": "web-1", "conditions": LINKED}]},
    ),
    thing("ContentLibrary", "shelf", "team-a", meta={"labels": {"imageregistry.vmware.com/default": ""}}),
)
META: dict[str, Any] = {
    "labels": {"app": "web", "snapshot.vmoperator.vmware.com/vm-name": "web-1"},
    "annotations": {"example.com/note": "a note"},
    "ownerReferences": [{"apiVersion": "v1", "kind": "VirtualMachineGroup", "name": "tier", "uid": "u"}],
}
AMOUNTS = {"cpu": "1", "memory": "1Gi"}
PORT = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}
SELECTOR = {
    "matchLabels": {"app": "web"},
    "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}],
}
# A full spec of each kind.
SPECS = (
    (kinds.VIRTUAL_MACHINE_CLASS, {"policies": {"resources": {"requests": AMOUNTS, "limits": AMOUNTS}}}),
    (
        kinds.VIRTUAL_MACHINE_SNAPSHOT,
        {"vmName": "web-1", "memory": True, "quiesce": {"timeout": "10m"}, "description": "x"},
    ),
    (
        kinds.VIRTUAL_MACHINE_PUBLISH_REQUEST,
        {"source": {"name": "web-1"}, "target": {"item": {"name": "i"}, "location": {"name": "shelf"}}},
    ),
    (
        kinds.VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST,
        {"name": "web-1", "publicKey": "-----BEGIN PUBLIC KEY-----\n"},
    ),
    (
        kinds.VIRTUAL_MACHINE_SERVICE,
        {
            "type": "LoadBalancer",
            "ports": [PORT, {**PORT, "name": "other", "port": 81}],
            "selector": {"app": "web"},
            "clusterIp": "10.0.0.1",
            "loadBalancerSourceRanges": ["10.0.0.0/8"],
        },
    ),
    (
        kinds.VIRTUAL_MACHINE_SET_RESOURCE_POLICY,
        {
            "resourcePool": {"name": "p", "reservations": AMOUNTS, "limits": AMOUNTS},
            "folder": "f",
            "clusterModuleGroups": ["a", "b"],
        },
    ),
    (
        kinds.VIRTUAL_MACHINE_REPLICA_SET,
        {
            "replicas": 2,
            "selector": SELECTOR,
            "template": {
                "metadata": {"labels": {"app": "web", "a": "b"}, "annotations": {"a": "b"}},
                "spec": {"bootOptions": {"bootDelay": "5s"}},
            },
        },
    ),
    (
        VIRTUAL_MACHINE_GROUP,
        {
            "groupName": "tier",
            "bootOrder": [{"members": [{"name": "web-1"}], "powerOnDelay": "5s"}],
            "powerState": "PoweredOn",
            "nextForcePowerStateSyncTime": "now",
        },
    ),
    (
        VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST,
        {"source": "tier", "target": "shelf", "virtualMachines": ["web-1"], "ttlSecondsAfterFinished": 5},
    ),
    (
        PERSISTENT_VOLUME_CLAIM,
        {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "gold",
            "resources": {"requests": {"storage": "10Gi"}},
        },
    ),
    (STORAGE_POLICY_QUOTA, {"storagePolicyId": "p", "limit": "1Ti"}),
    (
        STORAGE_POLICY_USAGE,
        {"storagePolicyId": "p", "storageClassName": "g", "resourceKind": "K", "resourceExtensionName": "e"},
    ),
)
CASES = [
    (asked, (asked.obj("one", meta=META, **spec), asked.obj("one")))
    for asked, spec in ((Asked(kind, EVERYTHING), spec) for kind, spec in SPECS)
]
by_kind = pytest.mark.parametrize(
    ("asked", "bases"), CASES, ids=[asked.kind.shape.kind for asked, _ in CASES]
)
few = settings(many, max_examples=EXAMPLES // 4)  # of each kind
# What the reference spells otherwise than the object (QRK-10, and section 7).
SPELLINGS = {
    "spec.Name": "spec.name",
    "spec.clusterIP": "spec.clusterIp",
    "spec.clusterModuleGroups.clusterModuleGroups": "spec.clusterModuleGroups",
}


@by_kind
@few
@given(data=st.data())
def test_no_object_makes_admission_raise(asked, bases, data):
    new = data.draw(st.one_of(st.none(), broken(bases)))
    old = data.draw(
        broken(bases) if new is None else st.one_of(st.none(), st.sampled_from(bases), broken(bases))
    )
    user = data.draw(st.sampled_from([ALICE, PRIVILEGED]))
    asked.judge(new, old, policy=data.draw(st.booleans()), user=user)


@by_kind
@few
@given(data=st.data())
def test_what_was_admitted_is_admitted_again_unchanged(asked, bases, data):
    """Defaulting is idempotent, and an update without change is never refused."""
    outcome = asked.judge(data.draw(st.one_of(st.sampled_from(bases), broken(bases, most=1))), policy=True)
    if outcome.errors:
        return
    again = asked.judge(outcome.object, outcome.object, policy=True)
    assert (again.errors, again.object) == ((), outcome.object)


@by_kind
@few
@given(data=st.data())
def test_each_error_path_is_a_place_of_the_kind(asked, bases, data):
    """One that its schema knows, or in the metadata, or the whole object."""
    for error in asked.judge(data.draw(broken(bases)), policy=True).errors:
        path = re.sub(r"\[[^]]*\]", "", error.path).removeprefix(".")
        if path and not path.startswith("metadata"):
            assert is_place(asked.kind.shape.schema, SPELLINGS.get(path, path).split(".")), error.path


def is_place(schema: Any, steps: list[str]) -> bool:
    """Whether the steps lead to a field. Indexes are no steps; the key of a map may be one."""
    if not steps:
        return True
    if schema.get("type") == "array":
        return is_place(schema["items"], steps)
    if isinstance(schema.get("additionalProperties"), dict):
        return is_place(schema["additionalProperties"], steps[1:])
    first, *rest = steps
    return first in schema.get("properties", {}) and is_place(schema["properties"][first], rest)
