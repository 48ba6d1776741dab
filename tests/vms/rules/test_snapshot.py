"""The snapshot that a VM reverts to (section 6.15 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, changed, refused, stored, vm

PATH = "spec.currentSnapshotName"


def test_a_new_vm_reverts_to_nothing():
    """VG-01."""
    wrong = [(PATH, "Forbidden", "VG-01")]
    assert refused(vm(currentSnapshotName="snap")) == wrong
    assert refused(vm(currentSnapshotName=" "), user=MASTER) == wrong
    assert refused(vm(currentSnapshotName="")) == []


@pytest.mark.parametrize(
    ("before", "after", "errors"),
    [
        (None, "snap", []),
        (None, "  ", [("Invalid", "VG-02")]),
        ("snap", "  ", [("Invalid", "VG-02")]),
        ("snap", "snap", []),
        ("snap", "other", [("Forbidden", "VG-03")]),
        ("snap", None, []),
    ],
)
def test_one_revert_at_a_time(before, after, errors):
    """VG-02, VG-03, VG-05: nobody looks whether there is such a snapshot."""
    old = stored(currentSnapshotName=before)
    found = refused(changed(old, currentSnapshotName=after), old, user=MASTER)
    assert found == [(PATH, *error) for error in errors]


@pytest.mark.parametrize("label", ["capw.vmware.com/cluster.role", "capv.vmware.com/cluster.role"])
def test_nodes_of_clusters_are_not_reverted(label):
    """VG-04: the label's presence counts."""
    old = stored(meta={"labels": {label: ""}})
    wrong = [(PATH, "Forbidden", "VG-04")]
    assert refused(changed(old, currentSnapshotName="snap"), old) == wrong
    set_already = stored(meta={"labels": {label: ""}}, currentSnapshotName="snap")
    assert refused(changed(set_already, guestID="x", powerState="PoweredOff"), set_already) == wrong
    assert refused(changed(set_already, currentSnapshotName=None), set_already) == []
