"""The form for a new machine: the API's own words beside each field, nothing typed is ever lost."""

from __future__ import annotations

import base64
import json
from html import escape

import pytest

from storage.models import StoragePolicyQuota
from tests.builders import as_portal, kind
from tests.pages.reading import html, slot, text
from vmportal import service
from vmportal.models import OwnerRef, Secret
from vms.models import ClusterVirtualMachineImage, VirtualMachine

NEW, CHECK = "/ns/team-a/new-vm/", "/ns/team-a/new-vm/check/"
API = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines"
CLOUD_CONFIG = "#cloud-config\npackages: [nginx]\n"


def image(display_name: str) -> str:
    row = ClusterVirtualMachineImage.objects.get(display_name=display_name)
    return f"ClusterVirtualMachineImage/{row.name}"


def typed(**changes: str) -> dict[str, str]:
    """What a person fills in; an empty text takes a field out."""
    fields = {
        "name": "web-9",
        "class": "small",
        "image": image("ubuntu-24.04"),
        "storage_class": "gold",
        "power_on": "yes",
        **changes,
    }
    return {key: value for key, value in fields.items() if value}


def made(name: str = "web-9") -> dict:
    return json.loads(VirtualMachine.objects.get(namespace="team-a", name=name).body)


def test_a_form_proposes_the_next_name_and_the_smallest_class(alice):
    page = html(alice.get(NEW))
    assert 'name="name" value="' in page
    assert 'value="small" checked' in page
    assert VirtualMachine.objects.filter(namespace="team-a").count() == 6


def test_a_filled_form_makes_the_machine_and_leads_to_its_page(alice):
    response = alice.post(NEW, typed(zone="zone-b", labels="app=shop\ntier=web"))
    assert response.headers["Location"] == "/ns/team-a/vms/web-9/"
    spec, labels = made()["spec"], made()["metadata"]["labels"]
    assert (spec["className"], spec["imageName"], spec["powerState"]) == (
        "small",
        "ubuntu-24.04",
        "PoweredOn",
    )
    assert labels == {"app": "shop", "tier": "web", "topology.kubernetes.io/zone": "zone-b"}


def test_without_the_tick_it_stays_off(alice):
    alice.post(NEW, typed(power_on=""))
    assert made()["spec"]["powerState"] == "PoweredOff"


def test_cloud_init_is_kept_as_a_secret_that_goes_with_the_machine(alice):
    alice.post(NEW, typed(cloud_init=CLOUD_CONFIG.replace("\n", "\r\n")))
    raw = made()["spec"]["bootstrap"]["cloudInit"]["rawCloudConfig"]
    assert raw == {"name": "web-9-cloud-init", "key": "user-data"}
    secret = Secret.objects.get(namespace="team-a", name="web-9-cloud-init")
    assert base64.b64decode(json.loads(secret.body)["data"]["user-data"]).decode() == CLOUD_CONFIG
    assert OwnerRef.objects.filter(uid=secret.uid, owner_uid=made()["metadata"]["uid"]).exists()


def test_a_refused_machine_leaves_no_secret_behind(alice):
    response = alice.post(NEW, typed(cloud_init=CLOUD_CONFIG, storage_class="nonsense"))
    assert response.status_code == 422
    assert not Secret.objects.filter(name="web-9-cloud-init").exists()


def test_a_secret_that_is_there_already_refuses_the_machine_too(alice):
    alice.post(NEW, typed(cloud_init=CLOUD_CONFIG))
    VirtualMachine.objects.filter(name="web-9").delete()
    page = alice.post(NEW, typed(cloud_init=CLOUD_CONFIG))
    assert page.status_code == 422
    assert "exists already" in slot(page, "name")
    assert not VirtualMachine.objects.filter(name="web-9").exists()


def test_a_name_that_is_taken_is_told_beside_the_name(alice):
    assert "already" in slot(alice.post(NEW, typed(name="web-1")), "name")


def test_an_error_never_loses_what_was_typed(alice):
    """The page that comes back has every field as it was, however odd."""
    odd = {
        "name": "Not_A_Name",
        "labels": "app=<b>shop</b>",
        "network": '"><x',
        "interface": "eth7",
        "cloud_init": "no cloud config",
    }
    page = alice.post(NEW, typed(**odd, zone="zone-a", power_on=""))
    assert page.status_code == 422
    for value in odd.values():
        assert escape(value) in html(page)
    assert 'value="zone-a" selected' in html(page)
    assert f'value="{image("ubuntu-24.04")}" checked' in html(page)
    assert 'value="yes" checked' not in html(page)


def test_page_and_api_say_the_same_of_the_same_wish(alice):
    """PIPE-01: two doors, one rule, one path, one message."""
    page = alice.post(NEW, typed(storage_class="nonsense"))
    spec = {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "nonsense"}
    sent = {"apiVersion": "vmoperator.vmware.com/v1alpha5", "kind": "VirtualMachine"}
    api = alice.post(API, {**sent, "metadata": {"name": "web-9"}, "spec": spec}, "application/json")
    assert (page.status_code, api.status_code) == (422, 422)
    (cause,) = api.json()["details"]["causes"]
    assert cause["field"] == "spec.storageClass"
    assert slot(page, "storage_class").startswith(f"{cause['message']} spec.storageClass Why?")


def test_each_error_tells_why_and_who_can_change_it(alice):
    """The rule's sentence and its id, folded away beside the message; the field is described by both."""
    page = alice.post(NEW, typed(storage_class="nonsense"))
    told = "Why? The storage class exists. Who can change it: you. VS-02"
    assert slot(page, "storage_class").endswith(told)
    assert '<details class="why">' in html(page)
    assert 'aria-describedby="error-storage_class"' in html(page)
    one = VirtualMachine.objects.filter(namespace="team-a").first()
    edited = alice.post(f"/ns/team-a/vms/{one.name}/edit/", {"class": "nonsense", "labels": ""})
    assert "Who can change it" in slot(edited, "class")
    assert 'aria-describedby="error-class' in html(edited)


def test_the_summary_of_errors_leads_to_the_fields(alice):
    page = html(alice.post(NEW, typed(name="Not_A_Name")))
    assert '<a href="#name">' in page
    assert 'id="name"' in page


def test_a_check_answers_slots_summary_and_preview_and_no_field(alice):
    answer = alice.post(CHECK, typed(name="Not_A_Name", touched="name"), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "metadata.name" in slot(answer, "name")
    assert "<input" not in html(answer)
    assert html(answer).count("hx-swap-oob") == 12  # ten slots, the summary, the preview
    assert not VirtualMachine.objects.filter(name="Not_A_Name").exists()


def test_what_is_merely_missing_is_not_complained_of_before_it_is_touched(alice):
    untouched = alice.post(CHECK, typed(image="", touched="name"))
    assert slot(untouched, "image") == ""
    assert "Still needed" in text(untouched)
    assert "spec.image" in slot(alice.post(CHECK, typed(image="", touched="name,image")), "image")


def test_a_good_draft_tells_what_the_system_will_add(alice):
    answer = text(alice.post(CHECK, typed()))
    assert "The system will add" in answer
    assert "spec.network.interfaces[0].name" in answer


@pytest.mark.parametrize(
    ("user_data", "told"),
    [
        ("packages: [nginx]", "The first line must be #cloud-config"),
        ("#cloud-config\nusers:\n  - name: me\n bad", "Line 4"),
        ("#cloud-config\n- a list", "keys and values"),
        ("#!/bin/sh\nexit 0", ""),
        ("", ""),
    ],
)
def test_user_data_that_a_guest_could_not_read_is_told_with_its_line(alice, user_data, told):
    answer = slot(alice.post(CHECK, typed(cloud_init=user_data)), "cloud_init")
    assert told in answer if told else answer == ""


def test_the_preview_is_what_kubectl_would_apply(alice):
    """What the page shows as YAML makes the same machine through the API."""
    answer = alice.post(NEW, typed(act="preview", labels="app=shop"))
    assert answer.status_code == 200
    assert not VirtualMachine.objects.filter(name="web-9").exists()
    start = html(answer).index('id="preview-yaml"')
    shown = html(answer)[html(answer).index(">", start) + 1 : html(answer).index("</pre>", start)]
    response = alice.post(API, shown, "application/yaml")
    assert response.status_code == 201
    assert made()["metadata"]["labels"]["app"] == "shop"


def test_an_iso_goes_into_the_drive(alice):
    answer = text(alice.post(CHECK, typed(image=image("debian-13-netinst"))))
    assert "guestID: debian12_64Guest hardware: cdrom:" in answer


def test_the_summary_tells_what_quotas_leave(alice):
    told = text(alice.post(CHECK, typed()))
    assert "Storage 110Gi used + 20Gi, 1.873Ti left" in told  # of the storage class that is chosen
    assert "Machines 6 used + 1, 43 left" in told
    assert "vCPUs 22 used + 2, 176 left" in told


def test_a_quota_without_room_is_told_at_the_field_and_in_the_summary(alice):
    row = StoragePolicyQuota.objects.get(namespace="team-a", name="gold-storagepolicyquota")
    service.update(
        kind("StoragePolicyQuota"),
        "team-a",
        row.name,
        lambda found: {**found, "spec": {**found["spec"], "limit": "120Gi"}},
        as_portal(),
    )
    response = alice.post(NEW, typed())
    assert response.status_code == 422
    assert "leaves 10Gi of storage, and this asks for 20Gi" in slot(response, "storage_class")
    assert "Storage 110Gi used + 20Gi, 0 left" in text(response)
    assert not VirtualMachine.objects.filter(name="web-9").exists()
