"""What must be there before a VM can be created: class, image, bootstrap data, storage, network. Pure.

All of them are looked at even if one fails, so that the user sees every missing part at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from vms.annotations import CONFIGMAP_TRANSPORT
from vms.reconcile import bootstrap_sources, conditions, network
from vms.reconcile.facts import Missing, Object, image_key
from vms.reconcile.step import Pass

IMAGE_KINDS = ("VirtualMachineImage", "ClusterVirtualMachineImage")
PROVIDERS = ("ContentLibraryItem", "ClusterContentLibraryItem")


@dataclass(frozen=True, slots=True)
class Prerequisites:
    """What was found; complete only if the pass has collected no errors."""

    vm_class: Object
    image: Object
    policy_id: str


def check(work: Pass) -> Prerequisites | None:
    """The prerequisites, or None with a condition and an error for each that is missing."""
    vm_class, image = _class(work), _image(work)
    is_booting = bootstrap(work)
    policy_id = _storage(work)
    _resource_policy(work)
    has_network = _network(work)
    if vm_class is None or image is None or policy_id is None or not is_booting or not has_network:
        return None
    return Prerequisites(vm_class, image, policy_id)


def _fail(work: Pass, condition: str, reason: str, message: str) -> None:
    work.conditions.false(condition, reason, message)
    work.errors.append(message or f"{condition}: {reason}")


def _class(work: Pass) -> Object | None:
    name = work.spec.get("className", "")
    found = work.facts.get("VirtualMachineClass", work.namespace, name)
    if isinstance(found, Missing):
        _fail(
            work, conditions.CLASS, found.reason, found.message or _not_found("virtualmachineclasses", name)
        )
        return None
    work.conditions.true(conditions.CLASS)
    return found


def _image(work: Pass) -> Object | None:
    wish = work.spec.get("image") or {}
    if not wish.get("name"):
        _fail(work, conditions.IMAGE, "NotSet", "")
        return None
    if wish.get("kind") not in IMAGE_KINDS:
        _fail(work, conditions.IMAGE, "UnknownKind", str(wish.get("kind", "")))
        return None
    found = work.facts.get(*image_key(wish, work.namespace))
    if isinstance(found, Missing):
        reason = "NotFound" if found.reason == "NotFound" else "Unknown"
        message = found.message or _not_found(f"{wish['kind'].lower()}s", wish["name"])
        _fail(work, conditions.IMAGE, reason, message)
        return None
    listed = found.get("status", {}).get("conditions", [])
    ready: Object = next((item for item in listed if item["type"] == conditions.READY), {})
    if ready.get("status") != conditions.TRUE:
        default = "VirtualMachineImage is not ready"
        reason, message = ready.get("reason") or "NotReady", ready.get("message") or default
        _fail(work, conditions.IMAGE, reason, message)
        return None
    provider = (found.get("spec", {}).get("providerRef") or {}).get("kind", PROVIDERS[0])
    if provider not in PROVIDERS:
        _fail(work, conditions.IMAGE, "NotSupported", f"unsupported image provider kind {provider!r}")
        return None
    since = ready.get("lastTransitionTime", "")
    work.conditions.true(conditions.IMAGE, f"VirtualMachineImage was ready at {since}")
    return found


def _not_found(plural: str, name: str) -> str:
    return f'{plural}.vmoperator.vmware.com "{name}" not found'


def bootstrap(work: Pass) -> bool:
    """Whether all Secrets that the bootstrap names are there, with their keys."""
    wish = work.spec.get("bootstrap")
    if not wish:
        work.conditions.delete(conditions.BOOTSTRAP)
        return True
    for source in bootstrap_sources.sources(wish):
        kind = "Secret"
        if source.may_be_configmap and CONFIGMAP_TRANSPORT in work.annotations:
            kind = "ConfigMap"
        found = work.facts.get(kind, work.namespace, source.name)
        if isinstance(found, Missing):
            message = found.message or f'{kind.lower()}s "{source.name}" not found'
            _fail(work, conditions.BOOTSTRAP, found.reason, message)
            return False
        if source.keys and not any(key in found.get("data", {}) for key in source.keys):
            message = f'required key "{source.keys[0]}" not found in Secret {source.name}'
            _fail(work, conditions.BOOTSTRAP, "RequiredKeyNotFound", message)
            return False
    work.conditions.true(conditions.BOOTSTRAP)
    return True


def _storage(work: Pass) -> str | None:
    """The id of the storage policy, or None."""
    name = work.spec.get("storageClass", "")
    if not name:
        _fail(work, conditions.STORAGE, "StorageClassRequired", "StorageClass is required but not specified")
        return None
    found = work.facts.get("StorageClass", "", name)
    if isinstance(found, Missing):
        message = found.message or f'storageclasses.storage.k8s.io "{name}" not found'
        _fail(work, conditions.STORAGE, found.reason, message)
        return None
    policy_id = (found.get("parameters") or {}).get("storagePolicyID", "")
    if not policy_id:
        message = f"StorageClass {name} does not have a storagePolicyID parameter"
        _fail(work, conditions.STORAGE, "GetError", message)
        return None
    for volume in work.spec.get("volumes", []):
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
        pvc = work.facts.get("PersistentVolumeClaim", work.namespace, claim) if claim else None
        if isinstance(pvc, Missing):
            message = pvc.message or f'persistentvolumeclaims "{claim}" not found'
            _fail(work, conditions.STORAGE, pvc.reason, message)
            return None
    work.conditions.true(conditions.STORAGE)
    return str(policy_id)


def _resource_policy(work: Pass) -> None:
    if not (work.spec.get("reserved") or {}).get("resourcePolicyName"):
        work.conditions.delete(conditions.RESOURCE_POLICY)


def _network(work: Pass) -> bool:
    """Whether there is a network for each interface. Addresses are claimed by `create`."""
    interfaces = network.wanted_interfaces(work)
    if not interfaces:
        work.conditions.delete(conditions.NETWORK)
        return True
    known = {item.name for item in work.facts.inventory.networks}
    for wish in interfaces:
        name = network.network_name(work, wish)
        if name not in known:
            message = f'network "{name}" not found' if name else "there is no default network"
            _fail(
                work,
                conditions.NETWORK,
                "NotReady",
                f"network interface {wish['name']} is not ready: {message}",
            )
            return False
    if network.unclaimed(work):
        if work.conditions.status(conditions.NETWORK) != conditions.FALSE:
            work.conditions.false(conditions.NETWORK, "NotReady", "network interfaces are not ready yet")
    else:
        work.conditions.true(conditions.NETWORK)
    return True
