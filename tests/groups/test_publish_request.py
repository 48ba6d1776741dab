"""VirtualMachineGroupPublishRequests: what they become (GPM) and may look like (GPB), section 7.4 of the catalogue."""

from __future__ import annotations

import pytest

from groups.kinds import VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST
from groups.members import Tangled, linked_vms
from tests.admission.asking import MASTER, thing
from tests.admission.kinds import Asked

SOURCE, TARGET, VMS = "spec.source", "spec.target", "spec.virtualMachines"
DEFAULT = {"labels": {"imageregistry.vmware.com/default": ""}}


def group(
    name: str, *vms: str, groups: tuple[str, ...] = (), linked: str = "True", namespace: str = "team-a"
):
    kinds = [*(("VirtualMachine", vm) for vm in vms), *(("VirtualMachineGroup", child) for child in groups)]
    condition = {"type": "GroupLinked", "status": linked}
    members = [{"kind": kind, "name": member, "conditions": [condition]} for kind, member in kinds]
    return thing("VirtualMachineGroup", name, namespace, status={"members": members})


def library(name: str, meta=None, namespace: str = "team-a"):
    return thing("ContentLibrary", name, namespace, meta=meta)


WORLD = (
    group("one", "vm-2", "vm-1"),
    group("nested", "vm-4", groups=("one",)),
    group("unlinked", "vm-5", linked="False"),
    group("empty"),
    group("loop-a", groups=("loop-b",)),
    group("loop-b", groups=("loop-a",)),
    group("doubled", "vm-1", groups=("one",)),
    group("orphaned", groups=("nowhere",)),
    group("theirs", "vm-9", namespace="team-b"),
    library("shelf", DEFAULT),
    library("true-shelf", {"labels": {"imageregistry.vmware.com/default": "true"}}),
    library("their-shelf", DEFAULT, "team-b"),
)
REQUESTS = Asked(VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST, WORLD)


def request(source: str | None = "one", target: str | None = "shelf", vms=("vm-1",), name="one", **spec):
    return REQUESTS.obj(
        name, source=source, target=target, virtualMachines=list(vms) if vms is not None else None, **spec
    )


def test_what_is_left_out_is_filled_in():
    """GPM-01 to GPM-03: own name, default library, all linked VMs sorted."""
    stored = REQUESTS.admitted(request(None, None, None))
    assert stored["spec"] == {"source": "one", "target": "shelf", "virtualMachines": ["vm-1", "vm-2"]}
    stored = REQUESTS.admitted(request("nested", None, ()))
    assert stored["spec"]["virtualMachines"] == ["vm-1", "vm-2", "vm-4"]
    assert REQUESTS.admitted(request())["spec"] == request()["spec"]


@pytest.mark.parametrize(
    ("libraries", "type_"),
    [
        ([], "NotFound"),
        ([library("a")], "NotFound"),
        ([library("a", DEFAULT), library("b", DEFAULT)], "Invalid"),
    ],
)
def test_there_must_be_one_default_library(libraries, type_):
    """GPM-02: unless one is named."""
    world = (*WORLD[:1], *libraries)
    assert (TARGET, type_, "GPM-02") in REQUESTS.refused(request(target=None), world=world)


@pytest.mark.parametrize(
    ("source", "path", "type_"),
    [
        ("nowhere", SOURCE, "NotFound"),
        ("theirs", SOURCE, "NotFound"),
        ("orphaned", SOURCE, "NotFound"),
        ("empty", VMS, "Invalid"),
        ("unlinked", VMS, "Invalid"),
        ("loop-a", VMS, "InternalError"),
        ("doubled", VMS, "InternalError"),
    ],
)
def test_without_vms_the_group_must_have_some(source, path, type_):
    """GPM-03."""
    assert REQUESTS.refused(request(source, vms=None)) == [(path, type_, "GPM-03")]


@pytest.mark.parametrize(
    ("new", "errors"),
    [
        (request("nested", vms=("vm-4", "vm-1")), []),
        (request("nowhere"), [(SOURCE, "NotFound", "GPB-02"), (VMS, "InternalError", "GPB-07")]),
        (request("theirs"), [(SOURCE, "NotFound", "GPB-02"), (VMS, "InternalError", "GPB-07")]),
        (request(target="nowhere"), [(TARGET, "NotFound", "GPB-04")]),
        (request(target="their-shelf"), [(TARGET, "NotFound", "GPB-04")]),
        (request(target="true-shelf"), []),
        (request(vms=("vm-1", "vm-1", "stranger")), [(VMS, "Duplicate", "GPB-06")]),
        (request(vms=("vm-1", "vm-4")), [(VMS, "Invalid", "GPB-07")]),
        (request("unlinked", vms=("vm-5",)), [(VMS, "Invalid", "GPB-07")]),
        (request("loop-a", vms=("vm-1",)), [(VMS, "InternalError", "GPB-07")]),
        (request("doubled", vms=("vm-1",)), [(VMS, "InternalError", "GPB-07")]),
    ],
)
def test_what_a_request_names_must_be_there(new, errors):
    """GPB-02, GPB-04, GPB-06, GPB-07: nobody is exempt."""
    assert REQUESTS.refused(new, user=MASTER) == errors


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"source": "nested"}, SOURCE),
        ({"target": "true-shelf"}, TARGET),
        ({"vms": ("vm-2", "vm-1")}, VMS),
        ({"vms": None}, VMS),
    ],
)
def test_what_is_published_stays(change, path):
    """GPB-08: the order of VMs too; how long the request is kept is free."""
    old = request(vms=("vm-1", "vm-2"))
    assert REQUESTS.refused(request(**{"vms": ("vm-1", "vm-2"), **change}), old) == [
        (path, "Invalid", "GPB-08")
    ]
    assert REQUESTS.refused(request(vms=("vm-1", "vm-2"), ttlSecondsAfterFinished=60), old) == []


def test_a_group_deleted_meanwhile_does_not_hinder_an_update():
    assert REQUESTS.refused(request("gone"), request("gone"), world=()) == []


def test_without_the_feature_nothing_is_done_nor_asked():
    bare = request(None, None, None)
    assert REQUESTS.admitted(bare, VMGroups=False)["spec"] == {}


def test_long_chains_of_groups_are_walked():
    """No recursion: what users nest cannot make admission raise."""
    groups = {f"g{n}": group(f"g{n}", f"vm-{n}", groups=(f"g{n + 1}",)) for n in range(3000)}
    groups["g3000"] = group("g3000")
    assert len(linked_vms(groups, "g0")) == 3000
    groups["g3000"] = group("g3000", groups=("g0",))
    with pytest.raises(Tangled):
        linked_vms(groups, "g0")
