"""Who one is: token reviews, and acting in somebody else's name."""

from typing import Any

from tests.parity.language import Request, Step, config_map, delete, get, post, scenario
from tests.parity.scenarios.access import AUTHENTICATION, EDIT, VIEW, decided, may, review

ACCOUNT = "system:serviceaccount:<ns>:bot"


def token_review(**spec: Any) -> Request:
    return review("TokenReview", spec, AUTHENTICATION)


def who_am_i(**headers: str) -> Request:
    asked = {"apiVersion": f"{AUTHENTICATION}/v1", "kind": "SelfSubjectReview"}
    return post(f"/apis/{AUTHENTICATION}/v1/selfsubjectreviews", asked).having(**headers).seeing(user_info)


def user_info(answer: Any) -> Any:
    return answer if "code" in answer else answer["status"]["userInfo"]


def owner(answer: Any) -> Any:
    """Of a token review what does not depend on how a server knows its users."""
    status = answer.get("status")
    if not isinstance(status, dict):
        return answer
    told = {key: status.get(key) for key in ("authenticated", "audiences")}
    return {**told, "username": status["user"].get("username"), "is refused": "error" in status}


def as_alice(*steps: Step) -> list[Step]:
    return [step.having(Impersonate_User="alice") for step in steps if isinstance(step, Request)]


SCENARIOS = [
    scenario(
        "whose token it is",
        token_review(token="<token.alice>").seeing(owner),
        token_review(token="<token.alice>", audiences=["https://kubernetes.default.svc", "x"]).seeing(owner),
        token_review(token="<token.alice>", audiences=["elsewhere"]).seeing(owner),
        token_review(token="nobody's").seeing(owner),
        token_review(token="a.b.c").seeing(owner),
        token_review(token="<token.alice>").by("bob"),
        token_review(token=""),
        token_review(),
        token_review(token="<token.alice>", more=1).seeing(owner),
    ),
    scenario(
        "a token review that is no review",
        token_review(token=1).seeing(lambda found: found["reason"]),
        review("TokenReview", "x", AUTHENTICATION).seeing(lambda found: found["reason"]),
        get(f"/apis/{AUTHENTICATION}/v1/tokenreviews"),
    ),
    scenario(
        "an administrator acts in the name of another",
        post("configmaps", config_map("a")),
        *as_alice(get("configmaps"), post("configmaps", config_map("b"))),
        *VIEW,
        *as_alice(get("configmaps"), post("configmaps", config_map("b")), delete("configmaps/a")),
    ),
    scenario(
        "an administrator acts in the name of an editor",
        *EDIT,
        *as_alice(
            post("configmaps", config_map("b")),
            get("configmaps/b"),
            may("create", "configmaps").seeing(decided),
            may("create", "rolebindings", "rbac.authorization.k8s.io").seeing(decided),
        ),
    ),
    scenario(
        "who one is in the name of another",
        who_am_i(Impersonate_User="alice"),
        who_am_i(Impersonate_User="nobody@example.com", Impersonate_Group="devs", Impersonate_Uid="17"),
        who_am_i(Impersonate_User="alice", Impersonate_Extra_Scopes="view"),
        who_am_i(Impersonate_User="alice", **{"Impersonate_Extra_Example.com%2fProject": "one"}),
        who_am_i(Impersonate_User="alice", Impersonate_Group="system:authenticated"),
        who_am_i(Impersonate_User=ACCOUNT),
        who_am_i(Impersonate_User=ACCOUNT, Impersonate_Group="devs"),
        who_am_i(Impersonate_User="system:serviceaccount:<ns>:"),
        who_am_i(Impersonate_User="jürgen".encode().decode("latin-1")),
    ),
    scenario(
        "names that are the system's own",
        who_am_i(Impersonate_User="kubernetes-admin"),
        who_am_i(Impersonate_User="alice", Impersonate_Group="system:masters"),
        who_am_i(Impersonate_User="system:anonymous"),
        who_am_i(Impersonate_User="alice", Impersonate_Group="system:unauthenticated"),
    ),
    scenario(
        "acting in the name of nobody",
        who_am_i(Impersonate_Group="devs"),
        who_am_i(Impersonate_Uid="17"),
        who_am_i(Impersonate_Extra_Scopes="view"),
        who_am_i(Impersonate_User="").seeing(lambda found: found["status"]["userInfo"]["username"]),
    ),
    scenario(
        "an ordinary person acts in nobody else's name",
        who_am_i(Impersonate_User="alice").by("bob"),
        who_am_i(Impersonate_User="bob").by("bob"),
        who_am_i(Impersonate_User=ACCOUNT).by("bob"),
        get("/apis").having(Impersonate_User="alice").by("bob"),
    ),
    scenario(
        "a review of one's own namespace",
        *VIEW,
        post(
            "/apis/authorization.k8s.io/v1/namespaces/<ns>/localsubjectaccessreviews",
            {
                "spec": {
                    "user": "alice",
                    "resourceAttributes": {"verb": "get", "resource": "configmaps", "namespace": "<ns>"},
                }
            },
        ).seeing(decided),
        post(
            "/apis/authorization.k8s.io/v1/namespaces/<ns>/localsubjectaccessreviews",
            {"spec": {"user": "alice", "resourceAttributes": {"verb": "get", "namespace": "elsewhere"}}},
        ),
        post(
            "/apis/authorization.k8s.io/v1/namespaces/<ns>/localsubjectaccessreviews",
            {"spec": {"user": "alice", "nonResourceAttributes": {"verb": "get", "path": "/"}}},
        ),
        post(
            "/apis/authorization.k8s.io/v1/namespaces/<ns>/localsubjectaccessreviews",
            {"metadata": {"namespace": "elsewhere"}, "spec": {"user": "alice", "resourceAttributes": {}}},
        ),
        post(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            {"metadata": {"name": "a"}, "spec": {"groups": ["devs"], "resourceAttributes": {}}},
        ),
    ),
]
