"""Which StorageClasses encrypt: asked by admission of VMs and claims, and named by their references. Pure.

A class leads through its storage policy to a StoragePolicy object of the operator's namespace (MC-15).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting, Want
from vmportal.admission.reading import get, text

POLICY_ID = "parameters.storagePolicyID"  # of a StorageClass


def references(request: Admitting, storage_class: str) -> Iterator[Want]:
    """What must be looked up to know whether a class encrypts, and with which EncryptionClass by default."""
    if not storage_class:
        return
    yield Want("StorageClass", "", storage_class)
    yield default_classes(request.namespace)
    policy = _policy_of(request, storage_class)
    if policy is not None:
        yield policy


def default_classes(namespace: str) -> Want:
    """The EncryptionClasses that a namespace calls its default; there should be one at most."""
    return Want("EncryptionClass", namespace, label="encryption.vmware.com/default", value="true")


def encrypts(request: Admitting, storage_class: str) -> bool:
    """Whether disks of a class are encrypted. A class or policy that is missing, or says nothing, does not."""
    if not storage_class:
        return False
    policy = _policy_of(request, storage_class)
    found = request.world.find(policy) if policy is not None else []
    return any(get(obj, "status.encrypted") is True for obj in found)


def policy_id(request: Admitting, storage_class: str) -> str:
    """The storage policy's ID of a class; empty if the class is missing or has none."""
    return text(request.world.get("StorageClass", "", storage_class), POLICY_ID)


def policy_object_name(policy: str) -> str:
    """The name of the StoragePolicy object of a policy ID: `pol-`, hexadecimal digits 1-8, `-`, digits 17-32."""
    digits = policy.replace("-", "")
    return f"pol-{digits[:8]}-{digits[16:32]}"


def _policy_of(request: Admitting, storage_class: str) -> Want | None:
    policy = policy_id(request, storage_class)
    if not policy:
        return None
    return Want("StoragePolicy", request.installation.operator_namespace, policy_object_name(policy))
