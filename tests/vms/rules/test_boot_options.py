"""How a VM boots (section 6.14 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, changed, refused, stored, vm

ORDER = "spec.bootOptions.bootOrder"
DISK, NET, CDROM = "Disk", "Network", "CDRom"


def device(kind: str, name: str | None = None):
    return {"type": kind, **({} if name is None else {"name": name})}


def asked(*order, **spec):
    """The errors of an update that gives this order to a VM with disk `disk`, interface `eth0` and a CD-ROM."""
    cdrom = {"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": "vmi-0001"}}
    whole = {
        "guestID": "x",
        "powerState": "PoweredOff",
        "network": {"interfaces": [{"name": "eth0"}]},
        "hardware": {"cdrom": [cdrom], "ideControllers": [{"busNumber": 0}, {"busNumber": 1}]},
        **spec,
    }
    old = stored(status={"volumes": [{"name": "disk", "type": "Managed"}]}, **whole)
    return refused(changed(old, bootOptions={"bootOrder": list(order)}), old)


def test_a_new_vm_has_no_boot_order():
    """VO-01: an empty one is as none."""
    wrong = [(ORDER, "Forbidden", "VO-01")]
    sent = vm(bootOptions={"bootOrder": [device(DISK, "disk")]})
    assert refused(sent) == wrong
    assert refused(sent, user=MASTER) == wrong
    assert refused(vm(bootOptions={"bootOrder": []})) == []


@pytest.mark.parametrize(
    "order",
    [
        [device(DISK, "disk"), device(NET, "eth0"), device(CDROM)],
        [device(CDROM, "any name")],
        [device(CDROM), device(CDROM, "cd1")],
        [],
    ],
)
def test_the_devices_of_the_vm_may_stand_in_any_order(order):
    assert asked(*order) == []


@pytest.mark.parametrize(
    ("order", "path", "type_", "rule"),
    [
        ([device(DISK)], "[0].name", "Required", "VO-04"),
        ([device(NET, "")], "[0].name", "Required", "VO-04"),
        ([device(DISK, "disk"), device(DISK, "disk")], "[1]", "Duplicate", "VO-05"),
        ([device(CDROM), device(CDROM)], "[1]", "Duplicate", "VO-05"),
        ([device(DISK, "disk"), device(CDROM, "disk")], "[1]", "Duplicate", "VO-05"),
        ([device(NET, "eth1")], "[0]", "Invalid", "VO-07"),
        ([device(DISK, "eth0")], "[0]", "Invalid", "VO-08"),
    ],
)
def test_the_boot_order_names_devices_of_the_vm_once(order, path, type_, rule):
    assert asked(*order) == [(f"{ORDER}{path}", type_, rule)]


def test_a_disk_of_the_spec_is_no_disk_yet():
    """VO-08: what counts is the status."""
    place = {"controllerType": "IDE", "controllerBusNumber": 1, "unitNumber": 0}
    volume = {"name": "other", **place, "diskMode": "Persistent", "sharingMode": "None"}
    assert asked(device(DISK, "other"), volumes=[volume]) == [(f"{ORDER}[0]", "Invalid", "VO-08")]


def test_what_the_vm_has_not_cannot_be_booted_from():
    """VO-06, VO-09."""
    assert asked(device(NET, "eth0"), network=None) == [(f"{ORDER}[0]", "Invalid", "VO-06")]
    bare = {"ideControllers": [{"busNumber": 0}, {"busNumber": 1}]}
    assert asked(device(CDROM), hardware=bare) == [(f"{ORDER}[0]", "Invalid", "VO-09")]


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({"bootRetryDelay": "10s"}, ["VO-02"]),
        ({"bootRetryDelay": "10s", "bootRetry": "Disabled"}, ["VO-02"]),
        ({"bootRetryDelay": "10s", "bootRetry": "Enabled"}, []),
        ({"bootRetry": "Enabled"}, []),
        ({"efiSecureBoot": "Enabled"}, ["VO-03"]),
        ({"efiSecureBoot": "Enabled", "firmware": "bios"}, ["VO-03"]),
        ({"efiSecureBoot": "Enabled", "firmware": "efi"}, []),
        ({"efiSecureBoot": "Disabled", "firmware": "bios"}, []),
        ({"bootDelay": "5"}, ["PIPE-10"]),
        ({"bootDelay": ""}, ["PIPE-10"]),
        ({"bootRetryDelay": "soon", "bootRetry": "Enabled"}, ["PIPE-10"]),
        ({"bootDelay": "1m30s"}, []),
    ],
)
def test_options_fit_together(options, rules):
    """VO-02, VO-03, PIPE-10: on create and update, for everybody."""
    assert [rule for *_, rule in refused(vm(bootOptions=options), user=MASTER)] == rules
    old = stored(powerState="PoweredOff")
    assert [rule for *_, rule in refused(changed(old, bootOptions=options), old)] == rules
