"""Whether class, image and spec agree on controllers (section 6.13 of the catalogue, VK-14 to VK-16)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import OPERATOR, WORLD, refused, thing, vm
from vms.hardware_sources import cache_name

PATH = ("spec.hardware", "Invalid")
NONE, PHYSICAL = "noSharing", "physicalSharing"
ITEM = "a1000000-0000-4000-8000-0000000000c1"


def klass(*devices: tuple[Any, ...], **spec: Any):
    changes = [
        {"operation": "add", "device": {"_typeName": type_, "busNumber": bus, "sharedBus": shared}}
        for type_, bus, shared in devices
    ]
    return thing(
        "VirtualMachineClass", "odd", "team-a", spec={"configSpec": {"deviceChange": changes, **spec}}
    )


def image(**status: Any):
    content = {"type": "OVF", "providerItemID": ITEM, "providerContentVersion": "1", "name": "shown"}
    return thing("VirtualMachineImage", "vmi-odd", "team-a", status={**content, **status})


def cached(*items: dict[str, Any], ready: str = "True", version: str = "1", descriptor: str | None = None):
    """An image's cache whose descriptor has these controllers, each with a disk."""
    lines = ["virtualSystem:", "  virtualHardwareSection:", "  - item:"]
    for index, item in enumerate(items):
        lines.append(f"    - { ({'instanceID': str(index), **item}) }")
        lines.append(f"    - { ({'instanceID': f'disk {index}', 'resourceType': 17, 'parent': str(index)}) }")
    name = cache_name(ITEM)
    return (
        thing(
            "VirtualMachineImageCache",
            name,
            OPERATOR,
            status={
                "conditions": [{"type": "VirtualMachineImageCacheHardwareReady", "status": ready}],
                "ovf": {"configMapName": name, "providerVersion": version},
            },
        ),
        thing("ConfigMap", name, OPERATOR, data={"value": descriptor or "\n".join(lines)}),
    )


def asked(*objects: Any, controllers: dict[str, Any] | None = None, **request: Any):
    sent = vm(className="odd", imageName="vmi-odd", hardware=controllers)
    return refused(sent, world=(*WORLD, *objects), **request)


SCSI, LSI_SAS = {"resourceType": 6}, {"resourceType": 6, "resourceSubType": "LsiLogicSAS"}
PARAVIRTUAL = {"resourceType": 6, "resourceSubType": "VirtualSCSI", "address": "0"}
NVME = {"resourceType": 20, "resourceSubType": "vmware.nvme.controller"}


@pytest.mark.parametrize(
    ("device", "item", "agrees"),
    [
        (("VirtualLsiLogicController", 0, NONE), SCSI, True),
        (("VirtualLsiLogicController", 0, PHYSICAL), SCSI, False),
        (("ParaVirtualSCSIController", 0, NONE), SCSI, False),
        (("ParaVirtualSCSIController", 0, NONE), PARAVIRTUAL, True),
        (("ParaVirtualSCSIController", 1, NONE), SCSI, True),
        (("VirtualLsiLogicSASController", 0, NONE), LSI_SAS, True),
        (("VirtualSCSIController", 0, NONE), SCSI, False),
        (("VirtualNVMEController", 0, ""), NVME, True),
        (("VirtualNVMEController", 0, PHYSICAL), NVME, False),
        (("VirtualIDEController", 0, NONE), SCSI, True),
    ],
)
def test_class_and_image_agree(device, item, agrees):
    """VK-14."""
    world = (klass(device), image(), *cached(item))
    assert asked(*world) == ([] if agrees else [(*PATH, "VK-14")])
    assert asked(*world, VMSharedDisks=False) == []


@pytest.mark.parametrize(
    ("controller", "agrees"),
    [
        ({"busNumber": 0, "type": "ParaVirtual", "sharingMode": "Physical"}, True),
        ({"busNumber": 0, "type": "ParaVirtual", "sharingMode": "None"}, False),
        ({"busNumber": 0, "type": "BusLogic", "sharingMode": "Physical"}, False),
        ({"busNumber": 0, "sharingMode": "Physical"}, True),
        ({"busNumber": 1, "type": "BusLogic", "sharingMode": "Virtual"}, True),
    ],
)
def test_the_spec_agrees_with_the_class(controller, agrees):
    """VK-15: what the schema has defaulted counts."""
    world = (klass(("ParaVirtualSCSIController", 0, PHYSICAL)), image())
    found = asked(*world, controllers={"scsiControllers": [controller]})
    assert found == ([] if agrees else [(*PATH, "VK-15")])


def test_the_spec_agrees_with_the_image():
    """VK-15: its controllers without disks do not come along."""
    for items, rules in (((SCSI, SCSI), ["VK-15"]), ((), [])):
        world = (klass(), image(), *cached(*items))
        found = asked(*world, controllers={"scsiControllers": [{"busNumber": 1}]})
        assert [rule for *_, rule in found] == rules
    bare = "virtualSystem: {virtualHardwareSection: [{item: [{instanceID: '3', resourceType: 6}]}]}"
    world = (klass(), image(), *cached(descriptor=bare))
    assert asked(*world, controllers={"scsiControllers": [{"busNumber": 0}]}) == []


def test_a_conflict_of_nvme_controllers():
    world = (klass(("VirtualNVMEController", 0, PHYSICAL)), image())
    for sharing, rules in (("None", ["VK-15"]), ("Physical", [])):
        found = asked(*world, controllers={"nvmeControllers": [{"busNumber": 0, "sharingMode": sharing}]})
        assert [rule for *_, rule in found] == rules


@pytest.mark.parametrize(
    "objects",
    [
        (klass(), image(providerItemID="")),
        (klass(), image(providerContentVersion="")),
        (klass(), image(), *cached(ready="False")),
        (klass(), image(), *cached(ready="Unknown")),
        (klass(), image(), *cached(version="2")),
        (klass(), image(), *cached(descriptor="{")),
        (klass(), image(), *cached({"resourceType": 6, "resourceSubType": "odd"})),
        (klass(), image(), *cached({"resourceType": 6, "address": "first"})),
    ],
)
def test_an_image_says_what_it_brings(objects):
    """VK-16."""
    assert asked(*objects) == [("spec.image", "Invalid", "VK-16")]
    assert asked(*objects, VMSharedDisks=False) == []


@pytest.mark.parametrize("config", [{"numCPUs": "two"}, {"memoryMB": 1.5}])
def test_a_class_says_what_it_brings(config):
    """VK-16."""
    assert asked(klass(**config), image()) == [("spec.className", "Invalid", "VK-16")]


def test_what_is_missing_is_not_looked_at():
    """VK-16: neither a class, nor an image by reference, nor its cache or the cache's descriptor."""
    assert asked(image()) == []
    assert asked(klass(), image(), cached()[0]) == []
    assert asked(klass(), image(type="ISO", providerItemID="")) == []
    gone = {"kind": "VirtualMachineImage", "name": "gone"}
    assert refused(vm(imageName=None, image=gone)) == []


def test_a_class_that_its_instance_names_is_looked_up():
    """MC-16 fills in the class's name only after the look-ups have been named."""
    owner = {"kind": "VirtualMachineClass", "name": "odd"}
    meta = {"labels": {"vmoperator.vmware.com/active": ""}, "ownerReferences": [owner]}
    instance = thing("VirtualMachineClassInstance", "odd-1", "team-a", meta=meta)
    reference = {"apiVersion": "vmoperator.vmware.com/v1alpha5", "kind": instance["kind"], "name": "odd-1"}
    sent = vm(className=None, **{"class": reference})
    found = refused(sent, world=(*WORLD, klass(numCPUs="two"), instance), ImmutableClasses=True)
    assert found == [("spec.className", "Invalid", "VK-16")]
