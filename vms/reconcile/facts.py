"""What a plan is told beside the wish and the VM, and what must be fetched for it. Filled by `vms.tasks`; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vmportal.backends.base import Interface, Inventory
from vms.annotations import CONFIGMAP_TRANSPORT, LAST_RESIZED_CLASS
from vms.reconcile import bootstrap_sources

Object = dict[str, Any]
Key = tuple[str, str, str]  # kind, namespace ("" for cluster-wide kinds), name

NETWORK_DEFAULTS = "vmoperator-network-config"  # ConfigMap: `nameservers`, `searchsuffixes`, blank-separated


@dataclass(frozen=True, slots=True)
class Missing:
    """An object that a VM names and that could not be had.

    `reason`: NotFound, Forbidden, Invalid, InternalError or GetError; `message` is the API's own sentence.
    """

    reason: str = "NotFound"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything looked up for one pass.

    - `now`: the time, aware, UTC.
    - `build_version`, `features`: of the installation (`settings.BUILD_VERSION`, the feature flags).
    - `manager_id`: `backend.instance_uuid`.
    - `objects`: for each key of `needs(desired, operator_namespace)` the whole object, or `Missing`.
    - `operator_namespace`: `settings.OPERATOR_NAMESPACE`.
    - `zones`: the whole Zone objects of the VM's namespace.
    - `inventory`: `backend.inventory()`; needed only if `needs_inventory(desired, observed)`.
    - `interfaces`: `backend.interfaces(ref)`.
    - `create_task`: `backend.create_task(ref)`; needed only if nothing was observed.
    - `notes`: `Plan.notes` of the pass before (the `notes` of the `Work` row).
    - `is_watched`: the backend's changes wake the VM, so that waiting needs no polling.
    """

    now: dt.datetime
    build_version: str
    manager_id: str
    objects: Mapping[Key, Object | Missing] = field(default_factory=dict)
    features: Mapping[str, bool] = field(default_factory=dict)
    operator_namespace: str = ""
    zones: tuple[Object, ...] = ()
    inventory: Inventory = field(default_factory=Inventory)
    interfaces: tuple[Interface, ...] = ()
    create_task: Object | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    is_watched: bool = False

    def get(self, kind: str, namespace: str, name: str) -> Object | Missing:
        return self.objects.get((kind, namespace, name)) or Missing()

    def has(self, feature: str) -> bool:
        return bool(self.features.get(feature))

    @property
    def network_defaults(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The platform's name servers and search domains."""
        found = self.get("ConfigMap", self.operator_namespace, NETWORK_DEFAULTS)
        data = {} if isinstance(found, Missing) else found.get("data", {})
        return tuple(data.get("nameservers", "").split()), tuple(data.get("searchsuffixes", "").split())


def needs(desired: Object, operator_namespace: str) -> frozenset[Key]:
    """The objects that a plan for this VM may ask for."""
    spec, namespace = desired.get("spec", {}), desired["metadata"]["namespace"]
    annotations = desired["metadata"].get("annotations", {})
    found: set[Key] = {("ConfigMap", operator_namespace, NETWORK_DEFAULTS)}
    if spec.get("className"):
        found.add(("VirtualMachineClass", namespace, spec["className"]))
    images = [spec.get("image"), *(drive.get("image") for drive in spec.get("hardware", {}).get("cdrom", []))]
    found |= {image_key(image, namespace) for image in images if image and image.get("name")}
    if spec.get("storageClass"):
        found.add(("StorageClass", "", spec["storageClass"]))
    for volume in spec.get("volumes", []):
        if claim := volume.get("persistentVolumeClaim", {}).get("claimName"):
            found.add(("PersistentVolumeClaim", namespace, claim))
    kind = "ConfigMap" if CONFIGMAP_TRANSPORT in annotations else "Secret"
    for source in bootstrap_sources.sources(spec.get("bootstrap") or {}):
        found.add((kind if source.may_be_configmap else "Secret", namespace, source.name))
    return frozenset(found)


def image_key(image: Object, namespace: str) -> Key:
    kind = image.get("kind", "")
    return (kind, "" if kind == "ClusterVirtualMachineImage" else namespace, image["name"])


def needs_inventory(desired: Object, observed: Object | None) -> bool:
    """Whether the plan will look at the inventory: to create, and for what changes only while the VM is off."""
    if observed is None:
        return not desired.get("status", {}).get("uniqueID")
    spec, annotations = desired.get("spec", {}), desired["metadata"].get("annotations", {})
    may_resize = spec.get("className") and f'"{spec["className"]}"' not in annotations.get(
        LAST_RESIZED_CLASS, ""
    )
    has_drives = bool(spec.get("hardware", {}).get("cdrom"))
    return bool(may_resize or has_drives or observed["runtime"]["powerState"] == "poweredOff")
