"""VirtualMachineSnapshots (section 7.6 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, thing, vm
from tests.admission.kinds import Asked
from vmportal.admission.reading import label
from vms.kinds import VIRTUAL_MACHINE_SNAPSHOT

LABEL = "snapshot.vmoperator.vmware.com/vm-name"
LABEL_PATH = f"metadata.labels[{LABEL}]"


def with_controllers(name: str, *modes: str, kind: str = "scsiControllers"):
    controllers = [{"busNumber": bus, "sharingMode": mode} for bus, mode in enumerate(modes)]
    return vm(name, hardware={kind: controllers})


SNAPSHOTS = Asked(
    VIRTUAL_MACHINE_SNAPSHOT,
    (
        vm("web-1"),
        vm("node-1", meta={"labels": {"capv.vmware.com/cluster.role": ""}}),
        vm("node-2", meta={"labels": {"capw.vmware.com/cluster.role": "x"}}),
        with_controllers("private", "None", "None"),
        with_controllers("shared", "None", "Physical", "Virtual"),
        with_controllers("shared-nvme", "Physical", kind="nvmeControllers"),
        thing("VirtualMachine", "theirs", "team-b", meta={"labels": {"capv.vmware.com/cluster.role": ""}}),
    ),
)


def snapshot(vm_name: str | None = "web-1", *, labels: dict | None = None, **spec):
    return SNAPSHOTS.obj(
        "snap", meta={"labels": labels} if labels is not None else {}, vmName=vm_name, **spec
    )


@pytest.mark.parametrize(
    ("labels", "noted"),
    [(None, "web-1"), ({"a": "b"}, "web-1"), ({LABEL: "other"}, "other"), ({LABEL: ""}, "")],
)
def test_the_vm_is_noted_in_a_label(labels, noted):
    """SNM-01: unless the label is there."""
    assert label(SNAPSHOTS.admitted(snapshot(labels=labels)), LABEL) == noted


@pytest.mark.parametrize("name", [None, ""])
def test_a_vm_is_named(name):
    """SNP-01."""
    assert SNAPSHOTS.refused(snapshot(name)) == [("spec.vmName", "Required", "SNP-01")]


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("web-1", []),
        ("nowhere", []),
        ("theirs", []),
        ("Not A Name", [("metadata.labels", "Invalid", "METADATA")]),
        ("node-1", [("spec.vmName", "Forbidden", "SNP-03")]),
        ("node-2", [("spec.vmName", "Forbidden", "SNP-03")]),
        ("private", []),
        ("shared-nvme", []),
        ("shared", [("spec.vmName", "NotSupported", "SNP-04")] * 2),
    ],
)
def test_not_every_vm_has_snapshots(name, errors):
    """SNP-02 to SNP-04, LBL-04: nobody is exempt."""
    assert SNAPSHOTS.refused(snapshot(name), user=MASTER) == errors


@pytest.mark.parametrize(
    ("new", "old", "errors"),
    [
        ({"memory": True}, {}, [("spec.memory", "Invalid", "SNP-05")]),
        ({"memory": False}, {"memory": True}, [("spec.memory", "Invalid", "SNP-05")]),
        ({"memory": False}, {}, []),
        ({"quiesce": {}}, {}, [("spec.quiesce", "Invalid", "SNP-06")]),
        ({}, {"quiesce": {"timeout": "5m"}}, [("spec.quiesce", "Invalid", "SNP-06")]),
        (
            {"quiesce": {"timeout": "6m"}},
            {"quiesce": {"timeout": "5m"}},
            [("spec.quiesce", "Invalid", "SNP-06")],
        ),
        ({"quiesce": {"timeout": "soon"}}, {"quiesce": {}}, [("spec.quiesce", "Invalid", "SNP-06")]),
        ({"quiesce": {"timeout": "300s"}}, {"quiesce": {"timeout": "5m"}}, []),
        ({"vm_name": "other"}, {}, [("spec.vmName", "Invalid", "SNP-07")]),
        ({"vm_name": None}, {}, [("spec.vmName", "Invalid", "SNP-07")]),
        ({"labels": {LABEL: "b"}}, {"labels": {LABEL: "a"}}, [(LABEL_PATH, "Invalid", "SNP-08")]),
        ({"labels": {}}, {"labels": {LABEL: "a"}}, [(LABEL_PATH, "Invalid", "SNP-08")]),
        ({"labels": {LABEL: "a"}}, {}, [(LABEL_PATH, "Invalid", "SNP-08")]),
        ({"labels": {LABEL: ""}}, {}, []),
        ({"description": "new"}, {"description": "old"}, []),
    ],
)
def test_only_the_description_changes(new, old, errors):
    """SNP-05 to SNP-09: nobody is exempt."""
    assert SNAPSHOTS.refused(snapshot(**new), snapshot(**old), user=MASTER) == errors


@pytest.mark.parametrize(
    ("span", "can_be_read", "vsphere_takes_it"),
    [
        ("5m", True, True),
        ("4h", True, True),
        ("299s", True, False),
        ("4h1s", True, False),
        ("-10m", True, False),
        ("0", True, False),
        ("10", False, False),
        ("soon", False, False),
        ("", False, False),
    ],
)
def test_how_long_a_guest_may_take(span, can_be_read, vsphere_takes_it):
    """SNP-10, UNE-12: the bounds are policy; what is no duration is refused by all."""
    new = snapshot(quiesce={"timeout": span})
    unread = [] if can_be_read else [("spec.quiesce.timeout", "Invalid", "PIPE-10")]
    assert SNAPSHOTS.refused(new) == unread
    unfit = [("spec.quiesce.timeout", "Invalid", "UNE-12")] if can_be_read and not vsphere_takes_it else []
    assert SNAPSHOTS.refused(new, policy=True) == unread + unfit
    assert SNAPSHOTS.refused(new, policy=True, policy_off=("UNE-12",)) == unread


def test_a_guest_that_is_not_asked_or_not_timed_is_fine():
    for new in (snapshot(), snapshot(quiesce={})):
        assert SNAPSHOTS.refused(new, policy=True) == []


def test_without_the_feature_nothing_is_done_nor_asked():
    assert SNAPSHOTS.refused(snapshot(None), VMSnapshots=False) == []
    assert label(SNAPSHOTS.admitted(snapshot(), VMSnapshots=False), LABEL) is None
    assert SNAPSHOTS.refused(snapshot("other"), snapshot(), VMSnapshots=False) == []
