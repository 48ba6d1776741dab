"""Bootstrap of the guest: what to write for it, and when. Called last in `update`; pure.

Cloud-Init by guestinfo. A hash of what differs is kept in an annotation, and nothing is sent while it is the same.
"""

from __future__ import annotations

import hashlib
import json

from vmportal.backends.base import ReconfigVM
from vms.annotations import BOOTSTRAP_HASH
from vms.reconcile import cloudinit, prerequisites
from vms.reconcile.devices import cards, devices_of, extra_config
from vms.reconcile.facts import Object
from vms.reconcile.network import config_status, results
from vms.reconcile.step import Pass, Stop


def bootstrap(work: Pass) -> Stop | None:
    """A reconfigure, or None if the guest has what it needs. Writes `status.network.config`."""
    _write_network_config(work)
    wish = work.spec.get("bootstrap") or {}
    if wish.get("disabled") or wish.get("cloudInit") is None:
        return None
    if not prerequisites.bootstrap(work):
        return Stop()
    if work.power == "poweredOn" and len(cards(devices_of(work.seen))) != len(results(work)):
        return None  # the cards that the network configuration names do not exist yet
    config = _difference(work)
    mark = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]
    if work.annotations.get(BOOTSTRAP_HASH) == mark:
        return None
    work.annotate(BOOTSTRAP_HASH, mark)
    return Stop((ReconfigVM(work.moid, config),), look_again=0) if config else None


def _difference(work: Pass) -> Object:
    """The part of the wanted guestinfo that the VM does not have."""
    have = extra_config(work.seen["config"])
    wanted = cloudinit.guestinfo(work)
    changed = [{"key": key, "value": value} for key, value in wanted.items() if have.get(key) != value]
    config: Object = {"extraConfig": changed} if changed else {}
    # In the guest, OVF properties would win over guestinfo.
    if work.seen["config"].get("vAppConfig"):
        config["vAppConfigRemoved"] = True
    return config


def _write_network_config(work: Pass) -> None:
    network = work.status.setdefault("network", {})
    config = config_status(work)
    if config.get("interfaces") or (work.spec.get("network") or {}).get("interfaces"):
        network["config"] = config
    else:
        network.pop("config", None)
    if not network:
        work.status.pop("network")
