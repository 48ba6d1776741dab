"""The kinds that the actor acts on, and where an API server keeps them.

Called by all modules of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Document = dict[str, Any]  # an object as JSON


class Key(NamedTuple):
    """Which object; of a cluster-wide kind the namespace is empty."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Resource:
    """One kind as the API server serves it; `group` is empty for Kubernetes' core."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    is_namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The address of one object, or of a collection: without a namespace, of all of them."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if self.is_namespaced and namespace else ""
        return "/".join(filter(None, (f"{root}{place}/{self.plural}", name, subresource)))


def key_of(document: Mapping[str, Any]) -> Key:
    return Key(document["metadata"].get("namespace", ""), document["metadata"]["name"])


def owner_uids(document: Mapping[str, Any]) -> set[str]:
    return {owner["uid"] for owner in document["metadata"].get("ownerReferences", ())}


VMOP = "vmoperator.vmware.com"


def _vmop(kind: str, plural: str, is_namespaced: bool = True) -> Resource:
    return Resource(kind, plural, VMOP, "v1alpha5", is_namespaced)


WATCHED = {
    resource.kind: resource
    for resource in (
        _vmop("VirtualMachine", "virtualmachines"),
        _vmop("VirtualMachineClass", "virtualmachineclasses"),
        _vmop("VirtualMachineImage", "virtualmachineimages"),
        _vmop("ClusterVirtualMachineImage", "clustervirtualmachineimages", is_namespaced=False),
        _vmop("VirtualMachineGroup", "virtualmachinegroups"),
        _vmop("VirtualMachineSnapshot", "virtualmachinesnapshots"),
        _vmop("VirtualMachinePublishRequest", "virtualmachinepublishrequests"),
        _vmop("VirtualMachineSetResourcePolicy", "virtualmachinesetresourcepolicies"),
        Resource("ContentLibrary", "contentlibraries", "imageregistry.vmware.com", "v1alpha2"),
        Resource("Zone", "zones", "topology.tanzu.vmware.com", "v1alpha1"),
        Resource("StorageClass", "storageclasses", "storage.k8s.io", is_namespaced=False),
        Resource("PersistentVolumeClaim", "persistentvolumeclaims"),
        Resource("ResourceQuota", "resourcequotas"),
        Resource("Secret", "secrets"),
        Resource("ConfigMap", "configmaps"),
        Resource("Namespace", "namespaces", is_namespaced=False),
    )
}
