"""The schemas that all kinds share: metadata, lists, refusals, options of deletes. Pure.

Called by `vmportal.api.openapi`, `operations` and `decoding`. The names are Kubernetes', the words ours.
"""

from __future__ import annotations

from typing import Any

from vmportal.schema.words import array, boolean, integer, mapping, obj, preserve_unknown, text, texts, time

META = "io.k8s.apimachinery.pkg.apis.meta.v1"

Doc = dict[str, Any]


def ref(name: str) -> Doc:
    return {"$ref": f"#/components/schemas/{name}"}


STATUS_REF = ref(f"{META}.Status")
TYPE_META: Doc = {
    "apiVersion": text(description="The group and version in which the object is written."),
    "kind": text(description="The kind of the object, in CamelCase."),
}
_OWNER_REFERENCE = obj(
    {
        "apiVersion": text(description="API version of the owner."),
        "kind": text(description="Kind of the owner."),
        "name": text(description="Name of the owner."),
        "uid": text(description="UID of the owner."),
        "controller": boolean(description="Whether the owner manages this object."),
        "blockOwnerDeletion": boolean(
            description="Whether a foreground deletion of the owner waits for this object."
        ),
    },
    required=("apiVersion", "kind", "name", "uid"),
    atomic=True,
    description="An object that owns this one: when it goes, this one goes with it.",
)
_MANAGED_FIELDS_ENTRY = obj(
    {
        "manager": text(description="The program that wrote the fields."),
        "operation": text(description="How: Apply or Update."),
        "apiVersion": text(description="The API version in which the fields are named."),
        "time": time("When it last wrote one of them."),
        "fieldsType": text(description="FieldsV1."),
        "fieldsV1": preserve_unknown("The fields, as a tree."),
        "subresource": text(description="The subresource through which they were written."),
    },
    description="Fields of the object and the program that owns them.",
)
OBJECT_META = obj(
    {
        "name": text(
            description="The name, unique among objects of the kind in the namespace. It never changes."
        ),
        "generateName": text(
            description="A prefix; the portal makes a unique name of it where no name is given."
        ),
        "namespace": text(description="The namespace in which the name is unique."),
        "selfLink": text(description="Not filled in any more."),
        "uid": text(
            description="What tells this object from all others, before and after. Made by the portal."
        ),
        "resourceVersion": text(description="Changes with every write; for watches and optimistic locks."),
        "generation": integer(format="int64", description="Counts the changes of what is wished."),
        "creationTimestamp": time("When the object was made. Set by the portal."),
        "deletionTimestamp": time("Since when the object is on its way out. Set by the portal."),
        "deletionGracePeriodSeconds": integer(
            format="int64", description="Set together with deletionTimestamp."
        ),
        "labels": mapping(text(), description="Keys and values to select objects by."),
        "annotations": mapping(text(), description="Keys and values for tools; not to select by."),
        "ownerReferences": array(
            _OWNER_REFERENCE, keys=("uid",), description="The objects that own this one."
        ),
        "finalizers": array(text(), set=True, description="What must be done before the object may go."),
        "managedFields": array(
            _MANAGED_FIELDS_ENTRY, atomic=True, description="Which program owns which fields."
        ),
    },
    description="What every object has: its name, its labels, its place in time.",
)
_LIST_META = obj(
    {
        "continue": text(description="Ask with it for the next page."),
        "remainingItemCount": integer(format="int64", description="How many follow, where that is known."),
        "resourceVersion": text(description="The version that the list is of: watch from here."),
        "selfLink": text(description="Not filled in any more."),
    },
    description="Where a list stands.",
)
_CAUSE = obj(
    {
        "field": text(description="The place in what was sent, `spec.volumes[0].name`."),
        "message": text(description="One sentence for people."),
        "reason": text(description="One word for programs."),
        "rule": text(description="The portal's rule that refuses it; not in Kubernetes."),
        "who": text(description="Who can change it: you, your admin, the vSphere admin; not in Kubernetes."),
    },
    description="One thing that is wrong.",
)
_STATUS = obj(
    {
        **TYPE_META,
        "metadata": ref(f"{META}.ListMeta"),
        "code": integer(description="The HTTP status."),
        "details": obj(
            {
                "causes": array(_CAUSE, atomic=True, description="All that is wrong, at once."),
                "group": text(description="The group of what it is about."),
                "kind": text(description="What it is about."),
                "name": text(description="Its name."),
                "retryAfterSeconds": integer(description="When to try again."),
                "uid": text(description="Its uid."),
            },
            description="What it is about, and all causes.",
        ),
        "message": text(description="One sentence for people."),
        "reason": text(description="One word for programs."),
        "status": text(description="Success or Failure."),
    },
    description="What became of a request that has no object to show.",
)
_PRECONDITIONS = obj(
    {
        "resourceVersion": text(description="Only this version."),
        "uid": text(description="Only the object with this uid."),
    },
    description="What must hold, or nothing is deleted.",
)
_DELETE_OPTIONS = obj(
    {
        **TYPE_META,
        "dryRun": texts("All: say what would go, and delete nothing."),
        "gracePeriodSeconds": integer(format="int64", description="Taken, and without effect."),
        "orphanDependents": boolean(description="Say `propagationPolicy` instead."),
        "preconditions": _PRECONDITIONS,
        "propagationPolicy": text(description="Background, Foreground or Orphan."),
    },
    description="How to delete.",
)


def _named(kind: str, schema: Doc) -> Doc:
    return {**schema, "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": kind}]}


SHARED: Doc = {
    f"{META}.ObjectMeta": OBJECT_META,
    f"{META}.ListMeta": _LIST_META,
    f"{META}.Status": _named("Status", _STATUS),
    f"{META}.DeleteOptions": _named("DeleteOptions", _DELETE_OPTIONS),
    f"{META}.Patch": {"type": "object", "description": "The part of an object that changes, or is applied."},
    "JSONPatch": {
        "type": "array",
        "description": "Operations that are carried out one after the other.",
        "items": {
            "type": "object",
            "required": ["op", "path"],
            "properties": {
                "op": text(
                    enum=("add", "copy", "move", "remove", "replace", "test"), description="What is done."
                ),
                "path": text(description="The place, as `/spec/className`."),
                "from": text(description="Of copy and move: where from."),
                "value": {"description": "Of add, replace and test: any JSON."},
            },
        },
    },
}
