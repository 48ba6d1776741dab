"""No write goes beyond the quotas of its namespace, whoever asks, and what goes gives back what it took."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.models import LedgerEntry, StoragePolicyQuota
from tests.builders import by, config_map, create, kind, obj, vm
from vmportal import demo, service
from vmportal.errors import Exceeded
from vmportal.quota import Line
from vms.models import VirtualMachine

pytestmark = pytest.mark.django_db

GI = 2**30
VMS = "virtualmachines.vmoperator.vmware.com"
COUNT = f"count/{VMS}"
BRONZE = "bronze-policy"


@pytest.fixture(autouse=True)
def bronze(db, settings):
    """The demo, and a storage class of which nothing is used yet."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    demo.seed()
    parameters = {"storagePolicyID": BRONZE}
    create(
        obj(
            "StorageClass",
            "bronze",
            provisioner="csi.vsphere.vmware.com",
            parameters=parameters,
            allowVolumeExpansion=True,
        )
    )


def limit_bronze(most: str) -> None:
    create(obj("StoragePolicyQuota", "bronze", "team-a", spec={"storagePolicyId": BRONZE, "limit": most}))


def limit(**hard: str) -> None:
    create(obj("ResourceQuota", "limits", "team-a", spec={"hard": hard}))


def bronze_vm(name: str = "web-9", **spec: Any) -> dict:
    return vm(name, storageClass="bronze", **spec)  # 20Gi


def claim(size: str = "8Gi", name: str = "data") -> dict:
    requests = {"requests": {"storage": size}}
    spec = {"storageClassName": "bronze", "accessModes": ["ReadWriteOnce"], "resources": requests}
    return obj("PersistentVolumeClaim", name, "team-a", spec=spec)


def update(kind_name: str, name: str, **spec: Any) -> dict:
    def change(found: dict) -> dict:
        return {**found, "spec": {**found["spec"], **spec}}

    return service.update(kind(kind_name), "team-a", name, change, by()).object


def report(kind_name: str, name: str, status: dict) -> None:
    service.update(
        kind(kind_name),
        "team-a",
        name,
        lambda found: {**found, "status": status},
        service.operator(),
        subresource="status",
    )


def taken(name: str) -> tuple[int, int]:
    uid = VirtualMachine.objects.get(namespace="team-a", name=name).uid
    reserved, used = LedgerEntry.objects.values_list("reserved", "used").get(uid=uid)
    return reserved // GI, used // GI


def test_what_fits_exactly_is_let_in_and_the_next_is_not():
    """STO-06, STO-09."""
    limit_bronze("40Gi")
    create(bronze_vm("one"))
    create(bronze_vm("two"))
    with pytest.raises(Exceeded) as refused:
        create(bronze_vm("three"))
    assert refused.value.code == 403
    assert refused.value.message == (
        f'{VMS} "three" is forbidden: exceeded quota: bronze, requested: storage=20Gi, used: storage=40Gi, '
        "limited: storage=40Gi. Quota bronze leaves 0 of storage, and this asks for 20Gi: ask for less, delete what "
        "you no longer need, or ask your admin to raise the quota."
    )
    assert [(error.path, error.type, error.rule) for error in refused.value.errors] == [
        ("spec.storageClass", "Forbidden", "STO-06")
    ]
    assert not VirtualMachine.objects.filter(name="three").exists()


def test_one_byte_more_than_is_left_is_too_much():
    """STO-06."""
    limit_bronze(str(20 * GI - 1))
    with pytest.raises(Exceeded, match="leaves 21474836479 of storage"):
        create(bronze_vm())


def test_vms_and_claims_share_what_a_policy_has():
    """STO-05: also those of another storage class with the same policy."""
    limit_bronze("30Gi")
    create(obj("StorageClass", "bronze-late", provisioner="x", parameters={"storagePolicyID": BRONZE}))
    create(bronze_vm())
    create(claim("8Gi"))
    with pytest.raises(Exceeded, match="used: storage=28Gi"):
        create(vm("web-8", storageClass="bronze-late"))


def test_a_deleted_claim_gives_back_what_it_took():
    limit_bronze("10Gi")
    create(claim("8Gi"))
    with pytest.raises(Exceeded):
        create(claim("8Gi", "other"))
    service.delete(kind("PersistentVolumeClaim"), "team-a", "data", by())
    create(claim("8Gi", "other"))


def test_a_claim_grows_as_far_as_there_is_room():
    """STO-105."""
    limit_bronze("15Gi")
    create(claim("8Gi"))

    def grow(size: str) -> None:
        update("PersistentVolumeClaim", "data", resources={"requests": {"storage": size}})

    grow("15Gi")
    with pytest.raises(Exceeded, match="requested: storage=1Gi, used: storage=15Gi") as refused:
        grow("16Gi")
    assert refused.value.errors[0].path == "spec.resources.requests.storage"


def test_a_boot_disk_grows_as_far_as_there_is_room():
    """USQ-05."""
    limit_bronze("60Gi")
    create(bronze_vm(powerState="PoweredOff"))
    with pytest.raises(Exceeded, match="requested: storage=50Gi") as refused:
        update("VirtualMachine", "web-9", advanced={"bootDiskCapacity": "50Gi"})
    assert refused.value.errors[0].path == "spec.advanced.bootDiskCapacity"
    update("VirtualMachine", "web-9", advanced={"bootDiskCapacity": "40Gi"})
    assert taken("web-9") == (40, 0)


def test_a_larger_boot_disk_is_let_in_with_a_warning_and_keeps_room():
    """D-28."""
    limit_bronze("60Gi")
    wish = bronze_vm(advanced={"bootDiskCapacity": "50Gi"})
    saved = service.create(kind("VirtualMachine"), "team-a", wish, by())
    assert [text for text in saved.warnings if "bronze" in text] == [
        "spec.advanced.bootDiskCapacity: 30Gi more than the image has will also count against quota bronze"
    ]
    with pytest.raises(Exceeded, match="leaves 10Gi"):
        create(bronze_vm("web-8"))


def test_what_is_seen_takes_the_place_of_what_was_asked():
    """reconcile.md 17.4: the image may be gone by then; in deletion a VM counts no more."""
    limit_bronze("1Ti")
    create(bronze_vm())
    assert taken("web-9") == (20, 0)
    service.delete(
        kind("ClusterVirtualMachineImage"), "", VirtualMachine.objects.get(name="web-9").image, by()
    )
    created = [{"type": "VirtualMachineCreated", "status": "True", "reason": "True", "message": ""}]
    created[0]["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    report("VirtualMachine", "web-9", {"storage": {"total": "24Gi"}, "conditions": created})
    assert taken("web-9") == (0, 24)
    report("VirtualMachine", "web-9", {})
    assert taken("web-9") == (20, 0)
    service.delete(kind("VirtualMachine"), "team-a", "web-9", by())
    if VirtualMachine.objects.filter(name="web-9").exists():
        assert taken("web-9") == (0, 0)


def test_a_count_is_kept():
    limit(**{COUNT: "8", "configmaps": "1"})
    limit_bronze("1Ti")
    create(bronze_vm("one"))
    create(bronze_vm("two"))
    with pytest.raises(Exceeded, match=f"requested: {COUNT}=1, used: {COUNT}=8, limited: {COUNT}=8"):
        create(bronze_vm("three"))
    create(config_map("first"))
    with pytest.raises(Exceeded, match="requested: configmaps=1"):
        create(config_map("second"))
    create(config_map("second", "team-b"))


def test_vcpus_and_memory_of_classes_are_kept_also_when_the_class_changes():
    limit(**{"requests.cpu": "29", "limits.memory": "1Ti"})  # the demo's six have 22
    limit_bronze("1Ti")
    create(bronze_vm(powerState="PoweredOff"))
    with pytest.raises(Exceeded, match=r"requested: requests\.cpu=8, used: requests\.cpu=24") as refused:
        create(bronze_vm("web-8", className="large"))
    assert refused.value.errors[0].path == "spec.className"
    with pytest.raises(Exceeded, match=r"requested: requests\.cpu=6"):
        update("VirtualMachine", "web-9", className="large")
    update("VirtualMachine", "web-9", className="medium")
    entry = LedgerEntry.objects.get(uid=VirtualMachine.objects.get(name="web-9").uid)
    assert (entry.cpus, entry.memory, entry.asked) == (4, 16 * GI, 20 * GI)
    update("VirtualMachine", "web-9", className="small")
    create(bronze_vm("web-8", className="medium"))


def test_claims_are_limited_as_kubernetes_limits_them():
    """By size and number, in all and of a storage class; the disks of VMs are no claims."""
    of_class = "bronze.storageclass.storage.k8s.io"
    limit(**{f"{of_class}/requests.storage": "10Gi", f"{of_class}/persistentvolumeclaims": "2"})
    limit_bronze("1Ti")
    create(bronze_vm())
    create(claim("4Gi", "a"))
    create(claim("4Gi", "b"))
    with pytest.raises(Exceeded) as refused:
        create(claim("4Gi", "c"))
    assert {error.path for error in refused.value.errors} == {"spec.resources.requests.storage", ""}
    assert (
        f"requested: {of_class}/requests.storage=4Gi,{of_class}/persistentvolumeclaims=1"
        in refused.value.message
    )


def test_every_exceeded_quota_is_told_at_once():
    limit(**{COUNT: "6"})
    limit_bronze("1Gi")
    with pytest.raises(Exceeded) as refused:
        create(bronze_vm())
    assert [error.rule for error in refused.value.errors] == ["K8S-13", "STO-06"]


def test_a_dry_run_sees_the_same_and_books_nothing():
    limit_bronze("30Gi")
    before = LedgerEntry.objects.count()

    def rehearse(name: str) -> service.Saved:
        return service.create(kind("VirtualMachine"), "team-a", bronze_vm(name), by(), dry_run=True)

    expected = Line("bronze", "storage", 20 * GI, 0, 30 * GI, True, "spec.storageClass")
    assert [line for line in rehearse("web-9").quota if line.quota == "bronze"] == [expected]
    assert LedgerEntry.objects.count() == before
    create(bronze_vm())
    with pytest.raises(Exceeded):
        rehearse("web-8")


def test_a_limit_below_what_is_used_stops_only_what_asks_for_more():
    limit_bronze("100Gi")
    create(bronze_vm())
    update("StoragePolicyQuota", "bronze", limit="10Gi")
    update("VirtualMachine", "web-9", powerOffMode="Hard")
    with pytest.raises(Exceeded, match="leaves 0 of storage"):
        create(claim("1Gi"))


def test_what_is_absurdly_large_breaks_no_sum():
    limit_bronze("1Ti")
    StoragePolicyQuota.objects.filter(name="bronze").delete()
    for name in ("a", "b", "c"):
        LedgerEntry.objects.create(
            uid=name, kind="x", namespace="team-a", policy_id=BRONZE, reserved=2**62, used=2**62
        )
    create(obj("StoragePolicyQuota", "bronze-2", "team-a", spec={"storagePolicyId": BRONZE, "limit": "1Ti"}))
    with pytest.raises(Exceeded):
        create(bronze_vm())


def test_the_api_says_403_with_the_field(client):
    from vmportal.api.auth import new_token
    from vmportal.models import User

    limit_bronze("1Gi")
    token, _ = new_token(User.objects.get(username="alice"), None)
    answer = client.post(
        "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines",
        json.dumps(bronze_vm()),
        "application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    status = answer.json()
    assert (answer.status_code, status["reason"]) == (403, "Forbidden")
    (cause,) = status["details"]["causes"]
    assert (cause["reason"], cause["field"]) == ("FieldValueForbidden", "spec.storageClass")
