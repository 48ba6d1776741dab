"""An offer from its first day to its last: what stands in namespaces because of it, and who may touch that."""

from __future__ import annotations

import json

import pytest

from tests.builders import by, create, kind, obj, vm
from tests.offers.conftest import work_off
from vmportal import garbage, service
from vmportal.access import Caller
from vmportal.errors import Conflict, Forbidden, Invalid, NotFound
from vmportal.models import Event, Offer, Work
from vmportal.offers.reconcile import Put, wish_for
from vmportal.offers.tasks import write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("teams")]

VMOP = "vmoperator.vmware.com/v1alpha5"
POLICY = "3e0757b8-18d8-5b3d-854f-f348b3518f8c"


def offer_small(**spec) -> dict:
    template = {
        "apiVersion": VMOP,
        "kind": "VirtualMachineClass",
        "spec": {"hardware": {"cpus": 2, "memory": "4Gi"}},
    }
    made = create(obj("Offer", "small", spec={"template": template, **(spec or {"namespaceSelector": {}})}))
    work_off()
    return made


def change_offer(name: str = "small", **spec) -> None:
    def change(found: dict) -> dict:
        found["spec"].update(spec)
        found["spec"] = {key: value for key, value in found["spec"].items() if value is not None}
        return found

    service.update(kind("Offer"), "", name, change, by())
    work_off()


def standing(kind_name: str = "VirtualMachineClass") -> dict[str, dict]:
    return {
        row.namespace: json.loads(row.body) for row in kind(kind_name).model.objects.order_by("namespace")
    }


def status(name: str = "small") -> dict:
    return json.loads(Offer.objects.get(name=name).body)["status"]


def states(name: str = "small") -> dict[str, str]:
    return {row["name"]: row["state"] for row in status(name)["namespaces"]}


def make_used(namespace: str = "team-a") -> None:
    """A machine of the class, as if an image and storage were there."""
    machine = vm("web-1", namespace, imageName=None, storageClass=None)
    rows = kind("VirtualMachine").model.objects
    rows.create(
        uid="vm-1", namespace=namespace, name="web-1", version=1, created="2026-01-01T00:00:00Z",
        class_name="small", body=json.dumps(machine),
    )  # fmt: skip


def test_an_offer_to_all_stands_everywhere_and_in_what_is_made_later():
    offer_small()
    create(obj("Namespace", "team-c"))
    work_off()
    assert list(standing()) == ["team-a", "team-b", "team-c"]
    assert status()["offered"] == 3
    assert {entry["manager"] for entry in standing()["team-c"]["metadata"]["managedFields"]} == {"offers"}


def test_a_new_namespace_makes_offers_due_at_once():
    uid = offer_small()["metadata"]["uid"]
    nudges = Work.objects.get(uid=uid).nudges
    create(obj("Namespace", "team-c"))
    assert Work.objects.get(uid=uid).nudges > nudges


def test_labels_of_namespaces_decide_and_a_change_of_them_too():
    offer_small(namespaceSelector={"matchLabels": {"tier": "gold"}}, namespaces=["team-z"])
    assert states() == {"team-a": "Offered", "team-z": "NamespaceMissing"}

    def relabel(found: dict) -> dict:
        found["metadata"]["labels"]["tier"] = "gold"
        return found

    service.update(kind("Namespace"), "", "team-b", relabel, by())
    work_off()
    assert list(standing()) == ["team-a", "team-b"]


def test_a_change_of_the_offer_reaches_all():
    offer_small()
    template = json.loads(Offer.objects.get().body)["spec"]["template"]
    template["spec"]["hardware"]["cpus"] = 3
    change_offer(template=template)
    assert {one["spec"]["hardware"]["cpus"] for one in standing().values()} == {3}
    assert status()["observedGeneration"] == 2


def test_nothing_is_written_again_when_nothing_has_changed():
    uid = offer_small()["metadata"]["uid"]
    before = [one["metadata"]["resourceVersion"] for one in standing().values()]
    version = Offer.objects.get().version
    Work.make_due([(uid, "offers.vmportal.dev")])
    work_off()
    assert [one["metadata"]["resourceVersion"] for one in standing().values()] == before
    assert Offer.objects.get().version == version


@pytest.mark.parametrize(
    "who", [by(), by(Caller("ned", roles={"team-a": "admin"}))], ids=["portal admin", "admin"]
)
def test_what_an_offer_made_is_not_for_hands(who):
    offer_small()
    class_, place = kind("VirtualMachineClass"), ("team-a", "small")
    other = obj("VirtualMachineClass", "small", "team-a", spec={})
    attempts = [
        lambda: service.update(class_, *place, lambda found: {**found, "spec": {}}, who),
        lambda: service.update(
            class_, *place, lambda found: {**found, "status": {}}, who, subresource="status"
        ),
        lambda: service.delete(class_, *place, who),
        lambda: service.apply(class_, *place, other, who, force=True),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden) as refusal:
            attempt()
        if who.caller.is_admin:
            assert 'it is made from the offer "small"' in refusal.value.message
            assert "kubectl edit offer small" in refusal.value.message
    assert standing()["team-a"]["spec"]["hardware"]["cpus"] == 2


def test_what_is_withdrawn_goes_where_nobody_uses_it():
    offer_small()
    make_used("team-a")
    change_offer(namespaceSelector=None)
    assert list(standing()) == ["team-a"]
    assert states() == {"team-a": "Withdrawn"}
    used = status()["conditions"][1]
    assert (used["type"], used["status"]) == ("WithdrawnInUse", "True")
    assert "team-a (VirtualMachine web-1)" in used["message"]


def test_what_is_withdrawn_is_for_no_new_machine_and_comes_back_when_it_is_offered_again():
    offer_small()
    make_used("team-a")
    change_offer(namespaceSelector=None)
    with pytest.raises(Invalid, match="is on offer no more"):
        create(vm("web-2"))
    change_offer(namespaceSelector={})
    assert states() == {"team-a": "Offered", "team-b": "Offered"}
    assert "vmportal.dev/withdrawn" not in standing()["team-a"]["metadata"]["labels"]
    with pytest.raises(Invalid) as refusal:
        create(vm("web-2"))
    assert "spec.className" not in {error.path for error in refusal.value.errors}


def test_a_deleted_offer_stays_until_its_last_user_is_gone():
    uid = offer_small()["metadata"]["uid"]
    make_used("team-a")
    service.delete(kind("Offer"), "", "small", by(), propagation="Foreground")
    work_off()
    assert states() == {"team-a": "Withdrawn"}
    kind("VirtualMachine").model.objects.all().delete()
    Work.make_due([(uid, "offers.vmportal.dev")])
    work_off()
    assert standing() == {}
    garbage.finish_deletions([uid])  # takes its own mark away, and with it the last that holds the offer
    assert not Offer.objects.exists()


def test_one_made_by_hand_is_not_overwritten_until_it_is_handed_over():
    mine = obj(
        "VirtualMachineClass", "small", "team-a", spec={"hardware": {"cpus": 8}, "description": "by hand"}
    )
    create(mine)
    offer_small()
    assert states() == {"team-a": "NameTaken", "team-b": "Offered"}
    assert standing()["team-a"]["spec"]["hardware"]["cpus"] == 8

    def hand_over(found: dict) -> dict:
        found["metadata"]["annotations"] = {"vmportal.dev/adopt": "small"}
        return found

    made = service.update(kind("VirtualMachineClass"), "team-a", "small", hand_over, by()).object
    Work.objects.update(due_at="2026-01-01T00:00:00Z")
    work_off()
    assert states() == {"team-a": "Offered", "team-b": "Offered"}
    now = standing()["team-a"]
    assert now["spec"] == {"hardware": {"cpus": 2, "memory": "4Gi"}}
    assert now["metadata"]["uid"] == made["metadata"]["uid"]


def test_a_storage_class_is_offered_as_the_quota_that_lets_a_namespace_use_it():
    """VS-04: a namespace may use a class when it has a StoragePolicyQuota for its policy."""
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    create(obj("Offer", "gold", spec={"template": storage, "limit": "2Ti", "namespaces": ["team-a"]}))
    work_off()
    assert states("gold") == {"team-a": "Pending"}
    create(obj("StorageClass", "gold", provisioner="csi", parameters={"storagePolicyID": POLICY}))
    Work.objects.update(due_at="2026-01-01T00:00:00Z")
    work_off()
    assert states("gold") == {"team-a": "Offered"}
    quota = standing("StoragePolicyQuota")["team-a"]
    assert quota["spec"] == {"storagePolicyId": POLICY, "limit": "2Ti"}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "gold",
    }
    create(obj("PersistentVolumeClaim", "data", "team-a", spec=claim))
    change_offer("gold", namespaces=None)
    assert states("gold") == {"team-a": "Withdrawn"}
    assert status("gold")["namespaces"][0]["usedBy"] == ["PersistentVolumeClaim data"]
    with pytest.raises(Invalid, match="not for this namespace"):
        create(obj("PersistentVolumeClaim", "more", "team-a", spec=claim))


def test_an_image_is_offered_with_its_status():
    image = {
        "apiVersion": VMOP,
        "kind": "VirtualMachineImage",
        "metadata": {"name": "vmi-0123456789abcdef0"},
        "status": {"name": "tools", "type": "ISO"},
    }
    create(obj("Offer", "tools", spec={"template": image, "namespaces": ["team-b"]}))
    work_off()
    assert standing("VirtualMachineImage")["team-b"]["status"] == {"name": "tools", "type": "ISO"}


def test_where_it_is_refused_the_offer_says_so_and_stands_elsewhere():
    create(
        obj(
            "ResourceQuota",
            "none",
            "team-a",
            spec={"hard": {f"count/virtualmachineclasses.{VMOP[:-9]}": "0"}},
        )
    )
    offer_small()
    assert states() == {"team-a": "Refused", "team-b": "Offered"}
    ready = status()["conditions"][0]
    assert (ready["status"], ready["reason"]) == ("False", "Refused")
    assert "exceeded quota" in ready["message"]


def test_what_happens_is_told_as_events():
    create(obj("Namespace", "vmware-system-vmop"))
    offer_small()
    about_small = Event.objects.filter(involved_name="small", involved_namespace="")
    assert list(about_small.values_list("reason", "namespace")) == [("Offered", "vmware-system-vmop")]
    assert "vmware-system-vmop" not in standing()


def test_offers_are_for_portal_admins():
    offer_small()
    for role in ("view", "edit", "admin"):
        with pytest.raises(NotFound):
            service.get(kind("Offer"), "", "small", Caller("ned", roles={"team-a": role}))


def test_what_was_made_by_hand_since_the_look_is_not_overwritten():
    mine = create(obj("VirtualMachineClass", "small", "team-a", spec={"hardware": {"cpus": 8}}))
    wish = wish_for({"metadata": {"name": "small"}}, {**mine, "metadata": {"name": "small"}}, "team-a")
    with pytest.raises(Conflict, match="made one by hand"):
        write(kind("VirtualMachineClass"), Put("team-a", wish))
    assert "labels" not in standing()["team-a"]["metadata"]
