"""VirtualMachinePublishRequests (section 7.5 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import ALICE, MASTER, PRIVILEGED, User
from tests.admission.kinds import Asked
from vms.kinds import VIRTUAL_MACHINE_PUBLISH_REQUEST

MANAGED_BY = "vmoperator.vmware.com/virtualmachinepublishrequest-managed-by"
PROVIDER = User("pam", ("sso:SupervisorProviderAdministrators@vsphere.local",))
QUOTA = (
    "vmware-system-vcfa-storage-quota",
    "vcfa.storage.quota.check.vmware.com/requested-capacity",
    "vcfa.storage.quota.check.vmware.com/status",
    "vcfa.storage.quota.check.vmware.com/message",
)
REQUESTS = Asked(VIRTUAL_MACHINE_PUBLISH_REQUEST)
LOCATION = "spec.target.location"


def request(*, source=None, location=None, item=None, label=None, owners=(), annotations=None, **spec):
    meta = {
        "labels": {MANAGED_BY: label} if label is not None else {},
        "ownerReferences": [
            {"apiVersion": "vmoperator.vmware.com/v1alpha5", "name": "g", "kind": kind, "uid": uid}
            for kind, uid in owners
        ],
        "annotations": annotations or {},
    }
    target = {
        "item": item or {"name": "image"},
        "location": {"name": "shelf"} if location is None else location,
    }
    return REQUESTS.obj(
        meta=meta, source={"name": "web-1"} if source is None else source, target=target, **spec
    )


@pytest.mark.parametrize("version", ["", "v1alpha1", "v1alpha2", "v1alpha3", "v1alpha5"])
def test_known_versions_of_the_source(version):
    """PUB-01, PUB-03: the VM need not be named."""
    source = {"apiVersion": f"vmoperator.vmware.com/{version}"} if version else {}
    assert REQUESTS.refused(request(source=source)) == []


@pytest.mark.parametrize(
    "version", ["vmoperator.vmware.com/v1", "v1alpha5", "vmoperator.vmware.com/v1alpha4"]
)
def test_unknown_versions_of_the_source(version):
    """PUB-01: v1alpha4 is one of them in the reference."""
    refused = [("spec.source.apiVersion", "NotSupported", "PUB-01")]
    assert REQUESTS.refused(request(source={"apiVersion": version})) == refused


def test_the_forgotten_version_is_taken_for_the_newest():
    """QRK-01: by policy, which rewrites it."""
    forgotten = request(source={"apiVersion": "vmoperator.vmware.com/v1alpha4"})
    stored = REQUESTS.admitted(forgotten, policy=True)
    assert stored["spec"]["source"]["apiVersion"] == "vmoperator.vmware.com/v1alpha5"
    assert REQUESTS.refused(forgotten, policy=True, policy_off=("QRK-01",)) != []


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"source": {"kind": "VirtualMachineGroup"}}, [("spec.source.kind", "NotSupported", "PUB-02")]),
        ({"source": {"kind": "virtualmachine"}}, [("spec.source.kind", "NotSupported", "PUB-02")]),
        ({"source": {"kind": ""}}, []),
        ({"location": {}}, [(f"{LOCATION}.name", "Required", "PUB-04")]),
        ({"location": {"name": ""}}, [(f"{LOCATION}.name", "Required", "PUB-04")]),
        (
            {"location": {"name": "a", "apiVersion": "imageregistry.vmware.com/v1"}},
            [(f"{LOCATION}.apiVersion", "NotSupported", "PUB-05")],
        ),
        (
            {"location": {"name": "a", "apiVersion": ""}},
            [(f"{LOCATION}.apiVersion", "NotSupported", "PUB-05")],
        ),
        ({"location": {"name": "a", "apiVersion": "imageregistry.vmware.com/v1alpha2"}}, []),
        (
            {"location": {"name": "a", "kind": "ClusterContentLibrary"}},
            [(f"{LOCATION}.kind", "NotSupported", "PUB-06")],
        ),
    ],
)
def test_source_and_target_are_of_known_kinds(changes, errors):
    """PUB-02, PUB-04 to PUB-06: nobody is exempt."""
    assert REQUESTS.refused(request(**changes), user=MASTER) == errors


def test_without_target_nothing_is_assumed():
    """PUB-04 to PUB-06: the schema's defaults need a location."""
    bare = REQUESTS.obj(source={"name": "web-1"})
    assert [path for path, _, _ in REQUESTS.refused(bare)] == [
        f"{LOCATION}.name",
        f"{LOCATION}.apiVersion",
        f"{LOCATION}.kind",
    ]


@pytest.mark.parametrize(
    ("label", "owners", "is_good"),
    [
        ("u-1", [("VirtualMachineGroupPublishRequest", "u-1")], True),
        ("u-1", [("Other", "u-2"), ("VirtualMachineGroupPublishRequest", "u-1")], True),
        (None, [("VirtualMachineGroupPublishRequest", "u-1")], True),
        ("u-1", [], False),
        ("u-1", [("VirtualMachineGroupPublishRequest", "u-2")], False),
        ("u-1", [("VirtualMachineGroup", "u-1")], False),
        ("", [], False),
    ],
)
def test_a_part_of_a_group_has_its_owner(label, owners, is_good):
    """PUB-07: for privileged users too, and reported alone."""
    errors = [] if is_good else [("", "Forbidden", "PUB-07")]
    wrong_too = {} if is_good else {"location": {}, "annotations": {QUOTA[0]: "x"}}
    assert REQUESTS.refused(request(label=label, owners=owners, **wrong_too), user=MASTER) == errors
    assert REQUESTS.refused(request(label=label, owners=owners, **wrong_too), user=ALICE) == errors


@pytest.mark.parametrize(
    ("before", "after", "rule"), [("u-1", "u-1", "PUB-08"), ("u-1", None, "PUB-08"), (None, "u-1", "PUB-09")]
)
def test_parts_of_groups_stay_what_they_are(before, after, rule):
    """PUB-08, PUB-09: except for privileged users and provider administrators; reported alone."""
    old, new = request(label=before), request(label=after)
    assert REQUESTS.refused(new, old) == [("", "Forbidden", rule)]
    wrong_too = request(label=after, source={"name": "other"}, annotations={QUOTA[0]: "x"})
    assert REQUESTS.refused(wrong_too, old) == [("", "Forbidden", rule)]
    for user in (MASTER, PRIVILEGED, PROVIDER):
        assert REQUESTS.refused(new, old, user=user) == []


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"source": {"name": "other"}}, "spec.source", "PUB-10"),
        (
            {"source": {"name": "web-1", "apiVersion": "vmoperator.vmware.com/v1alpha5"}},
            "spec.source",
            "PUB-10",
        ),
        ({"item": {"name": "image", "description": "new"}}, "spec.target", "PUB-11"),
        ({"location": {"name": "other"}}, "spec.target", "PUB-11"),
    ],
)
def test_source_and_target_stay(changes, path, rule):
    """PUB-10, PUB-11: nobody is exempt."""
    old = request()
    assert REQUESTS.refused(request(**changes), old, user=MASTER) == [(path, "Invalid", rule)]
    assert REQUESTS.refused(request(backoffLimit=1, ttlSecondsAfterFinished=5), old) == []


@pytest.mark.parametrize("key", QUOTA)
@pytest.mark.parametrize(("before", "after"), [(None, "a"), ("a", "b"), ("a", None)])
def test_the_quota_check_is_not_touched(key, before, after):
    """PUB-12: except by privileged users and provider administrators; absent and empty are the same."""

    def noted(value):
        return request(annotations={key: value} if value is not None else {})

    errors = [(f"metadata.annotations[{key}]", "Forbidden", "PUB-12")]
    assert REQUESTS.refused(noted(after), noted(before)) == errors
    assert REQUESTS.refused(noted("a")) == errors
    assert REQUESTS.refused(noted(""), noted(None)) == []
    for user in (MASTER, PRIVILEGED, PROVIDER):
        assert REQUESTS.refused(noted(after), noted(before), user=user) == []


def test_what_is_guarded_is_so_to_the_end():
    """QRK-17: as policy, while the request is being deleted."""
    old, plain = REQUESTS.deleting(request(label="u-1")), REQUESTS.deleting(request())
    checked = REQUESTS.deleting(request(annotations={QUOTA[0]: "x"}))
    assert REQUESTS.refused(plain, old, policy=True) == [("", "Forbidden", "PUB-08")]
    assert REQUESTS.refused(old, plain, policy=True) == [("", "Forbidden", "PUB-09")]
    assert REQUESTS.refused(checked, plain, policy=True)[0][2] == "PUB-12"
    assert REQUESTS.refused(plain, old, policy=True, user=PROVIDER) == []
    assert REQUESTS.refused(plain, old) == []
