"""What the Supervisor offers, of catalogue.yaml: put there once for the cluster, and in each new namespace.

Called by the actor. A kind that the server does not serve is left out.
"""

from __future__ import annotations

import asyncio
import copy
import functools
from pathlib import Path

import yaml

from tests.peers.supervisor.api import Api, ApiError
from tests.peers.supervisor.resources import WATCHED, Document, Resource

MANAGER = "wcpsvc"
FILE = Path(__file__).with_name("catalogue.yaml")
NOT_FOR_MACHINES = ("kube-", "vmware-system-")
ONLY_OFFERED = {
    resource.kind: resource
    for resource in (
        Resource("Capabilities", "capabilities", "iaas.vmware.com", "v1alpha1", is_namespaced=False),
        Resource(
            "AvailabilityZone",
            "availabilityzones",
            "topology.tanzu.vmware.com",
            "v1alpha1",
            is_namespaced=False,
        ),
        Resource(
            "ClusterContentLibrary",
            "clustercontentlibraries",
            "imageregistry.vmware.com",
            "v1alpha2",
            is_namespaced=False,
        ),
        Resource("StoragePolicy", "storagepolicies", "infra.vmware.com", "v1alpha1"),
        Resource("StoragePolicyQuota", "storagepolicyquotas", "cns.vmware.com", "v1alpha2"),
        Resource("EncryptionClass", "encryptionclasses", "encryption.vmware.com", "v1alpha1"),
        Resource("ComputePolicy", "computepolicies", "vsphere.policy.vmware.com", "v1alpha1"),
        Resource("TagPolicy", "tagpolicies", "vsphere.policy.vmware.com", "v1alpha1"),
    )
}


@functools.cache
def _parts() -> dict[str, list[Document]]:
    parts: dict[str, list[Document]] = yaml.safe_load(FILE.read_text())
    return parts


def is_for_machines(namespace: Document) -> bool:
    name = namespace["metadata"]["name"]
    return name != "default" and not name.startswith(NOT_FOR_MACHINES)


async def offer(api: Api) -> None:
    """What is there for all namespaces."""
    for document in _parts()["cluster"]:
        await _put(api, document)


async def fill(api: Api, namespace: str) -> None:
    """What a namespace for machines is given; done again, it is as it was."""
    documents = copy.deepcopy(_parts()["namespace"])
    for document in documents:
        document["metadata"]["namespace"] = namespace
    await asyncio.gather(*(_put(api, document) for document in documents))


async def _put(api: Api, document: Document) -> None:
    resource = WATCHED.get(document["kind"]) or ONLY_OFFERED[document["kind"]]
    wish = {name: value for name, value in document.items() if name != "status"}
    try:
        await api.apply(resource, wish, MANAGER)
        if "status" in document:
            names = {name: document[name] for name in ("apiVersion", "kind")}
            place = {name: document["metadata"].get(name) for name in ("name", "namespace")}
            status = {
                **names,
                "metadata": {k: v for k, v in place.items() if v},
                "status": document["status"],
            }
            await api.apply(resource, status, MANAGER, "status")
    except ApiError as refused:
        if refused.code != 404:
            raise
