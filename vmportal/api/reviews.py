"""Questions that one POSTs: may I, who am I, and give me a token. Nothing of them is kept.

`kubectl auth can-i`, `auth whoami` and `create token` ask them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from vmportal import access, service
from vmportal.access import Caller
from vmportal.api import tokens
from vmportal.api.auth import new_token, note, user_of_service_account
from vmportal.api.base import ApiView
from vmportal.api.discovery import ALL_VERBS, QUESTIONS
from vmportal.api.options import is_dry_run
from vmportal.errors import BadRequest, FieldError, Forbidden, Invalid
from vmportal.kind import Kind
from vmportal.kinds import KINDS, kind_for
from vmportal.models import User

AUTHENTICATION, AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"
# What everybody who is signed in may read.
PATHS = (
    *("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"),
    *("/version", "/version/", "/livez", "/readyz"),
)
SHORTEST, USUAL = 600, 3600  # seconds of a service account's token
LONGEST = dt.timedelta(days=365)  # of one, where tokens may live longer


class Review(ApiView):
    """One question: checks that the body asks it, and answers with its `status` filled in."""

    group = AUTHORIZATION
    kind = ""

    def post(self, request: Request, **where: str) -> Response:
        asked = self.sent_object()
        expected = (f"{self.group}/v1", self.kind)
        named = (asked.get("apiVersion") or expected[0], asked.get("kind") or expected[1])
        if named != expected:
            raise BadRequest(
                f"here go objects of {expected[0]}, Kind={expected[1]}, not {named[0]}, {named[1]}"
            )
        spec = asked.get("spec") or {}
        if not isinstance(spec, dict):
            raise BadRequest("spec must be an object")
        answer = {"kind": self.kind, "apiVersion": expected[0], "metadata": {"creationTimestamp": None}}
        if "spec" in asked:
            answer["spec"] = spec
        return Response({**answer, "status": self.answer(spec, **where)}, status=201)

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        raise NotImplementedError


class SelfSubjectReview(Review):
    group, kind = AUTHENTICATION, "SelfSubjectReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        caller = self.caller
        return {
            "userInfo": {"username": caller.name, "uid": str(caller.user_id), "groups": list(caller.groups)}
        }


class SelfSubjectAccessReview(Review):
    kind = "SelfSubjectAccessReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        return _allowed(self.caller, spec, self.kind)


class SubjectAccessReview(Review):
    """What somebody else may do: for portal admins."""

    kind = "SubjectAccessReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        if not self.caller.is_admin:
            raise Forbidden(
                f'{self.kind.lower()}s.{self.group} is forbidden: User "{self.caller.name}" may ask about itself only',
                group=self.group,
                kind=f"{self.kind.lower()}s",
            )
        attributes = spec.get("resourceAttributes")
        if where.get("namespace") and isinstance(attributes, dict):
            attributes["namespace"] = where["namespace"]
        return _allowed(self._subject(spec), spec, self.kind)

    def _subject(self, spec: dict[str, Any]) -> Caller:
        name, groups = spec.get("user") or "", spec.get("groups") or []
        if not isinstance(name, str) or not isinstance(groups, list):
            raise BadRequest("spec.user is a text, spec.groups a list of texts")
        user = User.objects.filter(username=name, is_active=True).first() if name else None
        if user is not None:
            return access.caller_for(user, self.counters)
        return access.caller_named(name, tuple(map(str, groups)), self.counters)


class LocalSubjectAccessReview(SubjectAccessReview):
    kind = "LocalSubjectAccessReview"


class SelfSubjectRulesReview(Review):
    """All that the caller may do in one namespace: `kubectl auth can-i --list`."""

    kind = "SelfSubjectRulesReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        namespace = spec.get("namespace")
        if not isinstance(namespace, str) or not namespace:
            raise BadRequest("no namespace on request")
        rules = [rule for kind in KINDS if (rule := _rule(self.caller, kind, namespace))]
        questions = [
            {"verbs": ["create"], "apiGroups": [one.group], "resources": [one.plural]}
            for one in QUESTIONS
            if one.kind.startswith("Self") or self.caller.is_admin
        ]
        return {
            "resourceRules": [*questions, *rules],
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": list(PATHS)}],
            "incomplete": False,
        }


def _rule(caller: Caller, kind: Kind, namespace: str) -> dict[str, Any] | None:
    where = namespace if kind.shape.namespaced else ""
    verbs = [verb for verb in ALL_VERBS if access.may(caller, verb, kind, where)]
    if not verbs:
        return None
    return {"verbs": verbs, "apiGroups": [kind.shape.group], "resources": [kind.shape.plural]}


def _allowed(caller: Caller, spec: dict[str, Any], kind: str) -> dict[str, Any]:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (path is None):
        error = FieldError(
            "spec.resourceAttributes",
            "Invalid",
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        )
        raise Invalid(kind, "", [error], AUTHORIZATION)
    asked = resource if path is None else path
    if not isinstance(asked, dict) or not all(isinstance(asked[key], str) for key in asked if key in _TEXTS):
        raise BadRequest("the attributes must be an object of texts")
    allowed = _may_resource(caller, asked) if path is None else _may_path(caller, asked)
    if allowed:
        return {"allowed": True}
    is_whole = caller.scope == access.Scope()
    beside = "" if is_whole else ", or it is beyond the scope of this token"
    return {"allowed": False, "reason": f"no role that you have allows it{beside}"}


_TEXTS = ("namespace", "verb", "group", "version", "resource", "subresource", "name", "path")


def _may_resource(caller: Caller, asked: dict[str, Any]) -> bool:
    if caller.is_admin and not caller.scope.read_only:
        return True
    group, plural = asked.get("group", ""), asked.get("resource", "")
    verb, part = asked.get("verb", ""), asked.get("subresource", "")
    question = next((one for one in QUESTIONS if (one.group, one.plural) == (group, plural)), None)
    if question is not None:
        return verb == "create" and (question.kind.startswith("Self") or caller.is_admin)
    if caller.is_admin:
        return verb in access.READ_VERBS
    kind = next((one for one in KINDS if (one.shape.group, one.shape.plural) == (group, plural)), None)
    if kind is None:
        return False
    if part == "status" and verb not in access.READ_VERBS:
        kind = replace(kind, writer="portal")
    verbs = ALL_VERBS if verb == "*" else (verb,)
    return all(
        one in ALL_VERBS and access.may(caller, one, kind, asked.get("namespace", ""), asked.get("name", ""))
        for one in verbs
    )


def _may_path(caller: Caller, asked: dict[str, Any]) -> bool:
    path = asked.get("path", "")
    open_ = any(path.startswith(one[:-1]) if one.endswith("*") else path == one for one in PATHS)
    reads = asked.get("verb", "").lower() in ("get", "head")
    return (reads and open_) or (caller.is_admin and (reads or not caller.scope.read_only))


class TokenRequest(Review):
    """`kubectl create token NAME`: a token of a service account, shown this one time.

    It opens no more than the token it is asked with: same scope, same networks.
    """

    group, kind = AUTHENTICATION, "TokenRequest"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        accounts = kind_for("", "v1", "serviceaccounts")
        assert accounts is not None
        access.demand(self.caller, "create", accounts, where["namespace"], where["name"], "token")
        row = service.get(accounts, where["namespace"], where["name"], self.caller)
        if (row.namespace, row.name) == (settings.OPERATOR_NAMESPACE, settings.OPERATOR_ACCOUNT):
            # It is privileged in all rules; admins of the portal are not, nor become it in this way.
            raise Forbidden("VM Operator's own account has no tokens: only the portal works in its name")
        lifetime = self._lifetime(spec)
        if is_dry_run(self.request):
            return {"token": "", "expirationTimestamp": None}
        user = user_of_service_account(row.namespace, row.name, row.uid)
        scope = self.caller.scope
        text, made = new_token(
            user,
            lifetime,
            name=f"TokenRequest by {self.caller.name}"[: tokens.NAME_MOST],
            read_only=scope.read_only,
            namespace=scope.namespace,
            networks=getattr(self.request.auth, "networks", []),
        )
        note(self.caller.actor, "make-token", made)
        ends = made.expiry.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"token": text, "expirationTimestamp": ends}

    def _lifetime(self, spec: dict[str, Any]) -> dt.timedelta:
        longest = int(tokens.at_most(LONGEST).total_seconds())
        seconds = spec.get("expirationSeconds", min(USUAL, longest))
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not SHORTEST <= seconds <= longest:
            message = f"must be a number of seconds from {SHORTEST} to {longest}"
            error = FieldError("spec.expirationSeconds", "Invalid", message)
            raise Invalid(self.kind, "", [error], self.group)
        return dt.timedelta(seconds=seconds)


REVIEWS: dict[tuple[str, str], type[Review]] = {
    (AUTHENTICATION, "selfsubjectreviews"): SelfSubjectReview,
    (AUTHORIZATION, "selfsubjectaccessreviews"): SelfSubjectAccessReview,
    (AUTHORIZATION, "selfsubjectrulesreviews"): SelfSubjectRulesReview,
    (AUTHORIZATION, "subjectaccessreviews"): SubjectAccessReview,
}
