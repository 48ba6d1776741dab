"""The configuration of an existing VM: what differs, what may change now, one reconfigure. Called by `plan`; pure."""

from __future__ import annotations

from vmportal.backends.base import ClaimInterfaces, ReconfigVM, UpgradeVM
from vms.reconcile import conditions, hardware, names, network, nics, resize, task_infos
from vms.reconcile.bootstrap import bootstrap
from vms.reconcile.configspec import version_number
from vms.reconcile.create import remember_class
from vms.reconcile.devices import extra_config
from vms.reconcile.facts import Object
from vms.reconcile.step import Pass, Stop


def configure(work: Pass) -> Stop | None:
    """The next change of the configuration; None if there is nothing to change now."""
    if _is_out_of_reach(work):
        return Stop()
    extra = extra_config(work.seen["config"])
    if extra.get(names.EXTRA_PAUSE, "").lower() == "true":
        return _reconfigure(work, _ownership(work))
    if task_infos.running(work.seen):
        return None
    if not work.spec.get("guestID"):
        work.conditions.delete(conditions.GUEST_ID)
    if upgrade := _hardware_version(work):
        return upgrade
    unclaimed = network.unclaimed(work)
    if unclaimed and work.power == "poweredOff":
        return Stop((ClaimInterfaces(unclaimed),), look_again=0)
    vm_class = resize.wanted_class(work) if work.power == "poweredOff" else None
    config = {**_any_time(work), **_while_off(work)}
    if vm_class:
        resized = resize.changes(work, vm_class)
        config |= resized
        if not resized:  # written once the VM has it: a reconfigure may still fail
            remember_class(work, vm_class)
    if changes := _device_changes(work):
        config["deviceChange"] = changes
    return _reconfigure(work, config) or (None if work.power == "suspended" else bootstrap(work))


def _is_out_of_reach(work: Pass) -> bool:
    """No config, not connected, or no pool (a template, an orphan): nothing can be changed."""
    state = work.seen["runtime"].get("connectionState", "connected")
    return not work.seen.get("config") or state not in ("", "connected") or not work.seen.get("resourcePool")


def _reconfigure(work: Pass, config: Object) -> Stop | None:
    if not config:
        return None
    return Stop((ReconfigVM(work.moid, config),), look_again=task_infos.wait(work).look_again)


def _ownership(work: Pass) -> Object:
    """What ties the VM to its object; kept right even while paused."""
    config: Object = {}
    if work.seen["config"].get("managedBy") != names.MANAGED_BY:
        config["managedBy"] = dict(names.MANAGED_BY)
    name = f"{work.namespace}/{work.name}"
    if extra_config(work.seen["config"]).get(names.EXTRA_NAMESPACED_NAME) != name:
        config["extraConfig"] = [{"key": names.EXTRA_NAMESPACED_NAME, "value": name}]
    return config


def _any_time(work: Pass) -> Object:
    have, config = extra_config(work.seen["config"]), _ownership(work)
    extra = list(config.pop("extraConfig", []))
    for annotation, key in names.COPIED_TO_EXTRA.items():
        wanted = work.annotations.get(annotation, "")
        if have.get(key, "") != wanted:
            extra.append({"key": key, "value": wanted})
    if have.get(names.EVACUATION_POWEROFF):
        extra.append({"key": names.EVACUATION_POWEROFF, "value": ""})
    if extra:
        config["extraConfig"] = extra
    tracking = (work.spec.get("advanced") or {}).get("changeBlockTracking")
    if tracking is not None and bool(work.seen["config"].get("changeTrackingEnabled")) != tracking:
        config["changeTrackingEnabled"] = tracking
    return config


def _while_off(work: Pass) -> Object:
    if work.power != "poweredOff":
        return {}
    have, config = work.seen["config"], {}
    guest_id = work.spec.get("guestID", "")
    if guest_id and have.get("guestId") != guest_id:
        config["guestId"] = guest_id
    if not have.get("annotation"):
        config["annotation"] = names.ANNOTATION_TEXT
    if options := hardware.boot_options(work):
        config["bootOptions"] = options
    return config


def _device_changes(work: Pass) -> list[Object]:
    """In the order of the pipeline. While a controller is on its way, drives for it wait."""
    if work.power == "suspended":
        return []
    changes = hardware.controller_changes(work)
    if work.power == "poweredOff":
        changes = [*hardware.boot_disk_change(work), *nics.changes_while_off(work), *changes]
    is_adding_for_drives = any(
        change["device"]["_typeName"] in ("VirtualIDEController", "VirtualAHCIController")
        for change in changes
    )
    return changes if is_adding_for_drives else [*changes, *hardware.cdrom_changes(work)]


def _hardware_version(work: Pass) -> Stop | None:
    wanted = int(work.spec.get("minHardwareVersion") or 0)
    have = version_number(work.seen["config"].get("version", ""))
    if work.power != "poweredOff" or not have or wanted <= have:
        return None
    return Stop((UpgradeVM(work.moid, f"vmx-{wanted}"),), look_again=task_infos.wait(work).look_again)
