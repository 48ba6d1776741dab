"""A full object of each kind, and a world in which its rules find what they look up. For tests of all kinds."""

from __future__ import annotations

from typing import Any

from groups.kinds import VIRTUAL_MACHINE_GROUP, VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST
from storage.kinds import PERSISTENT_VOLUME_CLAIM, STORAGE_POLICY_QUOTA, STORAGE_POLICY_USAGE
from tests.admission.asking import WORLD, Object, full_vm, stored, thing, vm
from tests.admission.kinds import Asked
from vmportal.kinds import KINDS
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
# A full spec of each kind that has rules, beside VirtualMachine.
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
VMS = (full_vm(), vm(), stored(), stored(nextRestartTime="2026-01-01T00:00:00Z", groupName="tier"))


def _bases() -> dict[str, tuple[Object, ...]]:
    """Kind -> objects that tests break."""
    found = {"VirtualMachine": VMS}
    for kind, spec in SPECS:
        asked = Asked(kind, EVERYTHING)
        found[kind.shape.kind] = (asked.obj("one", meta=META, **spec), asked.obj("one"))
    return found


BASES = _bases()
ASKED = {kind.shape.kind: Asked(kind, EVERYTHING) for kind in KINDS}
