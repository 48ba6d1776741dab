"""The authorization matrix of the API: every resource, every verb, everybody; as requests, and as reviews of oneself.

`expected` says by hand what should come of it. What is allowed succeeds, or is refused for its content (422).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.access import expected
from tests.access.cells import Cell, cells, encoded, name_of, resources
from tests.access.conftest import Cast
from tests.access.expected import ALLOWED, RESOURCES, ROLES

pytestmark = pytest.mark.django_db

SERVED = {name_of(one): one for one in resources()}
REVIEWS = "/apis/authorization.k8s.io/v1"
matrix = pytest.mark.parametrize("role", ROLES)
each_resource = pytest.mark.parametrize("resource", SERVED)


def test_every_resource_has_a_line_of_what_is_expected():
    """A new kind fails here until somebody has decided who may what with it."""
    known = {*RESOURCES, *expected.QUESTIONS, "customresourcedefinitions.apiextensions.k8s.io"}
    assert set(SERVED) == known


def test_everybody_is_there(cast):
    assert set(cast.clients) == set(ROLES)


@each_resource
def test_requests_are_answered_as_expected(cast: Cast, resource: str):
    wrong = [
        f"{role}, {cell.verb}: {told}, not {cell.outcome(power)}"
        for cell in cells(SERVED[resource], cast.stored)
        for role, power in ROLES.items()
        if (told := _told(cast, role, cell))
    ]
    assert not wrong, f"{resource}:\n" + "\n".join(wrong)


def _told(cast: Cast, role: str, cell: Cell) -> str:
    """What came of a request; empty when it is what is expected."""
    power = ROLES[role]
    response = cast.clients[role].generic(
        cell.method,
        cell.path,
        encoded(cell.body),
        cell.content_type,
        query_params=cell.query,
    )
    code, wanted = response.status_code, cell.outcome(power)
    if response.streaming:  # a watch, which is open: that is all that is asked
        for leave in response._resource_closers:
            leave()
    if not cell.is_served:
        return "" if code == (405 if wanted == ALLOWED else int(wanted)) else f"{code}"
    if wanted != ALLOWED:
        return "" if code == int(wanted) else f"{code}"
    if code not in (200, 201, 422):
        return f"{code} {response.content[:300]!r}"
    if cell.seen and (shown := _shown(response)) != cell.seen(power):
        return f"{code}, with what is in {shown or 'none'} instead of {cell.seen(power)}"
    return ""


def _shown(response: Any) -> set[str]:
    """The namespaces of what a list shows."""
    metas = [item["metadata"] for item in response.json()["items"]]
    return {meta.get("namespace") or meta["name"] for meta in metas}


@each_resource
def test_can_i_says_what_requests_would_do(cast: Cast, resource: str):
    """SelfSubjectAccessReview: `kubectl auth can-i`."""
    wrong = [
        f"{role}, {cell.verb}: {'yes' if is_allowed else 'no'}, though it is {cell.outcome(power)}"
        for cell in cells(SERVED[resource], cast.stored)
        if cell.verb != "apply"  # to Kubernetes it is a patch, which is asked already
        for role, power in ROLES.items()
        if power.is_known
        if (is_allowed := _can_i(cast, role, cell)) != (cell.outcome(power) == ALLOWED and cell.is_served)
    ]
    assert not wrong, f"{resource}:\n" + "\n".join(wrong)


def _can_i(cast: Cast, role: str, cell: Cell) -> bool:
    body = {"spec": {"resourceAttributes": cell.asked}}
    review = cast.clients[role].post(f"{REVIEWS}/selfsubjectaccessreviews", body, "application/json")
    assert review.status_code == 201
    is_allowed: bool = review.json()["status"]["allowed"]
    return is_allowed


@matrix
def test_the_rules_of_a_namespace_are_what_requests_there_do(cast: Cast, role: str):
    """SelfSubjectRulesReview: `kubectl auth can-i --list`."""
    power = ROLES[role]
    body = {"spec": {"namespace": "team-a"}}
    review = cast.clients[role].post(f"{REVIEWS}/selfsubjectrulesreviews", body, "application/json")
    if not power.is_known:
        assert review.status_code == 401
        return
    rules = review.json()["status"]["resourceRules"]
    wrong = [
        f"{resource} {cell.verb}: the rules say otherwise than {cell.outcome(power)}"
        for resource, one in SERVED.items()
        for cell in cells(one, cast.stored)
        if cell.is_served and "everywhere" not in cell.verb
        if _is_covered(rules, cell) != (cell.outcome(power) == ALLOWED)
    ]
    assert not wrong, f"{role}:\n" + "\n".join(wrong)


def _is_covered(rules: list[dict[str, Any]], cell: Cell) -> bool:
    asked = cell.asked
    part = asked.get("subresource")
    resource = f"{asked['resource']}/{part}" if part else asked["resource"]
    return any(
        asked["verb"] in rule["verbs"]
        and asked.get("group", "") in rule["apiGroups"]
        and resource in rule["resources"]
        and (not rule.get("resourceNames") or asked.get("name") in rule["resourceNames"])
        for rule in rules
    )


@matrix
@pytest.mark.parametrize("kind", ["users", "groups", "serviceaccounts"])
def test_only_portal_admins_act_in_another_s_name(cast: Cast, kind: str, role: str):
    if "impersonates" in role:
        pytest.skip("this one acts in another's name already")
    power, client = ROLES[role], cast.clients[role]
    name = "system:serviceaccount:team-a:bot" if kind == "serviceaccounts" else "vera"
    group = {"Impersonate-Group": "devs"} if kind == "groups" else {}
    response = client.get("/api", headers={"Impersonate-User": name, **group})
    wanted = expected.impersonation(power)
    assert response.status_code == (200 if wanted == ALLOWED else int(wanted))
    if power.is_known:
        body = {"spec": {"resourceAttributes": {"verb": "impersonate", "resource": kind, "name": "vera"}}}
        review = client.post(f"{REVIEWS}/selfsubjectaccessreviews", json.dumps(body), "application/json")
        assert review.json()["status"]["allowed"] == (wanted == ALLOWED)
