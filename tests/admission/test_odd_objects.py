"""Whatever is sent, admission answers: it raises nothing, names places that there are, and means what it says.

For every kind: objects made from its schema, full ones, and both with a few places put wrong.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.admission.asking import ALICE, PRIVILEGED, ask, judge, vm
from tests.admission.everything import ASKED, BASES
from tests.admission.generated import objects
from tests.admission.kinds import Asked
from tests.admission.odd import EXAMPLES, ODDITIES, broken, many, nested, places, put_at
from tests.admission.places import is_place_of
from vmportal.admission import admit
from vmportal.admission.reading import TooDeep, copy
from vmportal.admission.typed import rewrite
from vmportal.schema import apply_defaults
from vms.admission import VIRTUAL_MACHINE as ADMISSION
from vms.schema import VIRTUAL_MACHINE as SHAPE

FLAGS = ("VMSharedDisks", "ImmutableClasses", "VMImportNewNet", "VMGroups", "VMSnapshots", "VMResize")
flags = st.dictionaries(st.sampled_from(FLAGS), st.booleans(), max_size=2)


def sent(kind: str, most: int = 3) -> st.SearchStrategy[Any]:
    """Objects of a kind: good ones, and ones with something odd in up to so many places."""
    whole = objects(ASKED[kind].kind.shape)
    strategies = [whole, whole.flatmap(lambda obj: broken((obj,), most))]
    if kind in BASES:
        strategies += [st.sampled_from(BASES[kind]), broken(BASES[kind], most)]
    return st.one_of(strategies)


def raises_nothing(asked: Asked, data: st.DataObject) -> None:
    kind = asked.kind.shape.kind
    new = data.draw(st.one_of(sent(kind), sent(kind, 10), st.none()))
    old = data.draw(sent(kind) if new is None else st.one_of(st.none(), sent(kind)))
    user = data.draw(st.sampled_from([ALICE, PRIVILEGED]))
    asked.judge(new, old, policy=data.draw(st.booleans()), user=user, **data.draw(flags))


def admits_again_what_it_admitted(asked: Asked, data: st.DataObject) -> None:
    """An update without change is never refused, and changes nothing: with policy and without, for any user.

    But for QRK-04, which policy mends: with ImmutableClasses the reference notes a class that nobody has left.
    """
    new, features = data.draw(sent(asked.kind.shape.kind, 1)), data.draw(flags)
    options = {
        "user": data.draw(st.sampled_from([ALICE, PRIVILEGED])),
        "policy": "ImmutableClasses" in features or data.draw(st.booleans()),
        **features,
    }
    if isinstance(new.get("metadata"), dict):
        new["metadata"].pop("deletionTimestamp", None)  # as of every create
    outcome = asked.judge(new, **options)
    if not outcome.errors:
        again = asked.judge(outcome.object, outcome.object, **options)
        assert (again.errors, written(again.object)) == ((), written(outcome.object))


def names_places_that_there_are(asked: Asked, data: st.DataObject) -> None:
    """Each error's path exists in the object as sent or as completed, or names a key that it lacks."""
    kind = asked.kind.shape.kind
    new, old = data.draw(sent(kind)), data.draw(st.one_of(st.none(), sent(kind)))
    outcome = asked.judge(new, old, policy=True)
    for error in outcome.errors:
        told = error.path.removeprefix(".")
        seen = (new, outcome.object, old)  # what was taken away stands in the old one only
        assert any(is_place_of(told, obj, asked.kind.shape.schema) for obj in seen), error


def defaults_once(asked: Asked, data: st.DataObject) -> None:
    """Schema defaults, and the reading into Go's types, change nothing the second time."""
    schema = asked.kind.shape.schema
    try:
        obj = copy(data.draw(sent(asked.kind.shape.kind, 10)))
    except TooDeep:
        return
    filled = apply_defaults(schema, obj)
    assert apply_defaults(schema, filled) is filled
    read = copy(filled)
    rewrite(schema, read)
    again = copy(read)
    rewrite(schema, again)
    assert written(again) == written(read)


def written(value: Any) -> str:
    """To compare: NaN is not equal to itself."""
    return json.dumps(value, sort_keys=True)


Property = Callable[[Asked, st.DataObject], None]
each_property = pytest.mark.parametrize(
    "holds",
    [raises_nothing, admits_again_what_it_admitted, names_places_that_there_are, defaults_once],
    ids=lambda holds: holds.__name__,
)
of_each_kind = pytest.mark.parametrize("kind", ASKED)


@of_each_kind
@each_property
@settings(many, max_examples=EXAMPLES // 20)
@given(data=st.data())
def test_it_holds(kind: str, holds: Property, data: st.DataObject):
    holds(ASKED[kind], data)


@each_property
@many
@given(data=st.data())
def test_it_holds_of_machines(holds: Property, data: st.DataObject):
    holds(ASKED["VirtualMachine"], data)


@pytest.mark.soak
@of_each_kind
@each_property
@settings(many, max_examples=EXAMPLES * 10)
@given(data=st.data())
def test_it_holds_at_length(kind: str, holds: Property, data: st.DataObject):
    holds(ASKED[kind], data)


def odd_everywhere(full: Any, oddities: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """The object with something odd in one place, for each place."""
    for place in places(full):
        for odd in oddities():
            obj = copy(full)
            put_at(obj, place, odd)
            yield obj


@pytest.mark.parametrize("kind", BASES)
def test_something_odd_in_any_place_is_answered(kind: str):
    """Every place of a full object, each with another oddity."""
    turns = itertools.cycle(ODDITIES)
    full = BASES[kind][0]
    for new in odd_everywhere(full, lambda: [next(turns)]):
        judge_both(ASKED[kind], new, full)


@pytest.mark.soak
@pytest.mark.parametrize("kind", BASES)
def test_each_oddity_in_any_place_is_answered(kind: str):
    full = BASES[kind][0]
    for new in odd_everywhere(full, lambda: ODDITIES):
        judge_both(ASKED[kind], new, full)


def judge_both(asked: Asked, new: Any, full: Any) -> None:
    """As a create, and as a change of and into a full object."""
    asked.judge(new, policy=True)
    asked.judge(new, full, policy=True)
    asked.judge(full, new, policy=True)


def test_deep_nesting_is_refused_where_it_is():
    deep = vm(bootstrap={"cloudInit": {"cloudConfig": {"runcmd": nested(900)}}})
    outcome = admit(ask(deep), SHAPE, ADMISSION)
    assert [(error.path, error.type) for error in outcome.errors] == [("spec", "Invalid")]


def test_objects_that_are_hardly_objects():
    for new in (
        {},
        {"metadata": None},
        {"metadata": []},
        {"spec": []},
        {"metadata": {"name": 5}, "spec": "x"},
    ):
        assert judge(new).errors
