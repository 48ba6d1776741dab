"""What every backend must do: the life of a VM in vSphere's words, whoever plays vSphere."""

from __future__ import annotations

import pytest

from vmportal.backends.base import (
    BackendRefused,
    ClaimInterfaces,
    CreateVM,
    DestroyVM,
    Hints,
    PowerOffVM,
    PowerOnVM,
    RebootGuest,
    ReconfigVM,
    ReleaseInterfaces,
    ResetVM,
    ShutdownGuest,
    StandbyGuest,
    SuspendVM,
    UpgradeVM,
)

GUEST_UP = 2 + 5 + 2  # power-on, tools, address


def running(site, name="web-1", **options):
    ref = site.cloned(name, **options)
    site.act(ref, PowerOnVM)
    site.wait(GUEST_UP)
    return ref


def fault(site, ref, action, *args):
    with pytest.raises(BackendRefused) as refusal:
        site.act(ref, action, *args)
    return refusal.value.fault


def last_task(site, ref):
    return site.see(ref)["recentTask"][-1]


# --- Create ----------------------------------------------------------------------------------------------


def test_a_clone_is_under_way_for_three_to_six_seconds(site):
    ref = site.clone()
    site.wait(2.9)
    assert site.see(ref) is None
    assert site.backend.create_task(ref)["state"] == "running"
    site.wait(3.1)
    assert site.see(ref)["runtime"]["powerState"] == "poweredOff"
    assert site.backend.create_task(ref) is None


def test_a_clone_is_found_by_its_instance_uuid_and_by_its_moid(site):
    ref = site.cloned(instanceUuid="5008c6c1-77d0-4a0e-b1a4-2b7d5a0f9c02")
    found = site.backend.observe(ref, Hints(instance_uuid="5008c6c1-77d0-4a0e-b1a4-2b7d5a0f9c02"))
    assert found["config"]["instanceUuid"] == "5008c6c1-77d0-4a0e-b1a4-2b7d5a0f9c02"
    assert site.backend.observe(ref, Hints(moid=found["obj"]))["obj"] == found["obj"]


def test_a_moid_that_is_gone_falls_through_to_the_instance_uuid(site):
    ref = site.cloned()
    assert site.backend.observe(ref, Hints(moid="vm-gone", instance_uuid=ref.uid)) is not None


def test_a_clone_has_the_hardware_of_the_spec_and_the_disks_of_the_template(site):
    found = site.see(site.cloned(numCPUs=8, memoryMB=2048))
    hardware = found["config"]["hardware"]
    disks = [device for device in hardware["device"] if device["_typeName"] == "VirtualDisk"]
    assert (hardware["numCPU"], hardware["memoryMB"]) == (8, 2048)
    assert [(disk["key"], disk["controllerKey"], disk["capacityInBytes"]) for disk in disks] == [
        (2000, 1000, 20 * 1024**3)
    ]


def test_two_clones_do_not_share_a_disk_uuid(site):
    uuids = set()
    for name in ("web-1", "web-2"):
        devices = site.see(site.cloned(name))["config"]["hardware"]["device"]
        uuids |= {device["backing"]["uuid"] for device in devices if device["_typeName"] == "VirtualDisk"}
    assert len(uuids) == 2


def test_an_empty_vm_is_made_for_an_iso(site):
    ref, inventory = site.ref(), site.backend.inventory()
    cluster = inventory.clusters[0]
    place = ("group-v1", cluster.pools[0], cluster.hosts[0].moid, inventory.datastores[0].moid)
    site.backend.apply(
        ref, CreateVM("web-1", *place, config={"instanceUuid": ref.uid, "guestId": "debian12_64Guest"})
    )
    site.wait(6)
    kinds = [device["_typeName"] for device in site.see(ref)["config"]["hardware"]["device"]]
    assert kinds.count("VirtualIDEController") == 2
    assert "VirtualDisk" not in kinds


def test_a_name_is_taken_from_the_start_of_a_clone(site):
    site.clone()
    with pytest.raises(BackendRefused, match="already exists") as refusal:
        site.clone(instanceUuid="00000000-0000-4000-8000-000000000001")
    assert refusal.value.fault == "DuplicateName"


def test_the_same_name_in_another_folder_is_another_vm(site):
    site.clone()
    site.clone(folder="group-v2", instanceUuid="00000000-0000-4000-8000-000000000001")


def test_one_instance_uuid_is_never_made_twice(site):
    site.clone()
    with pytest.raises(BackendRefused) as refusal:
        site.clone("web-2", instanceUuid=site.ref("web-1").uid)
    assert refusal.value.fault == "InvalidArgument"


def test_a_clone_without_room_on_the_datastore_fails_when_it_gets_there(site):
    site.fill_datastores()
    ref = site.clone()
    assert site.backend.create_task(ref)["state"] == "running"
    site.wait(6)
    failed = site.backend.create_task(ref)
    assert (failed["state"], failed["error"]["fault"]["_typeName"]) == ("error", "NoDiskSpace")
    assert site.see(ref) is None


def test_a_failed_clone_leaves_its_name_free(site):
    site.fill_datastores()
    site.clone()
    site.wait(6)
    site.clone()


# --- Power -----------------------------------------------------------------------------------------------


def test_power_on_takes_two_seconds_then_tools_then_an_address(site):
    ref = site.ref()
    site.backend.apply(ref, ClaimInterfaces((("eth0", ""),)))
    (interface,) = site.backend.interfaces(ref)
    nic = {
        "_typeName": "VirtualVmxnet3",
        "key": -1,
        "backing": dict(interface.backing),
        "addressType": "manual",
    }
    site.cloned(deviceChange=[{"operation": "add", "device": {**nic, "macAddress": interface.mac}}])
    site.act(ref, PowerOnVM)
    seen = []
    for seconds in (1.9, 0.2, 4.8, 0.2, 1.8, 0.2):
        site.wait(seconds)
        found = site.see(ref)
        guest = found["guest"]
        seen.append((found["runtime"]["powerState"], guest["toolsRunningStatus"], guest.get("ipAddress")))
    address = interface.addresses[0].split("/")[0]
    assert seen == [
        ("poweredOff", "guestToolsNotRunning", None),
        ("poweredOn", "guestToolsNotRunning", None),
        ("poweredOn", "guestToolsNotRunning", None),
        ("poweredOn", "guestToolsRunning", None),
        ("poweredOn", "guestToolsRunning", None),
        ("poweredOn", "guestToolsRunning", address),
    ]


def test_a_vm_that_is_on_cannot_be_powered_on(site):
    assert fault(site, running(site), PowerOnVM) == "InvalidPowerState"


def test_power_off_and_resume_from_suspension(site):
    ref = running(site)
    site.act(ref, SuspendVM)
    site.wait(2)
    assert site.power(ref) == "suspended"
    site.act(ref, PowerOnVM)
    site.wait(2)
    site.act(ref, PowerOffVM)
    site.wait(1)
    assert site.power(ref) == "poweredOff"


def test_a_guest_that_is_asked_shuts_down_in_its_own_time(site):
    ref = running(site)
    assert site.act(ref, ShutdownGuest) is None
    site.wait(2.9)
    assert site.power(ref) == "poweredOn"
    site.wait(0.2)
    assert site.power(ref) == "poweredOff"


def test_a_guest_that_is_asked_goes_to_standby(site):
    ref = running(site)
    site.act(ref, StandbyGuest)
    site.wait(3)
    assert site.power(ref) == "suspended"


@pytest.mark.parametrize("action", [ShutdownGuest, StandbyGuest, RebootGuest])
def test_without_tools_a_guest_cannot_be_asked(site, action):
    ref = site.cloned()
    site.act(ref, PowerOnVM)
    site.wait(3)
    assert fault(site, ref, action) == "ToolsUnavailable"
    assert site.power(ref) == "poweredOn"


@pytest.mark.parametrize(("action", "seconds"), [(ResetVM, 1), (RebootGuest, 3)])
def test_after_a_restart_the_guest_boots_again(site, action, seconds):
    ref = running(site)
    site.act(ref, action)
    site.wait(seconds + 1)
    assert site.see(ref)["guest"]["toolsRunningStatus"] == "guestToolsNotRunning"
    site.wait(5)
    assert site.see(ref)["guest"]["toolsRunningStatus"] == "guestToolsRunning"


def test_a_vm_without_room_on_any_host_does_not_start(site):
    ref = site.cloned(memoryAllocation={"reservation": 4096})
    site.shrink_hosts(2048)
    site.act(ref, PowerOnVM)
    site.wait(2)
    assert site.power(ref) == "poweredOff"
    task = last_task(site, ref)
    assert (task["state"], task["error"]["fault"]["_typeName"]) == ("error", "InsufficientResourcesFault")
    assert "4096 MB of memory needed" in task["error"]["localizedMessage"]


def test_reserved_memory_is_really_consumed_and_given_back(site):
    site.shrink_hosts(6000)
    refs = [site.cloned(f"web-{n}", memoryAllocation={"reservation": 4096}) for n in range(4)]
    for ref in refs:
        site.act(ref, PowerOnVM)
        site.wait(2)
    # Three hosts of the zone take one each; the fourth finds no room.
    assert [site.power(ref) for ref in refs] == ["poweredOn"] * 3 + ["poweredOff"]
    assert len({site.see(ref)["host"]["obj"] for ref in refs[:3]}) == 3
    site.act(refs[0], PowerOffVM)
    site.wait(1)
    site.act(refs[3], PowerOnVM)
    site.wait(2)
    assert site.power(refs[3]) == "poweredOn"


def test_vms_spread_over_the_hosts_of_their_cluster(site):
    hosts = {site.see(running(site, f"web-{number}"))["host"]["obj"] for number in range(3)}
    assert len(hosts) == 3


def test_while_a_task_runs_there_is_no_other(site):
    ref = site.cloned()
    site.act(ref, PowerOnVM)
    assert fault(site, ref, PowerOnVM) == "TaskInProgress"
    assert last_task(site, ref)["state"] == "running"


# --- Reconfigure -----------------------------------------------------------------------------------------


def test_extra_config_is_merged_and_an_empty_value_removes_the_key(site):
    ref = site.cloned(extraConfig=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    site.act(ref, ReconfigVM, {"extraConfig": [{"key": "a", "value": ""}, {"key": "c", "value": "3"}]})
    found = {item["key"]: item["value"] for item in site.see(ref)["config"]["extraConfig"]}
    assert found == {"b": "2", "c": "3"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [({"numCPUs": 4}, "CpuHotPlugNotSupported"), ({"memoryMB": 8192}, "MemoryHotPlugNotSupported")],
)
def test_a_running_vm_does_not_take_other_hardware(site, spec, expected):
    assert fault(site, running(site), ReconfigVM, spec) == expected


def test_an_unknown_guest_id_is_refused(site):
    assert fault(site, site.cloned(), ReconfigVM, {"guestId": "fooGuest"}) == "InvalidArgument"


def add(kind, **device):
    return {"deviceChange": [{"operation": "add", "device": {"_typeName": kind, "key": -1, **device}}]}


DISK = {"capacityInBytes": 1024, "backing": {"_typeName": "VirtualDiskFlatVer2BackingInfo", "fileName": ""}}


@pytest.mark.parametrize(
    "spec",
    [
        add("VirtualDisk", controllerKey=1000, unitNumber=0, **DISK),
        add("VirtualDisk", controllerKey=1000, unitNumber=7, **DISK),
        add("VirtualDisk", controllerKey=1000, **DISK),
        add("VirtualDisk", controllerKey=1003, unitNumber=0, **DISK),
        add("ParaVirtualSCSIController", busNumber=0),
        add("ParaVirtualSCSIController", busNumber=4),
    ],
    ids=["unit taken", "the controller's own unit", "no unit", "no controller", "bus taken", "no such bus"],
)
def test_a_device_that_does_not_fit_is_refused(site, spec):
    ref = site.cloned()
    before = site.see(ref)["config"]["hardware"]["device"]
    assert fault(site, ref, ReconfigVM, spec) == "InvalidDeviceSpec"
    assert site.see(ref)["config"]["hardware"]["device"] == before


def test_a_disk_may_name_a_controller_of_the_same_spec_by_its_temporary_key(site):
    ref = site.cloned()
    changes = [
        {"operation": "add", "device": {"_typeName": "VirtualAHCIController", "key": -9, "busNumber": 0}},
        {
            "operation": "add",
            "device": {"_typeName": "VirtualDisk", "controllerKey": -9, "unitNumber": 3, **DISK},
        },
    ]
    site.act(ref, ReconfigVM, {"deviceChange": changes})
    devices = site.see(ref)["config"]["hardware"]["device"]
    assert [device["controllerKey"] for device in devices if device["_typeName"] == "VirtualDisk"] == [
        1000,
        15000,
    ]


def test_hardware_is_upgraded_only_upwards_and_only_off(site):
    ref = site.cloned()
    site.act(ref, UpgradeVM, "vmx-21")
    site.wait(1)
    assert site.see(ref)["config"]["version"] == "vmx-21"
    assert fault(site, ref, UpgradeVM, "vmx-20") == "AlreadyUpgraded"


# --- Delete ----------------------------------------------------------------------------------------------


def test_a_running_vm_cannot_be_destroyed(site):
    assert fault(site, running(site), DestroyVM) == "InvalidPowerState"


def test_a_destroyed_vm_is_gone_and_gives_back_its_space(site):
    before = site.backend.inventory().datastores
    ref = site.cloned()
    assert site.backend.inventory().datastores[0].free == before[0].free - 3 * 1024**3
    site.act(ref, DestroyVM)
    site.wait(1)
    assert site.see(ref) is None
    assert site.backend.inventory().datastores == before


def test_what_is_gone_cannot_be_acted_on(site):
    ref = site.cloned()
    moid = site.moid(ref)
    site.act(ref, DestroyVM)
    site.wait(1)
    with pytest.raises(BackendRefused) as refusal:
        site.backend.apply(ref, PowerOnVM(moid))
    assert refusal.value.fault == "ManagedObjectNotFound"


# --- Addresses -------------------------------------------------------------------------------------------


def test_an_address_is_kept_until_it_is_released(site):
    ref, claim = site.ref(), ClaimInterfaces((("eth0", ""), ("eth1", "backend")))
    site.backend.apply(ref, claim)
    first = site.backend.interfaces(ref)
    site.backend.apply(ref, claim)
    assert site.backend.interfaces(ref) == first
    assert [interface.network for interface in first] == ["vm-network", "backend"]
    site.backend.apply(ref, ReleaseInterfaces())
    assert site.backend.interfaces(ref) == ()


def test_an_unknown_network_gives_no_address(site):
    with pytest.raises(BackendRefused, match="nowhere"):
        site.backend.apply(site.ref(), ClaimInterfaces((("eth0", "nowhere"),)))


def test_no_two_vms_have_the_same_address(site):
    addresses = []
    for number in range(20):
        ref = site.ref(f"web-{number}")
        site.backend.apply(ref, ClaimInterfaces((("eth0", ""),)))
        addresses += site.backend.interfaces(ref)[0].addresses
    assert len(set(addresses)) == 20


# --- News ------------------------------------------------------------------------------------------------


def test_changes_tell_which_vm_to_look_at_once(site):
    start, _ = site.backend.changes(0)
    ref = site.cloned()
    latest, changes = site.backend.changes(start)
    assert {change.ref for change in changes} == {ref}
    assert site.backend.changes(latest) == (latest, [])


def test_a_guest_that_comes_up_by_itself_is_news(site):
    ref = site.cloned()
    site.act(ref, PowerOnVM)
    latest, _ = site.backend.changes(0)
    told = []
    for seconds in (2, 5, 2):
        site.wait(seconds)
        latest, changes = site.backend.changes(latest)
        told.append({change.ref for change in changes})
    assert told == [{ref}, {ref}, {ref}]


def test_a_clone_that_fails_is_news(site):
    site.fill_datastores()
    ref = site.clone()
    site.wait(6)
    _, changes = site.backend.changes(0)
    assert [change.ref for change in changes] == [ref]
