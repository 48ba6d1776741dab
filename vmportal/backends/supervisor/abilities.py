"""What the portal needs on a Supervisor, and what one has of it: kinds, rights, feature flags. Pure.

`probe` asks the API server in these words; `vmportal.connections` tells people what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vmportal.backends.supervisor.access import Resource
from vmportal.features import DEFAULTS

Object = Mapping[str, Any]

LOOK = ("get", "list", "watch")
WRITE = (*LOOK, "create", "patch", "delete")
VMOP, VMOP_VERSION = "vmoperator.vmware.com", "v1alpha5"
CAPABILITIES = Resource("iaas.vmware.com", "v1alpha1", "capabilities", is_namespaced=False)
CAPABILITIES_NAME = "supervisor-capabilities"


@dataclass(frozen=True, slots=True)
class Need:
    """A kind, and what the account must be allowed to do with it; without an essential one nothing works."""

    resource: Resource
    verbs: tuple[str, ...]
    is_essential: bool = False


def _vmop(
    plural: str, verbs: tuple[str, ...] = WRITE, *, essential: bool = False, cluster: bool = False
) -> Need:
    return Need(Resource(VMOP, VMOP_VERSION, plural, not cluster), verbs, essential)


NEEDS: tuple[Need, ...] = (
    Need(Resource("", "v1", "namespaces", False), (*LOOK, "create", "patch"), True),
    Need(Resource("", "v1", "secrets"), WRITE, True),
    Need(Resource("", "v1", "configmaps"), WRITE, True),
    Need(Resource("", "v1", "persistentvolumeclaims"), WRITE, True),
    Need(Resource("", "v1", "events"), LOOK, True),
    Need(Resource("", "v1", "resourcequotas"), LOOK, True),
    Need(Resource("storage.k8s.io", "v1", "storageclasses", False), LOOK, True),
    _vmop("virtualmachines", essential=True),
    _vmop("virtualmachineclasses", LOOK, essential=True),
    _vmop("virtualmachineimages", LOOK, essential=True),
    _vmop("clustervirtualmachineimages", LOOK, essential=True, cluster=True),
    _vmop("virtualmachineservices", essential=True),
    _vmop("virtualmachinesetresourcepolicies", essential=True),
    _vmop("virtualmachinepublishrequests", essential=True),
    _vmop("virtualmachinewebconsolerequests", essential=True),
    _vmop("virtualmachineclassinstances", LOOK),
    _vmop("virtualmachinesnapshots"),
    _vmop("virtualmachinegroups"),
    _vmop("virtualmachinegrouppublishrequests"),
    _vmop("virtualmachinereplicasets"),
    Need(Resource("cns.vmware.com", "v1alpha2", "storagepolicyquotas"), LOOK),
    Need(Resource("cns.vmware.com", "v1alpha2", "storagepolicyusages"), LOOK),
    Need(Resource("cns.vmware.com", "v1alpha1", "cnsregistervolumes"), WRITE),
    Need(Resource("infra.vmware.com", "v1alpha1", "storagepolicies"), LOOK),
    Need(Resource("encryption.vmware.com", "v1alpha1", "encryptionclasses"), LOOK),
    Need(Resource("topology.tanzu.vmware.com", "v1alpha1", "zones"), LOOK),
    Need(Resource("topology.tanzu.vmware.com", "v1alpha1", "availabilityzones", False), LOOK),
    Need(Resource("vsphere.policy.vmware.com", "v1alpha1", "computepolicies"), LOOK),
    Need(Resource("vsphere.policy.vmware.com", "v1alpha1", "tagpolicies"), LOOK),
    Need(Resource("imageregistry.vmware.com", "v1alpha2", "contentlibraries"), LOOK),
    Need(Resource("imageregistry.vmware.com", "v1alpha2", "clustercontentlibraries", False), LOOK),
    Need(CAPABILITIES, ("get",)),
)

# Of Kubernetes itself: there wherever there is an API server, and not in the discovery of groups.
ALWAYS_SERVED = frozenset(need.resource for need in NEEDS if need.resource.group == "")


@dataclass(frozen=True, slots=True)
class Served:
    """The versions in which a needed kind is served; none when it is not there."""

    need: Need
    versions: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        return self.need.resource.version in self.versions


def served(discovery: Object) -> tuple[Served, ...]:
    """How each needed kind is served, from an `APIGroupDiscoveryList`."""
    found = {
        (group["metadata"]["name"], resource["resource"], version["version"])
        for group in discovery.get("items") or ()
        for version in group.get("versions") or ()
        for resource in version.get("resources") or ()
    }
    return tuple(Served(need, tuple(_versions(need, found))) for need in NEEDS)


def _versions(need: Need, found: set[tuple[str, str, str]]) -> Iterator[str]:
    if need.resource in ALWAYS_SERVED:
        yield need.resource.version
        return
    wanted = (need.resource.group, need.resource.plural)
    yield from sorted(version for group, plural, version in found if (group, plural) == wanted)


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the account may not do with a kind; `namespace` is empty where it is about all of them."""

    resource: Resource
    verbs: tuple[str, ...]
    namespace: str = ""


# --- Feature flags ------------------------------------------------------------------------------------------

# What VM Operator takes out of its CRDs, or does not install, while a feature is off (webhook-rules.md, section 4).
KIND_OF = {
    "VMGroups": "virtualmachinegroups",
    "VMSnapshots": "virtualmachinesnapshots",
    "ImmutableClasses": "virtualmachineclassinstances",
    "BringYourOwnEncryptionKey": "encryptionclasses",
}
FIELD_OF = {
    "VMSharedDisks": "spec.hardware.scsiControllers",
    "AllDisksArePVCs": "spec.hardware.scsiControllers",
    "VMGroups": "spec.groupName",
    "VMSnapshots": "spec.currentSnapshotName",
    "VSpherePolicies": "spec.policies",
    "ImmutableClasses": "spec.class",
    "GuestCustomizationVCDParity": "spec.bootstrap.linuxPrep.expirePasswordAfterNextLogin",
}
# What the object `supervisor-capabilities` calls it.
NAME_OF = {
    "VMSharedDisks": "supports_shared_disks_with_VM_service_VMs",
    "AllDisksArePVCs": "supports_vm_service_all_disks_are_pvcs",
    "VMGroups": "supports_VM_service_VM_groups",
    "VMPlacementPolicies": "supports_VM_service_VM_placement_policies",
    "VMSnapshots": "supports_VM_service_VM_snapshots",
    "VSpherePolicies": "supports_iaas_compute_policies",
    "BringYourOwnEncryptionKey": "supports_BYOK_encryption",
    "MutableNetworks": "supports_VM_service_mutable_networks",
    "ImmutableClasses": "supports_VM_service_immutable_VM_classes",
    "GuestCustomizationVCDParity": "supports_guest_customization_vcd_parity",
    "WorkloadDomainIsolation": "Workload_Domain_Isolation_Supported",
}
NOT_SERVED, REPORTED, ASSUMED = "NotServed", "Reported", "Assumed"


@dataclass(frozen=True, slots=True)
class Capability:
    """A feature flag, whether it is on, and how one knows: `NotServed`, `Reported` or `Assumed`."""

    name: str
    is_on: bool
    source: str


def capabilities(
    kinds: tuple[Served, ...], vm_schema: Object | None, reported: Mapping[str, bool]
) -> tuple[Capability, ...]:
    """All feature flags, from what is served, the VM's OpenAPI schema (None: unknown), and what is reported.

    What is not served is off, whatever is said. A field that is served may still be off: then what is reported counts,
    and where nothing is, what is usual.
    """
    usable = {one.need.resource.plural for one in kinds if one.is_usable}
    return tuple(_capability(name, usable, vm_schema, reported) for name in DEFAULTS)


def _capability(
    name: str, usable: set[str], vm_schema: Object | None, reported: Mapping[str, bool]
) -> Capability:
    kind, field = KIND_OF.get(name), FIELD_OF.get(name)
    lacks_field = field is not None and vm_schema is not None and not has_field(vm_schema, field)
    if lacks_field or (kind is not None and kind not in usable):
        return Capability(name, False, NOT_SERVED)
    if (told := reported.get(NAME_OF.get(name, ""))) is not None:
        return Capability(name, told, REPORTED)
    return Capability(name, DEFAULTS[name], ASSUMED)


def has_field(schema: Object, path: str) -> bool:
    """Whether a schema has a field: `spec.groupName`."""
    node: Any = schema
    for key in path.split("."):
        properties = node.get("properties")
        if not isinstance(properties, dict) or key not in properties:
            return False
        node = properties[key]
    return True


def reported(found: Object) -> dict[str, bool]:
    """What an object of kind Capabilities says, by name: of the Supervisor, and of its services."""
    status = found.get("status") or {}
    groups = [*(status.get("services") or {}).values(), status.get("supervisor") or {}]
    return {
        name: bool(one.get("activated"))
        for group in groups
        for name, one in group.items()
        if isinstance(one, dict)
    }


def vm_schema(openapi: Object) -> Object | None:
    """The schema of VirtualMachine in the OpenAPI document of its group and version."""
    meant = {"group": VMOP, "version": VMOP_VERSION, "kind": "VirtualMachine"}
    schemas = (openapi.get("components") or {}).get("schemas") or {}
    for schema in schemas.values():
        if meant in (schema.get("x-kubernetes-group-version-kind") or ()):
            return schema if isinstance(schema, dict) else None
    return None


# --- All in one ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a Supervisor has shown."""

    version: str  # of Kubernetes, `v1.31.4+vmware.1`
    account: str
    lag_ms: int  # from a question to its answer
    kinds: tuple[Served, ...]
    lacking: tuple[Lacking, ...]
    capabilities: tuple[Capability, ...]
