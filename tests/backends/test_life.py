"""The plan drives the simulator: a VM's whole life, pass by pass, as the tasks do it, but with a clock of its own."""

from __future__ import annotations

import pytest

from tests.backends.conftest import IMAGE, ISO, POLICY, Site
from tests.vms.reconcile import builders
from tests.vms.reconcile.builders import condition, secret, storage_class, wish, zone
from vmportal.backends.base import BackendRefused, DestroyVM, Hints, Inventory, PowerOffVM, Ref
from vms.reconcile import Event, Facts, needs_inventory, plan, refused

READY = {"type": "Ready", "status": "True", "reason": "True", "lastTransitionTime": "2026-11-01T00:00:00Z"}
CLOUD_CONFIG = "#cloud-config\nssh_pwauth: false\n"


class Portal:
    """Plays `vms.tasks`: keeps one object, and makes passes while they ask for it."""

    def __init__(self, site: Site, vm: dict, *objects: dict) -> None:
        meta = vm["metadata"]
        self.site, self.vm = site, vm
        self.notes: dict = {}
        self.events: list[Event] = []
        self.ref = Ref(meta["namespace"], meta["name"], meta["uid"])
        image = {**builders.image(), "status": {**IMAGE["status"], "conditions": [READY]}}
        iso = {**image, "metadata": {"name": "vmi-2"}, "status": {**ISO["status"], "conditions": [READY]}}
        found = [builders.vm_class(), image, iso, storage_class("gold", POLICY["spec"]["id"]), *objects]
        self.objects = {
            (o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in found
        }
        self.zones = tuple(zone(name, f"resgroup-{name}") for name in ("zone-a", "zone-b"))

    def look(self):
        """The VM in vSphere, or None."""
        hints = Hints(self.vm.get("status", {}).get("uniqueID", ""), self.vm["spec"].get("instanceUUID", ""))
        return self.site.backend.observe(self.ref, hints)

    def one_pass(self):
        backend, vm, observed = self.site.backend, self.vm, self.look()
        facts = Facts(
            now=self.site.clock.now,
            build_version="v0.1.0",
            manager_id=backend.instance_uuid,
            objects=self.objects,
            features=builders.FEATURES,
            zones=self.zones,
            inventory=backend.inventory() if needs_inventory(vm, observed) else Inventory(),
            interfaces=backend.interfaces(self.ref),
            create_task=backend.create_task(self.ref),
            notes=self.notes,
            is_watched=True,
        )
        step = plan(vm, observed, facts)
        try:
            for action in step.actions:
                backend.apply(self.ref, action)
        except BackendRefused as refusal:
            step = refused(vm, observed, facts, step, refusal)
        self._write(step)
        return step

    def _write(self, step) -> None:
        for path, value in step.patches:
            place = self.vm
            for key in path[:-1]:
                place = place.setdefault(key, {})
            if value is None:
                place.pop(path[-1], None)
            else:
                place[path[-1]] = value
        self.vm["status"], self.notes = step.status, step.notes
        self.events += step.events

    def settle(self, seconds: float = 60, every: float = 1.0):
        """Passes for so many seconds, or until nothing more will happen; the last plan."""
        last = None
        for _ in range(int(seconds / every)):
            for _ in range(20):
                last = self.one_pass()
                if last.look_again != 0:
                    break
            else:
                raise AssertionError(f"never comes to rest: {last.actions}, {last.patches}")
            self.site.wait(every)
            if untouched(last) and self.site.is_quiet():
                break
        return last

    @property
    def status(self) -> dict:
        return self.vm["status"]

    @property
    def annotations(self) -> dict:
        return self.vm["metadata"]["annotations"]


@pytest.fixture
def portal(site):
    vm = wish(powerState="PoweredOn")
    vm["metadata"].pop("finalizers")
    return Portal(site, vm)


def untouched(step) -> bool:
    return not step.actions and not step.patches and step.look_again is None and not step.failed


def test_a_vm_comes_up_from_nothing_and_then_rests(portal):
    """VML-05, VML-13: class, image and storage class become a VM that is on and has an address."""
    step = portal.settle(30)
    assert portal.status["powerState"] == "PoweredOn"
    assert portal.status["network"]["primaryIP4"].startswith("10.20.")
    assert portal.status["network"]["interfaces"][0]["name"] == "eth0"
    assert portal.status["nodeName"].startswith("esx-")
    assert portal.vm["metadata"]["labels"]["topology.kubernetes.io/zone"] == portal.status["zone"]
    assert all(item["status"] == "True" for item in step.conditions), step.conditions
    assert untouched(step)


def test_coming_up_takes_the_time_of_a_clone_a_boot_and_an_address(portal):
    for _ in range(40):
        portal.settle(0.5, every=0.5)
        if portal.status.get("network", {}).get("primaryIP4"):
            break
    passed = (portal.site.clock.now - builders.NOON).total_seconds()
    assert 3 + 2 + 5 + 2 <= passed <= 6 + 2 + 5 + 2 + 3


def test_the_image_disks_become_volumes_of_the_spec(portal):
    """UPG-09, UPG-14, UPG-18, HW-18."""
    portal.settle(30)
    (volume,) = portal.vm["spec"]["volumes"]
    assert (volume["controllerType"], volume["controllerBusNumber"], volume["unitNumber"]) == ("SCSI", 0, 0)
    assert volume["removable"] is False
    assert portal.status["volumes"][0]["name"] == volume["name"]
    assert portal.status["volumes"][0]["limit"] == "20Gi"
    assert [item["busNumber"] for item in portal.vm["spec"]["hardware"]["ideControllers"]] == [0, 1]
    assert portal.annotations["vmoperator.vmware.com/upgraded-to-feature-version"] == "7"


def test_cloud_init_has_its_data_before_the_first_boot(site):
    vm = wish(bootstrap={"cloudInit": {"rawCloudConfig": {"name": "init", "key": "user-data"}}})
    portal = Portal(site, vm, secret("init", user_data=CLOUD_CONFIG))
    for _ in range(200):
        step = portal.one_pass()
        if any(type(action).__name__ == "PowerOnVM" for action in step.actions):
            break
        site.wait(0.2)
    extra = {
        item["key"]
        for item in site.backend.observe(portal.ref, Hints(portal.status["uniqueID"]))["config"][
            "extraConfig"
        ]
    }
    assert {"guestinfo.metadata", "guestinfo.userdata"} <= extra
    step = portal.settle(20)
    assert portal.status["network"]["hostName"] == "web-1"
    assert portal.status["network"]["config"]["interfaces"][0]["ip"]["gateway4"] == "10.20.0.1"
    assert untouched(step)


def test_an_iso_vm_gets_its_drive_and_starts(site):
    image = {"kind": "ClusterVirtualMachineImage", "name": "vmi-2"}
    vm = wish(image=image, guestID="debian12_64Guest", hardware={"cdrom": [{"name": "cd1", "image": image}]})
    portal = Portal(site, vm)
    step = portal.settle(20)
    assert portal.status["powerState"] == "PoweredOn"
    assert condition(step, "VirtualMachineHardwareCDROMVerified") == ("True", "True")
    assert portal.vm["spec"]["hardware"]["cdrom"][0]["controllerType"] == "IDE"
    assert untouched(step)


def test_power_off_asks_the_guest_first_and_power_on_comes_back(portal):
    """PWR-02, PWR-03, PWR-31."""
    portal.settle(30)
    portal.vm["spec"]["powerState"] = "PoweredOff"
    actions = [type(action).__name__ for action in portal.one_pass().actions]
    assert actions == ["ShutdownGuest"]
    portal.settle(10)
    assert portal.status["powerState"] == "PoweredOff"
    portal.vm["spec"]["powerState"] = "PoweredOn"
    assert untouched(portal.settle(20))
    assert portal.status["powerState"] == "PoweredOn"


def test_try_soft_goes_hard_when_there_are_no_tools(site):
    """PWR-31: an ISO VM has no VMware Tools."""
    image = {"kind": "ClusterVirtualMachineImage", "name": "vmi-2"}
    portal = Portal(site, wish(image=image, guestID="debian12_64Guest"))
    portal.settle(20)
    portal.vm["spec"]["powerState"] = "PoweredOff"
    portal.settle(5)
    assert portal.status["powerState"] == "PoweredOff"


def test_soft_never_goes_hard(site):
    """PWR-30: without tools the VM stays on, and the condition says why."""
    image = {"kind": "ClusterVirtualMachineImage", "name": "vmi-2"}
    portal = Portal(site, wish(image=image, guestID="debian12_64Guest", powerOffMode="Soft"))
    portal.settle(20)
    portal.vm["spec"]["powerState"] = "PoweredOff"
    step = portal.settle(400, every=20)
    assert portal.status["powerState"] == "PoweredOn"
    assert "Tools" in builders.message(step, "VirtualMachinePowerStateSynced")
    assert [event.reason for event in portal.events].count("UpdateFailure") == 1


def test_what_was_switched_off_in_vsphere_is_switched_on_again(portal):
    """VML-05: drift heals."""
    portal.settle(30)
    site, moid = portal.site, portal.status["uniqueID"]
    site.backend.apply(portal.ref, PowerOffVM(moid))
    site.wait(1)
    assert untouched(portal.settle(20))
    assert portal.status["powerState"] == "PoweredOn"
    told = [event for event in portal.events if event.reason == "PowerStateChanged"]
    assert [(event.type, "from PoweredOn to PoweredOff" in event.message) for event in told] == [
        ("Warning", True)
    ]


def test_what_the_portal_switches_itself_is_no_drift(portal):
    portal.settle(30)
    for wanted in ("PoweredOff", "PoweredOn"):
        portal.vm["spec"]["powerState"] = wanted
        portal.settle(30)
        assert portal.status["powerState"] == wanted
    assert "PowerStateChanged" not in [event.reason for event in portal.events]


def test_what_vanished_in_vsphere_is_not_made_again(portal):
    portal.settle(30)
    moid = portal.status["uniqueID"]
    portal.site.backend.apply(portal.ref, PowerOffVM(moid))
    portal.site.wait(1)
    portal.site.backend.apply(portal.ref, DestroyVM(moid))
    portal.site.wait(1)
    step = portal.settle(20)
    assert condition(step, "VirtualMachineCreated") == ("False", "Error")
    assert portal.look() is None
    portal.settle(20)
    assert [event.reason for event in portal.events].count("NotFound") == 1


def test_a_full_datastore_is_said_and_healed(portal):
    portal.site.fill_datastores()
    step = portal.settle(20)
    assert condition(step, "VirtualMachineConditionPlacementReady") == ("False", "NotReady")
    assert "free space" in builders.message(step, "VirtualMachineConditionPlacementReady")
    portal.site.empty_datastores()
    portal.settle(40)
    assert portal.status["powerState"] == "PoweredOn"


def test_no_room_on_any_host_is_said_and_tried_again(portal):
    """VML-11: the VM is not failed for good."""
    portal.vm["spec"]["powerState"] = "PoweredOff"
    portal.settle(20)
    portal.site.shrink_hosts(1024)
    portal.vm["spec"]["powerState"] = "PoweredOn"
    step = portal.settle(30)
    assert "memory" in builders.message(step, "VirtualMachinePowerStateSynced")
    portal.site.shrink_hosts(65_536)
    portal.settle(60)
    assert portal.status["powerState"] == "PoweredOn"


def test_a_class_change_waits_for_the_power_off(portal):
    """CPU-08, CPU-10, CPU-17."""
    large = builders.vm_class("large", hardware={"cpus": 8, "memory": "16Gi"})
    portal.objects["VirtualMachineClass", "team-a", "large"] = large
    portal.settle(30)
    portal.vm["spec"]["className"] = "large"
    step = portal.settle(5)
    assert portal.status["hardware"]["cpu"]["total"] == 2
    assert condition(step, "VirtualMachineClassConfigurationSynced") == ("False", "ClassNameChanged")
    portal.vm["spec"]["powerState"] = "PoweredOff"
    portal.settle(10)
    step = portal.settle(10)
    assert portal.status["hardware"]["cpu"]["total"] == 8
    assert portal.status["hardware"]["memory"]["total"] == "16384M"
    assert portal.status["class"]["name"] == "large"
    assert condition(step, "VirtualMachineClassConfigurationSynced") == ("True", "True")


def test_deleting_leaves_nothing_behind(portal):
    """DEL-02, DEL-03: held by its check, then powered off, destroyed, address given back."""
    portal.settle(30)
    meta = portal.vm["metadata"]
    meta["deletionTimestamp"] = "2026-11-24T13:00:00Z"
    meta["annotations"]["delete.check.vmoperator.vmware.com/ad"] = "computer object"
    portal.settle(10)
    assert portal.look() is not None
    del meta["annotations"]["delete.check.vmoperator.vmware.com/ad"]
    portal.settle(20)
    assert meta["finalizers"] == []
    assert (
        portal.site.backend.observe(
            portal.ref, Hints(portal.status["uniqueID"], portal.vm["spec"]["instanceUUID"])
        )
        is None
    )
    assert portal.site.backend.interfaces(portal.ref) == ()


def test_deleting_while_the_clone_runs_leaves_nothing_behind(portal):
    while not any(type(action).__name__ == "CloneVM" for action in portal.one_pass().actions):
        pass
    portal.vm["metadata"]["deletionTimestamp"] = "2026-11-24T13:00:00Z"
    portal.settle(20)
    assert portal.vm["metadata"]["finalizers"] == []
    assert portal.look() is None


@pytest.mark.parametrize("at", range(12))
def test_a_pass_whose_write_is_lost_doubles_nothing(portal, at):
    """The worker dies after acting and before writing, at every pass in turn."""
    for number in range(40):
        saved = portal._write
        if number == at:
            portal._write = lambda step: None
        portal.one_pass()
        portal._write = saved
        portal.site.wait(0.75)
    step = portal.settle(10, every=2)
    assert portal.status["powerState"] == "PoweredOn"
    assert untouched(step)
    assert portal.site.count() == 1
