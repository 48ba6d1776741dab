"""What VM Operator's mutating webhooks fill in when an object is written.

Called by the webhook, and by the actor for what was written while no webhook was registered; pure but for new UUIDs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.peers.supervisor.conditions import exact_moment
from tests.peers.supervisor.resources import VMOP, Document

BUILD_VERSION = "v1.9.0"
APPLY_TIME = f"{VMOP}.protected/apply-power-state-time"
UPDATED_TIME = f"{VMOP}.protected/last-updated-power-state-time"
LAST_CLASS = f"{VMOP}/last-resized-vm-class"
NETWORK = {"apiVersion": "netoperator.vmware.com/v1alpha1", "kind": "Network", "name": ""}

FindImage = Callable[[str, str], list[Document]]  # (namespace, name as users write it) -> images


class Refused(Exception):
    """The mutating webhook denies the request; VM Operator answers 403 with this text."""


def default_machine(old: Document | None, new: Document, now: datetime, images: FindImage) -> None:
    """Fill in a VirtualMachine in place; `old` is what is stored, None when it is created. Raises Refused."""
    spec = new.setdefault("spec", {})
    if old is None:
        _identity(new, spec)
        _devices(spec)
        _image(new, spec, images)
    else:
        _class_change(old, new)
        _power_change(old, new)
    _restart_time(old, spec, now)
    for volume in spec.get("volumes", ()):
        mode, sharing = {
            "OracleRAC": ("IndependentPersistent", "MultiWriter"),
            "MicrosoftWSFC": ("IndependentPersistent", "None"),
        }.get(volume.get("applicationType", ""), ("Persistent", "None"))
        volume.setdefault("diskMode", mode)
        volume.setdefault("sharingMode", sharing)


def _identity(new: Document, spec: Document) -> None:
    annotations = new["metadata"].setdefault("annotations", {})
    annotations[f"{VMOP}/created-at-build-version"] = BUILD_VERSION
    annotations[f"{VMOP}/created-at-schema-version"] = "v1alpha5"
    spec.setdefault("powerState", "PoweredOn")
    for name in ("instanceUUID", "biosUUID"):
        spec.setdefault(name, str(uuid.uuid4()))
    init = (spec.get("bootstrap") or {}).get("cloudInit")
    if init is not None and not init.get("instanceID"):
        init["instanceID"] = spec["biosUUID"]


def _devices(spec: Document) -> None:
    network = spec.setdefault("network", {})
    if not network.get("disabled"):
        network["interfaces"] = network.get("interfaces") or [{"name": "eth0"}]
        for interface in network["interfaces"]:
            interface["network"] = {**NETWORK, **(interface.get("network") or {})}
    hardware = spec.setdefault("hardware", {})
    hardware["ideControllers"] = hardware.get("ideControllers") or [{"busNumber": 0}, {"busNumber": 1}]


def _image(new: Document, spec: Document, images: FindImage) -> None:
    drives = spec["hardware"].get("cdrom") or []
    if drives and not spec.get("imageName"):
        spec["imageName"] = next((one for one in drives if one.get("connected")), drives[0])["image"]["name"]
    name = spec.get("imageName")
    if not name:
        return
    found = images(new["metadata"].get("namespace", ""), name)
    if not found:
        raise Refused(f'no VM image exists for "{name}" in namespace or cluster scope')
    if len(found) > 1:
        raise Refused(f'multiple VM images exist for "{name}" in namespace and cluster scope')
    wanted = {"kind": found[0]["kind"], "name": found[0]["metadata"]["name"]}
    if spec.setdefault("image", wanted) != wanted:
        raise Refused(
            f'spec.imageName: Invalid value: "{name}": must refer to the same resource as spec.image'
        )


def _class_change(old: Document, new: Document) -> None:
    before = old["spec"].get("className")
    annotations = new["metadata"].get("annotations") or {}
    if before and before != new["spec"].get("className") and LAST_CLASS not in annotations:
        new["metadata"]["annotations"] = {**annotations, LAST_CLASS: f'{{"name":"{before}"}}'}


def _power_change(old: Document, new: Document) -> None:
    before, after = (one["metadata"].get("annotations") or {} for one in (old, new))
    has_changed = old["spec"].get("powerState") != new["spec"].get("powerState")
    if has_changed and after.get(APPLY_TIME) and after[APPLY_TIME] == before.get(APPLY_TIME):
        del after[APPLY_TIME]


def _restart_time(old: Document | None, spec: Document, now: datetime) -> None:
    before = (old or {}).get("spec", {})
    wish = spec.get("nextRestartTime", "")
    if old is not None and not wish and before.get("nextRestartTime"):
        spec["nextRestartTime"] = before["nextRestartTime"]
    elif wish.lower() == "now":
        if before.get("powerState") != "PoweredOn":
            raise Refused('spec.nextRestartTime: Invalid value: "now": can only restart powered on vm')
        spec["nextRestartTime"] = exact_moment(now)
    elif wish and wish != before.get("nextRestartTime"):
        raise Refused(f'spec.nextRestartTime: Invalid value: "{wish}": may only be set to "now"')


def default_group(old: Document | None, new: Document, now: datetime) -> None:
    """Fill in a VirtualMachineGroup in place. Raises Refused."""
    spec: dict[str, Any] = new.setdefault("spec", {})
    before = (old or {}).get("spec", {})
    wish, was = spec.get("nextForcePowerStateSyncTime", ""), before.get("nextForcePowerStateSyncTime", "")
    if not wish and was:
        spec["nextForcePowerStateSyncTime"] = was
    elif wish.lower() == "now":
        spec["nextForcePowerStateSyncTime"] = exact_moment(now)
    elif wish != was:
        raise Refused(f'spec.nextForcePowerStateSyncTime: Invalid value: "{wish}": may only be set to "now"')
    is_forced = spec.get("nextForcePowerStateSyncTime", "") != was
    if spec.get("powerState") and (is_forced or spec["powerState"] != before.get("powerState")):
        new["metadata"]["annotations"] = {
            **(new["metadata"].get("annotations") or {}),
            UPDATED_TIME: exact_moment(now),
        }


def default_snapshot(old: Document | None, new: Document) -> None:
    """Label a VirtualMachineSnapshot with its machine, in place."""
    if old is None and new["spec"].get("vmName"):
        labels = new["metadata"].get("labels") or {}
        new["metadata"]["labels"] = {**labels, f"snapshot.{VMOP}/vm-name": new["spec"]["vmName"]}


def default_publish_request(old: Document | None, new: Document) -> None:
    """Fill in source and target of a VirtualMachinePublishRequest, in place."""
    if old is not None:
        return
    spec: dict[str, Any] = new.setdefault("spec", {})
    source, target = spec.setdefault("source", {}), spec.setdefault("target", {})
    source.setdefault("name", new["metadata"].get("name", ""))
    target.setdefault("item", {}).setdefault("name", f"{source['name']}-image")
