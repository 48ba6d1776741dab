"""The pages of portal admins: namespaces and offers, and that nobody else gets there."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.builders import as_portal, kind, obj
from tests.pages.reading import html, slot, text
from vmportal import service, tasks, work
from vmportal.models import Namespace, Offer, RoleBinding

LISTS = [
    "/admin/namespaces/",
    "/admin/new-namespace/",
    "/admin/offers/",
    "/admin/new-offer/?kind=VirtualMachineClass",
]
ONES = [
    "/admin/namespaces/team-a/",
    "/admin/namespaces/team-a/delete/",
    "/admin/offers/small/",
    "/admin/offers/small/edit/",
    "/admin/offers/small/delete/",
]
ACTS = [
    "/admin/new-namespace/",
    "/admin/namespaces/team-a/labels/",
    "/admin/namespaces/team-a/members/",
    "/admin/namespaces/team-a/members/remove/",
    "/admin/namespaces/team-a/delete/",
    "/admin/new-offer/",
    "/admin/offers/small/edit/",
    "/admin/offers/small/delete/",
]


def work_off() -> None:
    for uid in Offer.objects.values_list("uid", flat=True):
        if work.Work.objects.filter(uid=uid).exists():
            tasks.sync("offers.vmportal.dev", uid)


def typed(**fields) -> dict:
    return {"name": "team-c", "labels": "", "admin": "", "edit": "", "view": "", **fields}


def roles(namespace: str) -> set[tuple[str, str, str]]:
    bindings = [json.loads(row.body) for row in RoleBinding.objects.filter(namespace=namespace)]
    return {
        (subject["kind"], subject["name"], binding["roleRef"]["name"])
        for binding in bindings
        for subject in binding["subjects"]
    }


def test_a_portal_admin_sees_every_page(admin):
    pages = [*LISTS, *ONES]
    assert {page: admin.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_no_page_holds_code_or_styles_of_its_own(admin):
    for page in [*LISTS, *ONES]:
        assert " style=" not in html(admin.get(page))
        assert " onclick" not in html(admin.get(page))


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_nobody_else_gets_there(who, request):
    client: Client = request.getfixturevalue(who)
    answers = {page: client.get(page).status_code for page in [*LISTS, *ONES]}
    assert set(answers.values()) <= {403, 404}, answers
    assert {answers[page] for page in ONES if "offer" in page} == {404}, "not even that it is there"
    answers = {
        page: client.post(page, typed(people="eve", role="admin", typed="team-a")).status_code
        for page in ACTS
    }
    assert set(answers.values()) <= {403, 404}, answers
    assert "Offers" not in text(client.get("/ns/"))


def test_a_namespace_is_made_with_members_and_offers(admin):
    def only_team_a(found: dict) -> dict:
        found["spec"] = {"template": found["spec"]["template"], "namespaces": ["team-a"]}
        return found

    service.update(kind("Offer"), "", "gpu", only_team_a, as_portal())
    form = html(admin.get("/admin/new-namespace/"))
    assert 'name="offers" value="gpu"' in form
    assert 'value="small"' not in form, "it comes by itself"
    response = admin.post(
        "/admin/new-namespace/",
        typed(labels="tier=gold", admin="alice, group:operators", view="bob", offers=["gpu"]),
    )
    assert response.headers["Location"] == "/admin/namespaces/team-c/"
    assert Namespace.objects.get(name="team-c").labels == {
        "tier": "gold",
        "kubernetes.io/metadata.name": "team-c",
    }
    assert roles("team-c") == {
        ("User", "alice", "admin"),
        ("Group", "operators", "admin"),
        ("User", "bob", "view"),
    }
    work_off()
    classes = kind("VirtualMachineClass").model.objects.filter(namespace="team-c")
    assert sorted(classes.values_list("name", flat=True)) == ["gpu", "large", "medium", "small"]
    told = text(admin.get("/admin/namespaces/team-c/"))
    assert "operators Group" in told
    assert "small VirtualMachineClass Offered" in told


def test_a_namespace_is_made_whole_or_not_at_all(admin):
    response = admin.post("/admin/new-namespace/", typed(name="Team_C", labels="tier"))
    assert response.status_code == 422
    assert "write key=value" in slot(response, "labels")
    response = admin.post("/admin/new-namespace/", typed(name="team-a"))
    assert "There is a namespace of this name" in slot(response, "name")
    response = admin.post("/admin/new-namespace/", typed(name="Team_C"))
    assert "lower case" in slot(response, "name")
    response = admin.post("/admin/new-namespace/", typed(offers=["nonesuch"]))
    assert response.status_code == 404
    assert not Namespace.objects.filter(name="team-c").exists()


def test_members_come_and_go(admin):
    admin.post("/admin/namespaces/team-b/members/", {"people": "carol group:ops", "role": "edit"})
    assert {("User", "carol", "edit"), ("Group", "ops", "edit")} <= roles("team-b")
    admin.post("/admin/namespaces/team-b/members/", {"people": "carol", "role": "edit"})
    mine = [row for row in RoleBinding.objects.filter(namespace="team-b") if "carol" in row.body]
    assert len(mine) == 1, "who has a role does not get it twice"
    gone = {"binding": mine[0].name, "kind": "User", "person": "carol"}
    admin.post("/admin/namespaces/team-b/members/remove/", gone)
    assert ("User", "carol", "edit") not in roles("team-b")
    response = admin.post("/admin/namespaces/team-b/members/", {"people": " ", "role": "edit"})
    assert "Name somebody" in slot(response, "people")


def test_one_of_several_subjects_leaves_alone(admin):
    group = "rbac.authorization.k8s.io"
    binding = obj(
        "RoleBinding",
        "both",
        "team-b",
        subjects=[{"apiGroup": group, "kind": "User", "name": name} for name in ("dan", "eve")],
        roleRef={"apiGroup": group, "kind": "ClusterRole", "name": "view"},
    )
    service.create(kind("RoleBinding"), "team-b", binding, as_portal())
    gone = {"binding": "both", "kind": "User", "person": "dan"}
    admin.post("/admin/namespaces/team-b/members/remove/", gone)
    assert ("User", "eve", "view") in roles("team-b")
    assert ("User", "dan", "view") not in roles("team-b")


def test_labels_are_changed_and_what_is_wrong_is_told(admin):
    admin.post("/admin/namespaces/team-b/labels/", {"labels": "tier=lead\r\nsite=north"})
    assert Namespace.objects.get(name="team-b").labels == {
        "tier": "lead",
        "site": "north",
        "kubernetes.io/metadata.name": "team-b",
    }
    response = admin.post("/admin/namespaces/team-b/labels/", {"labels": "tier=not valid"})
    assert response.status_code == 422
    assert slot(response, "labels")
    assert "tier=not valid" in html(response), "what was typed stays"


def test_labels_that_others_wrote_since_the_page_was_opened_stay(admin):
    path = "/admin/namespaces/team-b/labels/"
    admin.post(path, {"labels": "tier=lead\nold=yes"})
    assert 'name="shown-labels" value="' in html(admin.get("/admin/namespaces/team-b/"))
    admin.post(path, {"shown-labels": "old=yes", "labels": "site=north"})
    assert Namespace.objects.get(name="team-b").labels == {
        "tier": "lead",
        "site": "north",
        "kubernetes.io/metadata.name": "team-b",
    }


def test_a_namespace_goes_only_when_its_name_is_typed(admin):
    page = "/admin/namespaces/team-b/delete/"
    count = kind("VirtualMachine").model.objects.filter(namespace="team-b").count()
    told = text(admin.get(page))
    assert f"{count} × VirtualMachine, with all that is on the disks" in told
    uid = Namespace.objects.get(name="team-b").uid
    assert admin.post(page, {"typed": "team", "uid": uid}).status_code == 422
    assert admin.post(page, {"typed": "team-b", "uid": "another"}).status_code == 409
    assert not Namespace.objects.get(name="team-b").deleting
    assert admin.post(page, {"typed": "team-b", "uid": uid}).headers["Location"] == "/admin/namespaces/"
    assert Namespace.objects.get(name="team-b").deleting
    assert "It is being deleted" in text(admin.get("/admin/namespaces/team-b/"))


OFFER = """\
apiVersion: vmportal.dev/v1alpha1
kind: Offer
metadata:
  name: tiny
spec:
  template:
    apiVersion: vmoperator.vmware.com/v1alpha5
    kind: VirtualMachineClass
    spec:
      hardware: {cpus: 1, memory: 1Gi}
  namespaceSelector: {}
"""


def test_an_offer_is_written_as_yaml(admin):
    response = admin.post("/admin/new-offer/", {"yaml": OFFER})
    assert response.headers["Location"] == "/admin/offers/tiny/"
    work_off()
    told = text(admin.get("/admin/offers/tiny/"))
    assert "It stands in 2 namespaces." in told
    assert "all namespaces" in told
    assert "tiny VirtualMachineClass all namespaces 2 Ready" in text(
        admin.get("/admin/offers/?kind=VirtualMachineClass")
    )


@pytest.mark.parametrize(
    "kind_name", ["StorageClass", "VirtualMachineClass", "Zone", "EncryptionClass", "VirtualMachineImage"]
)
def test_a_new_offer_begins_with_what_its_kind_has(admin, kind_name):
    form = text(admin.get(f"/admin/new-offer/?kind={kind_name}"))
    assert f"kind: {kind_name}" in form
    assert "namespaceSelector: {}" in form


def test_what_is_wrong_with_an_offer_is_told_and_what_was_typed_stays(admin):
    for wrong, told in (
        (OFFER.replace("cpus: 1", "cpus: one"), "spec.template.spec.hardware.cpus"),
        (OFFER.replace("namespaceSelector", "namespaceSelektor"), 'unknown field "spec.namespaceSelektor"'),
        (OFFER + "a: [", "yaml"),
        (OFFER.replace("tiny", "small"), "already exists"),
        ("", "object"),
    ):
        response = admin.post("/admin/new-offer/", {"yaml": wrong})
        assert response.status_code == 422
        assert told.lower() in text(response).lower()
    assert not Offer.objects.filter(name="tiny").exists()


def test_an_offer_is_changed_unless_somebody_else_was_quicker(admin):
    page = "/admin/offers/small/edit/"
    form = admin.get(page)
    version = form.context["version"]
    changed = form.context["typed"].replace("cpus: 2", "cpus: 3")
    assert (
        admin.post(page, {"yaml": changed, "version": version}).headers["Location"] == "/admin/offers/small/"
    )
    work_off()
    classes = kind("VirtualMachineClass").model.objects.filter(name="small")
    assert {json.loads(row.body)["spec"]["hardware"]["cpus"] for row in classes} == {3}
    late = admin.post(page, {"yaml": changed.replace("cpus: 3", "cpus: 4"), "version": version})
    assert late.status_code == 422
    assert "has been modified" in text(late)


def test_an_offer_is_taken_back_with_a_word_on_who_uses_it(admin):
    page = "/admin/offers/small/delete/"
    told = text(admin.get(page))
    assert "team-a: VirtualMachine report-1, VirtualMachine web-1" in told
    uid = Offer.objects.get(name="small").uid
    assert admin.post(page, {"uid": uid}).headers["Location"] == "/admin/offers/"
    work_off()
    told = text(admin.get("/admin/offers/small/"))
    assert "Taken back" in told
    assert "Withdrawn It stays for those who use it" in told


def test_a_class_on_offer_is_shown_with_who_uses_it(admin):
    told = text(admin.get("/admin/offers/gold/"))
    assert "Limit 2Ti" in told
    assert "VirtualMachine web-1" in told
