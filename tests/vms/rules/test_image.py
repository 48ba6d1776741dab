"""Which image a VM is made from (section 6.2 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, PRIVILEGED, changed, refused, stored, vm

IMAGE = {"kind": "VirtualMachineImage", "name": "vmi-0001"}
IMPORT = {"VMImportNewNet": True}
RESTORE = {"VMIncrementalRestore": True}


def test_an_image_is_named():
    """VI-03."""
    for name in (None, ""):
        assert refused(vm(imageName=name)) == [("spec.image", "Required", "VI-03")]


def test_an_unresolved_name_is_not_called_missing_as_well():
    assert [rule for _, _, rule in refused(vm(imageName="nothing"))] == ["MC-11"]


@pytest.mark.parametrize("flags", [IMPORT, RESTORE])
def test_only_privileged_users_leave_the_image_out(flags):
    """VI-04."""
    bare = vm(imageName=None)
    assert refused(bare, **flags) == [("spec.image", "Forbidden", "VI-04")]
    assert refused(bare, user=PRIVILEGED, **flags) == []
    assert refused(bare, user=PRIVILEGED) == [("spec.image", "Required", "VI-03")]


@pytest.mark.parametrize(
    ("image", "error", "more"),
    [
        ({"name": "vmi-0001"}, ("spec.image.kind", "Required", "VI-05"), []),
        ({"name": "vmi-0001", "kind": ""}, ("spec.image.kind", "Required", "VI-05"), []),
        ({"name": "vmi-0001", "kind": "Image"}, ("spec.image.kind", "Invalid", "VI-06"), ["VK-16"]),
    ],
)
def test_the_image_has_one_of_two_kinds(image, error, more):
    """Without a kind it is looked up by its name; of another kind nothing is found (VK-16)."""
    found = refused(vm(imageName=None, image=image))
    assert found[0] == error
    assert [rule for *_, rule in found[1:]] == more


def test_image_and_name_stay():
    """VI-07, VI-08: nobody is exempt."""
    old = stored()
    for name in ("vmi-0002", None, ""):
        errors = refused(changed(old, imageName=name), old, user=MASTER)
        assert errors == [("spec.imageName", "Invalid", "VI-07")]
    for image in ({**IMAGE, "name": "vmi-0003"}, {**IMAGE, "kind": "ClusterVirtualMachineImage"}, None):
        errors = refused(changed(old, image=image), old, user=MASTER)
        assert errors == [("spec.image", "Invalid", "VI-08")]


def test_privileged_users_take_the_image_from_a_vm_that_failed_over():
    """VI-09."""
    old = stored(meta={"annotations": {"vmoperator.vmware.com/failed-over-vm": ""}})
    bare = changed(old, image=None, imageName=None)
    assert refused(bare, old, **RESTORE) == [
        ("spec.image", "Forbidden", "VI-09"),
        ("spec.imageName", "Forbidden", "VI-09"),
    ]
    assert refused(bare, old, user=PRIVILEGED, **RESTORE) == []
    half = changed(old, image=None)
    assert refused(half, old, user=PRIVILEGED, **RESTORE) == [("spec.image", "Invalid", "VI-08")]
    assert [rule for *_, rule in refused(bare, old, user=PRIVILEGED)] == ["VI-07", "VI-08"]
