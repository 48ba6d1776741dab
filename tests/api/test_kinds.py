"""Every kind can be made by whom it should, is listed, watched and explained; nobody else may write it."""

from __future__ import annotations

import pytest

from tests.api.conftest import Caller
from tests.api.test_verbs import refusal
from tests.samples import NAME, SAMPLED, sample
from vmportal.kinds import KINDS

# Made here without anything beside them. The others need what tests of their rules bring along.
LONERS = [
    kind for kind in SAMPLED if kind.shape.kind not in ("VirtualMachine", "VirtualMachineGroupPublishRequest")
]
WRITTEN_BY_EDITORS = {
    "PersistentVolumeClaim",
    "VirtualMachine",
    "VirtualMachineGroup",
    "VirtualMachineGroupPublishRequest",
    "VirtualMachinePublishRequest",
    "VirtualMachineReplicaSet",
    "VirtualMachineService",
    "VirtualMachineSetResourcePolicy",
    "VirtualMachineSnapshot",
    "VirtualMachineWebConsoleRequest",
}


def by_kind(kinds=LONERS):
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.shape.kind)


def address(shape, namespace="team-a", name=""):
    root = f"/apis/{shape.api_version}" if shape.group else f"/api/{shape.version}"
    place = f"/namespaces/{namespace}" if shape.namespaced else ""
    return f"{root}{place}/{shape.plural}{name and f'/{name}'}"


def writer(kind, ed: Caller, root: Caller) -> Caller:
    return ed if kind.writer == "edit" else root


def test_every_kind_but_kubernetes_own_has_a_sample():
    without = {kind.shape.kind for kind in KINDS if kind not in SAMPLED}
    assert without == {"Namespace", "Secret", "ConfigMap", "Event", "ServiceAccount", "RoleBinding"}


def test_editors_write_what_is_theirs():
    assert {kind.shape.kind for kind in SAMPLED if kind.writer == "edit"} == WRITTEN_BY_EDITORS
    assert {kind.writer for kind in SAMPLED} == {"edit", "portal"}


@by_kind()
def test_it_is_made_by_whom_it_should_and_listed(kind, ed, root):
    shape = kind.shape
    who = writer(kind, ed, root)
    made = who.post(address(shape), sample(kind), Accept="application/json")
    assert made.status_code == 201, made.content
    assert who.list(address(shape)) == [NAME]
    assert who.get(address(shape, name=NAME)).json()["metadata"]["uid"] == made.json()["metadata"]["uid"]
    table = who.get(
        address(shape), Accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    ).json()
    [row] = table["rows"]
    assert row["cells"][0] == NAME
    assert len(row["cells"]) == len(table["columnDefinitions"])


@by_kind([kind for kind in SAMPLED if kind.writer == "portal" or kind.shape.namespaced])
def test_nobody_else_may_write_it(kind, ed, vera, bob, root):
    """A viewer writes nothing, an editor nothing that administrators offer; to a stranger nothing is there."""
    body = sample(kind)
    assert refusal(vera.post(address(kind.shape), body))[0] in (403, 404)
    assert bob.post(address(kind.shape), body).status_code in (403, 404)
    if kind.writer == "portal":
        assert refusal(ed.post(address(kind.shape), body))[0] in (403, 404)


@by_kind([kind for kind in LONERS if kind.selectable])
def test_it_is_found_by_its_selectable_fields(kind, ed, root):
    who = writer(kind, ed, root)
    assert who.post(address(kind.shape), sample(kind)).status_code == 201
    for field in kind.selectable:
        value = who.get(address(kind.shape, name=NAME)).json()
        for key in field.split("."):
            value = value.get(key, {})
        assert who.list(address(kind.shape), fieldSelector=f"{field}={value or ''}") == [NAME]
        assert who.list(address(kind.shape), fieldSelector=f"{field}=other") == []


@by_kind()
def test_a_long_text_does_no_harm(kind, ed, root):
    """Texts have no bound but their columns do; a row keeps the beginning."""
    body = sample(kind)
    for part in (body.get("spec"), body.get("parameters")):
        for key, value in (part or {}).items():
            if isinstance(value, str) and key != "publicKey":
                part[key] = value * 100
    who = writer(kind, ed, root)
    assert who.post(address(kind.shape), body).status_code in (201, 422)


def test_short_names_are_those_of_the_real_kinds_and_no_two_alike():
    names = [name for kind in KINDS for name in (kind.shape.plural, *kind.shape.short_names)]
    assert len(names) == len(set(names))
    assert {"vm", "vmclass", "vmclassinstance", "vmg", "vmgpub", "vmpub", "vmsnapshot"} <= set(names)
    assert {"vmservice", "vmrs", "vmi", "cvmi", "pvc", "quota", "sc", "encclass", "lib", "clib", "az"} <= set(
        names
    )


def test_who_only_looks_gets_no_console(vera, ed):
    kind = next(kind for kind in SAMPLED if kind.shape.kind == "VirtualMachineWebConsoleRequest")
    assert ed.post(address(kind.shape), sample(kind)).status_code == 201
    assert refusal(vera.get(address(kind.shape, name=NAME)))[0] == 403
    assert refusal(vera.get(address(kind.shape)))[0] == 403


def test_the_names_of_all_namespaces_are_not_for_everybody(ed, root):
    kind = next(kind for kind in SAMPLED if kind.shape.kind == "AvailabilityZone")
    assert root.post(address(kind.shape), sample(kind)).status_code == 201
    assert ed.get(address(kind.shape, name=NAME)).status_code == 404
