"""Deletes: options, preconditions, finalizers, propagation marks, whole collections.

Marks are looked at in the answers to deletes only: the portal has a collector, which takes them away again.
"""

from typing import Any

from tests.parity.language import (
    TABLE,
    config_map,
    delete,
    get,
    merge,
    post,
    put,
    scenario,
    vm_class,
)

A, SMALL = "configmaps/a", "virtualmachineclasses/small"
MADE = post("configmaps", config_map("a", {"k": "v"})).called("made")
CLASS = post("virtualmachineclasses", vm_class("small")).called("made")
HELD = post("configmaps", config_map("a", finalizers=["example.com/one", "example.com/two"])).called("made")
HELD_CLASS = post("virtualmachineclasses", vm_class("small", finalizers=["example.com/one"]))
QUOTA = {"metadata": {"name": "a"}, "spec": {"hard": {"count/secrets": "5"}}}
OTHER = "11111111-2222-3333-4444-555555555555"


def options(**fields: Any) -> dict[str, Any]:
    return {"kind": "DeleteOptions", "apiVersion": "v1", **fields}


SCENARIOS = [
    scenario("a built-in object is deleted", MADE, delete(A), get(A)),
    scenario("a custom object is deleted", CLASS, delete(SMALL), get(SMALL)),
    scenario(
        "some kinds are sent back when they go",
        post("serviceaccounts", {"metadata": {"name": "a"}}),
        delete("serviceaccounts/a"),
        post("resourcequotas", QUOTA).seeing(lambda quota: quota["spec"]),
        delete("resourcequotas/a").seeing(lambda quota: (quota["kind"], quota["metadata"]["name"])),
    ),
    scenario("what is not there is deleted", delete("configmaps/none"), delete("virtualmachineclasses/none")),
    scenario("an object with a finalizer stays", HELD, delete(A), get(A), delete(A)),
    scenario(
        "the last finalizer lets go",
        HELD,
        delete(A),
        merge(A, {"metadata": {"finalizers": ["example.com/one"]}}),
        merge(A, {"metadata": {"finalizers": None}}),
        get(A),
    ),
    scenario(
        "the last finalizer of a custom object lets go",
        HELD_CLASS,
        delete(SMALL),
        merge(SMALL, {"metadata": {"finalizers": []}}),
        get(SMALL),
    ),
    scenario(
        "a terminating object takes no new finalizer",
        HELD,
        delete(A),
        merge(A, {"metadata": {"finalizers": ["example.com/one", "example.com/three"]}}),
    ),
    scenario("a terminating object is changed", HELD, delete(A), merge(A, {"data": {"k": "new"}})),
    scenario("a terminating object is made anew", HELD, delete(A), post("configmaps", config_map("a"))),
    scenario(
        "nobody takes a deletion back", HELD, delete(A), merge(A, {"metadata": {"deletionTimestamp": None}})
    ),
    scenario(
        "an object is deleted by its uid",
        MADE,
        delete(A, options(preconditions={"uid": "<made.metadata.uid>"})),
    ),
    scenario(
        "an object of another uid is not deleted",
        MADE,
        delete(A, options(preconditions={"uid": OTHER})),
        get(A),
    ),
    scenario(
        "an object is deleted at its version",
        MADE,
        delete(A, options(preconditions={"resourceVersion": "<made.metadata.resourceVersion>"})),
    ),
    scenario(
        "an object of another version is not deleted",
        CLASS,
        merge(SMALL, {"spec": {"hardware": {"cpus": 4}}}),
        delete(SMALL, options(preconditions={"resourceVersion": "<made.metadata.resourceVersion>"})),
    ),
    scenario("a deletion in the background", MADE, delete(A, propagationPolicy="Background"), get(A)),
    scenario(
        "a deletion in the foreground is marked",
        MADE,
        delete(A, options(propagationPolicy="Foreground")),
    ),
    scenario(
        "a deletion that orphans is marked",
        MADE,
        delete(A, options(propagationPolicy="Orphan")),
    ),
    scenario(
        "a deletion of a custom object in the foreground is marked",
        CLASS,
        delete(SMALL, propagationPolicy="Foreground"),
    ),
    scenario(
        "the old way to orphan",
        MADE,
        delete(A, options(orphanDependents=True)),
    ),
    scenario("a policy that there is not", MADE, delete(A, options(propagationPolicy="Nearby")), get(A)),
    scenario(
        "a policy in both ways", MADE, delete(A, options(propagationPolicy="Orphan", orphanDependents=True))
    ),
    scenario("a grace period", MADE, delete(A, gracePeriodSeconds="30"), get(A)),
    scenario("a grace period below nothing", MADE, delete(A, options(gracePeriodSeconds=-1)), get(A)),
    scenario("a grace period that is no number", MADE, delete(A, gracePeriodSeconds="soon")),
    scenario(
        "options in the query and in the body", MADE, delete(A, options(), propagationPolicy="Orphan"), get(A)
    ),
    scenario("options of another kind", MADE, delete(A, {"kind": "ConfigMap", "apiVersion": "v1"}), get(A)),
    scenario("options that cannot be read", MADE, delete(A, "{"), delete(A, "[1]"), get(A)),
    scenario("a deletion in a dry run", HELD, delete(A, dryRun="All"), get(A)),
    scenario(
        "a deletion in a dry run of what would go",
        MADE,
        delete(A, dryRun="All"),
        delete(A, options(dryRun=["All"])),
        get(A),
    ),
    scenario("a deletion as a table", MADE, delete(A).accepting(TABLE)),
    scenario(
        "a collection is deleted",
        MADE,
        post("configmaps", config_map("b")),
        delete("configmaps"),
        get("configmaps"),
    ),
    scenario(
        "of a collection what a selector means is deleted",
        post("configmaps", config_map("a", labels={"app": "web"})),
        post("configmaps", config_map("b", labels={"app": "db"})),
        delete("configmaps", labelSelector="app=web"),
        get("configmaps"),
    ),
    scenario(
        "a collection of custom objects is deleted",
        CLASS,
        post("virtualmachineclasses", vm_class("large", 8)),
        delete("virtualmachineclasses", fieldSelector="metadata.name=small"),
        get("virtualmachineclasses"),
    ),
    scenario(
        "a collection with finalizers",
        HELD,
        post("configmaps", config_map("b")),
        delete("configmaps"),
        get("configmaps"),
    ),
    scenario("an empty collection is deleted", delete("configmaps"), delete("virtualmachineclasses")),
    scenario(
        "a collection is deleted in a dry run", MADE, delete("configmaps", dryRun="All"), get("configmaps")
    ),
    scenario(
        "a collection over all namespaces is not deleted",
        delete("/api/v1/configmaps"),
        delete("/apis/vmoperator.vmware.com/v1alpha5/virtualmachineclasses"),
    ),
    scenario(
        "a name is taken again",
        MADE,
        delete(A),
        post("configmaps", config_map("a")),
        put(A, config_map("a", uid="<made.metadata.uid>")),
    ),
    scenario(
        "an owned object has its owner in it",
        MADE,
        post(
            "configmaps",
            config_map(
                "b",
                ownerReferences=[
                    {
                        "apiVersion": "v1",
                        "kind": "ConfigMap",
                        "name": "a",
                        "uid": "<made.metadata.uid>",
                        "blockOwnerDeletion": True,
                        "controller": True,
                    }
                ],
            ),
        ),
    ),
]
