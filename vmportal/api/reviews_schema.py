"""The shapes of the questions that one POSTs: may I, who am I, whose token is it, and give me a token. Pure.

Called by `vmportal.api.published` for discovery's documents; `vmportal.api.access_reviews` answers them.
"""

from __future__ import annotations

from typing import Any

from vmportal.kind import Shape
from vmportal.schema.words import array, boolean, integer, mapping, obj, text, texts, time

AUTHENTICATION, AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"

Node = dict[str, Any]


def _selector(description: str) -> Node:
    requirement = obj(
        {
            "key": text(description="The label or field."),
            "operator": text(description="In, NotIn, Exists or DoesNotExist."),
            "values": texts("For In and NotIn."),
        },
        required=("key", "operator"),
        description="One thing that is asked.",
    )
    return obj(
        {
            "rawSelector": text(description="As in an address; not looked at."),
            "requirements": array(requirement, atomic=True, description="All must hold."),
        },
        description=description,
    )


_USER = obj(
    {
        "extra": mapping(array(text()), description="What else is known of the user."),
        "groups": texts("The groups of the user."),
        "uid": text(description="What tells the user from all others."),
        "username": text(description="The name of the user."),
    },
    description="A user.",
)
_RESOURCE = obj(
    {
        "fieldSelector": _selector("Only objects with such fields."),
        "group": text(description="The API group; `*`: every one."),
        "labelSelector": _selector("Only objects with such labels."),
        "name": text(description="The name of one object; empty: all."),
        "namespace": text(description="The namespace; empty: all, or the whole portal."),
        "resource": text(description="The plural of the kind, `virtualmachines`."),
        "subresource": text(description="`status`, `scale`, `token`."),
        "verb": text(description="get, list, watch, create, update, patch, delete or deletecollection."),
        "version": text(description="The API version; `*`: every one."),
    },
    description="What is to be done to which objects.",
)
_ADDRESS = obj(
    {"path": text(description="The address, `/openapi/v3`."), "verb": text(description="`get`.")},
    description="Which address, that is none of an object, is to be read.",
)
_WHAT = {"nonResourceAttributes": _ADDRESS, "resourceAttributes": _RESOURCE}
_ALLOWED = obj(
    {
        "allowed": boolean(description="Whether it may be done."),
        "denied": boolean(description="Whether it was denied outright."),
        "evaluationError": text(description="What went wrong while this was found out."),
        "reason": text(description="Why."),
    },
    required=("allowed",),
    description="The answer.",
)
_WHO_AND_WHAT = obj(
    {
        "extra": mapping(array(text()), description="What else is known of the user."),
        "groups": texts("The groups of the user."),
        **_WHAT,
        "uid": text(description="The uid of the user."),
        "user": text(description="The user it is asked of."),
    },
    description="Who, and what.",
)
_RESOURCE_RULE = obj(
    {
        "apiGroups": texts("Of these groups."),
        "resourceNames": texts("Only objects with these names; empty: all."),
        "resources": texts("These kinds, by their plural."),
        "verbs": texts("What may be done."),
    },
    required=("verbs",),
)
_ADDRESS_RULE = obj(
    {"nonResourceURLs": texts("These addresses."), "verbs": texts("What may be done.")},
    required=("verbs",),
)
_RULES = obj(
    {
        "evaluationError": text(description="What went wrong while this was found out."),
        "incomplete": boolean(description="Whether there may be more."),
        "nonResourceRules": array(_ADDRESS_RULE, atomic=True, description="Addresses that may be read."),
        "resourceRules": array(_RESOURCE_RULE, atomic=True, description="What may be done to objects."),
    },
    required=("resourceRules", "nonResourceRules", "incomplete"),
    description="All that one may do in the namespace.",
)
_BOUND = obj(
    {
        "apiVersion": text(description="API version of the object."),
        "kind": text(description="Kind of the object."),
        "name": text(description="Name of the object."),
        "uid": text(description="UID of the object."),
    },
    description="The token ends with this object.",
)


def _question(
    group: str,
    kind: str,
    told: str,
    spec: Node | None,
    status: Node,
    *,
    namespaced: bool = False,
) -> Shape:
    parts = {"spec": spec, "status": status} if spec else {"status": status}
    return Shape(
        group=group,
        version="v1",
        kind=kind,
        plural=f"{kind.lower()}s",
        singular=kind.lower(),
        namespaced=namespaced,
        is_builtin=True,
        schema=obj(parts, required=("spec",) if spec and kind != "TokenRequest" else (), description=told),
    )


TOKEN_REQUEST = _question(
    AUTHENTICATION,
    "TokenRequest",
    "Asks for a token of a service account.",
    obj(
        {
            "audiences": texts("Whom the token is for."),
            "boundObjectRef": _BOUND,
            "expirationSeconds": integer(format="int64", description="How long it is good for."),
        },
        description="What token.",
    ),
    obj(
        {
            "expirationTimestamp": time("When it ends."),
            "token": text(description="The token; shown this one time."),
        },
        description="The token.",
    ),
    namespaced=True,
)
QUESTIONS = (
    _question(
        AUTHENTICATION,
        "SelfSubjectReview",
        "Who am I?",
        None,
        obj({"userInfo": _USER}, description="Who asks."),
    ),
    _question(
        AUTHENTICATION,
        "TokenReview",
        "Whose token is it?",
        obj(
            {
                "audiences": texts("Whom the token should be for."),
                "token": text(description="The token."),
            },
            description="Which token.",
        ),
        obj(
            {
                "audiences": texts("Whom of those it is for."),
                "authenticated": boolean(description="Whether it is good."),
                "error": text(description="Why not."),
                "user": _USER,
            },
            description="Whose it is.",
        ),
    ),
    _question(
        AUTHORIZATION,
        "LocalSubjectAccessReview",
        "May somebody do this in this namespace?",
        _WHO_AND_WHAT,
        _ALLOWED,
        namespaced=True,
    ),
    _question(
        AUTHORIZATION,
        "SelfSubjectAccessReview",
        "May I do this?",
        obj(dict(_WHAT), description="What."),
        _ALLOWED,
    ),
    _question(
        AUTHORIZATION,
        "SelfSubjectRulesReview",
        "What may I do in a namespace?",
        obj({"namespace": text(description="The namespace.")}, description="Where."),
        _RULES,
    ),
    _question(AUTHORIZATION, "SubjectAccessReview", "May somebody do this?", _WHO_AND_WHAT, _ALLOWED),
)
