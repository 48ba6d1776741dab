"""Where a new VM goes: zone, pool, host, datastore. Called by `create`; pure.

Chooses by free memory and free space among what the storage policy allows; vSphere has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmportal.backends.base import Cluster, Datastore, Host
from vmportal.offers.marks import is_withdrawn
from vms.annotations import ZONE_LABEL
from vms.reconcile.amounts import MIB
from vms.reconcile.facts import Object
from vms.reconcile.step import Pass


class NoPlacement(Exception):
    """No place for the VM; the message says why, in a sentence for people."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a place must have."""

    policy_id: str
    memory_mb: int
    reservation_mb: int
    disk_bytes: int


@dataclass(frozen=True, slots=True)
class Placement:
    zone: str
    folder: str
    pool: str
    host: str
    datastore: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    zone: str
    folder: str
    pool: str
    cluster: Cluster


def place(work: Pass, need: Need) -> Placement:
    """The best place. Raises `NoPlacement`."""
    candidates = list(_candidates(work))
    if not candidates:
        raise NoPlacement(_no_candidates(work))
    refusals: list[str] = []
    fitting: list[tuple[int, int, Placement]] = []
    for candidate in candidates:
        host = _best_host(candidate, need, refusals)
        datastore = _best_datastore(work, candidate, need, refusals)
        if host and datastore:
            place_ = Placement(candidate.zone, candidate.folder, candidate.pool, host.moid, datastore.moid)
            fitting.append((host.memory_free_mb, datastore.free, place_))
    if not fitting:
        raise NoPlacement(f"no placement recommendations: {'; '.join(dict.fromkeys(refusals))}")
    # Of equals, the first by zone and host: the choice does not flutter.
    return max(fitting, key=lambda fit: fit[:2])[2]


def _candidates(work: Pass) -> Iterator[_Candidate]:
    label = work.labels.get(ZONE_LABEL, "")
    by_pool = {pool: cluster for cluster in work.facts.inventory.clusters for pool in cluster.pools}
    for zone in sorted(work.facts.zones, key=lambda zone: zone["metadata"]["name"]):
        name = zone["metadata"]["name"]
        is_going = bool(zone["metadata"].get("deletionTimestamp")) or is_withdrawn(zone)
        # A zone that is going takes no new VMs, unless the VM asks for it by name.
        if name != label if label else is_going:
            continue
        managed: Object = (
            (zone.get("spec") or {}).get("managedVMs") or (zone.get("spec") or {}).get("namespace") or {}
        )
        for pool in managed.get("poolMoIDs", []):
            if pool in by_pool:
                yield _Candidate(name, managed.get("folderMoID", ""), pool, by_pool[pool])


def _no_candidates(work: Pass) -> str:
    label = work.labels.get(ZONE_LABEL, "")
    where = (
        f"zone {label} has no resource pool" if label else "the namespace has no zone with a resource pool"
    )
    return f"no placement candidates available: {where}"


def _best_host(candidate: _Candidate, need: Need, refusals: list[str]) -> Host | None:
    usable = [host for host in candidate.cluster.hosts if host.is_usable]
    fitting = [
        host
        for host in usable
        if host.memory_mb >= need.memory_mb and host.memory_unreserved_mb >= need.reservation_mb
    ]
    if fitting:
        return max(fitting, key=lambda host: host.memory_free_mb)
    if not usable:
        refusals.append(f"zone {candidate.zone} has no host that is connected")
    elif max(host.memory_mb for host in usable) < need.memory_mb:
        refusals.append(f"no host of zone {candidate.zone} has {need.memory_mb} MB of memory")
    else:
        refusals.append(
            f"no host of zone {candidate.zone} has {need.reservation_mb} MB of memory left to reserve"
        )
    return None


def _best_datastore(work: Pass, candidate: _Candidate, need: Need, refusals: list[str]) -> Datastore | None:
    reachable = [
        store for store in work.facts.inventory.datastores if store.moid in candidate.cluster.datastores
    ]
    compatible = [store for store in reachable if not need.policy_id or need.policy_id in store.policies]
    fitting = [store for store in compatible if store.free >= need.disk_bytes]
    if fitting:
        return max(fitting, key=lambda store: store.free)
    if compatible:
        needed = -(-need.disk_bytes // MIB)
        names = ", ".join(store.name for store in compatible)
        refusals.append(f"datastore {names} has no {needed} MB of free space left")
    else:
        storage_class = work.spec.get("storageClass", "")
        refusals.append(
            f"zone {candidate.zone} has no datastore that satisfies storage class {storage_class}"
        )
    return None
