"""Server-side apply over HTTP: what tools send, and what a kube-apiserver answers them."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import Caller
from tests.builders import config_map, vm
from vmportal import demo
from vmportal.access import forget_memberships

CONFIG_MAPS = "/api/v1/namespaces/team-a/configmaps"
VMS = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines"


@pytest.fixture
def send(request):
    """`send(path, configuration, manager, force=True)`: an apply, by alice where nobody else is named."""

    def send(path, body, manager="tool", caller=None, kind="apply-patch+yaml", **query):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        query = {key: str(value).lower() if value is True else value for key, value in query.items()}
        caller = caller or request.getfixturevalue("alice")
        if manager:
            query["fieldManager"] = manager
        return caller.client.patch(f"{path}?{_query(query)}", text, f"application/{kind}")

    return send


@pytest.fixture
def keeper(db) -> Caller:
    """An administrator of the portal where the demo's catalogue is."""
    forget_memberships()
    demo.seed()
    return Caller("keeper", is_admin=True)


def _query(values: dict) -> str:
    return "&".join(f"{key}={value}" for key, value in values.items())


def settings(**data: str) -> dict:
    return config_map() | {"data": data}


def owners(answer) -> dict:
    """Manager -> its fields."""
    entries = answer.json()["metadata"].get("managedFields", [])
    return {entry["manager"]: entry["fieldsV1"] for entry in entries}


PATH = f"{CONFIG_MAPS}/settings"


def test_what_is_not_there_is_created_and_what_is_the_same_changes_nothing(send):
    made = send(PATH, settings(color="blue"))
    again = send(PATH, settings(color="blue"))
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == made.json()
    [entry] = made.json()["metadata"]["managedFields"]
    # Not the very moment of the creation, which may fall into the next second.
    assert entry.pop("time") <= made.json()["metadata"]["creationTimestamp"]
    assert entry == {
        "manager": "tool",
        "operation": "Apply",
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:color": {}}},
    }


def test_fields_of_others_stay_and_own_ones_can_be_given_up(send):
    send(PATH, settings(color="blue", size="1"), "one")
    send(PATH, settings(color="blue", shape="round"), "two")
    left = send(PATH, settings(), "one")
    assert left.json()["data"] == {"color": "blue", "shape": "round"}
    assert owners(left)["two"] == {"f:data": {"f:color": {}, "f:shape": {}}}


def test_a_conflict_names_the_owners_and_the_fields(send, alice):
    send(PATH, settings(color="blue", size="1"), "one")
    alice.patch(PATH, {"data": {"size": "2"}})
    refused = send(PATH, settings(color="red", size="3"), "two")
    assert refused.status_code == 409
    assert refused.json()["reason"] == "Conflict"
    assert refused.json()["message"] == (
        'Apply failed with 2 conflicts: conflicts with "kubectl" using v1:\n- .data.size\n'
        'conflicts with "one":\n- .data.color'
    )
    assert refused.json()["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl" using v1',
            "field": ".data.size",
        },
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.color"},
    ]


def test_force_takes_over(send):
    send(PATH, settings(color="blue"), "one")
    taken = send(PATH, settings(color="red"), "two", force=True)
    assert taken.json()["data"] == {"color": "red"}
    assert list(owners(taken)) == ["two"]


def test_a_dry_run_shows_all_and_stores_nothing(send, alice):
    shown = send(PATH, settings(color="blue"), dryRun="All")
    assert (shown.status_code, shown.json()["data"]) == (201, {"color": "blue"})
    assert alice.get(PATH).status_code == 404
    send(PATH, settings(color="blue"))
    assert send(PATH, settings(color="red"), dryRun="All").json()["data"] == {"color": "red"}
    assert alice.get(PATH).json()["data"] == {"color": "blue"}


def test_volumes_are_merged_by_name_and_defaults_are_nobodys(send, keeper):
    path = f"{VMS}/web-9"
    claims = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in "ab"]
    send(path, vm("web-9", volumes=claims[:1]), "one", keeper)
    both = send(path, vm("web-9", volumes=claims[1:], imageName=None), "two", keeper)
    assert [volume["name"] for volume in both.json()["spec"]["volumes"]] == ["a", "b"]
    assert owners(both)["two"]["f:spec"] == {
        "f:className": {},
        "f:storageClass": {},
        "f:volumes": {
            'k:{"name":"b"}': {".": {}, "f:name": {}, "f:persistentVolumeClaim": {"f:claimName": {}}}
        },
    }


@pytest.mark.parametrize(
    ("manager", "kind", "query", "field"),
    [
        ("", "apply-patch+yaml", {}, "fieldManager"),
        ("tool", "merge-patch+json", {"force": "false"}, "force"),
        ("x" * 129, "apply-patch+yaml", {}, "fieldManager"),
    ],
)
def test_the_options_of_an_apply_are_its_own(send, manager, kind, query, field):
    refused = send(PATH, settings(color="blue"), manager, kind=kind, **query)
    assert refused.status_code == 422
    assert [cause["field"] for cause in refused.json()["details"]["causes"]] == [field]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[1, 2]", "error decoding patch: the body must be an object"),
        ("", "the request needs a body"),
        ("null", "invalid object type: /, Kind="),
        ({"data": {}}, "invalid object type: /, Kind="),
        (settings() | {"kind": "Secret"}, "invalid object type: /v1, Kind=Secret"),
        (config_map(managedFields=[]), "metadata.managedFields must be nil"),
        (
            settings() | {"color": "blue"},
            "failed to create typed patch object (team-a/settings; /v1, Kind=ConfigMap): "
            ".color: field not declared in schema",
        ),
        (config_map("other"), "does not match the name"),
        (config_map(namespace="team-b"), "does not match the namespace"),
    ],
)
def test_what_cannot_be_applied_is_a_bad_request(send, body, message):
    refused = send(PATH, body)
    assert (refused.status_code, refused.json()["reason"]) == (400, "BadRequest")
    assert message in refused.json()["message"]


@pytest.mark.parametrize(
    ("volumes", "message"),
    [
        ([{"name": "a"}, {"name": "a"}], '.spec.volumes: duplicate entries for key [name="a"]'),
        (
            [{"removable": True}],
            ".spec.volumes: element 0: associative list with keys has an element that omits",
        ),
        (["a"], ".spec.volumes: associative list with keys may not have non-map elements"),
        ([{"name": "a", "x": 1}], '.spec.volumes[name="a"].x: field not declared in schema'),
    ],
)
def test_items_that_cannot_be_told_apart_are_refused(send, volumes, message):
    refused = send(f"{VMS}/web-1", vm(volumes=volumes))
    assert refused.status_code == 400
    assert message in refused.json()["message"]


def test_a_wrong_type_is_told_with_its_field(send):
    refused = send(f"{VMS}/web-1", vm(className=5))
    assert refused.status_code == 422
    assert "spec.className" in [cause["field"] for cause in refused.json()["details"]["causes"]]


def test_cbor_is_not_taken(send):
    assert send(PATH, b"\xa0", kind="apply-patch+cbor").status_code == 415


def test_yaml_is_read_and_its_doubled_keys_are_told(send):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: blue, color: red}\n"
    warned = send(PATH, text)
    assert warned.json()["data"] == {"color": "red"}
    assert 'duplicate field \\"data.color\\"' in warned.headers["Warning"]
    assert send(PATH, text, fieldValidation="Strict").status_code == 400


def test_an_old_version_or_another_uid_is_a_conflict(send):
    assert send(PATH, config_map(uid="u-1")).status_code == 409
    send(PATH, settings(color="blue"))
    assert send(PATH, config_map(resourceVersion="1")).status_code == 409
    assert send(PATH, config_map(uid="u-1")).status_code == 409


def test_who_may_only_read_applies_nothing_and_strangers_see_nothing(send, vera, bob):
    assert send(PATH, settings(), caller=vera).status_code == 403
    assert send(PATH, settings(), caller=bob).status_code == 404


def test_status_is_ignored_on_the_object_and_applied_by_the_portal_only(send, keeper):
    path, wish = f"{VMS}/web-9", vm("web-9")
    made = send(path, {**wish, "status": {"zone": "z"}}, caller=keeper)
    assert "f:status" not in owners(made)["tool"]
    seen = send(f"{path}/status", {**wish, "status": {"zone": "z"}}, "reporter", keeper)
    assert seen.json()["status"]["zone"] == "z"
    entry = next(one for one in seen.json()["metadata"]["managedFields"] if one["manager"] == "reporter")
    assert entry["subresource"] == "status"
    assert owners(seen)["reporter"] == {"f:status": {"f:zone": {}}}
    refused = send(f"{path}/status", {**wish, "status": {"zone": "y"}}, "other", keeper)
    assert refused.json()["message"] == (
        'Apply failed with 1 conflict: conflict with "reporter" with subresource "status": .status.zone'
    )


def test_a_client_may_say_whose_fields_they_were(send, alice):
    """So does kubectl when it goes over from client-side apply."""
    made = alice.post(CONFIG_MAPS, settings(color="blue")).json()
    entry = made["metadata"]["managedFields"][0]
    moved = {**entry, "manager": "tool", "operation": "Apply", "fieldsV1": {"f:data": {"f:color": {}}}}
    alice.patch(PATH, {"metadata": {"managedFields": [moved]}})
    assert list(owners(alice.get(PATH))) == ["tool"]
    assert send(PATH, settings()).json().get("data") in (None, {})


def test_managed_fields_that_nobody_can_read_are_left_out(alice):
    made = alice.post(CONFIG_MAPS, settings(color="blue")).json()["metadata"]["managedFields"]
    for fields in ({"color": {}}, {"k:[": {}}, {"f:a": []}, {"k:1": {}}):
        bad = [{**made[0], "fieldsV1": fields}]
        assert (
            alice.patch(PATH, {"metadata": {"managedFields": bad}}).json()["metadata"]["managedFields"]
            == made
        )


def test_the_first_apply_after_forgetting_overwrites_nothing(send, alice):
    alice.post(CONFIG_MAPS, settings(color="blue"))
    assert owners(alice.patch(PATH, {"metadata": {"managedFields": []}})) == {}
    refused = send(PATH, settings(color="red"))
    assert refused.json()["details"]["causes"][0]["message"] == 'conflict with "before-first-apply" using v1'


def test_terraform_plans_by_dry_run_and_applies_what_it_planned(send, alice):
    """`kubernetes_manifest`: JSON in a patch of YAML's type, manager Terraform, no drift after the apply."""
    manifest = settings(color="blue")
    planned = send(PATH, manifest, "Terraform", dryRun="All", force="false")
    applied = send(PATH, manifest, "Terraform", force="false")
    assert planned.json()["data"] == applied.json()["data"]
    again = send(PATH, manifest, "Terraform", dryRun="All", force="false")
    assert again.json() == applied.json() == alice.get(PATH).json()
    alice.patch(PATH, {"data": {"color": "red"}})
    drifted = send(PATH, manifest, "Terraform", force="false")
    assert 'conflict with "kubectl" using v1: .data.color' in drifted.json()["message"]
    assert send(PATH, manifest, "Terraform", force=True).json()["data"] == {"color": "blue"}


def test_helm_moves_what_it_updated_to_what_it_applies(send, alice):
    """Helm 4 renames its entry of the old way by a JSON patch, then applies strictly by that name."""
    made = alice.client.post(
        f"{CONFIG_MAPS}?fieldManager=helm",
        json.dumps(settings(color="blue", old="1")),
        "application/json",
    ).json()
    entry = made["metadata"]["managedFields"][0] | {"operation": "Apply"}
    operations = [
        {"op": "replace", "path": "/metadata/managedFields", "value": [entry]},
        {
            "op": "replace",
            "path": "/metadata/resourceVersion",
            "value": made["metadata"]["resourceVersion"],
        },
    ]
    assert alice.patch(PATH, operations, "json-patch").status_code == 200
    applied = send(PATH, settings(color="red"), "helm", force="false", fieldValidation="Strict")
    assert applied.json()["data"] == {"color": "red"}
    assert owners(applied) == {"helm": {"f:data": {"f:color": {}}}}


def test_an_apply_with_a_null_creation_time_changes_nothing(send):
    """Go programs send it with every object."""
    made = send(PATH, settings(color="blue"))
    assert send(PATH, config_map(creationTimestamp=None)).json() == made.json()


def test_what_kubectl_applied_on_its_side_is_its_to_take_over(send, alice):
    """Only what the annotation names and nobody has changed since."""
    last = json.dumps(settings(color="blue"))
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": last}
    made = settings(color="blue", size="1")
    made["metadata"]["annotations"] = annotations
    alice.post(CONFIG_MAPS, made)
    refused = send(PATH, settings(color="red", size="2"), "kubectl")
    assert [cause["field"] for cause in refused.json()["details"]["causes"]] == [".data.size"]
    taken = send(PATH, settings(color="red"), "kubectl").json()
    assert taken["data"] == {"color": "red", "size": "1"}
    annotation = taken["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    assert json.loads(annotation)["data"] == {"color": "red"}
