"""The shape of Offer. Used by `vmportal.offers.kinds`; pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import array, conditions, integer, label_selector, mapping, obj, quantity, text

_TEMPLATE = obj(
    {
        "apiVersion": text(min_length=1, description="Its group and version; stays."),
        "kind": text(min_length=1, description="VirtualMachineClass, StorageClass and the like; stays."),
        "metadata": obj(
            {
                "name": text(description="The name in each namespace; that of the offer when unset. Stays."),
                "labels": mapping(text(), description="Labels that it has in each namespace."),
                "annotations": mapping(text(), description="Annotations that it has in each namespace."),
            },
            description="What is said of it beside what it is.",
        ),
    },
    required=("apiVersion", "kind"),
    preserve_unknown=True,
    description=(
        "What is offered, as it will stand in each namespace; $(namespace) in its texts is the namespace's name. "
        "Of a cluster-wide kind, such as StorageClass, only the name: the object stands already, and namespaces "
        "get what lets them use it."
    ),
)

_PLACE = obj(
    {
        "name": text(description="The namespace."),
        "state": text(
            description="Offered, Pending, Refused, NameTaken, Withdrawn, BackendOwned or NamespaceMissing."
        ),
        "message": text(description="What is in the way, and the way out."),
        "usedBy": array(text(), description="Who keeps a withdrawn one there; the first few."),
    },
    required=("name", "state"),
)

OFFER = Shape(
    group="vmportal.dev",
    version="v1alpha1",
    kind="Offer",
    plural="offers",
    singular="offer",
    short_names=("ofr",),
    namespaced=False,
    has_status=True,
    columns=(
        Column("Kind", "string", ".spec.template.kind"),
        Column("Object", "string", ".spec.template.metadata.name"),
        Column("Offered", "integer", ".status.offered", description="In how many namespaces it stands."),
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', priority=1),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
    schema=obj(
        {
            "spec": obj(
                {
                    "template": _TEMPLATE,
                    "limit": quantity("Of a storage class: the most that each namespace may use of it."),
                    "namespaces": array(text(), set=True, description="Where it goes, by name."),
                    "namespaceSelector": label_selector(
                        "Where it goes, by the labels of namespaces; {} is all of them, new ones too."
                    ),
                },
                required=("template",),
                description="What is offered, and where.",
            ),
            "status": obj(
                {
                    "observedGeneration": integer(
                        0, format="int64", description="The generation of the offer that this tells of."
                    ),
                    "offered": integer(0, description="In how many namespaces it stands."),
                    "namespaces": array(_PLACE, keys=("name",), description="How it stands in each."),
                    "conditions": conditions(keyed=True),
                },
                description="Where it stands, and what is in the way elsewhere.",
            ),
        },
        required=("spec",),
        description="Puts an object into the catalogues of namespaces, and keeps it there as it is written here.",
    ),
)
