"""The page of one machine: its state and chain, what can be done and why not, its history, its deletion."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import create, vm
from tests.pages.observing import RUNNING, observe
from tests.pages.reading import html, slot, text
from vms.chain import chain_of
from vms.models import VirtualMachine
from vms.verbs import main_verb, power_verbs

PAGE = "/ns/team-a/vms/web-1/"


def row(name: str = "web-1") -> VirtualMachine:
    return VirtualMachine.objects.get(namespace="team-a", name=name)


def spec(name: str = "web-1") -> dict:
    return json.loads(row(name).body)["spec"]


def condition(type_: str, status: str, message: str = "", at: str = "2026-01-01T00:00:04Z") -> dict:
    return {
        "type": type_,
        "status": status,
        "reason": "Because",
        "message": message,
        "lastTransitionTime": at,
    }


def test_the_page_says_the_state_in_words(alice):
    observe("web-1", **RUNNING)
    page = text(alice.get(PAGE))
    assert "Running" in page
    assert "10.0.0.7" in page


def test_a_blocked_machine_says_why_and_who_can_act(alice):
    observe("web-1", conditions=[condition("VirtualMachineClassReady", "False", "The class small is gone")])
    page = text(alice.get(PAGE))
    assert "Blocked" in page
    assert "The class small is gone" in page
    assert "Who can act: your admin" in page


def test_power_off_is_wished_through_the_one_door(alice):
    response = alice.post(f"{PAGE}power/", {"verb": "off-hard"})
    assert response.headers["Location"] == PAGE
    assert (spec()["powerState"], spec()["powerOffMode"]) == ("PoweredOff", "Hard")
    assert "alice" in text(alice.get(f"{PAGE}history/"))


def test_a_fragment_answers_with_the_page_anew_and_a_notice(alice):
    response = alice.post(f"{PAGE}power/", {"verb": "off"}, headers={"HX-Request": "true"})
    assert 'id="live"' in html(response)
    assert "Shutdown is asked for" in text(response)


def test_a_refusal_is_told_in_place(alice):
    """VW-03: a machine that is to be off cannot be suspended."""
    alice.post(f"{PAGE}power/", {"verb": "off"})
    response = alice.post(f"{PAGE}power/", {"verb": "suspend"}, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "spec.powerState" in text(response)
    assert spec()["powerState"] == "PoweredOff"


def test_a_verb_that_does_not_exist_is_a_404(alice):
    assert alice.post(f"{PAGE}power/", {"verb": "explode"}).status_code == 404


def test_conditions_that_are_false_come_first(alice):
    observe(
        "web-1",
        conditions=[condition("Alpha", "True"), condition("Zeta", "False"), condition("Beta", "Unknown")],
    )
    page = text(alice.get(f"{PAGE}conditions/"))
    assert page.index("Zeta") < page.index("Beta") < page.index("Alpha")


def test_the_history_shows_what_was_before_and_after(alice):
    alice.post(f"{PAGE}edit/", {"class": "medium", "labels": "app=shop"})
    page = text(alice.get(f"{PAGE}history/"))
    assert "spec.className small medium" in page
    assert "with page" in page


def test_an_edit_sends_only_what_was_changed(alice):
    """The zone label is the portal's own and survives an edit of the labels."""
    alice.post("/ns/team-a/vms/web-2/edit/", {"class": "small", "labels": "tier=web\nowner=me"})
    labels = json.loads(row("web-2").body)["metadata"]["labels"]
    assert labels == {"tier": "web", "owner": "me", "topology.kubernetes.io/zone": "zone-b"}


def test_an_edit_keeps_what_others_wrote_since_the_page_was_opened(alice):
    shown = {"shown-class": "small", "shown-labels": "tier=web\nold=yes"}
    alice.post("/ns/team-a/vms/web-2/edit/", {"class": "large", "labels": "tier=web\nold=yes\nby=kubectl"})
    alice.post("/ns/team-a/vms/web-2/edit/", {**shown, "class": "small", "labels": "tier=web\nowner=me"})
    found = json.loads(row("web-2").body)
    labels = found["metadata"]["labels"]
    assert found["spec"]["className"] == "large"
    assert labels == {
        "tier": "web",
        "by": "kubectl",
        "owner": "me",
        "topology.kubernetes.io/zone": "zone-b",
    }


def test_a_form_of_an_edit_tells_what_it_shows(alice):
    page = html(alice.get("/ns/team-a/vms/web-2/edit/"))
    assert 'name="shown-class" value="small"' in page
    assert 'name="shown-labels"' in page


def test_a_refused_edit_keeps_what_was_typed(alice):
    page = alice.post(f"{PAGE}edit/", {"class": "small", "labels": "no label"})
    assert page.status_code == 422
    assert "no label" in html(page)
    assert "write key=value" in slot(page, "labels")


def test_managed_fields_are_shown_only_when_asked_for(alice):
    assert "managedFields:" not in text(alice.get(f"{PAGE}yaml/"))
    assert "managedFields:" in text(alice.get(f"{PAGE}yaml/?managed=1"))


def test_the_live_part_is_no_content_until_something_changes(alice):
    page = html(alice.get(PAGE))
    seen = page.split("since=")[1].split('"')[0]
    assert alice.get(f"{PAGE}live/overview/?since={seen}").status_code == 204
    observe("web-1", **RUNNING)
    assert "Running" in text(alice.get(f"{PAGE}live/overview/?since={seen}"))


@pytest.mark.parametrize("tab", ["overview", "conditions", "events", "history", "yaml"])
def test_asking_for_news_of_a_machine_is_cheap(alice, tab):
    """Who is asking, the counters, the row without its object; of events their versions."""
    address = html(alice.get(f"{PAGE}{tab}/")).split('hx-get="')[1].split('"')[0]
    with CaptureQueriesContext(connection) as statements:
        assert alice.get(address).status_code == 204
    assert len(statements) <= (4 if tab == "events" else 3)


def test_an_event_is_news_of_the_tab_that_lists_them(alice):
    addresses = {
        tab: html(alice.get(f"{PAGE}{tab}/")).split('hx-get="')[1].split('"')[0] for tab in ("yaml", "events")
    }
    happen("It was looked at")
    assert alice.get(addresses["yaml"]).status_code == 204
    assert "It was looked at" in text(alice.get(addresses["events"]))


def test_the_live_part_of_a_machine_that_is_gone_leads_to_the_list(alice):
    response = alice.get("/ns/team-a/vms/nobody/live/overview/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == "/ns/team-a/vms/"


def test_deletion_says_what_goes_and_what_stays(alice):
    volume = {"name": "disk-0", "type": "Classic", "limit": "20Gi", "attached": True}
    observe("web-1", uniqueID="vm-1", volumes=[volume])
    page = text(alice.get(f"{PAGE}delete/"))
    assert "disk-0 · 20Gi" in page.split("What stays")[0]


def test_data_is_lost_only_after_the_name_is_typed(alice):
    observe("web-1", **RUNNING)
    uid = row().uid
    refused = alice.post(f"{PAGE}delete/", {"uid": uid, "typed": "web-2"})
    assert refused.status_code == 422
    assert 'value="web-2"' in html(refused)
    assert row().deleting is None
    alice.post(f"{PAGE}delete/", {"uid": uid, "typed": "web-1"})
    assert not VirtualMachine.objects.filter(namespace="team-a", name="web-1", deleting=None).exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_another_machine_of_the_same_name_is_not_deleted(alice, headers):
    """The page was shown of a machine that is not this one any more: one is to look, and to type, again."""
    observe("web-1", **RUNNING)
    response = alice.post(f"{PAGE}delete/", {"uid": "another", "typed": "web-1"}, headers=headers)
    assert response.status_code == 409
    assert "another machine than the one you were shown" in text(response)
    assert 'value="web-1"' not in html(response)
    assert row().deleting is None


def test_the_dialog_has_what_the_page_has(alice):
    observe("web-1", **RUNNING)
    page, dialog = alice.get(f"{PAGE}delete/"), alice.get(f"{PAGE}delete/", headers={"HX-Request": "true"})
    assert "<html" not in html(dialog)
    assert text(dialog) in text(page)


def test_the_dialog_tells_what_is_wrong_in_itself_and_leads_to_the_list(alice):
    observe("web-1", **RUNNING)
    sent, headers = {"uid": row().uid, "typed": "web-2"}, {"HX-Request": "true"}
    refused = alice.post(f"{PAGE}delete/", sent, headers=headers)
    assert refused.status_code == 422
    assert "<html" not in html(refused)
    assert "Type web-1" in slot(refused, "typed")
    response = alice.post(f"{PAGE}delete/", {**sent, "typed": "web-1"}, headers=headers)
    assert response.headers["HX-Redirect"] == "/ns/team-a/vms/"


def test_nothing_is_to_be_typed_where_nothing_is_lost(alice):
    assert 'name="typed"' not in html(alice.get(f"{PAGE}delete/", headers={"HX-Request": "true"}))


@pytest.mark.parametrize(
    ("wished", "seen", "main", "impossible"),
    [
        ("PoweredOn", "PoweredOn", "off", {"on": "It runs"}),
        ("PoweredOff", "PoweredOff", "on", {"off": "It is off", "suspend": "It is off"}),
        ("Suspended", "Suspended", "resume", {"restart": "It is suspended: resume it first"}),
        ("PoweredOn", "", "off", {"off": "It is not made yet", "suspend": "It is not made yet"}),
        ("PoweredOn", "PoweredOff", "off", {"on": "It is being started", "restart": "It does not run yet"}),
    ],
)
def test_verbs_that_cannot_be_used_say_why(wished, seen, main, impossible):
    machine = {**vm(powerState=wished), "status": {"powerState": seen}}
    assert main_verb(machine, may_edit=True).name == main
    told = {verb.name: verb.why_not for verb in power_verbs(machine, may_edit=True)}
    assert {name: told[name] for name in impossible} == impossible


def test_the_chain_shows_what_is_done_what_goes_on_and_what_is_ahead():
    machine = vm(meta={"creationTimestamp": "2026-01-01T00:00:00Z"})
    machine["status"] = {"conditions": [condition("VirtualMachineClassReady", "True")]}
    steps = {step.title: step for step in chain_of(machine)}
    assert (steps["Class"].state, steps["Class"].took) == ("done", 4.0)
    assert steps["Image"].state == "working"
    assert steps["Address"].state == "ahead"
    assert "Bootstrap" not in steps


def test_a_blocked_step_holds_what_comes_after():
    machine = vm()
    machine["status"] = {"conditions": [condition("VirtualMachineClassReady", "False", "gone")]}
    steps = chain_of(machine)
    assert (steps[0].state, steps[0].text, steps[0].who) == ("blocked", "gone", "your admin")
    assert {step.state for step in steps[1:]} == {"ahead"}


def test_a_machine_that_is_to_be_off_needs_no_address():
    machine = vm(powerState="PoweredOff")
    assert [step.title for step in chain_of(machine)][-1] == "Powered off"


def happen(message: str) -> None:
    """An event of web-1."""
    involved = {"kind": "VirtualMachine", "name": "web-1", "namespace": "team-a", "uid": row().uid}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e1", "namespace": "team-a"}}
    create({**event, "involvedObject": involved, "reason": "Made", "message": message, "type": "Normal"})


def test_events_of_another_machine_are_not_shown(alice):
    happen("It was made")
    assert "It was made" in text(alice.get(f"{PAGE}events/"))
    assert "It was made" not in text(alice.get("/ns/team-a/vms/web-2/events/"))


def test_a_machine_may_be_called_as_pages_are(alice):
    for name in ("new", "news", "vm-news"):
        VirtualMachine.objects.filter(namespace="team-a", name="web-2").update(name=name)
        assert f"<h1>{name}</h1>" in html(alice.get(f"/ns/team-a/vms/{name}/"))
        VirtualMachine.objects.filter(namespace="team-a", name=name).update(name="web-2")
