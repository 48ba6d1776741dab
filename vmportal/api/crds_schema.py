"""The shape of CustomResourceDefinition itself, as far as the portal shows one. Pure.

Called by discovery and the OpenAPI documents; `vmportal.api.crds` makes objects of it.
"""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import array, boolean, integer, obj, preserve_unknown, text, texts, time

_NAMES = obj(
    {
        "categories": texts("Words that mean this kind and others, `all`."),
        "kind": text(description="The kind, in CamelCase."),
        "listKind": text(description="The kind of its lists."),
        "plural": text(description="Its name in addresses."),
        "shortNames": texts("Short names for kubectl."),
        "singular": text(description="Its name for kubectl."),
    },
    required=("plural", "kind"),
    description="What it is called.",
)
_COLUMN = obj(
    {
        "description": text(description="What is shown."),
        "format": text(description="How it is written."),
        "jsonPath": text(description="Where it stands in an object."),
        "name": text(description="The head of the column."),
        "priority": integer(description="0: always; more: with `-o wide`."),
        "type": text(description="The type of the cells."),
    },
    required=("name", "type", "jsonPath"),
    description="A column that kubectl prints.",
)
_SCALE = obj(
    {
        "labelSelectorPath": text(description="Where the selector stands, as text."),
        "specReplicasPath": text(description="Where the wish stands."),
        "statusReplicasPath": text(description="Where what there is stands."),
    },
    required=("specReplicasPath", "statusReplicasPath"),
    description="`kubectl scale` works, with numbers from these places.",
)
_VERSION = obj(
    {
        "additionalPrinterColumns": array(_COLUMN, atomic=True, description="What kubectl prints."),
        "deprecated": boolean(description="Whether there is a better one."),
        "deprecationWarning": text(description="What is said of that."),
        "name": text(description="The version."),
        "schema": obj(
            {"openAPIV3Schema": preserve_unknown("The schema of an object.")}, description="The shape."
        ),
        "selectableFields": array(
            obj({"jsonPath": text(description="Where it stands.")}, required=("jsonPath",)),
            atomic=True,
            description="What field selectors may ask for.",
        ),
        "served": boolean(description="Whether there are addresses for it."),
        "storage": boolean(description="Whether objects are kept in it."),
        "subresources": obj(
            {"scale": _SCALE, "status": preserve_unknown("The status is written apart.")},
            description="What has an address of its own.",
        ),
    },
    required=("name", "served", "storage"),
    description="One version of the kind.",
)
_CONDITION = obj(
    {
        "lastTransitionTime": time("When the status last changed."),
        "message": text(description="A sentence for people."),
        "observedGeneration": integer(format="int64", description="Of which generation it is true."),
        "reason": text(description="One word for programs."),
        "status": text(description="True, False or Unknown."),
        "type": text(description="What it is about: NamesAccepted, Established."),
    },
    required=("type", "status"),
)
CRD = Shape(
    group="apiextensions.k8s.io",
    version="v1",
    kind="CustomResourceDefinition",
    plural="customresourcedefinitions",
    singular="customresourcedefinition",
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    namespaced=False,
    is_builtin=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "conversion": obj(
                        {
                            "strategy": text(description="None, or Webhook."),
                            "webhook": preserve_unknown("Who converts."),
                        },
                        required=("strategy",),
                        description="How one version becomes another.",
                    ),
                    "group": text(description="The API group."),
                    "names": _NAMES,
                    "preserveUnknownFields": boolean(description="Not used any more."),
                    "scope": text(description="Namespaced or Cluster."),
                    "versions": array(_VERSION, atomic=True, description="All versions of the kind."),
                },
                required=("group", "names", "scope", "versions"),
                description="The kind.",
            ),
            "status": obj(
                {
                    "acceptedNames": _NAMES,
                    "conditions": array(_CONDITION, keys=("type",), description="What is true of it now."),
                    "observedGeneration": integer(format="int64", description="Which generation was seen."),
                    "storedVersions": texts("In which versions there may be objects."),
                },
                description="What became of it.",
            ),
        },
        required=("spec",),
        description="A kind that is none of Kubernetes' own. The portal's are fixed: they are read, not written.",
    ),
)
