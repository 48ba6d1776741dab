"""Whatever is sent, admission answers: it raises nothing, and what it has admitted it admits again unchanged."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.admission.asking import ALICE, PRIVILEGED, ask, full_vm, judge, stored, vm
from tests.admission.odd import broken, many
from vmportal.admission import admit
from vmportal.admission.reading import get
from vms.admission import VIRTUAL_MACHINE as ADMISSION
from vms.schema import VIRTUAL_MACHINE as SHAPE

BASES = (full_vm(), vm(), stored(), stored(nextRestartTime="2026-01-01T00:00:00Z", groupName="tier"))


def broken_vms() -> st.SearchStrategy[Any]:
    return broken(BASES)


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
