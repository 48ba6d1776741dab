"""What VMs and snapshots ask of their namespace, by the catalogue's rows USQ-01 to USQ-07."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from storage.quota import Charge, Charges, Seen
from tests.admission.asking import ALICE, PRIVILEGED, ask, changed, image, storage_class, stored, thing, vm
from vmportal.admission import Admission
from vmportal.errors import ApiError, BadRequest, NotFound
from vms.admission import VIRTUAL_MACHINE
from vms.charges import SNAPSHOT, VM

GI = 2**30
SKIP = {"vmoperator.vmware.com.protected/skip-validation": ""}
UBUNTU = {"kind": "VirtualMachineImage", "name": "vmi-0001"}


def with_disks(*limits: str | None, type_: str = "OVF") -> dict:
    found = image("vmi-0001", "ubuntu-24.04")
    found["status"] |= {"type": type_, "disks": [{"limit": limit} if limit else {} for limit in limits]}
    return found


def vm_class(name: str = "small", **spec: object) -> dict:
    return thing(
        "VirtualMachineClass", name, "team-a", spec={"hardware": {"cpus": 2, "memory": "4Gi"}, **spec}
    )


@dataclass(frozen=True)
class Place:
    """A world to ask in."""

    image: dict
    vm_class: dict
    more: tuple[dict, ...] = ()

    def asked(
        self, new: dict, old: dict | None = None, of: Charges = VM, user=ALICE, **features: bool
    ) -> list[Charge]:
        admission = Admission(
            references=lambda request: {
                *(VIRTUAL_MACHINE.references(request) if of is VM else ()),
                *of.references(request),
            }
        )
        world = (
            self.image,
            self.vm_class,
            storage_class("gold", "policy"),
            storage_class("silver", "other"),
            *self.more,
        )
        return list(of.ask(ask(new, old, world=world, admission=admission, user=user, **features)))


def place(*limits: str | None, type_: str = "OVF", **spec: object) -> Place:
    return Place(with_disks(*limits, type_=type_), vm_class(**spec))


def new_vm(**spec: object) -> dict:
    return vm(image=UBUNTU, **spec)


def storage(charges: list[Charge]) -> list[tuple[str, int]]:
    return [(charge.storage_class, charge.requested) for charge in charges]


def test_all_disks_of_the_image_count_as_large_as_they_can_become():
    """STO-06 to STO-08, USQ-03: on the VM's storage class and its policy; a disk without limit counts nothing."""
    (charge,) = place("20Gi", None, "50Gi").asked(new_vm())
    assert (charge.storage_class, charge.policy_id, charge.requested) == ("gold", "policy", 70 * GI)
    assert (charge.cpus, charge.memory, charge.asked) == (2, 4 * GI, 70 * GI)


@pytest.mark.parametrize(
    ("spec", "swap"),
    [
        ({}, 0),
        ({"policies": {"resources": {"requests": {"memory": "1Gi"}}}}, 3 * GI),
        ({"policies": {"resources": {"requests": {"memory": "4Gi"}}}}, 0),
        ({"policies": {"resources": {"requests": {"cpu": "1"}}}}, 0),
        ({"configSpec": {"memoryMB": 8192, "memoryAllocation": {"reservation": 2048}}}, 6 * GI),
        ({"configSpec": {"memoryMB": 2048, "memoryAllocation": {"reservation": 8192}}}, 0),
        ({"configSpec": {"memoryAllocation": "?"}}, 0),
    ],
)
def test_the_memory_that_a_class_does_not_reserve_is_swap(spec, swap):
    """USQ-04, D-28: only of a class that reserves some."""
    assert storage(place("20Gi", **spec).asked(new_vm())) == [("gold", 20 * GI + swap)]


def test_a_class_that_is_missing_is_tolerated():
    """USQ-04."""
    charges = place("20Gi").asked(new_vm(className="no-such"))
    assert storage(charges) == [("gold", 20 * GI)]
    assert (charges[0].cpus, charges[0].memory) == (0, 0)


def test_an_iso_asks_for_nothing_and_no_image_is_not_asked_about():
    """USQ-01, USQ-02: not even for swap."""
    reserving = {"policies": {"resources": {"requests": {"memory": "1Gi"}}}}
    assert storage(place(type_="ISO", **reserving).asked(new_vm())) == [("gold", 0)]
    assert storage(place("20Gi").asked(vm(imageName=None, storageClass="no-such"))) == [("no-such", 0)]


@pytest.mark.parametrize(
    ("spec", "limits", "refusal", "said"),
    [
        ({"storageClass": "no-such"}, ["20Gi"], NotFound, '"no-such" not found'),
        ({"storageClass": None}, ["20Gi"], NotFound, "not found"),
        ({"image": {"kind": "Picture", "name": "x"}, "imageName": None}, ["20Gi"], BadRequest, "Picture"),
        (
            {"image": {"kind": "VirtualMachineImage", "name": "vmi-9"}, "imageName": None},
            ["20Gi"],
            NotFound,
            '"vmi-9" not found',
        ),
        ({}, [], NotFound, "no disks found"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_code(spec, limits, refusal, said):
    """USQ-01, USQ-02."""
    with pytest.raises(ApiError, match=said) as caught:
        place(*limits).asked({**new_vm(), "spec": {**new_vm()["spec"], **spec}})
    assert type(caught.value) is refusal


def test_a_larger_boot_disk_is_left_out_of_a_create_but_will_be_kept_free():
    """USQ-03, D-28: it is warned of."""
    (charge,) = place("20Gi", "10Gi").asked(new_vm(advanced={"bootDiskCapacity": "50Gi"}))
    assert (charge.requested, charge.asked, charge.later) == (30 * GI, 60 * GI, 30 * GI)


CREATED = {
    "conditions": [{"type": "VirtualMachineCreated", "status": "True"}],
    "volumes": [
        {"type": "Managed", "limit": "1Gi"},
        {"type": "Classic"},
        {"type": "Classic", "limit": "20Gi"},
    ],
    "storage": {"total": "22Gi"},
}


@pytest.mark.parametrize(
    ("before", "after", "status", "requested"),
    [
        ("30Gi", "50Gi", CREATED, 20 * GI),
        ("50Gi", "30Gi", CREATED, 0),
        (None, "50Gi", CREATED, 30 * GI),
        (None, "50Gi", None, 50 * GI),
        ("50Gi", None, CREATED, 0),
    ],
)
def test_a_boot_disk_that_grows_asks_for_the_difference(before, after, status, requested):
    """USQ-05: without an old wish, from the first classic disk that shows a limit."""
    old = stored(status=status, advanced={"bootDiskCapacity": before} if before else None)
    new = changed(old, advanced={"bootDiskCapacity": after} if after else None)
    assert storage(place("20Gi").asked(new, old)) == [("gold", requested)]


def test_another_class_asks_for_its_size_and_no_storage():
    old = stored(status=CREATED)
    large = thing("VirtualMachineClass", "large", "team-a", spec={"hardware": {"cpus": 8, "memory": "32Gi"}})
    (charge,) = Place(with_disks("20Gi"), large).asked(changed(old, className="large"), old)
    assert (charge.cpus, charge.memory, charge.requested, charge.asked) == (8, 32 * GI, 0, None)


def test_a_change_of_something_else_asks_for_nothing():
    old = stored(status=CREATED)
    assert place("20Gi").asked(changed(old, powerState="PoweredOff"), old) == []


def test_who_may_skip_validation_asks_for_nothing_and_yet_takes_it():
    """USQ-07, D-33."""
    wish = vm(image=UBUNTU, meta={"annotations": SKIP})
    (skipped,) = place("20Gi").asked(wish, user=PRIVILEGED)
    assert (skipped.requested, skipped.asked) == (0, 20 * GI)
    assert storage(place("20Gi").asked(wish)) == [("gold", 20 * GI)]


@pytest.mark.parametrize(
    ("made", "seen"),
    [
        (stored(), None),
        (stored(status={**CREATED, "conditions": []}), None),
        (stored(status={**CREATED, "storage": {}}), None),
        (stored(status=CREATED), Seen(0, 22 * GI)),
        (stored(status=CREATED, advanced={"bootDiskCapacity": "50Gi"}), Seen(30 * GI, 22 * GI)),
        (stored(status=CREATED, meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}), Seen(0, 0)),
    ],
    ids=["new", "not created", "no figures", "created", "still to grow", "deleting"],
)
def test_a_vm_takes_what_its_status_says_once_it_is_there(made, seen):
    """reconcile.md 17.4; STO-05."""
    assert VM.seen(made) == seen


SNAPPED = stored(
    "web-1",
    volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data-claim"}}],
    status={
        "hardware": {"memory": {"total": "4Gi"}},
        "volumes": [
            {"name": "boot", "type": "Classic", "requested": "20Gi"},
            {"name": "data", "type": "Managed", "requested": "1Gi"},
            {"name": "foreign", "type": "Managed", "requested": "1Gi"},
        ],
    },
)


def claim(storage_class: str = "silver") -> dict:
    spec = {"storageClassName": storage_class, "resources": {"requests": {"storage": "8Gi"}}}
    return thing("PersistentVolumeClaim", "data-claim", "team-a", spec=spec)


def snapshot(**spec: object) -> dict:
    return {"kind": "VirtualMachineSnapshot", "metadata": {"name": "s", "namespace": "team-a"}, "spec": spec}


def test_a_snapshot_asks_by_storage_class_for_disks_claims_and_memory():
    """USQ-06: memory only if it is wanted."""
    here = Place(with_disks(), vm_class(), (SNAPPED, claim()))
    plain = here.asked(snapshot(vmName="web-1"), of=SNAPSHOT)
    assert storage(plain) == [("gold", 20 * GI), ("silver", 8 * GI)]
    assert [(charge.policy_id, charge.is_own) for charge in plain] == [("policy", True), ("other", False)]
    with_memory = here.asked(snapshot(vmName="web-1", memory=True), of=SNAPSHOT)
    assert storage(with_memory) == [("gold", 24 * GI), ("silver", 8 * GI)]
    same_class = Place(with_disks(), vm_class(), (SNAPPED, claim("gold")))
    assert storage(same_class.asked(snapshot(vmName="web-1"), of=SNAPSHOT)) == [("gold", 28 * GI)]


def test_a_snapshot_of_nothing_and_without_the_feature_asks_for_nothing():
    here = Place(with_disks(), vm_class(), (SNAPPED, claim()))
    assert here.asked(snapshot(vmName="gone"), of=SNAPSHOT) == [Charge()]
    assert here.asked(snapshot(vmName="web-1"), of=SNAPSHOT, VMSnapshots=False) == [Charge()]


def test_a_snapshot_takes_its_real_size_once_that_is_known():
    """reconcile.md 17.4."""
    made = {**snapshot(vmName="web-1"), "status": {"storage": {"used": "3Gi"}}}
    assert SNAPSHOT.seen(made) is None
    made["metadata"]["annotations"] = {"csi.vsphere.volume.sync": "completed"}
    assert SNAPSHOT.seen(made) == Seen(0, 3 * GI)
