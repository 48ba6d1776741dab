"""Power states, restarts, and what stays while a VM is on (section 6.10 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, changed, refused, stored, vm

ON, OFF, SUSPENDED = "PoweredOn", "PoweredOff", "Suspended"
CHECK = "poweron.check.vmoperator.vmware.com/net"


def rules(*arguments, **request):
    return [rule for *_, rule in refused(*arguments, **request)]


def test_a_new_vm_is_on_or_off():
    """VW-01, PWR-07."""
    assert refused(vm(powerState=SUSPENDED)) == [("spec.powerState", "Invalid", "VW-01")]
    assert refused(vm(powerState=OFF)) == []


@pytest.mark.parametrize("before", [ON, OFF, SUSPENDED])
@pytest.mark.parametrize("after", [ON, OFF, SUSPENDED])
def test_only_from_off_to_suspended_is_refused(before, after):
    """VW-03, VW-04: the reference judges wishes only."""
    old = stored(powerState=before)
    wanted = ["VW-03"] if (before, after) == (OFF, SUSPENDED) else []
    assert rules(changed(old, powerState=after), old) == wanted


def test_the_power_state_is_not_taken_away():
    """VW-02, QRK-21: missing is refused by the rule, empty by the schema; no lock says more."""
    old = stored()
    assert refused(changed(old, powerState=None, guestID="x"), old) == [
        ("spec.powerState", "Invalid", "VW-02")
    ]
    assert refused(changed(old, powerState=""), old) == [("spec.powerState", "NotSupported", "SCHEMA")]


def test_a_new_vm_has_no_restart_time():
    """VW-05, PWR-22."""
    assert refused(vm(nextRestartTime="now")) == [("spec.nextRestartTime", "Invalid", "VW-05")]


def test_a_stored_restart_time_is_left_alone():
    """Whatever it is: MU-06 looks only at a change."""
    old = stored(nextRestartTime="yesterday")
    assert refused(changed(old, className="large"), old) == []


CDROM = {
    "name": "cd1",
    "image": {"kind": "VirtualMachineImage", "name": "vmi-0001"},
    "controllerType": "SATA",
    "controllerBusNumber": 0,
    "unitNumber": 0,
}
OTHER = {**CDROM, "name": "cd2", "image": {**CDROM["image"], "name": "vmi-0002"}, "unitNumber": 1}
HARDWARE = {"ideControllers": [{"busNumber": 0}, {"busNumber": 1}], "sataControllers": [{"busNumber": 0}]}


def with_cdroms(*cdroms):
    return {**HARDWARE, "cdrom": list(cdroms)}


def running(**more):
    return stored(guestID="a", hardware=with_cdroms(CDROM), status={"powerState": ON}, **more)


EDITS = [
    ({"guestID": "b"}, ["VW-10"]),
    ({"hardware": with_cdroms(CDROM, OTHER)}, ["VW-11"]),
    ({"hardware": with_cdroms()}, ["VW-11"]),
    ({"hardware": with_cdroms(OTHER)}, ["VW-12", "VW-13"]),
    ({"hardware": with_cdroms({**CDROM, "image": {**CDROM["image"], "name": "vmi-0002"}})}, ["VW-14"]),
    ({"hardware": with_cdroms({**CDROM, "controllerType": "IDE"})}, ["VW-15"]),
    ({"hardware": with_cdroms({**CDROM, "controllerBusNumber": 1})}, ["VW-16"]),
    ({"hardware": with_cdroms({**CDROM, "unitNumber": 1})}, ["VW-17"]),
    ({"hardware": with_cdroms({**CDROM, "connected": False, "allowGuestControl": False})}, []),
    ({"bootOptions": {"firmware": "efi"}}, ["VW-19"]),
    ({"className": "large"}, []),
]


def test_the_guest_id_of_a_vm_that_stays_on_is_not_taken_away():
    """VW-10; and a VM with a CD-ROM needs one at all times (VD-01)."""
    old = running()
    assert rules(changed(old, guestID=None), old) == ["VW-10", "VD-01"]
    assert rules(changed(old, guestID=None, powerState=OFF), old) == ["VD-01"]


@pytest.mark.parametrize(("edit", "wanted"), EDITS)
def test_hardware_of_a_vm_that_stays_on_is_locked(edit, wanted):
    """VW-10 to VW-20: nobody is exempt."""
    old = running()
    assert rules(changed(old, **edit), old) == wanted
    assert rules(changed(old, **edit), old, user=MASTER) == wanted


@pytest.mark.parametrize("edit", [edit for edit, wanted in EDITS if wanted])
def test_the_locks_are_off_while_the_vm_is_not_on(edit):
    """VW-09: powering off in the same request, being off or suspended, or held by a power-on check."""
    old = running()
    assert rules(changed(old, powerState=OFF, **edit), old) == []
    for state in (OFF, SUSPENDED):
        old = running(powerState=state)
        assert rules(changed(old, **edit), old) == []
    for key in (CHECK, "poweron.check.vmoperator.vmware.com"):
        old = running(meta={"annotations": {key: "wait"}})
        assert rules(changed(old, **edit), old) == []


def test_the_places_of_cdroms_are_locked_only_once_seen_and_upgraded():
    """VW-15 to VW-17: an observed power state, the upgrade, and the feature."""
    moved = {"hardware": with_cdroms({**CDROM, "unitNumber": 1})}
    old = running()
    assert rules(changed(old, **moved), old, VMSharedDisks=False, AllDisksArePVCs=False) == []
    old = running(meta={"annotations": {"vmoperator.vmware.com/upgraded-to-build-version": "v0"}})
    assert rules(changed(old, **moved), old) == []
    old = {key: value for key, value in running().items() if key != "status"}
    assert rules(changed(old, **moved), old) == []


def test_the_error_paths_are_the_reference_s():
    """QRK-10: the CD-ROM that vanished has no index."""
    old = running()
    assert [error[:2] for error in refused(changed(old, hardware=with_cdroms(OTHER)), old)] == [
        ("spec.hardware.cdrom.name", "Forbidden"),
        ("spec.hardware.cdrom[0].name", "Forbidden"),
    ]
