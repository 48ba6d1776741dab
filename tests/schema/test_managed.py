"""managedFields as Kubernetes writes them; the examples have the shape of a real server's answers."""

from __future__ import annotations

import copy
from typing import Any

from vmportal import managed
from vms.schema import VIRTUAL_MACHINE

T1, T2, T3 = "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", "2026-01-01T12:00:00Z"
API = VIRTUAL_MACHINE.api_version
MANIFEST: dict[str, Any] = {
    "apiVersion": API,
    "kind": "VirtualMachine",
    "metadata": {
        "name": "my-vm",
        "namespace": "team-a",
        "uid": "1b0e",
        "labels": {"app": "web", "example.com/tier": "front"},
    },
    "spec": {
        "className": "small",
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}, "removable": True}],
        "policies": [{"apiVersion": "v1", "kind": "Policy", "name": "p"}],
    },
}


def record(old, new, manager, now, entries=(), **more):
    return managed.record(
        VIRTUAL_MACHINE.schema, old, new, manager, api_version=API, now=now, managed=entries, **more
    )


def changed(obj, **spec):
    new = copy.deepcopy(obj)
    new["spec"].update(spec)
    return new


def created():
    return record({}, MANIFEST, "kubectl-create", T1)


def test_who_creates_an_object_owns_all_of_it():
    assert created() == [
        {
            "manager": "kubectl-create",
            "operation": "Update",
            "apiVersion": "vmoperator.vmware.com/v1alpha5",
            "time": T1,
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:example.com/tier": {}}},
                "f:spec": {
                    ".": {},
                    "f:className": {},
                    "f:policies": {},
                    "f:volumes": {
                        ".": {},
                        'k:{"name":"data"}': {
                            ".": {},
                            "f:name": {},
                            "f:persistentVolumeClaim": {".": {}, "f:claimName": {}},
                            "f:removable": {},
                        },
                    },
                },
            },
        }
    ]


def test_a_changed_field_goes_to_who_changed_it():
    before = created()
    after = record(
        MANIFEST, changed(MANIFEST, className="large", powerState="PoweredOff"), "page", T2, before
    )
    assert [(entry["manager"], entry["time"]) for entry in after] == [("kubectl-create", T1), ("page", T2)]
    assert "f:className" not in after[0]["fieldsV1"]["f:spec"]
    assert after[1]["fieldsV1"] == {"f:spec": {"f:className": {}, "f:powerState": {}}}
    assert "f:className" in before[0]["fieldsV1"]["f:spec"]  # what was handed in is left as it was


def test_an_unchanged_object_changes_nobodys_time():
    assert record(MANIFEST, copy.deepcopy(MANIFEST), "page", T2, created()) == created()


def test_what_is_removed_belongs_to_nobody():
    entries = record(MANIFEST, changed(MANIFEST, powerState="PoweredOff"), "page", T2, created())
    old = changed(MANIFEST, powerState="PoweredOff")
    after = record(old, MANIFEST, "kubectl-edit", T3, entries)
    assert [(entry["manager"], entry["time"]) for entry in after] == [("kubectl-create", T1)]


def test_a_removed_item_goes_with_all_below_it():
    [entry] = record(MANIFEST, changed(MANIFEST, volumes=[]), "page", T2, created())
    assert entry["manager"] == "kubectl-create"
    assert entry["fieldsV1"]["f:spec"]["f:volumes"] == {}


def test_the_same_manager_keeps_one_entry():
    one = record(MANIFEST, changed(MANIFEST, className="large"), "page", T2, created())
    two = record(
        changed(MANIFEST, className="large"),
        changed(MANIFEST, className="large", guestID="x"),
        "page",
        T3,
        one,
    )
    assert [(entry["manager"], entry["time"]) for entry in two] == [("kubectl-create", T1), ("page", T3)]
    assert two[1]["fieldsV1"] == {"f:spec": {"f:className": {}, "f:guestID": {}}}


def test_status_is_owned_apart_and_only_through_its_subresource():
    seen = {**MANIFEST, "status": {"powerState": "PoweredOn", "conditions": [{"type": "Ready"}]}}
    assert record(MANIFEST, seen, "vm-operator", T2, created()) == created()
    after = record(MANIFEST, seen, "vm-operator", T2, created(), subresource="status")
    assert after[1] == {
        "manager": "vm-operator",
        "operation": "Update",
        "apiVersion": API,
        "time": T2,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:status": {".": {}, "f:conditions": {}, "f:powerState": {}}},
        "subresource": "status",
    }
    wish = record(seen, changed(seen, guestID="x"), "vm-operator", T3, after)
    assert [entry.get("subresource") for entry in wish] == [None, "status", None]


def test_of_the_metadata_only_what_people_write_is_owned():
    new = copy.deepcopy(MANIFEST)
    new["metadata"] |= {
        "generateName": "my-",
        "resourceVersion": "7",
        "annotations": {"a": "b"},
        "finalizers": ["example.com/hold"],
        "ownerReferences": [{"uid": "u-1", "kind": "VirtualMachineGroup", "name": "g", "apiVersion": API}],
    }
    assert record(MANIFEST, new, "page", T2, created())[1]["fieldsV1"] == {
        "f:metadata": {
            "f:generateName": {},
            "f:annotations": {".": {}, "f:a": {}},
            "f:finalizers": {".": {}, 'v:"example.com/hold"': {}},
            "f:ownerReferences": {".": {}, 'k:{"uid":"u-1"}': {}},
        }
    }


def test_appliers_come_first_then_the_oldest():
    applied = {
        "manager": "argocd",
        "operation": "Apply",
        "apiVersion": API,
        "time": T3,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:guestID": {}}},
    }
    after = record(MANIFEST, changed(MANIFEST, className="large"), "a-tool", T2, [applied, *created()])
    assert [entry["manager"] for entry in after] == ["argocd", "kubectl-create", "a-tool"]


def test_the_oldest_of_many_managers_are_put_together():
    obj, entries = MANIFEST, created()
    for number in range(12):
        new = changed(obj, **{f"field{number}": number})
        entries = record(obj, new, f"tool-{number:02}", f"2026-01-02T10:00:{number:02}Z", entries)
        obj = new
    assert len(entries) == 10
    assert entries[0]["manager"] == "ancient-changes"
    assert entries[0]["time"] == "2026-01-02T10:00:02Z"
    assert {"f:field0", "f:field1", "f:field2", "f:className"} <= entries[0]["fieldsV1"]["f:spec"].keys()
    assert [entry["manager"] for entry in entries[1:]] == [f"tool-{number:02}" for number in range(3, 12)]
