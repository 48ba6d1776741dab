"""What an offer may look like: its own rules, and those of the kind that it offers."""

from __future__ import annotations

import pytest

from tests.builders import by, create, kind, obj
from vmportal import service
from vmportal.errors import Forbidden, Invalid
from vmportal.offers.marks import ADOPT, WITHDRAWN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("teams")]

VMOP = "vmoperator.vmware.com/v1alpha5"


def vm_class(**spec) -> dict:
    return {"apiVersion": VMOP, "kind": "VirtualMachineClass", "spec": {"hardware": {"cpus": 2}, **spec}}


STORAGE = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}


def offer(template: dict, name: str = "small", **spec) -> dict:
    return obj("Offer", name, spec={"template": template, **spec})


def refused(document: dict) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        create(document)
    return [(error.path, error.type) for error in refusal.value.errors]


def test_what_is_offered_is_named_as_the_offer_and_the_offer_is_held():
    made = create(offer(vm_class()))
    assert made["spec"]["template"]["metadata"] == {"name": "small"}
    assert made["metadata"]["finalizers"] == ["vmportal.dev/offer"]


@pytest.mark.parametrize(
    ("document", "errors"),
    [
        (offer({"apiVersion": "v1", "kind": "Secret"}), [("spec.template.kind", "NotSupported")]),
        (
            offer({"apiVersion": "v2", "kind": "VirtualMachineClass"}),
            [("spec.template.kind", "NotSupported")],
        ),
        (offer(vm_class(hardware={"cpus": "two"})), [("spec.template.spec.hardware.cpus", "TypeInvalid")]),
        (offer(vm_class(colour="red")), [("spec.template.spec.colour", "Invalid")]),
        (offer({**vm_class(), "status": {}}), [("spec.template.status", "Invalid")]),
        (offer(vm_class(), limit="1Gi"), [("spec.limit", "Invalid")]),
        (offer(STORAGE, limit="-1Gi"), [("spec.limit", "Invalid")]),
        (offer({**STORAGE, "provisioner": "x"}), [("spec.template.provisioner", "Invalid")]),
        (offer(vm_class(), namespaces=["Team_A"]), [("spec.namespaces[0]", "Invalid")]),
        (
            offer(vm_class(), namespaceSelector={"matchExpressions": [{"key": "a", "operator": "Like"}]}),
            [("spec.namespaceSelector", "Invalid")],
        ),
        (offer(vm_class(), name="a" * 64), [("metadata.name", "Invalid")]),
        (
            offer({**vm_class(), "metadata": {"labels": {WITHDRAWN: "x"}, "annotations": {ADOPT: "y"}}}),
            [
                (f"spec.template.metadata.labels[{WITHDRAWN}]", "Forbidden"),
                (f"spec.template.metadata.annotations[{ADOPT}]", "Forbidden"),
            ],
        ),
    ],
    ids=lambda value: value[0][0] if isinstance(value, list) else "",
)
def test_what_is_wrong_is_told_at_its_place(document, errors):
    assert refused(document) == errors


def test_the_rules_of_the_offered_kind_hold_for_the_template():
    """VCL-03: a reservation is not above what the class has."""
    class_ = vm_class(
        hardware={"cpus": 2, "memory": "4Gi"},
        policies={"resources": {"requests": {"memory": "8Gi"}, "limits": {"memory": "4Gi"}}},
    )
    with pytest.raises(Invalid) as refusal:
        create(offer(class_))
    plain = {**class_, "metadata": {"name": "small", "namespace": "team-a"}}
    with pytest.raises(Invalid) as same:
        create(plain)
    assert [(f"spec.template.{error.path}", error.rule) for error in same.value.errors] == [
        (error.path, error.rule) for error in refusal.value.errors
    ]


def test_kind_and_name_of_what_is_offered_stay():
    create(offer(vm_class()))

    def rename(found: dict) -> dict:
        found["spec"]["template"]["metadata"]["name"] = "other"
        return found

    with pytest.raises(Invalid) as refusal:
        service.update(kind("Offer"), "", "small", rename, by())
    assert [(error.path, error.rule) for error in refusal.value.errors] == [
        ("spec.template.metadata.name", "OFR-03")
    ]


@pytest.mark.parametrize("label", ["vmportal.dev/offer", "vmportal.dev/withdrawn"])
def test_nobody_marks_an_object_as_offered(label):
    with pytest.raises(Forbidden, match=f"the label {label} is the portal's own"):
        create(obj("VirtualMachineClass", "mine", "team-a", meta={"labels": {label: "small"}}, spec={}))
