"""Whatever is sent, admission answers: it raises nothing, and what it has admitted it admits again unchanged."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.admission.asking import ALICE, PRIVILEGED, ask, full_vm, judge, stored, vm
from vmportal.admission import admit
from vmportal.admission.reading import copy, get
from vms.admission import VIRTUAL_MACHINE as ADMISSION
from vms.schema import VIRTUAL_MACHINE as SHAPE

# More of them in a soak: PORTAL_EXAMPLES=20000.
EXAMPLES = int(os.environ.get("PORTAL_EXAMPLES", "200"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    st.sampled_from(
        ["", "now", "None", "PoweredOn", "vmi-0001", "twin", "gold", "\ud800", "é\u0301", "0" * 300]
    ),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([{}]),
    st.just({"name": {"name": "x"}}),
    st.just([["x"]]),
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Every place of an object, inner ones included."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def put_at(obj: Any, path: tuple, value: Any) -> None:
    for key in path[:-1]:
        obj = obj[key]
    obj[path[-1]] = value


BASES = (full_vm(), vm(), stored(), stored(nextRestartTime="2026-01-01T00:00:00Z", groupName="tier"))


@st.composite
def broken_vms(draw: st.DrawFn, most: int = 3) -> Any:
    """A VM with a few places replaced by something odd."""
    obj = copy(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(1, most))):
        where = [path for path in places(obj) if path[0] != "kind"]
        put_at(obj, draw(st.sampled_from(where)), copy(draw(ODD)))
    return obj


@many
@given(
    new=broken_vms(), old=st.one_of(st.none(), broken_vms()), policy=st.booleans(), privileged=st.booleans()
)
def test_no_object_makes_admission_raise(new, old, policy, privileged):
    judge(new, old, policy=policy, user=PRIVILEGED if privileged else ALICE)


@many
@given(
    new=broken_vms(),
    flags=st.dictionaries(
        st.sampled_from(["VMSharedDisks", "ImmutableClasses", "VMImportNewNet"]), st.booleans()
    ),
)
def test_what_was_admitted_is_admitted_again_unchanged(new, flags):
    """Defaulting is idempotent, and an update without change is never refused."""
    outcome = judge(new, policy=True, user=PRIVILEGED, **flags)
    if outcome.errors:
        return
    again = judge(outcome.object, outcome.object, policy=True, user=ALICE, **flags)
    assert (again.errors, again.object) == ((), outcome.object)


@many
@given(new=broken_vms())
def test_each_error_path_leads_into_the_object(new):
    """It exists, or names a missing key of something that does. `runcmd` has the reference's name (QRK-10)."""
    for error in judge(new).errors:
        path = error.path.replace(".runcmds", ".runcmd")
        parent = path.rpartition("[" if path.endswith("]") else ".")[0]
        if parent and "[" not in parent:
            assert get(new, parent) is not None or get(judge(new).object, parent) is not None, error.path


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


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
