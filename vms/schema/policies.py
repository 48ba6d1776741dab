"""The shapes of ComputePolicy and TagPolicy: where VMs may run, and the tags they get. Pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import (
    Schema,
    array,
    conditions,
    integer,
    label_requirement,
    obj,
    preserve_unknown,
    text,
)

GUEST_FAMILIES = ("Darwin", "Linux", "Netware", "Other", "Solaris", "Windows")
_COMPARISONS = (
    *("Equal", "NotEqual", "Contains", "NotContains"),
    *("HasPrefix", "NotHasPrefix", "HasSuffix", "NotHasSuffix", "Match", "NotMatch"),
)
_LABELS = array(label_requirement(), description="All of them must hold.")


def _compared(*choices: str) -> Schema:
    return obj({"op": text(enum=_COMPARISONS, default="Equal"), "value": text(enum=choices)})


_WORKLOAD = obj(
    {
        "kind": text(enum=("Pod", "VirtualMachine")),
        "labels": _LABELS,
        "guest": obj({"guestID": _compared(), "guestFamily": _compared(*GUEST_FAMILIES)}),
    }
)

_MATCH = obj(
    {
        "op": text(enum=("And", "Or"), default="And", description="How the matches below are joined."),
        "match": preserve_unknown("Further matches of the same shape, in a list."),
        "image": obj({"name": _compared(), "labels": _LABELS}),
        "workload": _WORKLOAD,
    },
    description="Which VMs the policy is for; image and workload must both fit.",
)

COMPUTE_POLICY = Shape(
    group="vsphere.policy.vmware.com",
    version="v1alpha1",
    kind="ComputePolicy",
    plural="computepolicies",
    singular="computepolicy",
    has_status=True,
    columns=(
        Column("Enforcement-Mode", "string", ".spec.enforcementMode"),
        Column("Description", "string", ".spec.description"),
    ),
    schema=obj(
        {
            "spec": obj(
                {
                    "description": text(),
                    "policyID": text(description="vSphere's id of the policy."),
                    "enforcementMode": text(
                        enum=("Mandatory", "Optional"),
                        default="Mandatory",
                        description="Whether it holds for every VM that fits, or only for those that name it.",
                    ),
                    "match": _MATCH,
                    "tags": array(text(), set=True, description="Names of TagPolicies."),
                }
            ),
            "status": obj({"conditions": conditions(), "observedGeneration": integer(format="int64")}),
        },
        description="Where VMs may run.",
    ),
)

TAG_POLICY = Shape(
    group="vsphere.policy.vmware.com",
    version="v1alpha1",
    kind="TagPolicy",
    plural="tagpolicies",
    singular="tagpolicy",
    has_status=True,
    schema=obj(
        {
            "spec": obj({"tags": array(text(), set=True, description="vSphere's ids of tags.")}),
            "status": obj(),
        },
        description="Tags that VMs get.",
    ),
)
