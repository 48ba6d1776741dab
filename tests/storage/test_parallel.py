"""Fifty who want room for ten at once: ten get it, in threads and in processes, on either database."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from storage import quota, sums
from storage.models import LedgerEntry, StoragePolicyQuota
from tests.builders import as_portal, create, kind, obj
from tests.storage import takers
from vmportal import demo, service
from vmportal.models import Change

pytestmark = pytest.mark.django_db(transaction=True)

MANY, ROOM = 50, 10
VMS = kind("VirtualMachine")


def room_in_count(more: int) -> None:
    taken = VMS.model.objects.filter(namespace="team-a").count()
    hard = {f"count/{VMS.shape.group_resource}": str(taken + more)}
    create(obj("ResourceQuota", "room", "team-a", spec={"hard": hard}))


def room_in_cpus(more: int) -> None:
    taken = quota.amounts(sums.booked("team-a"))[quota.CPU]
    create(obj("ResourceQuota", "room", "team-a", spec={"hard": {"requests.cpu": str(taken + 2 * more)}}))


def room_in_storage(more: int) -> None:
    row = StoragePolicyQuota.objects.get(namespace="team-a", name="gold-storagepolicyquota")
    taken = quota.amounts(sums.booked("team-a"))[quota.POLICY + row.policy_id]

    def limit(found: dict) -> dict:
        found["spec"]["limit"] = str(taken + more * 20 * 2**30)
        return found

    service.update(kind("StoragePolicyQuota"), "team-a", row.name, limit, as_portal())


CASES = [
    pytest.param("VirtualMachine", room_in_count, id="count"),
    pytest.param("VirtualMachine", room_in_cpus, id="cpus"),
    pytest.param("VirtualMachine", room_in_storage, id="storage of VMs"),
    pytest.param("PersistentVolumeClaim", room_in_storage, id="storage of claims"),
]


def there(kind_name: str) -> set[str]:
    return set(kind(kind_name).model.objects.filter(name__startswith="taker-").values_list("name", flat=True))


@pytest.mark.parametrize(("kind_name", "room"), CASES)
def test_fifty_threads_and_room_for_ten(kind_name: str, room: Callable[[int], None]):
    """STO-09."""
    demo.seed()
    room(ROOM)
    assert len(takers.take(kind_name, 0, MANY)) == ROOM
    assert len(there(kind_name)) == ROOM


def test_five_processes_of_ten_threads_and_room_for_ten(tmp_path):
    """STO-09."""
    demo.seed()
    room_in_storage(ROOM)
    processes = [
        takers.start_process("VirtualMachine", 100 * number, MANY // 5, PORTAL_DATA=str(tmp_path))
        for number in range(5)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    names: list[str] = []
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, "a taker failed: its traceback is on stderr"
        names += json.loads(output)
    assert len(names) == ROOM
    assert there("VirtualMachine") == set(names)


def test_who_is_killed_in_the_middle_leaves_nothing_wrong(tmp_path):
    demo.seed()
    room_in_storage(200)
    process = takers.start_process("VirtualMachine", 0, 100, PORTAL_DATA=str(tmp_path))
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not there("VirtualMachine") and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    made = there("VirtualMachine")
    assert 0 < len(made) < 100, "it was killed too late to tell anything"
    uids = set(VMS.model.objects.values_list("uid", flat=True))
    assert set(LedgerEntry.objects.values_list("uid", flat=True)) == uids
    assert set(Change.objects.filter(kind=VMS.shape.group_resource).values_list("uid", flat=True)) >= uids
