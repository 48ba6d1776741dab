"""Questions about what one may do: `kubectl auth can-i`, and reviews of others. Nothing of them is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from vmportal import access
from vmportal.access import Caller
from vmportal.api.callers import groups_known_of, named, narrowed
from vmportal.api.crds_schema import CRD
from vmportal.api.discovery import ALL_VERBS, DEFINITIONS, QUESTIONS, subresources
from vmportal.api.review import Review
from vmportal.api.reviews_schema import AUTHENTICATION, AUTHORIZATION
from vmportal.api.token_reviews import SelfSubjectReview, TokenReview
from vmportal.errors import BadRequest, FieldError, Invalid
from vmportal.kind import Kind
from vmportal.kinds import KINDS

# What everybody who is signed in may read.
PATHS = (
    *("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"),
    *("/version", "/version/", "/livez", "/readyz"),
)


class SelfSubjectAccessReview(Review):
    kind = "SelfSubjectAccessReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        _demand_valid(self, spec)
        return _decided(self.caller, spec)


class SubjectAccessReview(Review):
    """What somebody else may do, whom the portal need not know: for portal admins."""

    kind = "SubjectAccessReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        self.demand(self.caller.is_admin)
        return self._answer_for_another(spec, [])

    def _answer_for_another(self, spec: dict[str, Any], errors: list[FieldError]) -> dict[str, Any]:
        name, groups = spec.get("user", ""), tuple(spec.get("groups", ()))
        if not name and not groups:
            told = 'Invalid value: "": at least one of user or group must be specified'
            errors = [FieldError("spec.user", "Invalid", told), *errors]
        _demand_valid(self, spec, errors)
        caller = named(name, groups or groups_known_of(name, self.counters), self.counters)
        return _decided(narrowed(caller, spec.get("extra", {})), spec)


class LocalSubjectAccessReview(SubjectAccessReview):
    """The same of one namespace: for its admins."""

    kind = "LocalSubjectAccessReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        namespace = where["namespace"]
        self.demand(may_ask(self.caller, self.kind, namespace), namespace)
        if self.metadata.pop("namespace", namespace) != namespace:
            raise BadRequest(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        errors = []
        told = spec.get("resourceAttributes", {}).get("namespace", "")
        if "resourceAttributes" in spec and told != namespace:
            message = f"Invalid value: {json.dumps(told)}: must match metadata.namespace"
            errors.append(FieldError("spec.resourceAttributes.namespace", "Invalid", message))
        if "nonResourceAttributes" in spec:
            value = json.dumps(spec["nonResourceAttributes"], separators=(",", ":"))
            message = f"Invalid value: {value}: disallowed on this kind of request"
            errors.append(FieldError("spec.nonResourceAttributes", "Invalid", message))
        return self._answer_for_another(spec, errors)


_DEFINITIONS = {
    "verbs": list(DEFINITIONS.verbs),
    "apiGroups": [DEFINITIONS.group],
    "resources": [DEFINITIONS.plural],
}


_IMPERSONATION = {
    "verbs": ["impersonate"],
    "apiGroups": ["", "authentication.k8s.io"],
    "resources": ["users", "groups", "serviceaccounts", "uids", "userextras/*"],
}


class SelfSubjectRulesReview(Review):
    """All that the caller may do in one namespace: `kubectl auth can-i --list`."""

    kind = "SelfSubjectRulesReview"

    def answer(self, spec: dict[str, Any], **where: str) -> dict[str, Any]:
        namespace = spec.get("namespace")
        if not namespace:
            raise BadRequest("no namespace on request")
        rules = [rule for kind in KINDS for rule in _rules(self.caller, kind, namespace)]
        if self.caller.is_admin:
            rules.append(_IMPERSONATION)
        questions = [
            {"verbs": ["create"], "apiGroups": [one.group], "resources": [one.plural]}
            for one in QUESTIONS
            if may_ask(self.caller, one.kind, namespace)
        ]
        return {
            "resourceRules": [*questions, *rules, _DEFINITIONS],
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": list(PATHS)}],
            "incomplete": False,
        }


def _rules(caller: Caller, kind: Kind, namespace: str) -> Iterator[dict[str, Any]]:
    """One for the objects and one for each subresource; none where nothing may be done."""
    shape, where = kind.shape, namespace if kind.shape.namespaced else ""
    rule: dict[str, Any]
    for part, served in (("", ALL_VERBS), *((part.name, part.verbs) for part in subresources(shape))):
        verbs = [verb for verb in served if access.may(caller, verb, kind, where, "", part)]
        rule = {"apiGroups": [shape.group], "resources": [f"{shape.plural}/{part}" if part else shape.plural]}
        if shape.kind == "Namespace" and "get" in verbs and not caller.is_admin:
            # All are listed, of which one's own are shown; others cannot be got either.
            verbs.remove("get")
            if caller.roles:
                yield {"verbs": ["get"], **rule, "resourceNames": sorted(caller.roles)}
        if verbs:
            yield {"verbs": verbs, **rule}


def may_ask(caller: Caller, kind: str, namespace: str) -> bool:
    """Whether somebody may ask a question of that kind."""
    if kind.startswith("Self") or caller.is_admin:
        return True
    return kind == "LocalSubjectAccessReview" and caller.role_in(namespace) in ("admin", "portal")


def _demand_valid(review: Review, spec: dict[str, Any], errors: Iterable[FieldError] = ()) -> None:
    """Raise `Invalid` with all errors at once."""
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    found = list(errors)
    if (resource is None) == (path is None):
        value = json.dumps(path, separators=(",", ":"))
        told = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        found.insert(0, FieldError("spec", "Invalid", f"Invalid value: {value}: {told}"))
    meta = {key: value for key, value in review.metadata.items() if key != "managedFields"}
    if meta:
        value = json.dumps(meta, separators=(",", ":"))
        found.append(FieldError("metadata", "Invalid", f"Invalid value: {value}: must be empty"))
    if found:
        raise Invalid(review.kind, "", found, AUTHORIZATION)


def _decided(caller: Caller, spec: dict[str, Any]) -> dict[str, Any]:
    path = spec.get("nonResourceAttributes")
    allowed = _may_resource(caller, spec["resourceAttributes"]) if path is None else _may_path(caller, path)
    if allowed:
        return {"allowed": True}
    is_whole = caller.scope == access.Scope()
    beside = "" if is_whole else ", or it is beyond the scope of this token"
    return {"allowed": False, "reason": f"no role that you have allows it{beside}"}


def _may_resource(caller: Caller, asked: dict[str, Any]) -> bool:
    if (asked.get("group"), asked.get("resource")) == (CRD.group, CRD.plural):
        return asked.get("verb") in access.READ_VERBS  # the kinds are fixed
    if caller.is_admin and not caller.scope.read_only:
        return True
    group, plural = asked.get("group", ""), asked.get("resource", "")
    verb, part = asked.get("verb", ""), asked.get("subresource", "")
    question = next((one for one in QUESTIONS if (one.group, one.plural) == (group, plural)), None)
    if question is not None:
        return verb == "create" and may_ask(caller, question.kind, asked.get("namespace", ""))
    if caller.is_admin:
        return verb in access.READ_VERBS or verb == "impersonate"  # in the scope of the token
    kind = next((one for one in KINDS if (one.shape.group, one.shape.plural) == (group, plural)), None)
    if kind is None:
        return False
    verbs = ALL_VERBS if verb == "*" else (verb,)
    where = asked.get("namespace", ""), asked.get("name", ""), part
    return all(one in ALL_VERBS and access.may(caller, one, kind, *where) for one in verbs)


def _may_path(caller: Caller, asked: dict[str, Any]) -> bool:
    path = asked.get("path", "")
    open_ = any(path.startswith(one[:-1]) if one.endswith("*") else path == one for one in PATHS)
    reads = asked.get("verb", "").lower() in ("get", "head")
    return (reads and open_) or (caller.is_admin and (reads or not caller.scope.read_only))


REVIEWS: dict[tuple[str, str], type[Review]] = {
    (AUTHENTICATION, "selfsubjectreviews"): SelfSubjectReview,
    (AUTHENTICATION, "tokenreviews"): TokenReview,
    (AUTHORIZATION, "selfsubjectaccessreviews"): SelfSubjectAccessReview,
    (AUTHORIZATION, "selfsubjectrulesreviews"): SelfSubjectRulesReview,
    (AUTHORIZATION, "subjectaccessreviews"): SubjectAccessReview,
}
