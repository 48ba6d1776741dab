"""Subresources: the status of a kind, the scale of replica sets, and those that are not there."""

from typing import Any

from tests.parity.language import (
    Request,
    apply,
    config_map,
    custom,
    get,
    json_patch,
    merge,
    post,
    put,
    scenario,
    strategic,
    vm_class,
)

LABELS = {"app": "web"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"className": "small"}}
SETS = "virtualmachinereplicasets"
WEB = post(
    SETS, custom(SETS, "web", {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": TEMPLATE})
).seeing(lambda made: made["spec"]["replicas"])
REPLICAS = get(f"{SETS}/web").seeing(
    lambda found: (found["spec"]["replicas"], found["metadata"]["generation"])
)
SCALE = f"{SETS}/web/scale"
SMALL = "virtualmachineclasses/small"
CLASS = post("virtualmachineclasses", vm_class("small")).called("made")


def scale(replicas: Any, **metadata: Any) -> dict[str, Any]:
    head = {"apiVersion": "autoscaling/v1", "kind": "Scale"}
    return {
        **head,
        "metadata": {"name": "web", "namespace": "<ns>", **metadata},
        "spec": {"replicas": replicas},
    }


def binding(user: str, role: str) -> Request:
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"{user}-{role}"},
        "roleRef": ref,
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    return post("rolebindings", body)


def member(user: str, role: str) -> list[Request]:
    """Make somebody a member, and wait until it counts: a kube-apiserver hears of it a moment later."""
    asked = {"verb": "get", "resource": "configmaps", "namespace": "<ns>"}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    review = post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body).by(user)
    settled = review.seeing(lambda answer: answer["status"]["allowed"]).until(lambda allowed: bool(allowed))
    return [binding(user, role), settled]


SCENARIOS = [
    scenario("the scale of a replica set is read", WEB, get(SCALE)),
    scenario("a replica set is scaled by an update", WEB, put(SCALE, scale(3)), REPLICAS),
    scenario(
        "a replica set is scaled by patches",
        WEB,
        merge(SCALE, {"spec": {"replicas": 4}}),
        json_patch(SCALE, {"op": "replace", "path": "/spec/replicas", "value": 5}),
        REPLICAS,
    ),
    scenario("a replica set is scaled to nothing", WEB, merge(SCALE, {"spec": {"replicas": 0}}), REPLICAS),
    scenario(
        "a scale that was not seen is not written",
        WEB,
        get(SCALE).called("seen"),
        merge(SCALE, {"spec": {"replicas": 4}}),
        put(SCALE, scale(3, resourceVersion="<seen.metadata.resourceVersion>")),
        REPLICAS,
    ),
    scenario(
        "a scale that is none",
        WEB,
        put(SCALE, scale(-1)),
        put(SCALE, scale("two")),
        merge(SCALE, {"spec": {"replicas": "two"}}),
        put(SCALE, config_map("web")),
        put(SCALE, scale(3, name="db")),
    ),
    scenario("a scale in a dry run", WEB, put(SCALE, scale(3), dryRun="All"), REPLICAS),
    scenario("a scale is applied", WEB, apply(SCALE, scale(3), force="true"), REPLICAS),
    scenario("a scale takes no strategic patch", WEB, strategic(SCALE, {"spec": {"replicas": 3}})),
    scenario(
        "a scale of what is not there",
        get(f"{SETS}/none/scale"),
        put(f"{SETS}/none/scale", scale(3, name="none")),
    ),
    scenario(
        "a scale of a kind without one",
        CLASS,
        get(f"{SMALL}/scale"),
        post("configmaps", config_map("a")),
        get("configmaps/a/scale"),
    ),
    scenario(
        "an editor scales, a viewer does not",
        WEB,
        *member("alice", "edit"),
        *member("bob", "view"),
        merge(SCALE, {"spec": {"replicas": 3}}).by("alice"),
        get(SCALE).by("bob"),
        merge(SCALE, {"spec": {"replicas": 4}}).by("bob"),
    ),
    scenario("a status is read", CLASS, get(f"{SMALL}/status")),
    scenario(
        "a status of what is not there",
        get("virtualmachineclasses/none/status"),
        merge("virtualmachineclasses/none/status", {"status": {}}),
    ),
    scenario(
        "a status of a kind without one",
        post("configmaps", config_map("a")),
        get("configmaps/a/status"),
        get("encryptionclasses/a/status"),
    ),
    scenario(
        "an ordinary person does not write a status",
        CLASS,
        *member("alice", "admin"),
        merge(f"{SMALL}/status", {"status": {}}).by("alice"),
    ),
    scenario(
        "a create leaves the status out",
        post("virtualmachineclasses", {**vm_class("small"), "status": {"capabilities": ["x"]}}),
        merge(SMALL, {"status": {"capabilities": ["x"]}}),
    ),
    scenario(
        "a status update leaves the wish alone",
        CLASS,
        merge(
            f"{SMALL}/status",
            {"spec": {"hardware": {"cpus": 9}}, "metadata": {"labels": {"a": "b"}}, "status": {}},
        ),
        get(SMALL),
    ),
    scenario(
        "a subresource that is not there",
        CLASS,
        get(f"{SMALL}/power"),
        post("configmaps", config_map("a")),
        get("configmaps/a/power"),
    ),
]
