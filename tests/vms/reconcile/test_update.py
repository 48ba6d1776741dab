"""The configuration of a VM that exists: what changes when, resize, hardware, schema upgrade (10, 11, 16, 23)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vms.reconcile.builders import (
    ETH0,
    annotation,
    card,
    condition,
    devices,
    disk,
    extra,
    facts,
    image,
    patches,
    seen,
    settled,
    task,
    vm_class,
    wish,
)
from vmportal.backends.base import ClaimInterfaces, PowerOnVM, ReconfigVM, UpgradeVM
from vms.annotations import (
    LAST_RESIZED_CLASS,
    SAME_CLASS_RESIZE,
    UPGRADED_TO_BUILD,
    UPGRADED_TO_FEATURE,
    UPGRADED_TO_SCHEMA,
)
from vms.reconcile import plan

SYNCED = "VirtualMachineClassConfigurationSynced"
OFF: Any = {"powerState": "PoweredOff"}


def config_change(vm, observed=None, *objects, **known):
    """The ConfigSpec of the reconfigure, or None."""
    step = plan(vm, observed or seen("poweredOff"), facts(*objects, **known))
    return step.actions[0].config if step.actions and isinstance(step.actions[0], ReconfigVM) else None


def with_devices(*more, power="poweredOff", base=None):
    device = [*(devices() if base is None else base), *more]
    return seen(power, config={"hardware": {"numCPU": 2, "memoryMB": 4096, "device": device}})


def operations(config):
    return [(item["operation"], item["device"]["_typeName"]) for item in config["deviceChange"]]


# --- What can change in which state --------------------------------------------------------------------


@pytest.mark.parametrize("power", ["poweredOn", "poweredOff", "suspended"])
def test_whose_vm_it_is_is_kept_right_in_every_state(power):
    observed = seen(power, config={"extraConfig": [], "managedBy": None})
    state = {"poweredOn": "PoweredOn", "poweredOff": "PoweredOff", "suspended": "Suspended"}[power]
    found = config_change(settled(powerState=state), observed)
    assert found["managedBy"]["type"] == "VirtualMachine"
    assert found["extraConfig"] == [{"key": "vmservice.namespacedName", "value": "team-a/web-1"}]


@pytest.mark.parametrize(("key", "changes_while_on"), [("changeTrackingEnabled", True), ("guestId", False)])
def test_some_of_it_changes_only_while_off(key, changes_while_on):
    vm = settled(advanced={"changeBlockTracking": True}, guestID="debian12_64Guest", **OFF)
    assert key in config_change(vm)
    assert (key in config_change(vm, seen())) == changes_while_on


def test_annotations_are_copied_and_taken_back():
    key = "com.vmware.mgmt.proxy.watermark"
    vm = settled(annotations={"mgmt.proxy.vmware.com/watermark": "secret"})
    assert config_change(vm, seen())["extraConfig"] == [{"key": key, "value": "secret"}]
    observed = seen(config={"extraConfig": extra(com__vmware__mgmt__proxy__watermark="secret")})
    assert config_change(settled(), observed)["extraConfig"] == [{"key": key, "value": ""}]


@pytest.mark.parametrize(
    "observed",
    [
        seen(
            "poweredOff",
            runtime={"powerState": "poweredOff", "connectionState": "disconnected", "host": None},
        ),
        seen("poweredOff", resourcePool=None),
        seen("poweredOff", recentTask=[task("running")]),
    ],
    ids=["disconnected", "no pool", "task"],
)
def test_a_vm_out_of_reach_is_not_touched(observed):
    step = plan(settled(guestID="debian12_64Guest"), observed, facts())
    assert step.actions == ()


def test_hardware_changes_before_power():
    vm = settled(guestID="debian12_64Guest")
    assert config_change(vm) == {"guestId": "debian12_64Guest"}
    observed = seen("poweredOff", config={"guestId": "debian12_64Guest"})
    assert plan(vm, observed, facts()).actions == (PowerOnVM("vm-7"),)


@pytest.mark.parametrize(
    ("power", "expected"), [("poweredOff", (UpgradeVM("vm-7", "vmx-21"),)), ("poweredOn", ())]
)
def test_the_hardware_version_is_raised_while_off(power, expected):
    state = "PoweredOff" if power == "poweredOff" else "PoweredOn"
    assert plan(settled(minHardwareVersion=21, powerState=state), seen(power), facts()).actions == expected


def test_a_guest_id_that_vsphere_does_not_know_shows():
    failed = task(
        "error", "VirtualMachine.reconfigure", fault="InvalidArgument", message="configSpec.guestId"
    )
    step = plan(settled(guestID="fooGuest"), seen("poweredOff", recentTask=[failed]), facts())
    assert condition(step, "GuestIDReconfigured") == ("False", "Invalid")
    step = plan({**settled(), "status": step.status}, seen(), facts(notes=step.notes))
    assert condition(step, "GuestIDReconfigured") is None


# --- Resize --------------------------------------------------------------------------------------------

LARGE = vm_class("large", hardware={"cpus": 8, "memory": "16Gi"})


def resizing(power="poweredOff", **spec):
    state = {"poweredOff": "PoweredOff", "poweredOn": "PoweredOn"}[power]
    return settled(className="large", **{"powerState": state, **spec})


def test_another_class_changes_cpu_and_memory_while_off():
    """CPU-08, CPU-09."""
    assert config_change(resizing(), None, LARGE) == {"numCPUs": 8, "memoryMB": 16384}


def test_a_class_change_and_power_on_in_one_wish_resizes_first():
    """CPU-10."""
    assert config_change(resizing(powerState="PoweredOn"), None, LARGE)["numCPUs"] == 8


def test_on_a_running_vm_a_class_change_waits_and_shows():
    """CPU-11, CPU-17."""
    step = plan(resizing("poweredOn"), seen(), facts(LARGE))
    assert step.actions == ()
    assert condition(step, SYNCED) == ("False", "ClassNameChanged")


def test_the_new_class_is_marked_once_the_vm_has_it():
    hardware = {"numCPU": 8, "memoryMB": 16384, "device": devices()}
    first = plan(resizing(), seen("poweredOff"), facts(LARGE))
    assert annotation(first, LAST_RESIZED_CLASS) is None
    step = plan(resizing(), seen("poweredOff", config={"hardware": hardware}), facts(LARGE))
    assert annotation(step, LAST_RESIZED_CLASS) == '{"name":"large","uid":"class-large","generation":1}'
    assert step.status["class"]["name"] == "large"


@pytest.mark.parametrize(("annotations", "expected"), [({}, None), ({SAME_CLASS_RESIZE: ""}, 4)])
def test_an_edited_class_is_followed_only_when_asked_for(annotations, expected):
    """CPU-12, CPU-13."""
    edited = vm_class(generation=2, hardware={"cpus": 4, "memory": "4Gi"})
    found = config_change(settled(annotations=annotations, **OFF), None, edited)
    assert (found or {}).get("numCPUs") == expected


@pytest.mark.parametrize(
    ("vm", "known", "expected"),
    [
        (settled(), facts(), ("True", "True")),
        (settled(className=None), facts(), None),
        (settled(className="large"), facts(LARGE), ("False", "ClassNameChanged")),
        (settled(), facts(vm_class(generation=2)), ("False", "ClassUpdated")),
        (settled(), facts(without=("VirtualMachineClass",)), ("Unknown", "ClassNotFound")),
        (settled(annotations={LAST_RESIZED_CLASS: ""}), facts(), ("True", "True")),
        (
            settled(annotations={LAST_RESIZED_CLASS: "", SAME_CLASS_RESIZE: ""}),
            facts(),
            ("False", "SameClassResize"),
        ),
    ],
)
def test_whether_the_class_is_in_step(vm, known, expected):
    """CPU-15, CPU-16, CPU-18, CPU-19."""
    assert condition(plan(vm, seen(), known), SYNCED) == expected


# --- Devices -------------------------------------------------------------------------------------------

CONTROLLERS = {
    "ideControllers": [{"busNumber": 0}, {"busNumber": 1}],
    "scsiControllers": [{"busNumber": 0, "sharingMode": "None", "type": "ParaVirtual"}],
}


@pytest.mark.parametrize("power", ["poweredOn", "poweredOff"])
def test_controllers_come_and_go_in_any_state(power):
    state = "PoweredOn" if power == "poweredOn" else "PoweredOff"
    sata = {"_typeName": "VirtualAHCIController", "key": 15000, "busNumber": 0}
    hardware = {**CONTROLLERS, "nvmeControllers": [{"busNumber": 0, "sharingMode": "None"}]}
    found = config_change(settled(hardware=hardware, powerState=state), with_devices(sata, power=power))
    assert operations(found) == [("add", "VirtualNVMEController"), ("remove", "VirtualAHCIController")]


@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        ({"sharingMode": "Physical"}, [("edit", "ParaVirtualSCSIController")]),
        (
            {"type": "LsiLogic"},
            [("remove", "ParaVirtualSCSIController"), ("add", "VirtualLsiLogicController")],
        ),
    ],
)
def test_a_controller_changes_only_while_off(wished, expected):
    hardware = {
        **CONTROLLERS,
        "scsiControllers": [{"busNumber": 0, **wished}],
        "sataControllers": [{"busNumber": 0}],
    }
    found = config_change(settled(hardware=hardware, **OFF))
    assert [item for item in operations(found) if "SCSI" in item[1] or "Lsi" in item[1]] == expected
    # On, not even the harmless part is done.
    step = plan(settled(hardware=hardware), seen(), facts())
    assert step.actions == ()


def test_without_shared_disks_controllers_are_left_alone():
    vm = settled(hardware={"scsiControllers": [{"busNumber": 0}]}, **OFF)
    assert config_change(vm, features={}) is None


ISO = {**image(type="ISO", providerItemID="item-iso"), "metadata": {"name": "iso"}}
DRIVE = {"name": "cd1", "image": {"kind": "ClusterVirtualMachineImage", "name": "iso"}}
SLOT = {"controllerType": "IDE", "controllerBusNumber": 0, "unitNumber": 0}


def drive_device(**connectable):
    switch = {"startConnected": True, "allowGuestControl": True, "connected": False, **connectable}
    return {
        "_typeName": "VirtualCdrom",
        "key": 3000,
        "controllerKey": 200,
        "unitNumber": 0,
        "backing": {"_typeName": "VirtualCdromIsoBackingInfo", "fileName": "[ds] debian.iso"},
        "connectable": switch,
    }


def with_drive(**more):
    return {"hardware": {**CONTROLLERS, "cdrom": [{**DRIVE, **more}]}}


def test_a_drive_is_added_to_the_first_free_slot_while_off():
    """HW-27, HW-32."""
    taken = {"_typeName": "VirtualCdrom", "key": 3001, "controllerKey": 200, "unitNumber": 0}
    found = config_change(settled(**with_drive(), **OFF), with_devices(taken), ISO)
    device = next(item["device"] for item in found["deviceChange"] if item["operation"] == "add")
    assert (device["controllerKey"], device["unitNumber"]) == (200, 1)
    assert device["backing"]["fileName"] == "[ds] debian.iso"


def test_a_drive_is_not_added_while_on_and_that_is_said():
    step = plan(settled(**with_drive(**SLOT)), seen(), facts(ISO))
    assert step.actions == ()
    assert "cd1" in step.failed


@pytest.mark.parametrize(
    ("wished", "power", "expected"),
    [
        ({"connected": False}, "poweredOn", (False, False, True)),
        ({"allowGuestControl": False}, "poweredOff", (True, False, False)),
    ],
)
def test_a_drive_is_connected_and_controlled_in_any_state(wished, power, expected):
    """HW-28, HW-30."""
    state = "PoweredOn" if power == "poweredOn" else "PoweredOff"
    observed = with_devices(drive_device(connected=power == "poweredOn"), power=power)
    found = config_change(settled(powerState=state, **with_drive(**SLOT, **wished)), observed, ISO)
    (change,) = found["deviceChange"]
    switch = change["device"]["connectable"]
    assert change["operation"] == "edit"
    assert (switch["startConnected"], switch["connected"], switch["allowGuestControl"]) == expected


def test_a_drive_that_is_no_longer_wanted_goes_while_off():
    assert operations(config_change(settled(**OFF), with_devices(drive_device()))) == [
        ("remove", "VirtualCdrom")
    ]


def test_cards_are_kept_in_step_by_their_order_while_off():
    eth1 = type(ETH0)("eth1", "vm-network", ETH0.backing, "00:50:56:00:00:02")
    vm = settled(network={"interfaces": [{"name": "eth0"}, {"name": "eth1"}]}, **OFF)
    moved = with_devices(base=[*devices()[:-1], card(macAddress="00:50:56:aa:aa:aa")])
    found = config_change(vm, moved, interfaces=(ETH0, eth1))
    assert [(item["operation"], item["device"]["macAddress"]) for item in found["deviceChange"]] == [
        ("edit", ETH0.mac),
        ("add", "00:50:56:00:00:02"),
    ]


def test_an_interface_without_an_address_claims_one_first():
    vm = settled(
        network={"interfaces": [{"name": "eth0"}, {"name": "eth1", "network": {"name": "backend"}}]}, **OFF
    )
    assert plan(vm, seen("poweredOff"), facts()).actions == (ClaimInterfaces((("eth1", "backend"),)),)


def test_disabling_the_network_leaves_a_deployed_vm_as_it_is():
    """NET-04."""
    assert config_change(settled(network={"disabled": True}, **OFF)) is None


@pytest.mark.parametrize(("wished", "expected"), [("30Gi", 30 * 1024**3), ("20Gi", None)])
def test_the_boot_disk_grows_while_off(wished, expected):
    found = config_change(settled(advanced={"bootDiskCapacity": wished}, **OFF))
    assert (found["deviceChange"][0]["device"]["capacityInBytes"] if found else None) == expected


def test_the_boot_disk_does_not_shrink_and_that_is_said():
    step = plan(settled(advanced={"bootDiskCapacity": "10Gi"}, **OFF), seen("poweredOff"), facts())
    assert "cannot shrink disk" in step.failed


def test_boot_options():
    wished = {
        "bootDelay": "1500ms",
        "bootRetry": "Enabled",
        "bootRetryDelay": "10s",
        "efiSecureBoot": "Disabled",
        "networkBootProtocol": "IP6",
        "bootOrder": [{"type": "Network", "name": "eth0"}],
    }
    assert config_change(settled(bootOptions=wished, **OFF))["bootOptions"] == {
        "bootDelay": 1500,
        "bootRetryEnabled": True,
        "bootRetryDelay": 10_000,
        "efiSecureBootEnabled": False,
        "networkBootProtocol": "ipv6",
        "bootOrder": [{"_typeName": "VirtualMachineBootOptionsBootableEthernetDevice", "deviceKey": 4000}],
    }


def test_an_unknown_name_in_the_boot_order_is_said():
    step = plan(
        settled(bootOptions={"bootOrder": [{"type": "Disk", "name": "nope"}]}, **OFF),
        seen("poweredOff"),
        facts(),
    )
    assert "no Disk device nope" in step.failed


# --- Schema upgrade ------------------------------------------------------------------------------------


def test_the_walk_of_an_upgrade():
    """UPG-07, UPG-08, UPG-34: build and schema first, the features in the next pass."""
    vm = wish()
    first = plan(vm, seen(), facts())
    assert (annotation(first, UPGRADED_TO_BUILD), annotation(first, UPGRADED_TO_SCHEMA)) == (
        "v0.1.0",
        "v1alpha5",
    )
    assert annotation(first, UPGRADED_TO_FEATURE) is None
    assert (first.actions, first.look_again) == ((), 0)
    vm["metadata"]["annotations"] = {UPGRADED_TO_BUILD: "v0.1.0", UPGRADED_TO_SCHEMA: "v1alpha5"}
    second = plan(vm, seen(), facts())
    assert annotation(second, UPGRADED_TO_FEATURE) == "7"


@pytest.mark.parametrize(
    ("features", "expected"),
    [({}, "1"), ({"AllDisksArePVCs": True}, "5"), ({"VMSharedDisks": True}, "7")],
)
def test_the_features_decide_the_mask(features, expected):
    """UPG-02, UPG-03."""
    step = plan(settled(annotations={UPGRADED_TO_FEATURE: ""}), seen(), facts(features=features))
    assert annotation(step, UPGRADED_TO_FEATURE) == expected


def test_what_vsphere_knows_better_comes_into_the_spec():
    """UPG-09, UPG-10: existing values stay."""
    vm = settled(annotations={UPGRADED_TO_FEATURE: ""}, biosUUID=None, bootstrap={"cloudInit": {}})
    found = patches(plan(vm, seen(), facts()))
    assert found["spec", "biosUUID"] == seen()["config"]["uuid"]
    assert found["spec", "bootstrap", "cloudInit", "instanceID"] == vm["metadata"]["uid"]
    assert ("spec", "instanceUUID") not in found


def test_disks_that_the_spec_does_not_name_become_volumes():
    """UPG-12, UPG-14, UPG-15, UPG-17: first class disks do not, and named ones stay."""
    vm = settled(annotations={UPGRADED_TO_FEATURE: ""})
    observed = with_devices(disk(2001, 1), disk(2002, 2, vDiskId={"id": "fcd"}), power="poweredOn")
    step = plan(vm, observed, facts())
    volumes = patches(step)["spec", "volumes"]
    assert len(volumes) == 2
    assert volumes[0] == vm["spec"]["volumes"][0]
    assert volumes[1]["name"].startswith("web-1-")
    assert {key: value for key, value in volumes[1].items() if key != "name"} == {
        "controllerType": "SCSI",
        "controllerBusNumber": 0,
        "unitNumber": 1,
        "diskMode": "Persistent",
        "sharingMode": "None",
        "removable": False,
    }
    assert condition(step, "VirtualMachineUnmanagedVolumesBackfilled") == ("False", "Pending")
    assert condition(plan(settled(), seen(), facts()), "VirtualMachineUnmanagedVolumesBackfilled") == (
        "True",
        "True",
    )


def test_controllers_that_the_spec_does_not_name_come_into_it():
    """UPG-18, UPG-19."""
    more = {
        "_typeName": "VirtualLsiLogicSASController",
        "key": 1001,
        "busNumber": 1,
        "sharedBus": "virtualSharing",
    }
    step = plan(
        settled(annotations={UPGRADED_TO_FEATURE: ""}), with_devices(more, power="poweredOn"), facts()
    )
    assert patches(step)["spec", "hardware", "scsiControllers"][1] == {
        "busNumber": 1,
        "sharingMode": "Virtual",
        "type": "LsiLogicSAS",
    }


def test_a_drive_learns_its_slot_when_it_is_there():
    """UPG-23."""
    step = plan(
        settled(**with_drive()), with_devices(drive_device(connected=True), power="poweredOn"), facts(ISO)
    )
    assert patches(step)["spec", "hardware", "cdrom"] == [{**DRIVE, **SLOT}]
    assert step.look_again == 0


def test_an_unknown_bit_means_not_upgraded():
    """UPG-05."""
    assert (
        annotation(
            plan(settled(annotations={UPGRADED_TO_FEATURE: "15"}), seen(), facts()), UPGRADED_TO_FEATURE
        )
        == "7"
    )
