"""The cells of the matrix, made from what discovery serves: a new kind, verb or subresource is in it by itself.

A cell is one request, the same asked as a review, and (from `expected`) what comes of both. All writes are dry runs,
so that every cell finds what the others found.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.access import expected
from tests.access.expected import Power
from tests.builders import obj
from tests.samples import NAME, SAMPLED, sample
from vmportal.api.discovery import Served, served
from vmportal.kind import Kind
from vmportal.kinds import KINDS, kind_named

JSON, MERGE, APPLY = "application/json", "application/merge-patch+json", "application/apply-patch+yaml"
HERE = "team-a"
METHODS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
# Objects of the kinds that are no matter of machines.
_CORE: dict[str, dict[str, Any]] = {
    "ConfigMap": {"data": {"color": "blue"}},
    "Event": {"involvedObject": {"kind": "ConfigMap", "namespace": HERE, "name": "a"}, "type": "Normal"},
    "RoleBinding": {
        "subjects": [{"kind": "User", "name": "somebody", "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"},
    },
    "Secret": {"stringData": {"key": "value"}},
}
_SCALE = {
    "kind": "Scale",
    "apiVersion": "autoscaling/v1",
    "metadata": {"name": NAME},
    "spec": {"replicas": 2},
}


@dataclass(frozen=True)
class Cell:
    """One request: `verb` as the matrix calls it, `asked` as the attributes of a review."""

    verb: str
    method: str
    path: str
    outcome: Callable[[Power], str]
    asked: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON
    seen: Callable[[Power], set[str]] | None = None  # of lists: the namespaces of what is shown
    is_served: bool = True  # else nobody may, as there is no such method: 405


Stored = dict[tuple[str, str], dict[str, Any]]  # by group resource and namespace


def resources() -> tuple[Served, ...]:
    return served(KINDS)


def name_of(one: Served) -> str:
    return f"{one.plural}.{one.group}" if one.group else one.plural


def wished(kind: Kind, namespace: str) -> dict[str, Any]:
    """An object of the kind; a kind that has no sample yet is sent without fields, which is enough to be refused."""
    made = copy.deepcopy(_sample(kind.shape.group_resource))
    if kind.shape.namespaced:
        made["metadata"]["namespace"] = namespace
    return made


@cache  # one of them has a key that takes a while to make
def _sample(group_resource: str) -> dict[str, Any]:
    kind = kind_named(group_resource)
    if kind in SAMPLED:
        return sample(kind)
    return obj(kind.shape.kind, NAME, **_CORE.get(kind.shape.kind, {}))


def cells(one: Served, stored: Stored) -> Iterator[Cell]:
    """All cells of a resource and its subresources, around the object `sample` (or the namespace team-a)."""
    name = name_of(one)
    if name in expected.QUESTIONS:
        yield from _of_question(one, name)
    elif name in expected.RESOURCES:
        yield from _of_kind(one, kind_named(name), stored)
    else:
        yield from _of_definitions(one)


def _root(one: Served, namespace: str) -> str:
    root = f"/apis/{one.group}/{one.version}" if one.group else f"/api/{one.version}"
    return f"{root}/namespaces/{namespace}/{one.plural}" if namespace else f"{root}/{one.plural}"


def _of_question(one: Served, name: str) -> Iterator[Cell]:
    least, space = expected.QUESTIONS[name], HERE if one.namespaced else ""
    attributes = {"verb": "get", "resource": "configmaps", "namespace": HERE}
    spec: dict[str, Any] = {"resourceAttributes": attributes}
    if "subjectaccess" in one.plural and not one.plural.startswith("self"):
        spec["user"] = "somebody"
    spec = {"selfsubjectrulesreviews": {"namespace": HERE}, "tokenreviews": {"token": "x"}}.get(
        one.plural, spec
    )
    yield Cell(
        "create",
        "POST",
        _root(one, space),
        lambda power: expected.question(power, least),
        _asked(one, "create", space),
        body={} if one.plural == "selfsubjectreviews" else {"spec": spec},
    )


def _of_definitions(one: Served) -> Iterator[Cell]:
    """CustomResourceDefinitions: read by all who sign in, written by nobody."""
    path, name = _root(one, ""), "virtualmachines.vmoperator.vmware.com"
    for verb in ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"):
        is_one = verb in ("get", "update", "patch", "delete")
        yield Cell(
            verb,
            METHODS[verb],
            f"{path}/{name}" if is_one else path,
            expected.signed_in,
            _asked(one, verb, "", name if is_one else ""),
            query=_query(verb),
            body={} if METHODS[verb] in ("POST", "PUT", "PATCH") else None,
            is_served=verb in one.verbs,
        )


def _of_kind(one: Served, kind: Kind, stored: Stored) -> Iterator[Cell]:
    who, space = expected.RESOURCES[name_of(one)], HERE if one.namespaced else ""
    name = HERE if kind.shape.kind == "Namespace" else NAME
    path = _root(one, space)
    found = stored[name_of(one), space or ("" if name == NAME else HERE)]
    changed = {**found, "metadata": {**found["metadata"], "labels": {"changed": "yes"}}}
    new = wished(kind, space)
    new["metadata"]["name"] = "new"
    wish = wished(kind, space)
    wish["metadata"]["name"] = name
    bodies = {
        "create": new,
        "update": changed,
        "patch": {"metadata": {"labels": {"changed": "yes"}}},
        "apply": wish,
    }
    for verb in (*one.verbs, "apply"):
        is_one = verb in ("get", "update", "patch", "apply", "delete")
        asked = "patch" if verb == "apply" else verb
        yield Cell(
            verb,
            METHODS[asked],
            f"{path}/{name}" if is_one else path,
            _outcome(kind, who, asked, is_one=is_one),
            _asked(one, asked, space, name if is_one else ""),
            query=_query(verb),
            body=bodies.get(verb),
            content_type={"patch": MERGE, "apply": APPLY}.get(verb, JSON),
            seen=_seen(kind, who) if verb == "list" and name == HERE else None,
        )
    if one.namespaced:
        for verb in ("list", "watch"):
            yield Cell(
                f"{verb} everywhere",
                "GET",
                _root(one, ""),
                lambda power: expected.everywhere(power, who),
                _asked(one, verb, ""),
                query=_query(verb),
                seen=(lambda power: expected.seen_everywhere(power, who)) if verb == "list" else None,
            )
    for part in one.subresources:
        yield from _of_part(one, kind, part.name, part.verbs, f"{path}/{name}", found)


def _of_part(
    one: Served, kind: Kind, part: str, verbs: tuple[str, ...], path: str, found: dict[str, Any]
) -> Iterator[Cell]:
    who = expected.RESOURCES[name_of(one)]
    if part == "status":
        who = expected.Who(who.reads, "portal")  # what was seen is written by who sees it
    bodies = {
        "create": {},
        "update": _SCALE if part == "scale" else found,
        "patch": {"spec": {"replicas": 2}} if part == "scale" else {"status": {}},
    }
    space, name = found["metadata"].get("namespace", ""), found["metadata"]["name"]
    for verb in verbs:
        yield Cell(
            f"{verb} {part}",
            METHODS[verb],
            f"{path}/{part}",
            _outcome(kind, who, verb, is_one=True),
            {**_asked(one, verb, space, name), "subresource": part},
            query=_query(verb),
            body=bodies.get(verb),
            content_type=MERGE if verb == "patch" else JSON,
        )


def _outcome(kind: Kind, who: expected.Who, verb: str, *, is_one: bool) -> Callable[[Power], str]:
    if kind.shape.namespaced:
        return lambda power: expected.in_team_a(power, who, verb)
    if kind.shape.kind == "Namespace" and is_one:
        return lambda power: expected.of_namespace_team_a(power, verb)
    return lambda power: expected.of_the_portal(power, who, verb, is_one=is_one)


def _seen(kind: Kind, who: expected.Who) -> Callable[[Power], set[str]]:
    return lambda power: expected.seen_everywhere(power, who)


def _asked(one: Served, verb: str, namespace: str, name: str = "") -> dict[str, str]:
    found = {"group": one.group, "resource": one.plural, "verb": verb, "namespace": namespace, "name": name}
    return {key: value for key, value in found.items() if value}


def _query(verb: str) -> dict[str, str]:
    if verb == "watch":
        return {"watch": "true", "timeoutSeconds": "1"}
    if verb in expected.READING:
        return {}
    return {"dryRun": "All", **({"fieldManager": "matrix", "force": "true"} if verb == "apply" else {})}


def encoded(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()
