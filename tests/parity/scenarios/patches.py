"""Updates, and every kind of patch with its refusal."""

from tests.parity.language import (
    APPLY_PATCH,
    JSON,
    MERGE_PATCH,
    apply,
    config_map,
    encryption_class,
    get,
    json_patch,
    merge,
    patch,
    post,
    put,
    scenario,
    secret,
    send,
    strategic,
    vm_class,
)

A = "configmaps/a"
MADE = post(
    "configmaps",
    config_map("a", {"k": "v", "other": "w"}, labels={"app": "web"}, finalizers=["example.com/one"]),
).called("made")
SMALL = "virtualmachineclasses/small"
CLASS = post("virtualmachineclasses", vm_class("small")).called("made")
SEEN = {"resourceVersion": "<made.metadata.resourceVersion>"}
SECOND = {"op": "add", "path": "/data/second", "value": "x"}

SCENARIOS = [
    scenario("an update of a built-in object without a version", MADE, put(A, config_map("a", {"k": "new"}))),
    scenario("an update of the version that was seen", MADE, put(A, config_map("a", {"k": "new"}, **SEEN))),
    scenario(
        "an update of an older version",
        MADE,
        put(A, config_map("a", {"k": "new"}, **SEEN)),
        put(A, config_map("a", {"k": "newer"}, **SEEN)),
    ),
    scenario("an update of a custom object without a version", CLASS, put(SMALL, vm_class("small", 4))),
    scenario(
        "an update of a custom object",
        CLASS,
        put(SMALL, vm_class("small", 4, **SEEN)),
        put(SMALL, vm_class("small", 8, **SEEN)),
        get(SMALL),
    ),
    scenario("an update that changes nothing", MADE, put(A, "<made>"), merge(A, {"data": {"k": "v"}})),
    scenario(
        "an update of another uid",
        MADE,
        put(A, config_map("a", uid="11111111-2222-3333-4444-555555555555")),
        CLASS,
        put(SMALL, vm_class("small", 4, uid="11111111-2222-3333-4444-555555555555", **SEEN)),
    ),
    scenario("an update of what is not there", put("configmaps/none", config_map("none"))),
    scenario(
        "an update of a custom object that is not there",
        put("virtualmachineclasses/none", vm_class("none")),
        put("virtualmachineclasses/none", vm_class("none", resourceVersion="1")),
    ),
    scenario(
        "an update under another name",
        MADE,
        put(A, config_map("b")),
        CLASS,
        put(SMALL, vm_class("b", **SEEN)),
    ),
    scenario(
        "an update into another namespace",
        MADE,
        put(A, config_map("a", namespace="elsewhere")),
        CLASS,
        put(SMALL, vm_class("small", namespace="elsewhere", **SEEN)),
    ),
    scenario(
        "an update of another kind", MADE, put(A, secret("a")), CLASS, put(SMALL, encryption_class("small"))
    ),
    scenario(
        "an update does not change what the server writes",
        MADE,
        put(A, config_map("a", creationTimestamp="2001-01-01T00:00:00Z", generation=7, selfLink="/x")),
    ),
    # Merge patch
    scenario(
        "a merge patch",
        MADE,
        merge(A, {"data": {"k": "new", "other": None}, "metadata": {"labels": {"tier": "front"}}}),
    ),
    scenario("a merge patch of a custom object", CLASS, merge(SMALL, {"spec": {"hardware": {"cpus": 8}}})),
    scenario(
        "a merge patch that is of an old version",
        MADE,
        merge(A, {"data": {"k": "new"}}),
        merge(A, {"metadata": SEEN, "data": {"k": "newer"}}),
    ),
    scenario(
        "a merge patch of what is not there",
        merge("configmaps/none", {}),
        merge("virtualmachineclasses/none", {}),
    ),
    scenario(
        "a merge patch that is no object", MADE, merge(A, [1]), merge(A, "text"), CLASS, merge(SMALL, [1])
    ),
    scenario(
        "a merge patch that cannot be read",
        MADE,
        patch(A, "{", MERGE_PATCH),
        CLASS,
        patch(SMALL, "{", MERGE_PATCH),
    ),
    scenario(
        "a merge patch of the name",
        MADE,
        merge(A, {"metadata": {"name": "b"}}),
        CLASS,
        merge(SMALL, {"metadata": {"name": "b"}}),
    ),
    scenario(
        "a merge patch of the kind",
        CLASS,
        merge(SMALL, {"kind": "Other"}),
        MADE,
        merge(A, {"kind": "Secret"}),
    ),
    scenario("an empty merge patch", MADE, merge(A, {}), CLASS, merge(SMALL, {})),
    scenario(
        "a merge patch to the wrong type", MADE, merge(A, {"data": {"k": 1}}), merge(A, {"data": "text"})
    ),
    scenario(
        "a merge patch of a custom object to the wrong type",
        CLASS,
        merge(SMALL, {"spec": {"hardware": {"cpus": "two"}}}),
        merge(SMALL, {"spec": {"hardware": "big"}}),
    ),
    # JSON patch
    scenario(
        "a JSON patch with all its operations",
        MADE,
        json_patch(
            A,
            {"op": "test", "path": "/data/k", "value": "v"},
            {"op": "replace", "path": "/data/k", "value": "new"},
            {"op": "copy", "from": "/data/k", "path": "/data/copied"},
            {"op": "move", "from": "/data/other", "path": "/data/moved"},
            {"op": "add", "path": "/metadata/labels/a~1b", "value": "c"},
            {"op": "remove", "path": "/metadata/labels/app"},
        ),
    ),
    scenario(
        "a JSON patch of lists",
        MADE,
        json_patch(A, {"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/two"}),
        json_patch(A, {"op": "add", "path": "/metadata/finalizers/0", "value": "example.com/zero"}),
        json_patch(A, {"op": "remove", "path": "/metadata/finalizers/1"}),
    ),
    scenario(
        "a JSON patch of a custom object",
        CLASS,
        json_patch(SMALL, {"op": "replace", "path": "/spec/hardware/cpus", "value": 8}),
    ),
    scenario(
        "a JSON patch whose test fails",
        MADE,
        json_patch(A, {"op": "test", "path": "/data/k", "value": "x"}),
        CLASS,
        json_patch(SMALL, {"op": "test", "path": "/spec/hardware/cpus", "value": 3}),
    ),
    scenario(
        "a JSON patch of a place that is not there",
        MADE,
        json_patch(A, {"op": "remove", "path": "/data/none"}),
        json_patch(A, {"op": "replace", "path": "/data/none", "value": "x"}),
        json_patch(A, {"op": "add", "path": "/none/below", "value": "x"}),
    ),
    scenario(
        "a JSON patch with an unknown operation", MADE, json_patch(A, {"op": "swap", "path": "/data/k"})
    ),
    scenario(
        "a JSON patch is done whole or not at all",
        MADE,
        json_patch(A, SECOND, {"op": "remove", "path": "/none"}),
        get(A),
    ),
    scenario(
        "a JSON patch that is no list",
        MADE,
        patch(A, SECOND, "application/json-patch+json"),
        CLASS,
        patch(SMALL, SECOND, "application/json-patch+json"),
    ),
    scenario("a JSON patch that cannot be read", MADE, patch(A, "[", "application/json-patch+json")),
    scenario("an empty JSON patch", MADE, json_patch(A), CLASS, json_patch(SMALL)),
    scenario("a JSON patch with 10,001 operations", MADE, json_patch(A, *[SECOND] * 10_001)),
    scenario(
        "a JSON patch of the resource version",
        MADE,
        json_patch(A, {"op": "replace", "path": "/metadata/resourceVersion", "value": "1"}),
    ),
    # Strategic merge patch
    scenario("a strategic merge patch", MADE, strategic(A, {"data": {"k": "new", "other": None}})),
    scenario(
        "a strategic merge patch of finalizers",
        MADE,
        strategic(A, {"metadata": {"finalizers": ["example.com/two"]}}),
    ),
    scenario(
        "a strategic merge patch of owners",
        MADE,
        strategic(
            A,
            {
                "metadata": {
                    "ownerReferences": [
                        {
                            "apiVersion": "v1",
                            "kind": "ConfigMap",
                            "name": "o",
                            "uid": "11111111-2222-3333-4444-555555555555",
                        }
                    ]
                }
            },
        ),
        strategic(
            A,
            {
                "metadata": {
                    "ownerReferences": [
                        {
                            "apiVersion": "v1",
                            "kind": "ConfigMap",
                            "name": "p",
                            "uid": "21111111-2222-3333-4444-555555555555",
                        }
                    ]
                }
            },
        ),
        strategic(
            A,
            {
                "metadata": {
                    "ownerReferences": [{"$patch": "delete", "uid": "11111111-2222-3333-4444-555555555555"}]
                }
            },
        ),
    ),
    scenario(
        "a strategic merge patch replaces",
        MADE,
        strategic(A, {"data": {"$patch": "replace", "only": "x"}}),
        strategic(A, {"data": {"$retainKeys": ["only"]}}),
    ),
    scenario(
        "a strategic merge patch with an unknown directive", MADE, strategic(A, {"data": {"$patch": "shake"}})
    ),
    scenario("a strategic merge patch of a custom object", CLASS, strategic(SMALL, {"spec": {}})),
    scenario("a strategic merge patch that is no object", MADE, strategic(A, [1])),
    scenario("a strategic merge patch to the wrong type", MADE, strategic(A, {"data": "text"})),
    # What is no patch
    scenario(
        "a patch of no known type",
        MADE,
        patch(A, {}, JSON),
        patch(A, {}, "text/plain"),
        CLASS,
        patch(SMALL, {}, JSON),
    ),
    scenario(
        "a patch without a body",
        MADE,
        send("PATCH", A, "", MERGE_PATCH),
        CLASS,
        send("PATCH", SMALL, "", MERGE_PATCH),
    ),
    scenario("a forced patch that is no apply", MADE, merge(A, {}, force="true")),
    # Apply; tests/apply holds it to the real server at length.
    scenario(
        "an apply creates, and changes",
        apply(A, config_map("a", {"k": "v"})),
        apply(A, config_map("a", {"k": "w"})),
        apply(A, config_map("a")),
    ),
    scenario(
        "an apply of a custom object", apply(SMALL, vm_class("small")), apply(SMALL, vm_class("small", 4))
    ),
    scenario("an apply without a manager", patch(A, config_map("a"), APPLY_PATCH)),
    scenario(
        "an apply that conflicts, and is forced",
        MADE,
        apply(A, config_map("a", {"k": "w"})),
        apply(A, config_map("a", {"k": "w"}), force="true"),
    ),
    scenario(
        "an apply that conflicts on a custom object",
        CLASS,
        apply(SMALL, vm_class("small", 4)),
        apply(SMALL, vm_class("small", 4), force="true"),
    ),
    scenario("an apply with managed fields", apply(A, config_map("a", managedFields=[{"manager": "x"}]))),
    scenario("an apply under another name", apply(A, config_map("b"))),
    scenario("an apply of another kind", apply(A, secret("a"))),
    scenario("an apply of unknown fields", apply(SMALL, {**vm_class("small"), "extra": 1})),
    scenario(
        "an apply that cannot be read",
        patch(A, "a: [", APPLY_PATCH, fieldManager="x"),
        patch(A, "- 1", APPLY_PATCH, fieldManager="x"),
    ),
    scenario(
        "an apply with an old version",
        apply(A, config_map("a", {"k": "v"})).called("made"),
        apply(A, config_map("a", {"k": "w"})),
        apply(A, config_map("a", {"k": "x"}, **SEEN)),
    ),
    scenario("an apply in a dry run", apply(A, config_map("a", {"k": "v"}), dryRun="All"), get(A)),
    # Managed fields
    scenario(
        "each manager owns what it changed",
        post("configmaps", config_map("a", {"k": "v"}), fieldManager="maker"),
        merge(A, {"data": {"other": "w"}}, fieldManager="changer"),
        merge(A, {"data": {"k": "w"}}, fieldManager="changer"),
        apply(A, config_map("a", {"third": "x"})),
        put(A, config_map("a", {"k": "z"}), fieldManager="replacer"),
    ),
    scenario(
        "each manager owns what it changed of a custom object",
        post("virtualmachineclasses", vm_class("small"), fieldManager="maker"),
        merge(
            SMALL,
            {"spec": {"hardware": {"cpus": 4}}, "metadata": {"labels": {"a": "b"}}},
            fieldManager="changer",
        ),
        merge(
            SMALL,
            {"metadata": {"labels": {"a": None}, "finalizers": ["example.com/x"]}},
            fieldManager="changer",
        ),
    ),
    scenario(
        "managed fields are taken away",
        MADE,
        merge(A, {"metadata": {"managedFields": [{}]}}),
        merge(A, {"data": {"k": "new"}}),
    ),
    scenario(
        "a manager with a long name",
        post("configmaps", config_map("a"), fieldManager="m" * 129),
        post("configmaps", config_map("a"), fieldManager="a\nb"),
    ),
]
