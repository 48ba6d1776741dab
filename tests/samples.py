"""One small object of each kind that people or administrators write, such as every rule lets pass.

Used by tests that go through all kinds, against the portal and against a real kube-apiserver.
"""

from __future__ import annotations

import copy
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.builders import obj
from vmportal.kind import Kind
from vmportal.kinds import KINDS

NAME = "sample"

_FIELDS: dict[str, dict[str, Any]] = {
    "AvailabilityZone": {"spec": {"clusterComputeResourceMoIDs": ["domain-c1"]}},
    "ClusterContentLibrary": {"spec": {"id": "library-1"}},
    "ClusterVirtualMachineImage": {},
    "CnsRegisterVolume": {"spec": {"pvcName": "data", "volumeID": "disk-1"}},
    "ComputePolicy": {"spec": {"match": {"workload": {"guest": {"guestFamily": {"value": "Linux"}}}}}},
    "Connection": {
        "spec": {"supervisor": {"server": "https://10.0.0.1:6443", "secretRef": {"name": "site-1"}}}
    },
    "ContentLibrary": {"spec": {"id": "library-2", "allowPublish": True}},
    "EncryptionClass": {"spec": {"keyProvider": "provider-1"}},
    "Offer": {
        "spec": {
            "template": {
                "apiVersion": "vmoperator.vmware.com/v1alpha5",
                "kind": "VirtualMachineClass",
                "spec": {"hardware": {"cpus": 2, "memory": "4Gi"}},
            },
            "namespaces": ["team-a"],
        }
    },
    "PersistentVolumeClaim": {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}
    },
    "ResourceQuota": {"spec": {"hard": {"count/virtualmachines.vmoperator.vmware.com": "10"}}},
    "StorageClass": {"provisioner": "csi.vsphere.vmware.com"},
    "StoragePolicy": {"spec": {"id": "policy-1"}},
    "StoragePolicyQuota": {"spec": {"storagePolicyId": "policy-1", "limit": "100Gi"}},
    "StoragePolicyUsage": {
        "spec": {
            "storagePolicyId": "policy-1",
            "storageClassName": NAME,
            "resourceKind": "PersistentVolumeClaim",
            "resourceExtensionName": "volume.cns.vsphere.vmware.com",
        }
    },
    "TagPolicy": {"spec": {"tags": ["tag-1"]}},
    "VirtualMachine": {"spec": {"className": "small", "imageName": "ubuntu-24.04", "storageClass": NAME}},
    "VirtualMachineClass": {"spec": {"hardware": {"cpus": 2, "memory": "4Gi"}}},
    "VirtualMachineClassInstance": {"spec": {"hardware": {"cpus": 2, "memory": "4Gi"}}},
    "VirtualMachineGroup": {"spec": {"bootOrder": [{"members": [{"name": "web-1"}]}]}},
    "VirtualMachineGroupPublishRequest": {
        "spec": {"source": NAME, "target": NAME, "virtualMachines": ["web-1"]}
    },
    "VirtualMachineImage": {},
    "VirtualMachinePublishRequest": {
        "spec": {"source": {"name": "web-1"}, "target": {"location": {"name": NAME}}}
    },
    "VirtualMachineReplicaSet": {
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"className": "small"}},
        }
    },
    "VirtualMachineService": {
        "spec": {
            "type": "LoadBalancer",
            "selector": {"app": "web"},
            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}],
        }
    },
    "VirtualMachineSetResourcePolicy": {"spec": {"folder": "cluster-1", "clusterModuleGroups": ["control"]}},
    "VirtualMachineSnapshot": {"spec": {"vmName": "web-1", "quiesce": {"timeout": "10m"}}},
    "VirtualMachineWebConsoleRequest": {"spec": {"name": "web-1"}},
    "Zone": {
        "spec": {
            "availabilityZoneReference": {"apiVersion": "topology.tanzu.vmware.com/v1alpha1", "name": NAME}
        }
    },
}

# Kubernetes' own that are no matter of machines have tests of their own.
SAMPLED: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.shape.kind in _FIELDS)


def sample(kind: Kind, namespace: str = "team-a") -> dict[str, Any]:
    """The sample of a kind, as somebody would send it."""
    shape = kind.shape
    fields = copy.deepcopy(_FIELDS[shape.kind])
    if shape.kind == "VirtualMachineWebConsoleRequest":
        fields["spec"]["publicKey"] = public_key()
    return obj(shape.kind, NAME, namespace if shape.namespaced else "", **fields)


def public_key() -> str:
    """A key as the console's webhook wants it: PKCS#1 inside a block that says it is another."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1).decode()
    return pem.replace("RSA PUBLIC KEY", "PUBLIC KEY")
