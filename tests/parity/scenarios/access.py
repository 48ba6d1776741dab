"""Who may do what: access reviews, and refusals of ordinary people."""

from typing import Any

from tests.parity.language import (
    Request,
    config_map,
    delete,
    get,
    merge,
    post,
    scenario,
    secret,
    vm_class,
)
from tests.parity.scenarios.subresources import binding, member

AUTHORIZATION, AUTHENTICATION = "authorization.k8s.io", "authentication.k8s.io"
MAP = post("configmaps", config_map("a"))
VIEW, EDIT, ADMIN = (member("alice", role) for role in ("view", "edit", "admin"))


def may(verb: str, resource: str, group: str = "", namespace: str = "<ns>", **more: str) -> Request:
    asked = {"verb": verb, "resource": resource, "group": group, "namespace": namespace, **more}
    return review("SelfSubjectAccessReview", {"resourceAttributes": asked}).seeing(decided)


def review(kind: str, spec: Any, group: str = AUTHORIZATION) -> Request:
    body = {"apiVersion": f"{group}/v1", "kind": kind, "spec": spec}
    return post(f"/apis/{group}/v1/{kind.lower()}s", body)


def decided(answer: Any) -> Any:
    """Of a review whether it is allowed: the reason names the server's own roles."""
    return answer if "code" in answer else {key: answer["status"].get(key) for key in ("allowed", "denied")}


def asked_by(user: str, *requests: Request) -> list[Request]:
    return [request.by(user) for request in requests]


VERBS = [
    may(verb, "configmaps")
    for verb in ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
]
CLASSES = [
    may(verb, "virtualmachineclasses", "vmoperator.vmware.com")
    for verb in ("get", "list", "create", "delete")
]
VMS = [
    may(verb, "virtualmachines", "vmoperator.vmware.com")
    for verb in ("get", "list", "create", "patch", "delete")
]
SECRETS = [may(verb, "secrets") for verb in ("get", "list", "create")]

SCENARIOS = [
    scenario("what an administrator may", *VERBS, *CLASSES, may("delete", "namespaces", namespace="")),
    scenario("what a viewer may", *VIEW, *asked_by("alice", *VERBS, *CLASSES, *VMS, *SECRETS)),
    scenario("what an editor may", *EDIT, *asked_by("alice", *VERBS, *CLASSES, *VMS, *SECRETS)),
    scenario("what an administrator of a namespace may", *ADMIN, *asked_by("alice", *VERBS, *VMS, *SECRETS)),
    scenario("what a stranger may", *asked_by("bob", *VERBS, *VMS, *SECRETS)),
    scenario(
        "what a member may elsewhere",
        *ADMIN,
        *asked_by(
            "alice",
            may("get", "configmaps", namespace="none-such"),
            may("create", "namespaces", namespace=""),
        ),
    ),
    scenario(
        "a review of one name",
        *VIEW,
        *asked_by("alice", may("get", "configmaps", name="a"), may("delete", "configmaps", name="a")),
    ),
    scenario(
        "a review of a subresource",
        *EDIT,
        *asked_by("alice", may("update", "virtualmachines", "vmoperator.vmware.com", subresource="status")),
    ),
    scenario(
        "a review of what is not there",
        *EDIT,
        *asked_by("alice", may("get", "nothings"), may("get", "configmaps", "nobody.example.com")),
    ),
    scenario(
        "a review of an address",
        review("SelfSubjectAccessReview", {"nonResourceAttributes": {"path": "/version", "verb": "get"}})
        .seeing(decided)
        .by("bob"),
    ),
    scenario(
        "a review of nothing",
        review("SelfSubjectAccessReview", {}),
        review("SelfSubjectAccessReview", {"resourceAttributes": {}, "nonResourceAttributes": {}}),
    ),
    scenario(
        "a review of somebody else",
        *VIEW,
        review(
            "SubjectAccessReview",
            {
                "user": "alice",
                "resourceAttributes": {"verb": "get", "resource": "configmaps", "namespace": "<ns>"},
            },
        ).seeing(decided),
        review(
            "SubjectAccessReview",
            {
                "user": "alice",
                "resourceAttributes": {"verb": "create", "resource": "configmaps", "namespace": "<ns>"},
            },
        ).seeing(decided),
        review(
            "SubjectAccessReview",
            {"resourceAttributes": {"verb": "get", "resource": "configmaps", "namespace": "<ns>"}},
        ),
    ),
    scenario(
        "an ordinary person reviews nobody else",
        review(
            "SubjectAccessReview",
            {
                "user": "alice",
                "resourceAttributes": {"verb": "get", "resource": "configmaps", "namespace": "<ns>"},
            },
        ).by("bob"),
    ),
    scenario(
        "who am I",
        review("SelfSubjectReview", {}, AUTHENTICATION)
        .by("alice")
        .seeing(lambda found: found["status"]["userInfo"]["username"]),
    ),
    scenario(
        "the rules of an administrator of a namespace",
        *ADMIN,
        review("SelfSubjectRulesReview", {"namespace": "<ns>"})
        .by("alice")
        .seeing(lambda found: sorted(found["status"])),
    ),
    scenario("rules without a namespace", review("SelfSubjectRulesReview", {"namespace": ""})),
    scenario(
        "reviews are not read",
        get(f"/apis/{AUTHORIZATION}/v1/selfsubjectaccessreviews"),
        delete(f"/apis/{AUTHORIZATION}/v1/selfsubjectaccessreviews/a"),
    ),
    scenario(
        "a review that is no review",
        post(f"/apis/{AUTHORIZATION}/v1/selfsubjectaccessreviews", config_map("a")),
        post(f"/apis/{AUTHORIZATION}/v1/selfsubjectaccessreviews", "{"),
    ),
    scenario(
        "a viewer reads and does not write",
        MAP,
        *VIEW,
        *asked_by(
            "alice",
            get("configmaps/a"),
            get("configmaps"),
            post("configmaps", config_map("b")),
            merge("configmaps/a", {}),
            delete("configmaps/a"),
            delete("configmaps"),
        ),
    ),
    scenario(
        "a viewer reads no secrets",
        post("secrets", secret("s")),
        *VIEW,
        *asked_by("alice", get("secrets/s"), get("secrets"), post("secrets", secret("t"))),
    ),
    scenario(
        "an editor writes",
        *EDIT,
        *asked_by(
            "alice",
            post("configmaps", config_map("b")),
            merge("configmaps/b", {"data": {"k": "v"}}),
            delete("configmaps/b"),
        ),
    ),
    scenario(
        "an editor makes no class",
        *EDIT,
        *asked_by("alice", post("virtualmachineclasses", vm_class("a")), get("virtualmachineclasses")),
    ),
    scenario("an editor makes no members", *EDIT, binding("bob", "edit").by("alice")),
    scenario("an administrator of a namespace makes members", *ADMIN, binding("bob", "view").by("alice")),
    scenario("nobody makes a role that there is not", binding("bob", "owner")),
    scenario(
        "an ordinary person makes no namespace",
        post(
            "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}}
        ).by("bob"),
        get("/api/v1/namespaces").by("bob").seeing(lambda found: found["kind"]),
    ),
    scenario(
        "a stranger sees nothing",
        MAP,
        *asked_by(
            "bob",
            get("configmaps/a"),
            get("configmaps"),
            post("configmaps", config_map("b")),
            merge("configmaps/a", {}),
            delete("configmaps/a"),
            get("/api/v1/configmaps").seeing(lambda found: found["kind"]),
        ),
    ),
]
