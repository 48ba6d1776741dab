"""Server-side apply without a server: what becomes of an object and its owners, turn by turn."""

from __future__ import annotations

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.apply.servers import NOW, Pure, document
from tests.apply.things import MANAGERS, SPEC, THING, steps
from vmportal import apply as server_side
from vmportal import managed
from vmportal.api.decoding import Intake
from vmportal.apply.merging import merge
from vmportal.errors import ApplyConflict, BadRequest

LATER = "2026-01-01T11:00:00Z"
LISTS = THING.schema["properties"]["spec"]


def thing() -> Pure:
    return Pure(THING, "thing")


def spec(pure: Pure) -> dict:
    return {key: value for key, value in pure.live["spec"].items() if key != "mode"}  # its default


def owned(pure: Pure, manager: str) -> dict:
    entries = pure.live["metadata"]["managedFields"]
    return next(entry["fieldsV1"].get("f:spec", {}) for entry in entries if entry["manager"] == manager)


def apply(live: dict, wish: dict, manager: str = "ann", now: str = NOW, **how) -> dict:
    applier = server_side.Applier(manager, THING.api_version, **how)
    return server_side.apply(THING.schema, live, document(THING, "thing", wish), applier, now)


@pytest.mark.parametrize(
    ("live", "wish", "order"),
    [
        ("ab", "ba", "ba"),
        ("abc", "xc", "abxc"),
        ("abc", "cxa", "bcxa"),
        ("ab", "xy", "abxy"),
        ("bac", "abx", "acbx"),
        ("", "ab", "ab"),
        ("ab", "", "ab"),
    ],
)
def test_the_wish_orders_its_items_and_others_keep_their_place(live, wish, order):
    def disks(names: str) -> dict:
        return {"disks": [{"name": name} for name in names]}

    merged = merge(LISTS, disks(live), disks(wish))
    assert "".join(disk["name"] for disk in merged["disks"]) == order


def test_what_is_owned_as_a_whole_is_replaced_as_a_whole():
    live = {
        "words": ["a"],
        "selector": {"a": "1"},
        "frozen": {"x": "1"},
        "tags": ["a"],
        "options": {"x": "1"},
    }
    wish = {
        "words": ["b"],
        "selector": {"b": "2"},
        "frozen": {"y": "2"},
        "tags": ["b"],
        "options": {"y": "2"},
    }
    merged = merge(LISTS, live, wish)
    assert merged == {**wish, "tags": ["a", "b"], "options": {"x": "1", "y": "2"}}


def test_an_item_that_leaves_out_a_key_has_its_default():
    pure = thing()
    pure.do("apply", "ann", {"spec": {"ports": [{"port": 1, "name": "x"}]}})
    status, conflicts = pure.do(
        "apply", "ben", {"spec": {"ports": [{"port": 1, "protocol": "TCP", "name": "y"}]}}
    )
    assert (status, conflicts) == (
        409,
        [('conflict with "ann"', '.spec.ports[port=1,protocol="TCP"].name')],
    )


def test_an_item_goes_when_its_last_owner_gives_it_up():
    pure = thing()
    for manager in ("ann", "ben"):
        pure.do("apply", manager, {"spec": {"disks": [{"name": "a"}], "tags": ["t"]}})
    pure.do("apply", "ann", {"spec": {"tags": ["u"]}})
    assert spec(pure) == {"disks": [{"name": "a"}], "tags": ["t", "u"]}
    pure.do("apply", "ben", {"spec": {}})
    assert spec(pure) == {"tags": ["u"]}


def test_what_an_update_has_changed_since_is_no_more_the_appliers_to_give_up():
    pure = thing()
    pure.do("apply", "ann", {"spec": {"name": "x", "target": 1}})
    pure.do("put", "ben", {"spec": {"name": "y", "target": 1}})
    assert owned(pure, "ann") == {"f:target": {}}
    pure.do("apply", "ann", {"spec": {"target": 1}})
    assert spec(pure)["name"] == "y"


def test_who_applies_what_is_there_owns_it_too():
    pure = thing()
    pure.do("apply", "ann", {"spec": {"name": "x"}})
    pure.do("apply", "ben", {"spec": {"name": "x"}})
    assert owned(pure, "ann") == owned(pure, "ben") == {"f:name": {}}


def test_defaults_are_nobodys():
    pure = thing()
    pure.do("apply", "ann", {"spec": {"limits": {"memory": "x"}}})
    assert pure.live["spec"] == {"limits": {"memory": "x", "cpu": 1}, "mode": "Auto"}
    assert owned(pure, "ann") == {"f:limits": {"f:memory": {}}}
    assert pure.do("apply", "ben", {"spec": {"limits": {"cpu": 2}}})[0] == 200


def test_conflicts_are_told_owner_by_owner():
    live = apply({}, {"spec": {"name": "x"}})
    live = apply(live, {"spec": {"tags": ["t"], "target": 1, "mode": "x"}}, "ben")
    with pytest.raises(ApplyConflict) as refusal:
        apply(live, {"spec": {"name": "y", "mode": "y", "target": 2}}, "cleo")
    assert refusal.value.message == (
        'Apply failed with 3 conflicts: conflicts with "ann":\n- .spec.name\n'
        'conflicts with "ben":\n- .spec.mode\n- .spec.target'
    )


def test_a_time_moves_only_when_the_object_does():
    live = apply({}, {"spec": {"name": "x"}})
    assert apply(live, {"spec": {"name": "x"}}, now=LATER) == live
    moved = apply(live, {"spec": {"name": "y"}}, now=LATER)
    assert [entry["time"] for entry in moved["metadata"]["managedFields"]] == [LATER]


def full(value):
    """The value without what is empty: an empty list is nobody's claim, so that it may go again."""
    if isinstance(value, dict):
        return {key: left for key, item in value.items() if (left := full(item)) not in ({}, [])}
    return [full(item) for item in value] if isinstance(value, list) else value


def test_metadata_stays_when_all_that_was_applied_of_it_is_given_up():
    pure = thing()
    pure.do("apply", "ann", {"metadata": {"labels": {}}})
    assert pure.do("apply", "ann", {"metadata": {"finalizers": []}})[0] == 200
    assert pure.live["metadata"]["name"] == "thing"


WISHES = st.builds(lambda spec: {"spec": full(spec)}, SPEC)


@given(steps(WISHES), WISHES)
def test_applying_twice_is_applying_once_and_changes_no_argument(turns, wish):
    pure = thing()
    for step, manager, body in turns:
        pure.do(step, manager, body)
    before = copy.deepcopy(pure.live)
    status, once = pure.do("force", "ann", wish)
    assume(status < 300)  # else a null was left where all was given up
    assert pure.do("apply", "ann", wish) == (200, once)
    again = copy.deepcopy(before)
    apply(before, wish, force=True)
    assert before == again


@given(WISHES, st.permutations(MANAGERS))
def test_all_may_wish_for_the_same_in_any_order(wish, managers):
    pure = thing()
    for manager in managers:
        assert pure.do("apply", manager, wish)[0] in (200, 201)


def odd() -> st.SearchStrategy:
    """Wishes with something at their places that no schema lets pass."""
    junk = st.recursive(
        st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "x", "é"]),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["name", "port", "er", "a"]), inner, max_size=2)
        ),
        max_leaves=6,
    )
    fields = st.sampled_from(sorted(THING.schema["properties"]["spec"]["properties"]))
    return st.builds(lambda spec: {"spec": spec}, st.dictionaries(fields, junk, max_size=4) | junk)


@given(st.lists(st.tuples(st.sampled_from(MANAGERS), odd()), min_size=1, max_size=4), st.booleans())
def test_odd_wishes_are_refused_or_left_to_admission(turns, force):
    live: dict = {}
    for manager, wish in turns:
        try:
            taken = Intake(THING, "Warn").take_applied(document(THING, "thing", wish))
            live = apply(live, taken, manager, force=force)
        except (BadRequest, ApplyConflict):
            continue


@given(odd(), odd())
def test_managed_fields_are_read_or_passed_over(fields, other):
    entry = {"operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields["spec"]}
    assert managed.given([entry, other["spec"]]) is None or fields["spec"] in ({}, None, [], "", 0, False)
