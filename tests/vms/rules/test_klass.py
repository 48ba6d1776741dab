"""Which class a VM has (section 6.3 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, PRIVILEGED, changed, refused, stored, vm
from tests.vms.test_defaults import INSTANCES, V2

NO_RESIZE = {"VMResizeCPUMemory": False}
IMPORT = {"VMImportNewNet": True}
INSTANCED = {"ImmutableClasses": True, "world": INSTANCES}


def test_a_class_is_named():
    """VC-01, VC-02."""
    for name in (None, ""):
        bare = vm(className=name)
        assert refused(bare, user=PRIVILEGED) == [("spec.className", "Required", "VC-01")]
        assert refused(bare, **IMPORT) == [("spec.className", "Forbidden", "VC-02")]
        assert refused(bare, user=PRIVILEGED, **IMPORT) == []


def test_the_reference_does_not_ask_whether_the_class_exists():
    """VC-03: the portal's policy does (CAT-06)."""
    assert refused(vm(className="nowhere")) == []


@pytest.mark.parametrize(
    ("instance", "rules"),
    [("unknown", ["VC-04"]), ("small-v1", ["VC-05"]), ("orphan", ["VC-06"]), ("small-v2", [])],
)
def test_a_class_instance_exists_is_active_and_of_the_class(instance, rules):
    chosen = {"class": {**V2, "name": instance}}
    assert [rule for *_, rule in refused(vm(**chosen), **INSTANCED)] == rules
    assert refused(vm(**chosen), world=INSTANCES) == []
    old = stored(className="large")
    assert [
        rule for *_, rule in refused(changed(old, className="small", **chosen), old, **INSTANCED)
    ] == rules
    old = stored()
    assert refused(changed(old, **chosen), old, **INSTANCED) == []


def test_the_class_changes_where_vms_can_be_resized():
    """VC-07, VC-08: in any power state, but not to nothing."""
    old = stored()
    assert refused(changed(old, className="large"), old) == []
    assert refused(changed(old, className="large"), old, user=MASTER, **NO_RESIZE) == [
        ("spec.className", "Invalid", "VC-07")
    ]
    assert refused(changed(old, className="large"), old, VMResize=True, **NO_RESIZE) == []
    bare = changed(old, className=None)
    assert refused(bare, old, user=MASTER) == [("spec.className", "Required", "VC-08")]
    assert refused(bare, old, **IMPORT) == [("spec.className", "Required", "VC-08")]
    assert refused(bare, old, user=MASTER, **IMPORT) == []
