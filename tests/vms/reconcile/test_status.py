"""What is observed, field by field and condition by condition (sections 17 to 19)."""

from __future__ import annotations

import pytest

from tests.vms.reconcile.builders import (
    condition,
    devices,
    disk,
    extra,
    facts,
    message,
    patches,
    seen,
    settled,
)
from vms.annotations import PAUSED, ZONE_LABEL
from vms.reconcile import plan

GIB = 1024**3
TOOLS = {"toolsRunningStatus": "guestToolsRunning"}


def status(observed=None, vm=None, **known):
    return plan(vm or settled(), observed or seen(), facts(**known)).status


def test_identity_and_place():
    """VML-09, VML-15, HW-37, HW-44."""
    found = status()
    assert found["uniqueID"] == "vm-7"
    assert found["nodeName"] == "esx-01.zone-a"
    assert found["zone"] == "zone-a"
    assert found["hardwareVersion"] == 19
    assert found["guest"] == {"guestID": "ubuntu64Guest", "guestFullName": "Ubuntu Linux (64-bit)"}
    assert found["provider"]["creationTimestamp"] == "2026-11-24T11:00:00Z"


def test_the_zone_comes_from_the_pool_and_becomes_the_label():
    vm = settled()
    vm["metadata"]["labels"].pop(ZONE_LABEL)
    vm["status"].pop("zone")
    step = plan(vm, seen(), facts())
    assert step.status["zone"] == "zone-a"
    assert patches(step)["metadata", "labels", ZONE_LABEL] == "zone-a"


@pytest.mark.parametrize(
    ("memory", "reservation", "expected"),
    [(2048, 1024, {"total": "2048M", "reservation": "1024M"}), (4000, 0, {"total": "4G"})],
)
def test_memory_is_in_decimal_megabytes(memory, reservation, expected):
    """CPU-06, CPU-07."""
    hardware = {"numCPU": 4, "memoryMB": memory, "device": devices()}
    config = {
        "hardware": hardware,
        "cpuAllocation": {"reservation": 1000},
        "memoryAllocation": {"reservation": reservation},
    }
    found = status(seen(config=config))["hardware"]
    assert found["cpu"] == {"total": 4, "reservation": 1000}
    assert found["memory"] == expected


def with_devices(*more):
    return seen(config={"hardware": {"numCPU": 2, "memoryMB": 4096, "device": [*devices(), *more]}})


def test_controllers_list_their_devices():
    """HW-18."""
    drive = {"_typeName": "VirtualCdrom", "key": 3000, "controllerKey": 200, "unitNumber": 0}
    found = status(with_devices(disk(2001, 1), drive))["hardware"]["controllers"]
    assert found == [
        {"type": "IDE", "busNumber": 0, "deviceKey": 200, "devices": [{"type": "CDROM", "unitNumber": 0}]},
        {"type": "IDE", "busNumber": 1, "deviceKey": 201},
        {
            "type": "SCSI",
            "busNumber": 0,
            "deviceKey": 1000,
            "devices": [{"type": "Disk", "unitNumber": 0}, {"type": "Disk", "unitNumber": 1}],
        },
    ]


@pytest.mark.parametrize(
    ("backing", "expected"),
    [({}, "None"), ({"migrateSupported": True}, "Normal"), ({"enhancedMigrateCapability": True}, "Enhanced")],
)
def test_vgpus(backing, expected):
    """HW-19."""
    gpu = {"_typeName": "VirtualPCIPassthroughVmiopBackingInfo", "vgpu": "grid_p40-1q", **backing}
    found = status(with_devices({"_typeName": "VirtualPCIPassthrough", "key": 13000, "backing": gpu}))
    assert found["hardware"]["vGPUs"] == [
        {"type": "Nvidia", "profile": "grid_p40-1q", "migrationType": expected}
    ]


def test_a_vtpm_shows():
    assert status(with_devices({"_typeName": "VirtualTPM", "key": 11000}))["crypto"] == {"hasVTPM": True}


# --- Storage -------------------------------------------------------------------------------------------

LAYOUT = {
    "file": [
        {"key": 0, "type": "config", "uniqueSize": 4096},
        {"key": 1, "type": "log", "uniqueSize": 1020 * 1024},
        {"key": 2, "type": "diskDescriptor", "uniqueSize": 1024},
        {"key": 3, "type": "diskExtent", "uniqueSize": 5 * GIB - 1024},
        {"key": 4, "type": "diskExtent", "uniqueSize": 7 * GIB},
        {"key": 5, "type": "snapshotData", "uniqueSize": 9 * GIB},
    ],
    # The second element of the chain is a snapshot's.
    "disk": [{"key": 2000, "chain": [{"fileKey": [2, 3]}, {"fileKey": [4]}]}],
}


def test_a_volume_of_the_vms_own():
    (volume,) = status(seen(layoutEx=LAYOUT))["volumes"]
    assert volume == {
        "name": "boot",
        "type": "Classic",
        "attached": True,
        "diskUUID": "6000C295-760E-E736-3A10-139500002000",
        "controllerType": "SCSI",
        "controllerBusNumber": 0,
        "unitNumber": 0,
        "diskMode": "Persistent",
        "sharingMode": "None",
        "limit": "20Gi",
        "requested": "20Gi",
        "used": "5Gi",
    }


def test_storage_counts_what_is_requested_and_leaves_snapshots_out():
    assert status(seen(layoutEx=LAYOUT))["storage"] == {
        "total": str(20 * GIB + 1024**2),
        "requested": {"disks": "20Gi"},
        "usage": {"disks": "5Gi", "other": "1Mi"},
    }


def test_a_disk_that_the_spec_does_not_name_has_a_name_of_its_uuid():
    vm = settled(volumes=[])
    (volume,) = status(seen(layoutEx=LAYOUT), vm)["volumes"]
    assert volume["name"].startswith("disk-")
    assert len(volume["name"]) == len("disk-") + 8


def test_managed_volumes_are_kept_and_come_in_the_order_of_their_uuids():
    vm = settled()
    vm["status"]["volumes"] = [
        {"name": "data", "type": "Managed", "diskUUID": "0000", "attached": True},
        {"name": "gone", "type": "Classic", "diskUUID": "9999"},
    ]
    assert [volume["name"] for volume in status(seen(layoutEx=LAYOUT), vm)["volumes"]] == ["data", "boot"]


# --- Network -------------------------------------------------------------------------------------------


def nic(address="10.0.0.9", key=4000):
    addresses = [{"ipAddress": address, "prefixLength": 24, "origin": "dhcp", "state": "preferred"}]
    return {
        "deviceConfigId": key,
        "macAddress": "00:50:56:00:00:01",
        "ipConfig": {"ipAddress": addresses, "dhcp": {"ipv4": {"enable": True}}},
        "dnsConfig": {"dhcp": True, "hostName": "web-1", "ipAddress": ["10.0.0.2", "10.0.0.2"]},
    }


def guest(*nics, address="10.0.0.9", **more):
    return seen(guest={**TOOLS, "ipAddress": address, "net": list(nics), **more})


def test_what_the_guest_reports_of_its_cards():
    found = status(guest(nic(), nic(key=-1)))["network"]
    assert found["primaryIP4"] == "10.0.0.9"
    assert found["interfaces"] == [
        {
            "name": "eth0",
            "deviceKey": 4000,
            "ip": {
                "macAddr": "00:50:56:00:00:01",
                "addresses": [{"address": "10.0.0.9/24", "origin": "dhcp", "state": "preferred"}],
                "dhcp": {"ip4": {"enabled": True}},
            },
            "dns": {"dhcp": True, "hostName": "web-1", "nameservers": ["10.0.0.2"]},
        }
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.0.0.9", {"primaryIP4": "10.0.0.9"}),
        ("2001:db8::9", {"primaryIP6": "2001:db8::9"}),
        ("127.0.0.1", {}),
        ("169.254.1.1", {}),
        ("fe80::1", {}),
        ("0.0.0.0", {}),
        ("", {}),
    ],
)
def test_the_primary_address_is_one_that_others_can_reach(address, expected):
    found = status(guest(address=address)).get("network", {})
    assert {key: value for key, value in found.items() if key.startswith("primary")} == expected


def test_with_cloud_init_what_its_data_source_says_wins():
    observed = guest(nic())
    observed["config"]["extraConfig"] = extra(**{"guestinfo__local-ipv4": "10.0.0.77"})
    assert status(observed, settled(bootstrap={"cloudInit": {}}))["network"]["primaryIP4"] == "10.0.0.77"
    assert status(observed)["network"]["primaryIP4"] == "10.0.0.9"


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (guest(nic()), ("True", "Synced")),
        (guest(nic("10.0.0.8")), ("False", "NotSynced")),
        (guest(nic(), address=""), ("False", "NotSynced")),
        (seen(), None),
    ],
    ids=["agrees", "cards say other", "no address", "nothing reported"],
)
def test_whether_the_guests_network_is_in_step(observed, expected):
    assert condition(plan(settled(), observed, facts()), "VirtualMachineGuestNetworkConfigSynced") == expected


def test_uninteresting_routes_are_left_out():
    networks = [
        ("0.0.0.0", 0),
        ("10.0.0.9", 32),
        ("169.254.0.0", 16),
        ("fe80::", 64),
        ("ff00::", 8),
        ("bad", 1),
    ]
    routes = [
        {"network": net, "prefixLength": size, "gateway": {"ipAddress": "10.0.0.1"}} for net, size in networks
    ]
    found = status(guest(nic(), ipStack=[{"ipRouteConfig": {"ipRoute": routes}}]))["network"]["ipStacks"]
    assert [route["networkAddress"] for route in found[0]["ipRoutes"]] == ["0.0.0.0/0"]


def test_a_guest_that_reports_nothing_leaves_the_intended_config():
    vm = settled()
    vm["status"]["network"] = {
        "primaryIP4": "10.0.0.9",
        "interfaces": [{}],
        "config": {"dns": {"hostName": "x"}},
    }
    assert status(vm=vm)["network"].keys() == {"config"}


# --- Conditions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guest_info", "kind", "expected"),
    [
        ({}, "VirtualMachineTools", ("Unknown", "NoGuestInfo")),
        (
            {"toolsRunningStatus": "guestToolsNotRunning"},
            "VirtualMachineTools",
            ("False", "VirtualMachineToolsNotRunning"),
        ),
        (TOOLS, "VirtualMachineTools", ("True", "True")),
        ({"toolsRunningStatus": "dancing"}, "VirtualMachineTools", ("Unknown", "Unknown")),
        ({}, "GuestCustomization", ("Unknown", "NoGuestInfo")),
        *(
            ({"customizationInfo": {"customizationStatus": state}}, "GuestCustomization", expected)
            for state, expected in (
                ("TOOLSDEPLOYPKG_IDLE", ("True", "True")),
                ("TOOLSDEPLOYPKG_PENDING", ("False", "GuestCustomizationPending")),
                ("TOOLSDEPLOYPKG_RUNNING", ("False", "GuestCustomizationRunning")),
                ("TOOLSDEPLOYPKG_SUCCEEDED", ("True", "True")),
                ("TOOLSDEPLOYPKG_FAILED", ("False", "GuestCustomizationFailed")),
                ("DANCING", ("False", "Unknown")),
            )
        ),
    ],
)
def test_conditions_of_the_guest(guest_info, kind, expected):
    assert condition(plan(settled(), seen(guest=guest_info), facts()), kind) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("true", ("True", "True")),
        ("true,Done", ("True", "Done")),
        ("false,Broken,no", ("False", "Broken")),
    ],
)
def test_what_the_guest_says_of_its_bootstrap(value, expected):
    said = {} if value is None else {"guestinfo__vmservice__bootstrap__condition": value}
    observed = seen(config={"extraConfig": extra(**said)})
    assert condition(plan(settled(), observed, facts()), "GuestBootstrap") == expected


def test_power_in_step_or_not():
    step = plan(settled(), seen(), facts())
    assert condition(step, "VirtualMachinePowerStateSynced") == ("True", "Synced")
    assert message(step, "VirtualMachinePowerStateSynced") == "PoweredOn"
    step = plan(settled(), seen("suspended"), facts())
    assert condition(step, "VirtualMachinePowerStateSynced") == ("False", "NotSynced")
    assert (
        message(step, "VirtualMachinePowerStateSynced")
        == "spec.powerState=PoweredOn != status.powerState=Suspended"
    )


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("Scanned;True", "Scanned", ("True", "True")),
        ("Scanned;False;Late;soon; or not", "Scanned", ("False", "Late")),
        ("Scanned;Maybe;Odd", "Scanned", ("Unknown", "Odd")),
    ],
)
def test_annotations_become_conditions(value, kind, expected):
    vm = settled(annotations={"condition.vmoperator.vmware.com.protected/x": value})
    assert condition(plan(vm, seen(), facts()), kind) == expected


@pytest.mark.parametrize(
    ("probe", "observed", "expected"),
    [
        ({"guestHeartbeat": {}}, seen(), ("True", "True")),
        (
            {"guestHeartbeat": {"thresholdStatus": "yellow"}},
            seen(guestHeartbeatStatus="yellow"),
            ("True", "True"),
        ),
        ({"guestHeartbeat": {}}, seen(guestHeartbeatStatus="yellow"), ("False", "NotReady")),
        ({"guestHeartbeat": {}}, seen(guestHeartbeatStatus=None), ("Unknown", "Unknown")),
        (
            {"guestInfo": [{"key": "up", "value": "^y"}]},
            seen(config={"extraConfig": extra(guestinfo__up="yes")}),
            ("True", "True"),
        ),
        (
            {"guestInfo": [{"key": "up", "value": "^n"}]},
            seen(config={"extraConfig": extra(guestinfo__up="yes")}),
            ("False", "NotReady"),
        ),
        (
            {"guestInfo": [{"key": "up", "value": "("}]},
            seen(config={"extraConfig": extra(guestinfo__up="yes")}),
            ("True", "True"),
        ),
        ({"guestInfo": [{"key": "up"}]}, seen(), ("False", "NotReady")),
        (  # which would take a backtracking reader longer than there is time
            {"guestInfo": [{"key": "up", "value": "(a+)+$"}]},
            seen(config={"extraConfig": extra(guestinfo__up="a" * 60 + "!")}),
            ("False", "NotReady"),
        ),
        (None, seen(), None),
    ],
)
def test_readiness(probe, observed, expected):
    assert condition(plan(settled(readinessProbe=probe), observed, facts()), "Ready") == expected


def test_a_pause_by_the_administrator_shows_and_holds():
    observed = seen(config={"extraConfig": extra(vmservice__virtualmachine__pause="TRUE")})
    step = plan(settled(powerState="PoweredOff"), observed, facts())
    assert condition(step, "VirtualMachineReconcileReady") == ("False", "VirtualMachineReconcilePaused")
    assert patches(step)["metadata", "labels", PAUSED] == "admin"
    assert step.actions == ()


VERIFIED = {
    "controllers": "VirtualMachineHardwareControllersVerified",
    "volumes": "VirtualMachineHardwareVolumesVerified",
    "drives": "VirtualMachineHardwareCDROMVerified",
    "all": "VirtualMachineHardwareDeviceConfigVerified",
}


@pytest.mark.parametrize(
    ("vm", "observed", "failing", "words"),
    [
        (settled(), seen(), None, ""),
        (settled(), with_devices(disk(2001, 1)), "volumes", "unexpected volumes: SCSI:0:1"),
        (settled(volumes=[{"name": "boot"}]), seen(), "volumes", "incomplete volumes: boot"),
        (
            settled(),
            with_devices({"_typeName": "VirtualAHCIController", "key": 15000, "busNumber": 0}),
            "controllers",
            "unexpected controllers: SATA:0",
        ),
        (
            settled(),
            with_devices(
                {
                    "_typeName": "VirtualCdrom",
                    "key": 3000,
                    "controllerKey": 200,
                    "unitNumber": 0,
                    "backing": {"fileName": "[ds] other.iso"},
                }
            ),
            "drives",
            "unexpected CD-ROMs: [ds] other.iso",
        ),
    ],
)
def test_whether_devices_are_as_the_spec_says(vm, observed, failing, words):
    step = plan(vm, observed, facts())
    found = {name: (condition(step, kind) or ("",))[0] for name, kind in VERIFIED.items()}
    expected = dict.fromkeys(VERIFIED, "True")
    if failing:
        expected |= {failing: "False", "all": "False"}
        assert words in message(step, VERIFIED[failing])
        assert VERIFIED[failing] in message(step, VERIFIED["all"])
    assert found == expected


def test_a_card_that_is_no_interface_has_no_name():
    assert "name" not in status(guest(nic(key=4001)))["network"]["interfaces"][0]
