"""What the portal asks of places, CD-ROMs and hardware versions beyond VM Operator (section 10 of the catalogue)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import WORLD, admitted, changed, refused, stored, thing, vm

ON, OFF, SUSPENDED = "PoweredOn", "PoweredOff", "Suspended"
BOTH = [{"busNumber": 0}, {"busNumber": 1}]
PARAVIRTUAL = {"type": "ParaVirtual", "sharingMode": "None"}
OFF_FLAGS = {"VMSharedDisks": False, "AllDisksArePVCs": False}
ALONE = ("D-02", "D-03", "D-04", "D-39")


def volume(name: str = "data", claim: str | None = "claim", **more: Any):
    return {"name": name, **({"persistentVolumeClaim": {"claimName": claim}} if claim else {}), **more}


def at(kind: str | None = None, bus: int | None = None, unit: int | None = None):
    place = {"controllerType": kind, "controllerBusNumber": bus, "unitNumber": unit}
    return {key: value for key, value in place.items() if value is not None}


def image(*disks: dict[str, Any], kind: str = "OVF", name: str = "vmi-disks"):
    content = {"providerItemID": f"item-{name}", "providerContentVersion": "1"}
    return thing(
        "VirtualMachineImage", name, "team-a", status={"type": kind, "disks": list(disks), **content}
    )


WITH_DISK = (
    *WORLD,
    image(at("SCSI", 0, 0)),
    image(kind="ISO", name="vmi-iso"),
    image(kind="iso", name="vmi-iso2"),
)


def made(*volumes, off: tuple[str, ...] = (), hardware=None, **request):
    """The spec of a new VM with these volumes, from an image with a disk on SCSI 0:0."""
    sent = vm(imageName="vmi-disks", volumes=list(volumes), hardware=hardware)
    return admitted(sent, policy=True, policy_off=off, world=WITH_DISK, **request)["spec"]


def errors(new, old=None, **request):
    return refused(new, old, policy=True, world=WITH_DISK, **request)


def places(spec):
    return [tuple(device.get(key) for key in at("x", 0, 0)) for device in spec["volumes"]]


def test_new_volumes_are_placed_at_once():
    """D-04, STO-53, STO-55: beside the disk of the image, whose controller is not listed: it is not known well."""
    spec = made(volume(), volume("more", "other"))
    assert places(spec) == [("SCSI", 0, 1), ("SCSI", 0, 2)]
    assert "scsiControllers" not in spec["hardware"]
    assert places(made(volume(), off=("D-04",))) == [(None, None, None)]
    assert places(made(volume(), **OFF_FLAGS)) == [(None, None, None)]


def test_controllers_that_new_volumes_need_are_listed():
    """D-04, HW-14, UPG-28."""
    spec = made(volume(**at("NVME")))
    assert spec["hardware"]["nvmeControllers"] == [{"busNumber": 0, "sharingMode": "None"}]
    assert spec["hardware"]["ideControllers"] == BOTH


def test_a_controller_of_the_class_is_used():
    """D-04: as it is known from the class."""
    device = {"_typeName": "ParaVirtualSCSIController", "busNumber": 1, "sharedBus": "physicalSharing"}
    config = {"deviceChange": [{"operation": "add", "device": device}]}
    world = (*WITH_DISK, thing("VirtualMachineClass", "shared", "team-a", spec={"configSpec": config}))
    sent = vm(
        className="shared",
        imageName="vmi-disks",
        volumes=[volume(applicationType="MicrosoftWSFC"), volume("b", "b", **at("SCSI", 1))],
    )
    spec = admitted(sent, policy=True, world=world)["spec"]
    assert places(spec) == [("SCSI", 1, 1), ("SCSI", 1, 0)]
    assert "scsiControllers" not in spec["hardware"]


@pytest.mark.parametrize(
    ("place", "whole"),
    [
        (at("SATA"), ("SATA", 0, 0)),
        (at("SCSI", 0), ("SCSI", 0, 1)),
        (at(None, 0), ("SCSI", 0, 1)),
        (at(None, None, 9), ("SCSI", 0, 9)),
        (at("IDE", 1), ("IDE", 1, 0)),
    ],
)
def test_a_part_of_a_place_is_completed(place, whole):
    """D-03, STO-51: with a Supervisor, where D-04 is off, too."""
    assert places(made(volume(**place))) == [whole]
    assert places(made(volume(**place), off=("D-04",))) == [whole]


def test_without_the_policy_a_part_of_a_place_is_refused():
    """D-03, VV-31, VV-32."""
    found = errors(vm(imageName="vmi-disks", volumes=[volume(**at("SATA"))]), policy_off=("D-03", "D-04"))
    assert [rule for *_, rule in found] == ["VV-32"]


def test_a_volume_of_a_failover_cluster_gets_a_physically_shared_controller():
    """D-39."""
    for off in ((), ("D-04",), ("D-04", "D-03")):
        spec = made(volume(applicationType="MicrosoftWSFC"), off=off)
        assert places(spec) == [("SCSI", 1, 0)]
        shared = [{"busNumber": 1, **PARAVIRTUAL, "sharingMode": "Physical"}]
        assert spec["hardware"]["scsiControllers"] == shared
    assert places(made(volume(applicationType="MicrosoftWSFC"), off=ALONE)) == [(None, None, None)]


def test_new_cdroms_are_placed_at_once():
    """D-04: on IDE, beside volumes."""
    cdrom = {"name": "cd1", "image": {"name": "vmi-iso"}}
    sent = vm(
        imageName="vmi-disks", guestID="x", hardware={"cdrom": [cdrom]}, volumes=[volume(**at("IDE", 0, 0))]
    )
    found = admitted(sent, policy=True, world=WITH_DISK)["spec"]["hardware"]
    assert at("IDE", 0, 1).items() <= found["cdrom"][0].items()
    assert found["ideControllers"] == BOTH
    plain = admitted(sent, policy=True, policy_off=("D-04",), world=WITH_DISK)["spec"]["hardware"]
    assert "controllerType" not in plain["cdrom"][0]


@pytest.mark.parametrize(
    ("place", "hardware", "is_known"),
    [
        (at("SCSI", 0, 3), {}, True),
        (at("IDE", 1, 0), {}, True),
        (at("SCSI", 1, 0), {}, False),
        (at(None, 1), {}, False),
        (at("NVME", 1, 0), {"nvmeControllers": [{"busNumber": 0}]}, False),
        (at("NVME", 1, 0), {"nvmeControllers": [{"busNumber": 1}]}, True),
        (at("IDE", 1, 0), {"ideControllers": BOTH}, True),
    ],
)
def test_a_new_volume_names_a_controller_that_is_there(place, hardware, is_known):
    """D-02, STO-22: listed, or brought by the image."""
    wrong = [("spec.volumes[0].controllerBusNumber", "Invalid", "D-02")]
    sent = vm(imageName="vmi-disks", volumes=[volume(**place)], hardware=hardware)
    assert errors(sent) == ([] if is_known else wrong)
    assert errors(sent, policy_off=("D-02",)) == []


def test_an_added_volume_names_a_controller_that_is_there():
    """D-02, STO-50: the request itself may list it; what is seen counts; what was so before may stay so."""
    old = stored(powerState=OFF)
    bus_3 = [volume(**at("SCSI", 3, 0))]
    listed = {"ideControllers": BOTH, "scsiControllers": [{"busNumber": 3}]}
    wrong = [("spec.volumes[0].controllerBusNumber", "Invalid", "D-02")]
    assert errors(changed(old, volumes=bus_3), old) == wrong
    assert errors(changed(old, volumes=bus_3), old, policy_off=("D-02",)) == []
    assert errors(changed(old, volumes=bus_3, hardware=listed), old) == []
    seen = {"hardware": {"controllers": [{"type": "SCSI", "busNumber": 3, "deviceKey": 1003}]}}
    known = stored(powerState=OFF, status=seen)
    assert errors(changed(known, volumes=bus_3), known) == []
    mark = {"annotations": {"vmoperator.vmware.com/upgraded-to-feature-version": "1"}}
    unlisted = stored(powerState=OFF, volumes=bus_3, meta=mark)
    assert errors(changed(unlisted, className="large"), unlisted) == []


def test_a_volume_avoids_disks_that_are_only_seen():
    """QRK-07."""
    seen = {
        "hardware": {
            "controllers": [
                {
                    "type": "SCSI",
                    "busNumber": 0,
                    "deviceKey": 1000,
                    "devices": [{"type": "Disk", "unitNumber": 0}],
                }
            ]
        }
    }
    listed = {"ideControllers": BOTH, "scsiControllers": [{"busNumber": 0, **PARAVIRTUAL}]}
    old = stored(powerState=OFF, hardware=listed, status=seen)
    new = changed(old, volumes=[volume()])
    assert places(admitted(new, old, policy=True)["spec"]) == [("SCSI", 0, 1)]
    assert places(admitted(new, old, policy=True, policy_off=("QRK-07",))["spec"]) == [("SCSI", 0, 0)]


def test_a_cdrom_avoids_volumes():
    """QRK-06: the reference puts both on one slot, and refuses that."""
    old = stored(powerState=OFF, guestID="x")
    cdrom = {"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": "vmi-iso"}}
    new = changed(old, hardware={"ideControllers": BOTH, "cdrom": [cdrom]}, volumes=[volume(**at("IDE"))])
    found = admitted(new, old, policy=True, world=WITH_DISK)["spec"]
    assert places(found) == [("IDE", 0, 0)]
    assert at("IDE", 0, 1).items() <= found["hardware"]["cdrom"][0].items()
    assert [rule for *_, rule in errors(new, old, policy_off=("QRK-06",))] == ["VK-12"]


@pytest.mark.parametrize(
    ("name", "kind", "type_"),
    [
        ("vmi-iso", "", ""),
        ("vmi-iso2", "", ""),
        ("vmi-gone", "NotFound", "D-36"),
        ("vmi-disks", "Invalid", "D-36"),
    ],
)
def test_a_cdrom_has_an_iso_image(name, kind, type_):
    """D-36: on create, and on update what is new; nothing is said of another team's images."""
    cdrom = {"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": name}}
    wrong = [("spec.hardware.cdrom[0].image.name", kind, type_)] if kind else []
    assert errors(vm(imageName="vmi-disks", guestID="x", hardware={"cdrom": [cdrom]})) == wrong
    old = stored(powerState=OFF, guestID="x")
    new = changed(old, hardware={"ideControllers": BOTH, "cdrom": [cdrom]})
    assert errors(new, old) == wrong
    assert errors(new, old, policy_off=("D-36",)) == []
    assert errors(changed(new, className="large"), new) == []


def test_a_suspended_vm_keeps_guest_and_cdroms():
    """D-38: seen or wanted so; powering off in the same step, or being held before power-on, sets them free."""
    with_cdrom = {"cdrom": [{"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": "vmi-iso"}}]}
    for state, status in (
        (SUSPENDED, None),
        (SUSPENDED, {"powerState": SUSPENDED}),
        (OFF, {"powerState": SUSPENDED}),
    ):
        old = stored(powerState=state, guestID="x", status=status)
        after = {} if state == SUSPENDED else {"powerState": ON}
        edits = (
            ({"guestID": "y"}, "spec.guestID"),
            ({"hardware": {**with_cdrom, "ideControllers": BOTH}}, "spec.hardware.cdrom"),
        )
        for edit, path in edits:
            new = changed(old, **after, **edit)
            assert errors(new, old) == [(path, "Forbidden", "D-38")]
            assert errors(new, old, policy_off=("D-38",)) == []
            assert errors(changed(new, powerState=OFF, powerOffMode="Hard"), old) == []


def test_the_hardware_version_is_known():
    """QRK-11: what VD-14 refuses is not said twice."""
    wrong = ("spec.minHardwareVersion", "Invalid")
    for version, rules in ((256, ["QRK-11"]), (23, ["VD-14"]), (22, [])):
        assert errors(vm(minHardwareVersion=version)) == [(*wrong, rule) for rule in rules]


def test_both_ide_controllers_are_listed_or_none():
    """QRK-14."""
    one = vm(hardware={"ideControllers": BOTH[:1]})
    assert errors(one) == [("spec.hardware.ideControllers", "Invalid", "QRK-14")]
    assert errors(one, policy_off=("QRK-14",)) == []
    assert errors(one, **OFF_FLAGS) == []
    assert errors(vm(hardware={"ideControllers": BOTH})) == []
    assert errors(vm()) == []
