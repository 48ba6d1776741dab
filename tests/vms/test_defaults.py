"""What a VM becomes by default, as VM Operator's mutating webhook does it (section 5 of the catalogue)."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.admission.asking import (
    MASTER,
    OPERATOR,
    PRIVILEGED,
    PROVIDER_CONFIG,
    UPGRADED,
    WORLD,
    admitted,
    changed,
    judge,
    refused,
    stored,
    thing,
    vm,
)

NETWORK = {"apiVersion": "netoperator.vmware.com/v1alpha1", "kind": "Network", "name": ""}
LAST_CLASS = "vmoperator.vmware.com/last-resized-vm-class"
DELAY = "vmoperator.vmware.com.protected/apply-power-state-time"


def made(**spec):
    return admitted(vm(**spec))["spec"]


def completed(*arguments, **request):
    """The spec after defaulting, whatever the rules then say of it."""
    return judge(*arguments, **request).object["spec"]


def annotations(obj):
    return obj["metadata"].get("annotations", {})


def test_a_vm_without_interfaces_gets_one():
    """MC-02, MC-03."""
    for network in (None, {}, {"interfaces": []}, {"hostName": "web"}):
        assert made(network=network)["network"]["interfaces"] == [{"name": "eth0", "network": NETWORK}]


def test_a_vm_may_do_without_a_network():
    """MC-01."""
    assert "interfaces" not in made(network={"disabled": True})["network"]
    bare = vm(meta={"annotations": {"vmoperator.vmware.com/no-default-nic": ""}})
    assert "network" not in admitted(bare)["spec"]


def test_what_is_missing_of_a_network_reference_is_filled_in():
    """MC-03: each part on its own, never the name."""
    interfaces = [{"name": "eth0", "network": {"kind": "Subnet"}}, {"name": "eth1", "network": {"name": "n"}}]
    first, second = made(network={"interfaces": interfaces})["network"]["interfaces"]
    assert first["network"] == {**NETWORK, "kind": "Subnet"}
    assert second["network"] == {**NETWORK, "name": "n"}


@pytest.mark.parametrize(
    ("provider", "network"),
    [
        ("NSXT", {"apiVersion": "vmware.com/v1alpha1", "kind": "VirtualNetwork", "name": ""}),
        ("NSXT_VPC", {"apiVersion": "crd.nsx.vmware.com/v1alpha1", "kind": "SubnetSet", "name": ""}),
        ("NAMED", {"name": "VM Network"}),  # which the rules then refuse (QRK-08)
    ],
)
def test_the_provider_decides_the_reference(provider, network):
    """MC-04."""
    made = judge(vm(), provider=provider).object
    assert made["spec"]["network"]["interfaces"][0]["network"] == network


def test_the_named_provider_can_be_configured():
    """MC-04."""
    world = (*WORLD, thing("ConfigMap", PROVIDER_CONFIG, OPERATOR, data={"Network": "primary"}))
    interfaces = admitted(vm(), provider="NAMED", world=world)["spec"]["network"]["interfaces"]
    assert interfaces[0]["network"] == {"name": "primary"}


def test_an_unknown_provider_leaves_the_network_alone():
    assert "network" not in admitted(vm(), provider="")["spec"]


def test_a_vm_is_wanted_on():
    """MC-05."""
    assert made()["powerState"] == "PoweredOn"
    assert made(powerState="")["powerState"] == "PoweredOn"
    assert made(powerState="PoweredOff")["powerState"] == "PoweredOff"


def test_a_vm_from_cdrom_takes_its_image_name():
    """MC-06, MC-07: of the first connected one, else of the first."""
    first = {"name": "cd1", "image": {"name": "vmi-0001"}, "connected": False}
    second = {"name": "cd2", "image": {"name": "vmi-0002"}}
    both = made(imageName=None, guestID="x", hardware={"cdrom": [first, second]})
    assert both["imageName"] == "vmi-0002"
    assert both["image"] == {"kind": "ClusterVirtualMachineImage", "name": "vmi-0002"}
    assert [cdrom["image"]["kind"] for cdrom in both["hardware"]["cdrom"]] == ["VirtualMachineImage"] * 2
    assert made(imageName=None, guestID="x", hardware={"cdrom": [first]})["imageName"] == "vmi-0001"


def test_uuids_are_drawn_and_cloud_init_follows():
    """MC-08 to MC-10."""
    spec = made(bootstrap={"cloudInit": {}})
    assert uuid.UUID(spec["biosUUID"]) != uuid.UUID(spec["instanceUUID"])
    assert spec["bootstrap"]["cloudInit"]["instanceID"] == spec["biosUUID"]
    assert "bootstrap" not in made()


def test_only_privileged_users_choose_the_instance_uuid():
    """MC-08, VU-03."""
    chosen = str(uuid.uuid4())
    assert refused(vm(instanceUUID=chosen)) == [("spec.instanceUUID", "Forbidden", "MC-08")]
    assert admitted(vm(instanceUUID=chosen), user=PRIVILEGED)["spec"]["instanceUUID"] == chosen


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("vmi-0001", {"kind": "VirtualMachineImage", "name": "vmi-0001"}),
        ("vmi-0002", {"kind": "ClusterVirtualMachineImage", "name": "vmi-0002"}),
        ("ubuntu-24.04", {"kind": "VirtualMachineImage", "name": "vmi-0001"}),
        ("photon-5", {"kind": "ClusterVirtualMachineImage", "name": "vmi-0002"}),
    ],
)
def test_an_image_name_is_resolved(name, image):
    """MC-11, MC-12: the name itself stays as it was written."""
    spec = made(imageName=name)
    assert (spec["image"], spec["imageName"]) == (image, name)


@pytest.mark.parametrize(
    "name", ["vmi-9999", "nothing", "golden", "UBUNTU-24.04", "vmi-secret", "other team's"]
)
def test_an_unknown_image_name_is_refused_and_tells_nothing(name):
    """MC-11, VI-01: another namespace's image does not exist."""
    assert refused(vm(imageName=name)) == [("spec.imageName", "NotFound", "MC-11")]
    (error,) = judge(vm(imageName=name)).errors
    assert "team-b" not in error.message


def test_an_ambiguous_image_name_is_refused():
    assert refused(vm(imageName="twin")) == [("spec.imageName", "Invalid", "MC-11")]


def test_name_and_image_must_agree():
    """MC-12, VI-02."""
    other = {"kind": "VirtualMachineImage", "name": "vmi-0003"}
    assert refused(vm(image=other)) == [("spec.imageName", "Invalid", "MC-12")]
    same = {"kind": "VirtualMachineImage", "name": "vmi-0001"}
    assert made(image=same)["image"] == same


def test_an_image_without_name_is_taken_as_it_is():
    """MC-13."""
    unknown = {"kind": "VirtualMachineImage", "name": "unknown"}
    spec = made(imageName=None, image=unknown)
    assert spec["image"] == unknown
    assert "imageName" not in spec


KEYS = thing("EncryptionClass", "keys", "team-a", meta={"labels": {"encryption.vmware.com/default": "true"}})
MORE = thing("EncryptionClass", "more", "team-a", meta={"labels": {"encryption.vmware.com/default": "true"}})


def test_the_default_encryption_class_is_used_where_disks_are_encrypted():
    """MC-14, MC-15."""
    world = (*WORLD, KEYS)
    assert admitted(vm(storageClass="gold-encrypted"), world=world)["spec"]["crypto"] == {
        "encryptionClassName": "keys",
        "useDefaultKeyProvider": True,
        "vTPMMode": "New",
    }
    assert "crypto" not in admitted(vm(), world=world)["spec"]
    assert "crypto" not in admitted(vm(storageClass="gold-encrypted"))["spec"]
    encrypted = vm(storageClass="gold-encrypted")
    assert "crypto" not in admitted(encrypted, world=world, BringYourOwnEncryptionKey=False)["spec"]


def test_several_default_encryption_classes_are_refused():
    world = (*WORLD, KEYS, MORE)
    errors = refused(vm(storageClass="gold-encrypted"), world=world)
    assert errors == [("spec.crypto.encryptionClassName", "Invalid", "MC-14")]
    assert refused(vm(), world=world) == []


OWNED = {"ownerReferences": [{"kind": "VirtualMachineClass", "name": "small"}]}
ACTIVE = {"labels": {"vmoperator.vmware.com/active": ""}}
INSTANCES = (
    *WORLD,
    thing("VirtualMachineClassInstance", "small-v1", "team-a", meta=OWNED),
    thing("VirtualMachineClassInstance", "small-v2", "team-a", meta={**OWNED, **ACTIVE}),
    thing("VirtualMachineClassInstance", "orphan", "team-a", meta=ACTIVE),
)
V2 = {
    "apiVersion": "vmoperator.vmware.com/v1alpha5",
    "kind": "VirtualMachineClassInstance",
    "name": "small-v2",
}


def test_class_and_instance_complete_each_other():
    """MC-16."""
    flags = {"world": INSTANCES, "ImmutableClasses": True}
    assert admitted(vm(), **flags)["spec"]["class"] == V2
    assert admitted(vm(**{"class": V2}, className=None), **flags)["spec"]["className"] == "small"
    assert "class" not in admitted(vm(className="large"), **flags)["spec"]
    for name in ("small-v1", "orphan", "unknown", ""):
        errors = refused(vm(**{"class": {**V2, "name": name}}, className=None), **flags)
        assert ("spec.class.name", "Invalid", "MC-16") in errors


def instanced(name: str | None, **spec):
    return stored(**({"class": {**V2, "name": name}} if name else {}), **spec)


def test_on_update_too_but_alone_it_is_not_stored():
    """MU-01, QRK-03: the completed class is kept when anything else changes; the portal keeps it always."""
    flags = {"world": INSTANCES, "ImmutableClasses": True, "VMResizeCPUMemory": False}
    old = instanced(None)
    assert "class" not in admitted(old, old, **flags)["spec"]
    assert admitted(old, old, policy=True, **flags)["spec"]["class"] == V2
    restart = changed(old, nextRestartTime="now")
    assert admitted(restart, old, **flags)["spec"]["class"] == V2


LAST_INSTANCE = "vmoperator.vmware.com/last-resized-vm-class-instance"


def test_the_instance_left_behind_is_noted():
    """MU-03."""
    flags = {"world": INSTANCES, "ImmutableClasses": True}
    old = instanced("small-v1")
    found = annotations(admitted(changed(old, **{"class": V2}), old, **flags))
    assert (found[LAST_CLASS], found[LAST_INSTANCE]) == ('{"name":"small"}', '{"name":"small-v1"}')
    assert LAST_INSTANCE not in annotations(admitted(changed(old, **{"class": V2}), old, world=INSTANCES))
    old = instanced("small-v2")
    assert LAST_INSTANCE not in annotations(admitted(changed(old, nextRestartTime="now"), old, **flags))


def test_an_update_that_leaves_the_class_alone_notes_nothing():
    """QRK-04: the reference does where there is no instance; the portal does not."""
    flags = {"world": INSTANCES, "ImmutableClasses": True}
    old = instanced(None)
    assert {LAST_CLASS, LAST_INSTANCE} <= annotations(admitted(old, old, **flags)).keys()
    assert not {LAST_CLASS, LAST_INSTANCE} & annotations(admitted(old, old, policy=True, **flags)).keys()
    larger = changed(instanced("small-v1"), **{"class": V2})
    found = annotations(admitted(larger, instanced("small-v1"), policy=True, **flags))
    assert found[LAST_INSTANCE] == '{"name":"small-v1"}'
    larger = changed(old, className="large")
    assert annotations(admitted(larger, old, policy=True))[LAST_CLASS] == '{"name":"small"}'


def test_references_are_completed_on_update_where_interfaces_may_change():
    """MU-07."""
    old = stored(network={"interfaces": [{"name": "eth0", "network": NETWORK}]})
    new = changed(old, network={"interfaces": [{"name": "eth0"}, {"name": "eth1"}]})
    found = admitted(new, old, MutableNetworks=True)["spec"]["network"]["interfaces"]
    assert [interface["network"] for interface in found] == [NETWORK, NETWORK]
    none = changed(old, network={"interfaces": []})
    assert not admitted(none, old, MutableNetworks=True)["spec"]["network"].get("interfaces")


def test_modes_of_a_volume_on_update():
    """MU-10: once the VM is upgraded, with either feature."""
    old = stored(volumes=[])
    new = changed(old, volumes=[{"name": "data"}])
    for flags in ({}, {"VMSharedDisks": False}, {"AllDisksArePVCs": False}):
        assert completed(new, old, **flags)["volumes"][0]["diskMode"] == "Persistent"
    off = {"VMSharedDisks": False, "AllDisksArePVCs": False}
    assert "diskMode" not in completed(new, old, **off)["volumes"][0]
    bare = {**new, "metadata": {**new["metadata"], "annotations": {}}}
    assert "diskMode" not in completed(bare, old)["volumes"][0]


@pytest.mark.parametrize(
    ("application", "modes"),
    [
        (None, ("Persistent", "None")),
        ("OracleRAC", ("IndependentPersistent", "MultiWriter")),
        ("MicrosoftWSFC", ("IndependentPersistent", "None")),
    ],
)
def test_the_application_decides_the_modes_of_a_volume(application, modes):
    """MC-17."""
    volume = {"name": "data"} | ({"applicationType": application} if application else {})
    (found,) = completed(vm(volumes=[volume]))["volumes"]
    assert (found["diskMode"], found["sharingMode"]) == modes
    (kept,) = completed(vm(volumes=[{**volume, "diskMode": "NonPersistent"}]))["volumes"]
    assert (kept["diskMode"], kept["sharingMode"]) == ("NonPersistent", modes[1])
    (bare,) = completed(vm(volumes=[volume]), VMSharedDisks=False)["volumes"]
    assert "diskMode" not in bare


def test_the_versions_at_birth_are_noted_whatever_was_sent():
    """MC-18."""
    key = "vmoperator.vmware.com/created-at-build-version"
    sent = vm(meta={"annotations": {key: "v0", "example.com/note": "kept"}})
    found = annotations(admitted(sent))
    assert (found[key], found["example.com/note"]) == ("v1.2.3", "kept")
    assert found["vmoperator.vmware.com/created-at-schema-version"] == "v1alpha5"


def test_two_ide_controllers_are_added_to_none():
    """MC-19: also with all features off; one alone is left alone."""
    both = [{"busNumber": 0}, {"busNumber": 1}]
    assert made()["hardware"]["ideControllers"] == both
    assert made(hardware={"ideControllers": []})["hardware"]["ideControllers"] == both
    assert made(hardware={"ideControllers": [{"busNumber": 1}]})["hardware"]["ideControllers"] == [both[1]]


def test_the_class_left_behind_is_noted():
    """MU-02: once, and again only when the note cannot be read."""
    old = stored()
    noted = {LAST_CLASS: '{"name":"small"}'}
    assert annotations(admitted(changed(old, className="large"), old))[LAST_CLASS] == noted[LAST_CLASS]
    assert LAST_CLASS not in annotations(admitted(changed(old, guestID="x", powerState="PoweredOff"), old))
    for note, kept in (
        ('{"name":"tiny"}', True),
        ("null", True),
        ("tiny", False),
        ("[1]", False),
        ("", False),
    ):
        old = stored(meta={"annotations": {LAST_CLASS: note}})
        found = annotations(admitted(changed(old, className="large"), old))[LAST_CLASS]
        assert found == (note if kept else noted[LAST_CLASS])
    assert json.loads(noted[LAST_CLASS]) == {"name": "small"}


def test_a_restart_is_stamped_or_kept():
    """MU-04 to MU-06."""
    old = stored()
    for word in ("now", "NOW", "nOw"):
        new = admitted(changed(old, nextRestartTime=word), old)
        assert new["spec"]["nextRestartTime"] == "2026-03-01T12:00:00.25Z"
    old = stored(nextRestartTime="2026-01-01T00:00:00Z")
    kept = admitted(changed(old, nextRestartTime=None), old)
    assert kept["spec"]["nextRestartTime"] == "2026-01-01T00:00:00Z"
    for other in ("2030-01-01T00:00:00Z", "2026-01-01T00:00:00.0Z", "soon", " now"):
        later = changed(old, nextRestartTime=other)
        assert refused(later, old) == [("spec.nextRestartTime", "Invalid", "MU-06")]


@pytest.mark.parametrize("state", ["PoweredOff", "Suspended"])
def test_only_what_is_to_be_on_restarts(state):
    """MU-05: judged by the wish before, whatever the new one."""
    old = stored(powerState=state)
    new = changed(old, nextRestartTime="now", powerState="PoweredOn")
    assert refused(new, old) == [("spec.nextRestartTime", "Invalid", "MU-05")]


def test_a_vm_that_leaves_its_group_is_no_longer_owned_by_it():
    """MU-08."""
    group = {"apiVersion": "v1", "kind": "VirtualMachineGroup", "name": "tier", "uid": "u-1"}
    other = {**group, "name": "other", "uid": "u-2"}
    old = stored(groupName="tier", meta={"ownerReferences": [group, other]})
    for name in (None, "next"):
        assert admitted(changed(old, groupName=name), old)["metadata"]["ownerReferences"] == [other]
    assert admitted(changed(old), old)["metadata"]["ownerReferences"] == [group, other]


def test_a_direct_power_change_drops_the_groups_delay():
    """MU-09."""
    old = stored(meta={"annotations": {DELAY: "2026-04-01T00:00:00Z"}})
    off = changed(old, powerState="PoweredOff")
    assert DELAY not in annotations(admitted(off, old))
    assert DELAY in annotations(admitted(off, old, VMGroups=False))
    assert DELAY in annotations(admitted(changed(old, className="large"), old))


def test_an_emptied_cdrom_image_kind_is_restored():
    """MU-12: only if it was a VirtualMachineImage of that name."""
    cdrom = {"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": "vmi-0001"}}
    both = {"ideControllers": [{"busNumber": 0}, {"busNumber": 1}]}
    old = stored(powerState="PoweredOff", guestID="x", hardware={**both, "cdrom": [cdrom]})
    emptied = {"name": "cd1", "image": {"kind": "", "name": "vmi-0001"}}
    new = changed(old, hardware={**both, "cdrom": [emptied]})
    assert admitted(new, old)["spec"]["hardware"]["cdrom"][0]["image"] == cdrom["image"]


def test_defaults_of_the_create_do_not_run_again():
    """Never on update: power state, UUIDs, image, interfaces, encryption class."""
    old = stored(imageName="ubuntu-24.04")
    assert set(admitted(old, old, user=MASTER)["spec"]) - set(old["spec"]) == {
        "powerOffMode",
        "suspendMode",
        "restartMode",
        "promoteDisksMode",
    }
    assert UPGRADED.items() <= annotations(admitted(old, old)).items()
