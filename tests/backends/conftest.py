"""The backends that the contract suite runs against, each behind the same small handle.

Today that is the simulator; a backend joins by one more fixture parameter.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from vmportal.backends.base import Backend, CloneVM, Hints, Ref
from vmportal.backends.simulator.backend import Simulator
from vmportal.backends.simulator.models import (
    SimulatedDatastore,
    SimulatedHost,
    SimulatedTask,
    SimulatedVM,
)
from vmportal.backends.simulator.seed import seed

IMAGE: dict[str, Any] = {
    "metadata": {"name": "vmi-1"},
    "status": {
        "name": "ubuntu-24.04",
        "type": "OVF",
        "hardwareVersion": 19,
        "osInfo": {"id": "ubuntu64Guest"},
        "providerItemID": "item-ubuntu",
        "disks": [{"name": "disk-0", "limit": "20Gi", "requested": "3Gi", "controllerType": "SCSI"}],
    },
}
ISO: dict[str, Any] = {
    "metadata": {"name": "vmi-2"},
    "status": {"name": "debian-13", "type": "ISO", "providerItemID": "item-debian"},
}
POLICY: dict[str, Any] = {
    "metadata": {"name": "gold"},
    "spec": {"id": "3e0757b8-18d8-5b3d-854f-f348b3518f8c"},
    "status": {"datastores": [{"id": {"objectID": "datastore-1"}}]},
}


class Clock:
    """A time that only the test moves."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@dataclass
class Site:
    """A backend, and what the tests must be able to do to it."""

    clock: Clock = field(default_factory=Clock)

    @property
    def backend(self) -> Backend:
        """A new backend object each time, as after a restart."""
        return Simulator(clock=self.clock)

    def wait(self, seconds: float) -> None:
        self.clock.pass_(seconds)

    def ref(self, name: str = "web-1") -> Ref:
        return Ref("team-a", name, str(uuid.uuid5(uuid.NAMESPACE_DNS, name)))

    def clone(
        self, name: str = "web-1", *, zone: int = 0, folder: str = "group-v1", host: int = 0, **config: Any
    ) -> Ref:
        """Ask for a clone of the ubuntu template."""
        ref, inventory = self.ref(name), self.backend.inventory()
        cluster = inventory.clusters[zone]
        spec = {"numCPUs": 2, "memoryMB": 4096, "instanceUuid": ref.uid, **config}
        template = inventory.items["item-ubuntu"]["moid"]
        place = (folder, cluster.pools[0], cluster.hosts[host].moid, inventory.datastores[0].moid)
        self.backend.apply(ref, CloneVM(template, name, *place, config=spec))
        return ref

    def cloned(self, name: str = "web-1", **options: Any) -> Ref:
        """A VM that is there, and off."""
        ref = self.clone(name, **options)
        self.wait(6)
        return ref

    def see(self, ref: Ref) -> Any:
        return self.backend.observe(ref, Hints(instance_uuid=ref.uid))

    def moid(self, ref: Ref) -> str:
        return self.see(ref)["obj"]

    def act(self, ref: Ref, action: type, *args: Any) -> str | None:
        return self.backend.apply(ref, action(self.moid(ref), *args))

    def power(self, ref: Ref) -> str:
        return self.see(ref)["runtime"]["powerState"]

    def fill_datastores(self) -> None:
        for row in SimulatedDatastore.objects.all():
            SimulatedDatastore.objects.filter(pk=row.pk).update(used_by_others=row.capacity)

    def empty_datastores(self) -> None:
        SimulatedDatastore.objects.update(used_by_others=0)

    def count(self) -> int:
        """How many VMs there are."""
        return SimulatedVM.objects.count()

    def is_quiet(self) -> bool:
        """Whether nothing will change by itself any more."""
        is_busy = SimulatedTask.objects.filter(is_running=True).exists()
        return not is_busy and not SimulatedVM.objects.filter(due_at__isnull=False).exists()

    def shrink_hosts(self, memory_mb: int) -> None:
        SimulatedHost.objects.update(memory_mb=memory_mb)


@pytest.fixture(params=["simulator"])
def site(db: None) -> Site:
    seed([IMAGE, ISO], policies=[POLICY])
    return Site()
