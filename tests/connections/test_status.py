"""What a look at a connection means: conditions in words, what stays from before, and when to look again."""

from __future__ import annotations

import pytest

from tests.connections.builders import connection
from vmportal.backends.supervisor import abilities
from vmportal.backends.supervisor.abilities import ALWAYS_SERVED, NEEDS, Lacking, Seen, Served
from vmportal.backends.supervisor.access import Access
from vmportal.connections.reconcile import AUTHORIZED, REACHABLE, Failure, look_again, news, status
from vmportal.kinds import KINDS

NOW, LATER = "2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z"
ACCESS = Access("https://a", is_verified=True)


def discovery(*leave_out: str, version: str = "") -> dict:
    """All that is needed, without some; or those in another version alone."""
    groups: dict[tuple[str, str], list] = {}
    for need in NEEDS:
        resource, found = need.resource, need.resource.version
        if resource in ALWAYS_SERVED:
            continue
        if resource.plural in leave_out:
            if not version:
                continue
            found = version
        groups.setdefault((resource.group, found), []).append({"resource": resource.plural})
    return {
        "items": [
            {"metadata": {"name": group}, "versions": [{"version": version, "resources": resources}]}
            for (group, version), resources in groups.items()
        ]
    }


def seen(kinds: tuple[Served, ...] | None = None, lacking: tuple[Lacking, ...] = ()) -> Seen:
    kinds = abilities.served(discovery()) if kinds is None else kinds
    return Seen("v1.31.4", "robot", 12, kinds, lacking, abilities.capabilities(kinds, None, {}))


def after(found, before: dict | None = None, now: str = NOW) -> dict:
    document = connection()
    document["metadata"]["generation"] = 3
    return status({**document, **({"status": before} if before else {})}, ACCESS, found, now)


def told(found: dict) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one["reason"]) for one in found["conditions"]}


def test_all_is_well():
    found = after(seen())
    assert {one for one, _ in told(found).values()} == {"True"}
    assert (found["observedGeneration"], found["version"], found["lastSeen"]) == (3, "v1.31.4", NOW)


def test_what_was_seen_before_a_failure_stays_with_its_time():
    found = after(Failure(REACHABLE, "Unreachable", "Nobody answers."), after(seen()), LATER)
    assert told(found) == {
        "Reachable": ("False", "Unreachable"),
        "Authorized": ("Unknown", "NotTried"),
        "Served": ("Unknown", "NotTried"),
        "Ready": ("False", "Unreachable"),
    }
    assert (found["version"], found["lastSeen"], found["lastErrorTime"]) == ("v1.31.4", NOW, LATER)


def test_who_is_refused_has_been_answered():
    found = told(after(Failure(AUTHORIZED, "CredentialsRefused", "No.")))
    assert (found["Reachable"][0], found["Authorized"][0]) == ("True", "False")


def test_an_account_that_cannot_be_used_has_not_been_tried():
    assert told(after(Failure(AUTHORIZED, "AccountUnusable", "No.")))["Reachable"][0] == "Unknown"


def test_a_time_of_change_moves_with_the_status_alone():
    first = after(seen())
    again = after(seen(), first, LATER)
    assert {one["lastTransitionTime"] for one in again["conditions"]} == {NOW}


def test_another_version_is_told_from_nothing():
    kinds = abilities.served(discovery("virtualmachines", version="v1alpha2"))
    found = after(seen(kinds))
    assert told(found)["Served"] == ("False", "OtherVersion")
    assert "(but v1alpha2)" in next(one["message"] for one in found["conditions"] if one["type"] == "Served")


def test_what_is_not_essential_may_be_missing():
    kinds = abilities.served(discovery("virtualmachinegroups"))
    found = after(seen(kinds))
    assert told(found)["Ready"][0] == "True"
    flags = {one["name"]: (one["enabled"], one["source"]) for one in found["capabilities"]}
    assert flags["VMGroups"] == (False, "NotServed")


def test_missing_rights_are_told_in_words():
    virtual_machines = next(one.resource for one in NEEDS if one.resource.plural == "virtualmachines")
    found = after(seen(lacking=(Lacking(virtual_machines, ("create", "patch"), "team-a"),)))
    message = next(one["message"] for one in found["conditions"] if one["type"] == "Ready")
    assert message == "robot may not create, patch virtualmachines.vmoperator.vmware.com in team-a."


@pytest.mark.parametrize(
    ("found", "seconds"),
    [
        (seen(), 60),
        (Failure(REACHABLE, "Unreachable", "No."), 15),
        (Failure(REACHABLE, "Throttled", "No.", 40.0), 40),
    ],
)
def test_trouble_is_looked_at_sooner_but_not_before_the_server_wants_it(found, seconds):
    assert look_again(after(found), found) == seconds


def test_only_what_is_new_is_an_event():
    good, bad = after(seen()), after(Failure(REACHABLE, "Unreachable", "No."))
    assert [one.type for one in news(connection(), good)] == ["Normal"]
    assert list(news({**connection(), "status": good}, after(seen(), good, LATER))) == []
    assert [one.reason for one in news({**connection(), "status": good}, bad)] == ["Unreachable"]


def test_the_versions_that_are_needed_are_those_that_the_portal_speaks():
    spoken = {kind.shape.group_resource: kind.shape.version for kind in KINDS}
    needed = {one.resource.group_resource: one.resource.version for one in NEEDS}
    needed.pop("capabilities.iaas.vmware.com")
    assert needed == {name: spoken[name] for name in needed}


def test_a_field_that_is_not_served_is_off_whatever_is_said():
    kinds = abilities.served(discovery())
    schema = {"properties": {"spec": {"properties": {"groupName": {}}}}}
    names = {"VMGroups": "supports_VM_service_VM_groups", "VSpherePolicies": "supports_iaas_compute_policies"}
    flags = {
        one.name: (one.is_on, one.source)
        for one in abilities.capabilities(kinds, schema, dict.fromkeys(names.values(), True))
    }
    assert flags["VMGroups"] == (True, "Reported")
    assert flags["VSpherePolicies"] == (False, "NotServed")
    assert flags["InstanceStorage"] == (True, "Assumed")


def test_what_a_supervisor_says_counts_before_what_a_service_says():
    own = {"supervisor": {"a": {"activated": True}}, "services": {"x": {"a": {"activated": False}, "b": {}}}}
    assert abilities.reported({"status": own}) == {"a": True, "b": False}
