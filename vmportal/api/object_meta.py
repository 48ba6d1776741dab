"""The shape of `metadata`, the same for all kinds: for decoding and for the OpenAPI documents. Pure."""

from __future__ import annotations

from vmportal.schema.words import array, boolean, integer, mapping, obj, preserve_unknown, text, time

OWNER_REFERENCE = obj(
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
MANAGED_FIELDS_ENTRY = obj(
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
            OWNER_REFERENCE, keys=("uid",), description="The objects that own this one."
        ),
        "finalizers": array(text(), set=True, description="What must be done before the object may go."),
        "managedFields": array(
            MANAGED_FIELDS_ENTRY, atomic=True, description="Which program owns which fields."
        ),
    },
    description="What every object has: its name, its labels, its place in time.",
)
