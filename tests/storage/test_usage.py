"""What quotas tell of what is used, for `kubectl describe quota`: soon after, and right after a crash too."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from storage.models import LedgerEntry, ResourceQuota, StoragePolicyQuota, StoragePolicyUsage
from tests.builders import as_portal, by, create, kind, obj, vm
from vmportal import demo, garbage, service, tasks, work
from vmportal.kinds import kind_named
from vmportal.models import Work

pytestmark = pytest.mark.django_db
COUNT = "count/virtualmachines.vmoperator.vmware.com"
QUOTAS = ("resourcequotas", "storagepolicyquotas.cns.vmware.com")
GOLD = "gold-storagepolicyquota"


@pytest.fixture(autouse=True)
def seeded(db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    demo.seed()


def work_off() -> int:
    """What the worker does for quotas that are due; how many there were."""
    due = [(name, uid) for name, uid in work.due(200) if name in QUOTAS]
    for name, uid in due:
        tasks.sync(name, uid)
    return len(due)


def told(model: type, name: str) -> dict:
    return json.loads(model.objects.get(namespace="team-a", name=name).body)["status"]


def limited(**hard: str) -> None:
    create(obj("ResourceQuota", "limits", "team-a", spec={"hard": hard}))


def test_a_resource_quota_tells_limits_and_use():
    limited(**{COUNT: "50", "cpu": "100", "limits.memory": "1Ti", "requests.storage": "1Ti", "pods": "0"})
    work_off()
    assert told(ResourceQuota, "limits") == {
        "hard": {COUNT: "50", "cpu": "100", "limits.memory": "1Ti", "requests.storage": "1Ti", "pods": "0"},
        "used": {COUNT: "6", "cpu": "22", "limits.memory": "76Gi", "requests.storage": "0", "pods": "0"},
    }


def test_use_is_told_anew_when_something_comes_or_goes():
    limited(**{COUNT: "50", "configmaps": "5"})
    work_off()
    create(vm("web-9"))
    assert work_off() > 0
    assert told(ResourceQuota, "limits")["used"][COUNT] == "7"
    service.delete(kind("VirtualMachine"), "team-a", "web-9", by())
    row = kind("VirtualMachine").model.objects.filter(name="web-9").first()
    if row:  # its finalizer is the worker's to take
        service.update(kind("VirtualMachine"), "team-a", "web-9", _without_finalizers, service.operator())
    work_off()
    assert told(ResourceQuota, "limits")["used"][COUNT] == "6"


def _without_finalizers(found: dict) -> dict:
    found["metadata"].pop("finalizers", None)
    return found


def test_a_quota_that_nothing_has_touched_is_left_alone():
    work_off()
    version = StoragePolicyQuota.objects.get(namespace="team-a", name=GOLD).version
    assert work_off() == 0
    Work.objects.filter(kind__in=QUOTAS).update(due_at=timezone.now())
    assert work_off() > 0
    assert StoragePolicyQuota.objects.get(namespace="team-a", name=GOLD).version == version


def test_a_policy_quota_tells_by_class_and_by_kind():
    """reconcile.md 17.4."""
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "gold"}
    requests = {"resources": {"requests": {"storage": "8Gi"}}}
    create(obj("PersistentVolumeClaim", "data", "team-a", spec={**spec, **requests}))
    work_off()
    status = told(StoragePolicyQuota, GOLD)
    # web-1, web-2 and db-1: 20, 20 and 70 GiB.
    assert status["total"] == [
        {"storageClassName": "gold", "scQuotaUsage": {"reserved": "118Gi", "used": "0"}}
    ]
    assert [
        (one["extensionName"], one["extensionQuotaUsage"][0]["scQuotaUsage"]["reserved"])
        for one in status["extensions"]
    ] == [
        ("vmware-system-vmop-webhook-service", "110Gi"),
        ("snapshot-vmware-system-vmop-webhook-service", "0"),
        ("volume.cns.vsphere.vmware.com", "8Gi"),
    ]
    usage = told(StoragePolicyUsage, "gold-vm-usage")
    assert usage == {"quotaUsage": {"reserved": "110Gi", "used": "0"}}
    names = set(StoragePolicyUsage.objects.filter(namespace="team-a").values_list("name", flat=True))
    assert {"gold-vm-usage", "gold-vmsnapshot-usage", "gold-pvc-usage", "silver-vm-usage"} <= names


def test_a_new_storage_class_of_the_policy_is_told_of_too():
    work_off()
    policy = StoragePolicyQuota.objects.get(namespace="team-a", name=GOLD).policy_id
    create(obj("StorageClass", "gold-late", provisioner="x", parameters={"storagePolicyID": policy}))
    work_off()
    assert StoragePolicyUsage.objects.filter(name="gold-late-vm-usage", namespace="team-a").exists()


def test_usages_go_with_their_quota():
    work_off()
    quota = StoragePolicyQuota.objects.get(namespace="team-a", name=GOLD)
    service.delete(kind("StoragePolicyQuota"), "team-a", GOLD, as_portal())
    garbage.collect(quota.uid)
    assert not StoragePolicyUsage.objects.filter(namespace="team-a", name="gold-vm-usage").exists()
    tasks.sync(QUOTAS[1], quota.uid)  # a late message does no harm


def test_every_quota_has_its_work():
    for name in QUOTAS:
        uids = kind_named(name).model.objects.values("uid")
        assert Work.objects.filter(uid__in=uids).count() == uids.count() > 0 or name == QUOTAS[0]


def test_a_ledger_that_is_lost_is_written_again_from_the_objects():
    """`manage.py check_columns --repair`."""
    figures = ("uid", "storage_class", "policy_id", "cpus", "memory", "reserved", "used")
    before = set(LedgerEntry.objects.values_list(*figures))
    LedgerEntry.objects.all().delete()
    call_command("check_columns", "--repair")
    assert set(LedgerEntry.objects.values_list(*figures)) == before
