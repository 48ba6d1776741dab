"""What the API says of each error: where, why, what to do, which rule and who can help; and that clients bear it."""

from __future__ import annotations

import json

import pytest
from kubernetes.client import ApiClient, V1Status

from tests.api.conftest import Caller
from tests.builders import vm
from tests.peers.portal import Kubectl, PortalProcess
from vmportal.admission.bypass import SKIP_VALIDATION

PATH = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines"
SKIPPING = f"metadata.annotations[{SKIP_VALIDATION}]"


def cause_at(caller: Caller, field: str, sent: dict) -> dict:
    answer = caller.post(f"{PATH}?dryRun=All", sent)
    assert answer.status_code == 422, answer.content
    (cause,) = [cause for cause in answer.json()["details"]["causes"] if cause["field"] == field]
    return cause


def test_a_cause_names_its_rule_and_who_can_help(root: Caller):
    """Beside what Kubernetes' clients read, which pass over what they do not know."""
    assert cause_at(root, "spec.className", vm(className=None)) == {
        "reason": "FieldValueRequired",
        "field": "spec.className",
        "message": "Choose the VM's class in spec.className.",
        "rule": "VC-01",
        "who": "you",
    }


def test_what_only_others_can_change_says_who(alice: Caller):
    cause = cause_at(alice, SKIPPING, vm(meta={"annotations": {SKIP_VALIDATION: ""}}))
    assert (cause["rule"], cause["who"]) == ("D-33", "your admin")


@pytest.mark.parametrize(
    ("sent", "field", "rule"),
    [
        (vm(powerState="On"), "spec.powerState", "SCHEMA"),
        (vm("No Name"), "metadata.name", "METADATA"),
    ],
)
def test_what_every_kind_is_held_to_has_an_id_too(root: Caller, sent, field, rule):
    cause = cause_at(root, field, sent)
    assert (cause["rule"], cause["who"]) == (rule, "you")


def test_the_python_client_reads_the_causes(root: Caller):
    answer = root.post(f"{PATH}?dryRun=All", vm(className=None))
    status: V1Status = ApiClient().deserialize(answer.content.decode(), "V1Status", "application/json")
    assert "spec.className" in [cause.field for cause in status.details.causes]


@pytest.mark.peers
def test_kubectl_shows_the_causes_and_nothing_else(kubectl, tmp_path):
    sent = json.dumps(vm(className=None, imageName="nothing"))
    with PortalProcess(tmp_path) as portal:
        done = Kubectl(kubectl, portal, "alice").run("create", "-f", "-", given=sent)
    assert done.returncode == 1
    assert "* spec.className: Choose the VM's class in spec.className." in done.stderr
    assert "* spec.imageName: There is no image" in done.stderr
    assert "VC-01" not in done.stderr
    assert "unknown" not in done.stderr.lower()
