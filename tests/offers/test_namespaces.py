"""The life of a namespace: what a new one gets, what one that goes says, and how it empties whatever comes between."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.builders import by, config_map, create, kind, obj
from tests.offers.conftest import work_off
from vmportal import namespaces, service, tasks, work
from vmportal.errors import Forbidden
from vmportal.models import ConfigMap, Namespace, RoleBinding, Secret, ServiceAccount, Work
from vmportal.terminating import Remains, terminating_status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("teams")]

HELD = {"finalizers": ["example.com/keep"]}


def delete_namespace(name: str = "team-a") -> str:
    service.delete(kind("Namespace"), "", name, by())
    return Namespace.objects.get(name=name).uid


def one_pass(uid: str) -> None:
    Work.make_due([(uid, "namespaces")])
    tasks.sync("namespaces", uid)


def conditions(name: str = "team-a") -> dict[str, tuple[str, str, str]]:
    status = json.loads(Namespace.objects.get(name=name).body)["status"]
    return {one["type"]: (one["status"], one["reason"], one["message"]) for one in status["conditions"]}


def test_a_new_namespace_has_its_name_as_label_and_an_account():
    work_off()
    made = json.loads(Namespace.objects.get(name="team-a").body)
    assert made["metadata"]["labels"] == {"tier": "gold", "kubernetes.io/metadata.name": "team-a"}
    assert ServiceAccount.objects.filter(namespace="team-a", name="default").exists()
    assert not ConfigMap.objects.exists()


def test_a_namespace_of_an_older_portal_gets_its_name_as_label():
    """Rows of then have no such label; `migrate` makes their work due."""
    row = Namespace.objects.get(name="team-a")
    body = json.loads(row.body)
    row.labels = body["metadata"]["labels"] = {"tier": "gold"}
    row.body = json.dumps(body)
    row.save()
    work_off()
    row.refresh_from_db()
    assert row.labels == {"tier": "gold", "kubernetes.io/metadata.name": "team-a"}


def test_nobody_but_the_portal_says_that_a_namespace_is_empty():
    def let_go(found: dict) -> dict:
        found["spec"]["finalizers"] = []
        return found

    saved = service.update(kind("Namespace"), "", "team-a", let_go, by())
    assert saved.object["spec"] == {"finalizers": ["kubernetes"]}


def test_one_that_goes_says_so_at_once_and_takes_nothing_new():
    delete_namespace()
    assert json.loads(Namespace.objects.get(name="team-a").body)["status"]["phase"] == "Terminating"
    with pytest.raises(Forbidden) as refusal:
        create(config_map("late"))
    assert refusal.value.message == (
        'configmaps "late" is forbidden: unable to create new content in namespace team-a because it is being terminated'
    )
    assert refusal.value.details["causes"] == [
        {
            "reason": "NamespaceTerminating",
            "message": "namespace team-a is being terminated",
            "field": "metadata.namespace",
        }
    ]


def test_what_remains_is_told_in_kubernetes_words_and_the_rest_goes():
    create(config_map("free"))
    create(config_map("held", **HELD))
    create(obj("Secret", "key", "team-a"))
    uid = delete_namespace()
    one_pass(uid)
    told = conditions()
    assert told["NamespaceContentRemaining"] == (
        "True",
        "SomeResourcesRemain",
        "Some resources are remaining: configmaps. has 1 resource instances",
    )
    assert told["NamespaceFinalizersRemaining"] == (
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances",
    )
    assert told["NamespaceDeletionContentFailure"][0] == "False"
    assert not Secret.objects.exists()

    def release(found: dict) -> dict:
        found["metadata"]["finalizers"] = []
        return found

    service.update(kind("ConfigMap"), "team-a", "held", release, by())
    one_pass(uid)
    assert not Namespace.objects.filter(name="team-a").exists()


def test_machines_go_before_disks_and_disks_before_the_catalogue():
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    create(obj("VirtualMachineService", "web", "team-a", meta=HELD, spec=service_spec()))
    rows = kind("PersistentVolumeClaim").model.objects
    claim = obj("PersistentVolumeClaim", "data", "team-a", spec=spec)
    claim["metadata"] |= {"uid": "claim", "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z"}
    rows.create(
        uid="claim", namespace="team-a", name="data", version=1, created="2026-01-01T00:00:00Z",
        body=json.dumps(claim),
    )  # fmt: skip
    create(obj("VirtualMachineClass", "small", "team-a", spec={"hardware": {"cpus": 2}}))
    create(obj("RoleBinding", "ned", "team-a", **binding()))
    uid = delete_namespace()
    one_pass(uid)
    assert rows.exists()
    service.update(kind("VirtualMachineService"), "team-a", "web", without_finalizers, by())
    one_pass(uid)
    assert not rows.exists()
    assert not RoleBinding.objects.exists()
    assert not Namespace.objects.filter(name="team-a").exists()


def service_spec() -> dict:
    return {"type": "ClusterIP", "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80}]}


def binding() -> dict:
    group = "rbac.authorization.k8s.io"
    return {
        "subjects": [{"apiGroup": group, "kind": "User", "name": "ned"}],
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "view"},
    }


def without_finalizers(found: dict) -> dict:
    found["metadata"]["finalizers"] = []
    return found


@pytest.mark.parametrize(
    ("count", "batch"), [(250, 100), pytest.param(1000, 500, marks=pytest.mark.slow)], ids=["250", "1000"]
)
def test_many_objects_go_in_a_few_passes(count, batch, monkeypatch):
    monkeypatch.setattr(namespaces, "BATCH", batch)
    for number in range(count):
        create(config_map(f"map-{number}"))
    uid = delete_namespace()
    passes = 0
    while Namespace.objects.filter(uid=uid).exists():
        one_pass(uid)
        passes += 1
    assert passes <= count / batch + 2
    assert not ConfigMap.objects.exists()


def test_a_worker_that_dies_in_the_middle_is_followed_by_another(monkeypatch):
    for number in range(5):
        create(config_map(f"map-{number}"))
    uid = delete_namespace()
    Work.make_due([(uid, "namespaces")])
    lease = work.lease(uid)
    monkeypatch.setattr(namespaces, "BATCH", 2)
    namespaces.empty("team-a", lease)  # and then it dies, with nothing told and the lease taken
    assert ConfigMap.objects.filter(namespace="team-a").count() == 3
    one_pass(uid)
    assert Namespace.objects.filter(uid=uid).exists(), "the dead worker's lease holds for its time"
    work.end_all_leases()
    monkeypatch.setattr(namespaces, "BATCH", 500)
    one_pass(uid)
    assert not Namespace.objects.filter(uid=uid).exists()


def test_what_cannot_be_deleted_is_told():
    remains = Remains(objects=Counter({"configmaps.": 1}), failures=["configmaps stuck: the disk is full"])
    told = {one["type"]: one for one in terminating_status({}, remains, "now")["conditions"]}
    assert told["NamespaceDeletionContentFailure"] == {
        "type": "NamespaceDeletionContentFailure",
        "status": "True",
        "reason": "ContentDeletionFailed",
        "message": "Failed to delete all resource types, 1 remaining: configmaps stuck: the disk is full",
        "lastTransitionTime": "now",
    }


def test_a_pass_that_changed_nothing_writes_nothing():
    create(config_map("held", **HELD))
    uid = delete_namespace()
    one_pass(uid)
    version = Namespace.objects.get(uid=uid).version
    one_pass(uid)
    assert Namespace.objects.get(uid=uid).version == version


def test_what_offers_put_there_goes_with_the_namespace():
    template = {
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachineClass",
        "spec": {"hardware": {"cpus": 2}},
    }
    create(obj("Offer", "small", spec={"template": template, "namespaceSelector": {}}))
    work_off()
    delete_namespace()
    work_off(50)
    classes = kind("VirtualMachineClass").model.objects
    assert list(classes.values_list("namespace", flat=True)) == ["team-b"]
    assert [
        row["name"] for row in json.loads(kind("Offer").model.objects.get().body)["status"]["namespaces"]
    ] == ["team-b"]
