"""Dry runs: every verb answers as if, and nothing stays."""

from typing import Any

from tests.parity.language import (
    apply,
    config_map,
    delete,
    get,
    json_patch,
    merge,
    post,
    put,
    scenario,
    secret,
    strategic,
    vm_class,
)


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


MADE = post("configmaps", config_map("a", {"k": "v"})).called("made")
CLASS = post("virtualmachineclasses", vm_class("small")).called("made")
A, SMALL = "configmaps/a", "virtualmachineclasses/small"
SEEN: dict[str, Any] = {"resourceVersion": "<made.metadata.resourceVersion>"}
DRY: dict[str, Any] = {"dryRun": "All"}

SCENARIOS = [
    scenario(
        "an apply in a dry run of what is not there", apply(A, config_map("a", {"k": "v"}), **DRY), get(A)
    ),
    scenario(
        "a deletion of a custom object in a dry run",
        CLASS,
        delete(SMALL, **DRY),
        get(SMALL),
        delete("virtualmachineclasses", **DRY),
        get("virtualmachineclasses").seeing(lambda found: len(found["items"])),
    ),
    scenario(
        "a deletion in a dry run that waits",
        post("configmaps", config_map("a", finalizers=["example.com/one"])),
        delete(A, **DRY),
        get(A),
    ),
    scenario(
        "a namespace in a dry run",
        post("namespaces", namespace("parity-dry"), **DRY),
        get("namespaces/parity-dry"),
    ),
    scenario(
        "a dry run of each verb of a secret",
        post("secrets", secret("s", stringData={"k": "v"}), **DRY),
        post("secrets", secret("s", stringData={"k": "v"})),
        put("secrets/s", secret("s", data={"k": "eA=="}), **DRY),
        merge("secrets/s", {"stringData": {"k": "new"}}, **DRY),
        delete("secrets/s", **DRY),
        get("secrets/s"),
    ),
    scenario("a create in a dry run", post("configmaps", config_map("a"), **DRY), get(A)),
    scenario(
        "a create of a custom object in a dry run",
        post("virtualmachineclasses", vm_class("small"), **DRY),
        get(SMALL),
    ),
    scenario("a create in a dry run of what is there", MADE, post("configmaps", config_map("a"), **DRY)),
    scenario(
        "a create in a dry run that is refused",
        post("virtualmachineclasses", vm_class("small", "two"), **DRY),
    ),
    scenario(
        "a create in a dry run with a made name", post("configmaps", config_map("", generateName="a-"), **DRY)
    ),
    scenario("an update in a dry run", MADE, put(A, config_map("a", {"k": "new"}), **DRY), get(A)),
    scenario(
        "an update of a custom object in a dry run",
        CLASS,
        put(SMALL, vm_class("small", 8, **SEEN), **DRY),
        get(SMALL),
    ),
    scenario(
        "an update in a dry run that conflicts",
        MADE,
        merge(A, {"data": {"k": "x"}}),
        put(A, config_map("a", **SEEN), **DRY),
    ),
    scenario(
        "patches in a dry run",
        MADE,
        merge(A, {"data": {"k": "new"}}, **DRY),
        json_patch(A, {"op": "remove", "path": "/data/k"}, **DRY),
        strategic(A, {"data": {"k": "new"}}, **DRY),
        apply(A, config_map("a", {"k": "new"}), force="true", **DRY),
        get(A),
    ),
    scenario(
        "a patch of a custom object in a dry run",
        CLASS,
        merge(SMALL, {"spec": {"hardware": {"cpus": 8}}}, **DRY),
        get(SMALL),
    ),
    scenario("an apply that would create, in a dry run", apply(SMALL, vm_class("small"), **DRY), get(SMALL)),
    scenario("a delete of a custom object in a dry run", CLASS, delete(SMALL, **DRY), get(SMALL)),
    scenario("a dry run that there is not", post("configmaps", config_map("a"), dryRun="Some"), get(A)),
    scenario(
        "dry runs that there are not, of the other verbs",
        MADE,
        put(A, config_map("a"), dryRun="Some"),
        merge(A, {}, dryRun="Some"),
        delete(A, dryRun="Some"),
        delete("configmaps", dryRun="Some"),
    ),
    scenario("a dry run of two kinds", post("configmaps", config_map("a"), dryRun=["All", "Some"])),
]
