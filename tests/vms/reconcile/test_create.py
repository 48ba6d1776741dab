"""From a wish to a clone: prerequisites with their conditions, the config spec, the place (sections 3 to 6)."""

from __future__ import annotations

import pytest

from tests.vms.reconcile.builders import (
    BIOS_UUID,
    ETH0,
    INSTANCE_UUID,
    POLICY,
    UID,
    annotation,
    cluster,
    condition,
    datastore,
    facts,
    host,
    image,
    inventory,
    message,
    secret,
    storage_class,
    task,
    vm_class,
    wish,
    zone,
)
from vmportal.backends.base import ClaimInterfaces, CloneVM, CreateVM
from vms.annotations import LAST_RESIZED_CLASS, MMIO_SIZE, ZONE_LABEL
from vms.reconcile import Missing, needs, needs_inventory, plan

RAW = {"cloudInit": {"rawCloudConfig": {"name": "init", "key": "user-data"}}}
CLASS, IMAGE, STORAGE = "VirtualMachineClassReady", "VirtualMachineImageReady", "VirtualMachineStorageReady"
BOOTSTRAP, NETWORK = "VirtualMachineBootstrapReady", "VirtualMachineNetworkReady"
PLACEMENT = "VirtualMachineConditionPlacementReady"


def not_ready(**more):
    return image(conditions=[{"type": "Ready", "status": "False", **more}])


def claim(name="data"):
    return [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]


@pytest.mark.parametrize(
    ("vm", "known", "kind", "expected"),
    [
        (wish(), facts(), CLASS, ("True", "True")),
        (wish(className="nope"), facts(), CLASS, ("False", "NotFound")),
        (wish(image=None), facts(), IMAGE, ("False", "NotSet")),
        (wish(image={"kind": "Image", "name": "x"}), facts(), IMAGE, ("False", "UnknownKind")),
        (wish(image={"kind": "VirtualMachineImage", "name": "x"}), facts(), IMAGE, ("False", "NotFound")),
        (wish(), facts(not_ready(reason="NotSynced", message="later")), IMAGE, ("False", "NotSynced")),
        (wish(), facts(not_ready()), IMAGE, ("False", "NotReady")),
        (wish(), facts(image(conditions=[])), IMAGE, ("False", "NotReady")),
        (wish(), facts(), BOOTSTRAP, None),
        (wish(bootstrap=RAW), facts(), BOOTSTRAP, ("False", "NotFound")),
        (wish(bootstrap=RAW), facts(secret("init", other="x")), BOOTSTRAP, ("False", "RequiredKeyNotFound")),
        (wish(bootstrap=RAW), facts(secret("init", value="x")), BOOTSTRAP, ("True", "True")),
        (wish(storageClass=None), facts(), STORAGE, ("False", "StorageClassRequired")),
        (wish(storageClass="tin"), facts(), STORAGE, ("False", "NotFound")),
        (wish(volumes=claim()), facts(), STORAGE, ("False", "NotFound")),
        (wish(network={"disabled": True, "interfaces": [{"name": "eth0"}]}), facts(), NETWORK, None),
        (
            wish(network={"interfaces": [{"name": "eth0", "network": {"name": "nowhere"}}]}),
            facts(),
            NETWORK,
            ("False", "NotReady"),
        ),
        (wish(), facts(), NETWORK, ("True", "True")),
    ],
)
def test_each_prerequisite_has_a_condition(vm, known, kind, expected):
    assert condition(plan(vm, None, known), kind) == expected


def test_all_that_is_missing_is_said_at_once():
    step = plan(wish(className="nope", storageClass="tin", bootstrap=RAW), None, facts())
    failing = {item["type"] for item in step.conditions if item["status"] == "False"}
    assert failing == {CLASS, STORAGE, BOOTSTRAP}
    assert step.actions == ()
    assert all(word in step.failed for word in ("nope", "tin", "init"))
    assert step.look_again == 10


def test_a_lookup_that_was_forbidden_says_so():
    objects = {("VirtualMachineClass", "team-a", "small"): Missing("Forbidden", "you may not")}
    step = plan(wish(), None, facts(objects={**facts().objects, **objects}))
    assert condition(step, CLASS) == ("False", "Forbidden")
    assert message(step, CLASS) == "you may not"


def test_a_true_image_condition_says_since_when():
    step = plan(wish(), None, facts())
    assert message(step, IMAGE) == "VirtualMachineImage was ready at 2026-11-01T00:00:00Z"


def test_an_address_is_claimed_before_the_clone():
    step = plan(wish(), None, facts(interfaces=()))
    assert (step.actions, step.look_again) == ((ClaimInterfaces((("eth0", "vm-network"),)),), 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"className": "nope"},
        {"image": {"kind": "VirtualMachineImage", "name": "x"}},
        {"storageClass": "tin"},
        {"bootstrap": RAW},
    ],
)
def test_an_address_is_claimed_while_something_else_is_missing(changes):
    """Each prerequisite is looked at by itself: the network is ready though the VM cannot be made."""
    vm = wish(**changes)
    first = plan(vm, None, facts(interfaces=()))
    assert (first.actions, first.look_again) == ((ClaimInterfaces((("eth0", "vm-network"),)),), 0)
    assert first.failed
    second = plan(vm, None, facts())
    assert condition(second, NETWORK) == ("True", "True")
    assert (second.actions, second.look_again) == ((), 10)


def test_what_has_a_network_is_claimed_though_another_interface_has_none():
    interfaces = [{"name": "eth0"}, {"name": "eth1", "network": {"name": "nowhere"}}]
    step = plan(wish(network={"interfaces": interfaces}), None, facts(interfaces=()))
    assert step.actions == (ClaimInterfaces((("eth0", "vm-network"),)),)
    assert condition(step, NETWORK) == ("False", "NotReady")
    assert '"nowhere" not found' in message(step, NETWORK)


def test_a_create_that_runs_is_not_started_again():
    step = plan(wish(), None, facts(create_task=task("running")))
    assert (step.actions, step.look_again) == ((), 10)


def test_a_create_that_failed_says_why_and_is_tried_again():
    died = task("error", fault="NoDiskSpace", message="Insufficient disk space")
    first = plan(wish(), None, facts(create_task=died))
    assert condition(first, "VirtualMachineCreated") == ("False", "Error")
    assert (first.actions, first.look_again) == ((), 1)
    second = plan(wish(), None, facts(create_task=died, notes=first.notes))
    assert isinstance(second.actions[0], CloneVM)


def test_needs_names_every_object_that_may_be_asked_for():
    vm = wish(
        bootstrap=RAW,
        volumes=claim(),
        hardware={"cdrom": [{"image": {"kind": "VirtualMachineImage", "name": "iso"}}]},
    )
    assert needs(vm, "vmop") == {
        ("ConfigMap", "vmop", "vmoperator-network-config"),
        ("VirtualMachineClass", "team-a", "small"),
        ("ClusterVirtualMachineImage", "", "vmi-1"),
        ("VirtualMachineImage", "team-a", "iso"),
        ("StorageClass", "", "gold"),
        ("PersistentVolumeClaim", "team-a", "data"),
        ("Secret", "team-a", "init"),
    }


def test_the_inventory_is_needed_only_to_make_or_to_change():
    assert needs_inventory(wish(), None)


# --- Config spec ---------------------------------------------------------------------------------------


def clone(vm=None, known=None):
    (action,) = plan(vm or wish(), None, known or facts()).actions
    return action


def added(spec, *kinds):
    changes = spec["deviceChange"]
    return [
        item["device"]
        for item in changes
        if item["operation"] == "add" and item["device"]["_typeName"] in kinds
    ]


def with_class(**spec):
    return facts(vm_class(**spec))


def test_a_clone_says_who_it_is():
    """CPU-03, HW-44."""
    action = clone()
    spec = action.config
    assert (action.template, action.name, action.folder, action.pool) == (
        "vm-t1",
        "web-1",
        "group-v1",
        "resgroup-a",
    )
    assert (spec["numCPUs"], spec["memoryMB"]) == (2, 4096)
    assert (spec["uuid"], spec["instanceUuid"]) == (BIOS_UUID, INSTANCE_UUID)
    assert spec["managedBy"] == {"extensionKey": "com.vmware.vcenter.wcp", "type": "VirtualMachine"}
    assert {"key": "vmservice.namespacedName", "value": "team-a/web-1"} in spec["extraConfig"]
    assert spec["vmProfile"] == [{"_typeName": "VirtualMachineDefinedProfileSpec", "profileId": POLICY}]


def test_a_clone_can_always_be_found_again():
    assert clone(wish(instanceUUID=None)).config["instanceUuid"] == UID


def test_the_state_of_the_class_is_remembered():
    step = plan(wish(), None, facts(vm_class(generation=3)))
    assert annotation(step, LAST_RESIZED_CLASS) == '{"name":"small","uid":"class-small","generation":3}'
    assert step.status["class"]["name"] == "small"


@pytest.mark.parametrize(
    ("spec", "cpu", "memory"),
    [
        ({}, (0, -1), (0, -1)),
        (
            {
                "configSpec": {
                    "cpuAllocation": {"reservation": 200, "limit": 400},
                    "memoryAllocation": {"reservation": 1024, "limit": 2048},
                }
            },
            (200, 400),
            (1024, 2048),
        ),
        (
            {"policies": {"resources": {"requests": {"cpu": "1500m", "memory": "1Gi"}}}},
            (3000, -1),
            (1024, -1),
        ),
        (
            {"policies": {"resources": {"limits": {"cpu": "1", "memory": "2Gi"}}}},
            (0, 2000),
            (0, 2048),
        ),
    ],
)
def test_reservations_and_limits(spec, cpu, memory):
    """CPU-04: MHz by the slowest host, MB."""
    made = clone(known=with_class(**spec)).config
    for key, expected in (("cpuAllocation", cpu), ("memoryAllocation", memory)):
        assert (made[key]["reservation"], made[key]["limit"]) == expected


@pytest.mark.parametrize(
    ("of_class", "of_image", "wished", "expected"),
    [
        ("", 0, 0, None),
        ("", 19, 0, None),
        ("", 15, 17, "vmx-17"),
        ("", 19, 17, "vmx-19"),
        ("vmx-20", 15, 17, "vmx-20"),
        ("vmx-13", 15, 17, "vmx-17"),
    ],
)
def test_the_hardware_version(of_class, of_image, wished, expected):
    known = facts(
        vm_class(configSpec={"version": of_class} if of_class else {}),
        image(hardwareVersion=of_image),
    )
    assert clone(wish(minHardwareVersion=wished or None), known).config.get("version") == expected


@pytest.mark.parametrize(
    ("wished", "of_image", "of_class", "expected"),
    [("efi", "bios", "bios", "efi"), (None, "efi", "bios", "efi"), (None, None, "bios", "bios")],
)
def test_the_firmware(wished, of_image, of_class, expected):
    known = facts(
        vm_class(configSpec={"firmware": of_class}), image(**({"firmware": of_image} if of_image else {}))
    )
    options = {"firmware": wished} if wished else None
    assert clone(wish(bootOptions=options), known).config["firmware"] == expected


def test_what_a_class_may_not_decide_is_dropped():
    disk = {"operation": "add", "device": {"_typeName": "VirtualDisk", "key": -1}}
    spec = {
        "uuid": "x",
        "instanceUuid": "y",
        "guestId": "z",
        "files": {},
        "vmProfile": [],
        "deviceChange": [disk],
        "extraConfig": [
            {"key": "maintenance.vm.evacuation.poweroff", "value": "TRUE"},
            {"key": "own", "value": "1"},
        ],
    }
    made = clone(known=with_class(configSpec=spec)).config
    assert (made["uuid"], made.get("guestId"), "files" in made) == (BIOS_UUID, None, False)
    assert added(made, "VirtualDisk") == []
    keys = {item["key"] for item in made["extraConfig"]}
    assert "own" in keys
    assert "maintenance.vm.evacuation.poweroff" not in keys


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [({}, "512"), ({MMIO_SIZE: "1024"}, "1024"), ({MMIO_SIZE: "0"}, None)],
)
def test_a_vgpu_of_the_class_comes_with_its_address_space(annotations, expected):
    gpu = {"cpus": 2, "memory": "4Gi", "devices": {"vgpuDevices": [{"profileName": "grid_a100-10c"}]}}
    made = clone(wish(annotations=annotations), with_class(hardware=gpu)).config
    extra = {item["key"]: item["value"] for item in made["extraConfig"]}
    assert added(made, "VirtualPCIPassthrough")[0]["backing"]["vgpu"] == "grid_a100-10c"
    assert extra.get("pciPassthru.64bitMMIOSizeGB") == expected
    assert made["version"] == "vmx-17"


def test_cards_take_their_types_from_the_class_and_vmxnet3_beyond():
    """NET-13, NET-14."""
    of_class = [
        {"operation": "add", "device": {"_typeName": kind, "key": key}}
        for kind, key in (("VirtualE1000", -100), ("VirtualVmxnet2", -200))
    ]
    names = [{"name": f"eth{number}"} for number in range(3)]
    made = tuple(
        type(ETH0)(item["name"], "vm-network", ETH0.backing, f"00:50:56:00:00:0{n}")
        for n, item in enumerate(names)
    )
    known = facts(vm_class(configSpec={"deviceChange": of_class}), interfaces=made)
    spec = clone(wish(network={"interfaces": names}), known).config
    cards = added(spec, "VirtualE1000", "VirtualVmxnet2", "VirtualVmxnet3")
    assert [(card["_typeName"], card["macAddress"]) for card in cards] == [
        ("VirtualE1000", "00:50:56:00:00:00"),
        ("VirtualVmxnet2", "00:50:56:00:00:01"),
        ("VirtualVmxnet3", "00:50:56:00:00:02"),
    ]
    assert len({card["key"] for card in cards}) == 3


def test_without_a_network_no_card_is_left():
    """NET-03: neither the class's nor the template's."""
    of_class = [{"operation": "add", "device": {"_typeName": "VirtualE1000", "key": -100}}]
    known = facts(vm_class(configSpec={"deviceChange": of_class}))
    changes = clone(wish(network={"disabled": True}), known).config["deviceChange"]
    assert [(item["operation"], item["device"]["key"]) for item in changes] == [("remove", 4000)]


def test_an_iso_image_makes_an_empty_vm():
    known = facts(image(type="ISO", providerItemID="item-iso", disks=[]))
    (action,) = plan(wish(guestID="debian12_64Guest"), None, known).actions
    assert isinstance(action, CreateVM)
    assert action.config["guestId"] == "debian12_64Guest"


# --- Placement -----------------------------------------------------------------------------------------


def place(vm=None, **parts):
    zones = parts.pop("zones", (zone("zone-a", "resgroup-a"), zone("zone-b", "resgroup-b")))
    return plan(vm or wish(), None, facts(inventory=inventory(**parts), zones=zones))


TWO = (
    cluster("a", host("host-1", free=1000)),
    cluster("b", host("host-2", free=9000), host("host-3", free=8000)),
)


def test_the_host_with_the_most_free_memory_wins():
    """VML-13."""
    (action,) = place(clusters=TWO).actions
    assert (action.pool, action.host) == ("resgroup-b", "host-2")


def test_a_zone_label_leaves_no_choice():
    (action,) = place(wish(labels={ZONE_LABEL: "zone-a"}), clusters=TWO).actions
    assert (action.pool, action.host) == ("resgroup-a", "host-1")


def test_a_zone_that_is_going_takes_no_new_vms():
    going = zone("zone-b", "resgroup-b", deletionTimestamp="2026-11-24T00:00:00Z")
    (action,) = place(clusters=TWO, zones=(zone(), going)).actions
    assert action.pool == "resgroup-a"


def test_the_policy_chooses_the_datastore_and_space_decides():
    stores = (
        datastore("ds-1", free=500 * 1024**3),
        datastore("ds-2", free=900 * 1024**3),
        datastore("ds-3", free=2 * 1024**4, policies=("other",)),
    )
    (action,) = place(datastores=stores).actions
    assert action.datastore == "ds-2"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"zones": ()}, "the namespace has no zone with a resource pool"),
        ({"datastores": (datastore(free=1024),)}, "datastore name-of-ds-1 has no 3072 MB of free space left"),
        ({"datastores": (datastore(policies=()),)}, "no datastore that satisfies storage class gold"),
        ({"clusters": (cluster("a", host(usable=False)),)}, "zone zone-a has no host that is connected"),
        ({"clusters": (cluster("a", host(memory=2048)),)}, "no host of zone zone-a has 4096 MB of memory"),
    ],
)
def test_no_place_is_said_in_words(parts, words):
    step = place(**{"zones": (zone(),), **parts})
    assert condition(step, PLACEMENT) == ("False", "NotReady")
    assert words in message(step, PLACEMENT)
    assert (step.actions, step.look_again) == ((), 10)


def test_memory_that_is_to_be_reserved_must_be_free():
    known = facts(
        vm_class(policies={"resources": {"requests": {"memory": "4Gi"}}}),
        inventory=inventory(clusters=(cluster("a", host(unreserved=4095)),)),
    )
    step = plan(wish(), None, known)
    assert "4096 MB of memory left to reserve" in message(step, PLACEMENT)


def test_the_storage_class_names_the_policy():
    known = facts(
        storage_class(policy="other"), inventory=inventory(datastores=(datastore(policies=("other",)),))
    )
    assert clone(known=known).config["vmProfile"][0]["profileId"] == "other"
