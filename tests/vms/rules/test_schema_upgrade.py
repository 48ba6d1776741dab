"""The marks of the schema upgrade, and what waits for it (sections 3 and 6.16 of the catalogue)."""

from __future__ import annotations

import uuid

import pytest

from tests.admission.asking import BUILD, MASTER, PRIVILEGED, UPGRADED, changed, refused, stored

MARK = "vmoperator.vmware.com/upgraded-to-{}-version"
RULES = {MARK.format("build"): "VU-07", MARK.format("schema"): "VU-08", MARK.format("feature"): "VU-09"}


def marked(key: str, value: str | None):
    annotations = {name: mark for name, mark in UPGRADED.items() if name != key}
    return {**annotations, **({} if value is None else {key: value})}


def having(key: str, value: str | None):
    old = stored(powerState="PoweredOff")
    return {**old, "metadata": {**old["metadata"], "annotations": marked(key, value)}}


@pytest.mark.parametrize(("key", "rule"), RULES.items())
def test_only_the_system_sets_the_marks(key, rule):
    """VU-07 to VU-09: privilege alone is not enough; deleting is free."""
    for before in ("old", None):
        for user in (None, PRIVILEGED):
            found = refused(having(key, "new"), having(key, before), **({"user": user} if user else {}))
            assert found == [(f"metadata.annotations[{key}]", "Forbidden", rule)]
        assert refused(having(key, "new"), having(key, before), user=MASTER) == []
    for after in (None, "", "old"):
        assert refused(having(key, after), having(key, "old")) == []


CONTROLLERS = {
    "ideControllers": ([{"busNumber": 0}], "VU-11"),
    "nvmeControllers": ([{"busNumber": 0}], "VU-12"),
    "sataControllers": ([{"busNumber": 0}], "VU-13"),
    "scsiControllers": ([{"busNumber": 0}], "VU-14"),
}


def not_upgraded(**spec):
    return stored(meta={"annotations": {MARK.format("feature"): "1"}}, powerState="PoweredOff", **spec)


@pytest.mark.parametrize(
    ("field", "controllers", "rule"), [(key, *value) for key, value in CONTROLLERS.items()]
)
def test_controllers_wait_for_the_upgrade(field, controllers, rule):
    """VU-11 to VU-14."""
    old = not_upgraded()
    new = changed(old, hardware={**old["spec"]["hardware"], field: controllers})
    assert refused(new, old) == [(f"spec.hardware.{field}", "Forbidden", rule)]
    assert refused(new, old, user=PRIVILEGED) == [(f"spec.hardware.{field}", "Forbidden", rule)]
    assert refused(new, old, user=MASTER) == []
    assert refused(new, old, VMSharedDisks=False) == []
    done = stored(powerState="PoweredOff")
    assert rule not in [found for *_, found in refused(changed(done, hardware=new["spec"]["hardware"]), done)]


def test_no_list_and_an_empty_one_are_the_same():
    """PYT-07."""
    old = not_upgraded(hardware={"scsiControllers": []})
    assert refused(changed(old, hardware=None), old) == []


def test_the_bios_uuid_waits_for_the_upgrade():
    """VU-10: also if there is none yet; once there is one, it stays anyway (VU-04)."""
    new_uuid = str(uuid.uuid4())
    empty = not_upgraded(biosUUID=None)
    assert refused(changed(empty, biosUUID=new_uuid), empty) == [("spec.biosUUID", "Forbidden", "VU-10")]
    assert refused(changed(empty, biosUUID=new_uuid), empty, user=MASTER) == []
    old = not_upgraded()
    assert [rule for *_, rule in refused(changed(old, biosUUID=new_uuid), old)] == ["VU-10", "VU-04"]


@pytest.mark.parametrize(
    ("build", "schema", "feature", "is_upgraded"),
    [
        (BUILD, "v1alpha5", "7", True),
        (BUILD, "v1alpha5", "07", True),
        ("v0", "v1alpha5", "7", False),
        ("", "v1alpha5", "7", False),
        (BUILD, "v1alpha4", "7", False),
        (BUILD, "v1alpha5", "5", False),
        (BUILD, "v1alpha5", "3", False),
        (BUILD, "v1alpha5", "0", False),
        (BUILD, "v1alpha5", "8", False),
        (BUILD, "v1alpha5", "15", False),
        (BUILD, "v1alpha5", "0x7", False),
        (BUILD, "v1alpha5", "-7", False),
        (BUILD, "v1alpha5", "65543", False),
        (BUILD, "v1alpha5", "", False),
    ],
)
def test_a_vm_is_upgraded_when_all_three_marks_say_so(build, schema, feature, is_upgraded):
    """UPG-01 to UPG-03: seen by whether its controllers wait."""
    values = zip(RULES, (build, schema, feature), strict=True)
    old = stored(powerState="PoweredOff", meta={"annotations": dict(values)})
    new = changed(old, hardware={**old["spec"]["hardware"], "scsiControllers": [{"busNumber": 0}]})
    assert (refused(new, old) == []) is is_upgraded


@pytest.mark.parametrize(
    ("shared", "pvcs", "target"),
    [(True, True, "7"), (True, False, "7"), (False, True, "5"), (False, False, "1")],
)
def test_the_features_say_what_upgraded_means(shared, pvcs, target):
    """UPG-02, UPG-04, D-12, D-13: seen by whether the BIOS UUID waits; more than asked for will do."""
    flags = {"VMSharedDisks": shared, "AllDisksArePVCs": pvcs}
    for mask in ("1", "3", "5", "7"):
        old = stored(
            powerState="PoweredOff", biosUUID=None, meta={"annotations": {MARK.format("feature"): mask}}
        )
        new = changed(old, biosUUID=str(uuid.uuid4()))
        is_upgraded = int(mask) & int(target) == int(target)
        assert (refused(new, old, **flags) == []) is is_upgraded
