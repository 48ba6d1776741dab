"""What is done about an offer in one namespace, and what is said of it: a table of all that can be there."""

from __future__ import annotations

import pytest

from vmportal.offers.marks import ADOPT, MADE_FROM, OFFER, WITHDRAWN
from vmportal.offers.reconcile import BATCH, Place, Put, Remove, goes_to, news, plan, status, wish_for

LONG_AGO = "2026-01-01T00:00:00Z"
TEMPLATE = {
    "apiVersion": "vmoperator.vmware.com/v1alpha5",
    "kind": "VirtualMachineClass",
    "metadata": {"name": "small"},
    "spec": {"hardware": {"cpus": 2}, "description": "in $(namespace)"},
}


def offer(*, deleting: bool = False, **spec) -> dict:
    meta = {"name": "small", "generation": 3}
    if deleting:
        meta["deletionTimestamp"] = LONG_AGO
    return {"kind": "Offer", "metadata": meta, "spec": {"template": TEMPLATE, **spec}}


USED, AWAY, OLD = ("VirtualMachine a",), {WITHDRAWN: "true"}, {MADE_FROM: "old"}
TO_ALL = offer(namespaceSelector={})
TO_NONE = offer()


def standing(of: dict | None = None, **meta) -> dict:
    """What stands in team-a: made from an offer, or by hand."""
    found = {
        "kind": "VirtualMachineClass",
        "metadata": {"name": "small", "namespace": "team-a", "uid": "u-1"},
    }
    if of is not None:
        found = wish_for(of, TEMPLATE, "team-a")
        found["metadata"]["uid"] = "u-1"
    for key, value in meta.items():
        found["metadata"][key] = (
            {**found["metadata"].get(key, {}), **value} if isinstance(value, dict) else value
        )
    return found


def place(of: dict, found: dict | None = None, **more) -> Place:
    where = Place("team-a", {"tier": "gold"}, found=found, **more)
    return Place(
        **{**vars(where), "wish": wish_for(of, TEMPLATE, "team-a", withdrawn=not goes_to(of, where))}
    )


PUT, REMOVE, NOTHING = "put", "remove", "nothing"
CASES = [
    # what is offered, the place, what is done, the state that is told
    ("nothing stands there", TO_ALL, {}, PUT, "Offered"),
    ("it stands there", TO_ALL, {"found": standing(TO_ALL)}, NOTHING, "Offered"),
    ("an older one stands there", TO_ALL, {"found": standing(TO_ALL, annotations=OLD)}, PUT, "Offered"),
    (
        "one that was withdrawn comes back",
        TO_ALL,
        {"found": standing(TO_ALL, labels=AWAY, annotations=OLD)},
        PUT,
        "Offered",
    ),
    ("one made by hand stands there", TO_ALL, {"found": standing()}, NOTHING, "NameTaken"),
    (
        "one made by hand may be taken over",
        TO_ALL,
        {"found": standing(annotations={ADOPT: "small"})},
        PUT,
        "Offered",
    ),
    (
        "one may be taken over by another",
        TO_ALL,
        {"found": standing(annotations={ADOPT: "large"})},
        NOTHING,
        "NameTaken",
    ),
    (
        "another offer's stands there",
        TO_ALL,
        {"found": standing(labels={OFFER: "other"})},
        NOTHING,
        "NameTaken",
    ),
    (
        "one made by hand is being deleted",
        TO_ALL,
        {"found": standing(deletionTimestamp=LONG_AGO)},
        NOTHING,
        "Pending",
    ),
    ("the backend keeps the catalogue", TO_ALL, {"is_backends": True}, NOTHING, "BackendOwned"),
    ("the namespace is being deleted", TO_ALL, {"is_terminating": True}, NOTHING, None),
    ("the namespace is the portal's own", TO_ALL, {"is_system": True}, NOTHING, None),
    ("the portal's own is named", offer(namespaces=["team-a"]), {"is_system": True}, PUT, "Offered"),
    ("the label fits", offer(namespaceSelector={"matchLabels": {"tier": "gold"}}), {}, PUT, "Offered"),
    ("the label does not fit", offer(namespaceSelector={"matchLabels": {"tier": "lead"}}), {}, NOTHING, None),
    ("it goes there no more", TO_NONE, {"found": standing(TO_NONE)}, REMOVE, None),
    (
        "it goes there no more, and is used",
        TO_NONE,
        {"found": standing(TO_NONE), "users": USED},
        PUT,
        "Withdrawn",
    ),
    (
        "it is used, and marked",
        TO_NONE,
        {"found": standing(TO_NONE, labels=AWAY), "users": USED},
        NOTHING,
        "Withdrawn",
    ),
    ("one made by hand is none of its business", TO_NONE, {"found": standing()}, NOTHING, None),
    (
        "what goes with its namespace is not taken back",
        TO_NONE,
        {"found": standing(TO_NONE), "is_terminating": True},
        NOTHING,
        None,
    ),
    (
        "the offer is being deleted",
        offer(deleting=True, namespaceSelector={}),
        {"found": standing(TO_ALL)},
        REMOVE,
        None,
    ),
    (
        "the offer is being deleted, and used",
        offer(deleting=True, namespaceSelector={}),
        {"found": standing(TO_ALL), "users": USED},
        PUT,
        "Withdrawn",
    ),
]


@pytest.mark.parametrize(
    ("of", "there", "done", "state"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_done_and_said(of, there, done, state):
    step = plan(of, [place(of, **there)])
    words = [{Put: PUT, Remove: REMOVE}[type(action)] for action in step.actions]
    assert words == ([] if done == NOTHING else [done])
    assert [row["state"] for row in status(of, step.rows, "now")["namespaces"]] == ([state] if state else [])


def test_the_name_of_the_namespace_stands_where_the_template_says_so():
    (action,) = plan(TO_ALL, [place(TO_ALL)]).actions
    assert action.wish["spec"]["description"] == "in team-a"
    assert action.wish["metadata"]["labels"] == {OFFER: "small"}
    assert TEMPLATE["spec"]["description"] == "in $(namespace)"


def test_what_is_withdrawn_and_used_is_marked_and_looked_at_again():
    step = plan(
        TO_NONE, [place(TO_NONE, standing(TO_NONE), users=tuple(f"VirtualMachine {n}" for n in range(7)))]
    )
    assert step.actions[0].wish["metadata"]["labels"][WITHDRAWN] == "true"
    assert step.look_again
    (row,) = step.rows
    assert len(row.used_by) == 5
    assert "and 2 more" in row.message


@pytest.mark.parametrize("found", [standing(), standing(deletionTimestamp=LONG_AGO)], ids=["taken", "going"])
def test_a_name_that_is_taken_is_looked_at_again(found):
    """It may be free by then, or handed over, which nobody tells the offer."""
    assert plan(TO_ALL, [place(TO_ALL, found)]).look_again


def test_an_offer_that_stands_everywhere_rests():
    assert plan(TO_ALL, [place(TO_ALL, standing(TO_ALL))]).look_again is None


def test_an_offer_is_over_when_nothing_is_left_of_it():
    going = offer(deleting=True, namespaceSelector={})
    assert plan(going, []).is_over
    assert plan(going, [place(going, standing(TO_ALL))]).is_over  # taken back in this very pass
    assert not plan(going, [place(going, standing(TO_ALL), users=USED)]).is_over
    assert not plan(TO_ALL, []).is_over


def test_an_offer_that_is_being_deleted_is_not_ready():
    """It once said that it was, and stood in 0 namespaces."""
    going = offer(deleting=True, namespaceSelector={})
    after = status(going, plan(going, [place(going, standing(TO_ALL), users=USED)]).rows, "now")
    ready, used = after["conditions"]
    assert (ready["status"], ready["reason"]) == ("False", "Terminating")
    assert ready["message"] == "It is being deleted, and goes when nobody uses it any more."
    assert (used["status"], after["offered"]) == ("True", 0)
    assert [(one.type, one.reason) for one in news(going, after)] == [
        ("Normal", "Terminating"),
        ("Normal", "InUse"),
    ]


def test_many_namespaces_take_several_passes():
    places = [
        Place(f"ns-{number}", wish=wish_for(TO_ALL, TEMPLATE, f"ns-{number}")) for number in range(BATCH + 5)
    ]
    step = plan(TO_ALL, places)
    assert (len(step.actions), step.look_again) == (BATCH, 0.0)
    after = status(TO_ALL, step.rows, "now")
    assert (after["offered"], after["conditions"][0]["reason"]) == (BATCH, "Pending")


def test_a_namespace_that_is_named_and_not_there_is_told():
    named = offer(namespaces=["team-a", "team-z"])
    after = status(named, plan(named, [place(named)]).rows, "now")
    assert [(row["name"], row["state"]) for row in after["namespaces"]] == [
        ("team-a", "Offered"),
        ("team-z", "NamespaceMissing"),
    ]
    assert after["conditions"][0]["status"] == "True"


def test_what_cannot_be_told_waits_and_takes_nothing_away():
    there = Place("team-a", found=standing(TO_ALL))
    step = plan(TO_ALL, [there, Place("team-b")], "There is no StorageClass gold.")
    assert step.actions == ()
    assert [(row.name, row.state) for row in step.rows] == [("team-a", "Offered"), ("team-b", "Pending")]
    assert step.look_again


def test_an_unmet_wish_says_the_way_out():
    step = plan(TO_ALL, [place(TO_ALL, standing())])
    ready, used = status(TO_ALL, step.rows, "now")["conditions"]
    assert (ready["status"], ready["reason"]) == ("False", "NameTaken")
    assert "kubectl annotate virtualmachineclass small -n team-a vmportal.dev/adopt=small" in ready["message"]
    assert used["status"] == "False"


def test_conditions_keep_their_time_until_they_change_and_make_news_when_they_do():
    first = status(TO_ALL, plan(TO_ALL, [place(TO_ALL)]).rows, "t1")
    assert [(one.type, one.reason) for one in news(TO_ALL, first)] == [("Normal", "Offered")]
    seen = {**TO_ALL, "status": first}
    again = status(seen, plan(seen, [place(seen, standing(seen))]).rows, "t2")
    assert again == first
    assert list(news(seen, again)) == []
    taken = status(seen, plan(seen, [place(seen, standing())]).rows, "t3")
    assert taken["conditions"][0]["lastTransitionTime"] == "t3"
    assert [(one.type, one.reason) for one in news(seen, taken)] == [("Warning", "NameTaken")]
