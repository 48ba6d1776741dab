"""That an update places volumes and CD-ROMs, and when it does not (section 5.2 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import admitted, changed, stored

NOT_UPGRADED = {"annotations": {"vmoperator.vmware.com/upgraded-to-feature-version": "0"}}
PLACE = {"controllerType": "SCSI", "controllerBusNumber": 0, "unitNumber": 0}
BOTH = [{"busNumber": 0}, {"busNumber": 1}]


def off(**more):
    return stored(powerState="PoweredOff", guestID="x", **more)


@pytest.mark.parametrize(
    ("shared", "pvcs", "is_placed"), [(True, True, True), (False, True, True), (False, False, False)]
)
def test_volumes_are_placed_on_update(shared, pvcs, is_placed):
    """MU-11, with controllers where they are missing; never on create."""
    old = off()
    flags = {"VMSharedDisks": shared, "AllDisksArePVCs": pvcs}
    spec = admitted(changed(old, volumes=[{"name": "disk"}]), old, **flags)["spec"]
    assert (PLACE.items() <= spec["volumes"][0].items()) is is_placed
    assert ("scsiControllers" in spec["hardware"]) is is_placed


def test_volumes_of_a_vm_that_was_not_upgraded_stay_unplaced():
    old = off(meta=NOT_UPGRADED)
    assert (
        "controllerType" not in admitted(changed(old, volumes=[{"name": "disk"}]), old)["spec"]["volumes"][0]
    )


@pytest.mark.parametrize(("shared", "is_placed"), [(True, True), (False, False)])
def test_cdroms_are_placed_on_update(shared, is_placed):
    """MU-13: around the disks that are seen (MD-02)."""
    devices = [{"type": "Disk", "unitNumber": 0}]
    seen = {
        "hardware": {"controllers": [{"type": "IDE", "busNumber": 0, "deviceKey": 200, "devices": devices}]}
    }
    old = off(status=seen)
    cdrom = {"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": "vmi-0001"}}
    new = changed(old, hardware={"ideControllers": BOTH, "cdrom": [cdrom]})
    found = admitted(new, old, VMSharedDisks=shared)["spec"]["hardware"]["cdrom"][0]
    place = {"controllerType": "IDE", "controllerBusNumber": 0, "unitNumber": 1}
    assert (place.items() <= found.items()) is is_placed


def test_the_order_of_the_two_steps_shows():
    """Volumes first: they see CD-ROMs that are placed, CD-ROMs do not see them (QRK-06)."""
    old = off()
    cdrom = {"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": "vmi-0001"}}
    slot = {"controllerType": "IDE", "controllerBusNumber": 0}
    new = changed(
        old,
        volumes=[{"name": "disk", **slot}],
        hardware={"ideControllers": BOTH, "cdrom": [{**cdrom, **slot, "unitNumber": 0}]},
    )
    assert admitted(new, old)["spec"]["volumes"][0]["unitNumber"] == 1
