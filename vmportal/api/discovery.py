"""What the API serves, for clients that ask: groups, versions, resources, plain and aggregated. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vmportal.api.crds_schema import CRD
from vmportal.api.scale import SCALE
from vmportal.kind import Kind, Shape

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
WITHOUT_DELETECOLLECTION = ("namespaces",)  # they go one by one, as in Kubernetes
AGGREGATED = "apidiscovery.k8s.io"


@dataclass(frozen=True)
class Subresource:
    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """One resource as discovery shows it: a kind with rows, or a question that one may POST."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...] = ALL_VERBS
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


def question(group: str, kind: str, plural: str, *, namespaced: bool = False) -> Served:
    """A kind that is only ever POSTed and answered, such as SelfSubjectAccessReview."""
    return Served(group, "v1", kind, plural, kind.lower(), namespaced, verbs=("create",))


QUESTIONS = (
    question("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews"),
    question("authentication.k8s.io", "TokenReview", "tokenreviews"),
    question(
        "authorization.k8s.io", "LocalSubjectAccessReview", "localsubjectaccessreviews", namespaced=True
    ),
    question("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
    question("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews"),
    question("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews"),
)


DEFINITIONS = Served(
    CRD.group,
    CRD.version,
    CRD.kind,
    CRD.plural,
    CRD.singular,
    CRD.namespaced,
    verbs=("get", "list", "watch"),  # the portal's kinds are fixed
    short_names=CRD.short_names,
    categories=CRD.categories,
)


def served(kinds: Iterable[Kind]) -> tuple[Served, ...]:
    """All that is served, in the order of discovery: core first, then by group, version and name."""
    found = [*map(_of_kind, kinds), *QUESTIONS, DEFINITIONS]
    return tuple(sorted(found, key=lambda one: (one.group, one.version, one.plural)))


def subresources(shape: Shape) -> tuple[Subresource, ...]:
    parts: tuple[Subresource, ...] = ()
    if shape.has_status:
        parts += (Subresource("status", shape.group, shape.version, shape.kind, ("get", "patch", "update")),)
    if shape.scale:
        parts += (Subresource("scale", SCALE.group, SCALE.version, SCALE.kind, ("get", "patch", "update")),)
    if shape.kind == "ServiceAccount":
        parts += (Subresource("token", "authentication.k8s.io", "v1", "TokenRequest", ("create",)),)
    return parts


def _of_kind(kind: Kind) -> Served:
    shape = kind.shape
    verbs = tuple(
        verb
        for verb in ALL_VERBS
        if verb != "deletecollection" or shape.plural not in WITHOUT_DELETECOLLECTION
    )
    return Served(
        shape.group,
        shape.version,
        shape.kind,
        shape.plural,
        shape.singular or shape.kind.lower(),
        shape.namespaced,
        verbs=verbs,
        short_names=shape.short_names,
        categories=shape.categories,
        subresources=subresources(shape),
    )


def core_versions(address: str) -> dict[str, Any]:
    """`/api`, plain."""
    where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}


def group_list(all_served: Sequence[Served]) -> dict[str, Any]:
    """`/apis`, plain."""
    names = dict.fromkeys(one.group for one in all_served if one.group)
    groups = [_group(name, all_served) for name in names]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(name: str, all_served: Sequence[Served]) -> dict[str, Any] | None:
    """`/apis/<group>`, or None."""
    if not name or not any(one.group == name for one in all_served):
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, all_served)}


def _group(name: str, all_served: Sequence[Served]) -> dict[str, Any]:
    versions = [
        {"groupVersion": f"{name}/{version}", "version": version} for version in _versions(name, all_served)
    ]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _versions(name: str, all_served: Sequence[Served]) -> list[str]:
    """Newest first: versions sort as they stand, while each group has one or two."""
    return sorted({one.version for one in all_served if one.group == name}, reverse=True)


def resource_list(group_name: str, version: str, all_served: Sequence[Served]) -> dict[str, Any] | None:
    """`/api/v1` or `/apis/<group>/<version>`, or None."""
    here = [one for one in all_served if (one.group, one.version) == (group_name, version)]
    if not here:
        return None
    resources = [entry for one in here for entry in _plain(one)]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": here[0].api_version,
        "resources": resources,
    }


def _plain(one: Served) -> list[dict[str, Any]]:
    entry: dict[str, Any] = {
        "name": one.plural,
        "singularName": one.singular,
        "namespaced": one.namespaced,
        "kind": one.kind,
        "verbs": list(one.verbs),
    }
    if one.short_names:
        entry["shortNames"] = list(one.short_names)
    if one.categories:
        entry["categories"] = list(one.categories)
    below = []
    for part in one.subresources:
        other = {"group": part.group, "version": part.version} if part.group != one.group else {}
        below.append(
            {
                "name": f"{one.plural}/{part.name}",
                "singularName": "",
                "namespaced": one.namespaced,
                **other,
                "kind": part.kind,
                "verbs": list(part.verbs),
            }
        )
    return [entry, *below]


def aggregated(all_served: Sequence[Served], version: str, *, core: bool) -> dict[str, Any]:
    """`/api` (`core`) or `/apis` in one answer; `version` is v2 or v2beta1."""
    names = dict.fromkeys(one.group for one in all_served if bool(one.group) != core)
    items = [
        {
            "metadata": {"name": name, "creationTimestamp": None} if name else {"creationTimestamp": None},
            "versions": [_aggregated_version(name, v, all_served) for v in _versions(name, all_served)],
        }
        for name in names
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"{AGGREGATED}/{version}",
        "metadata": {},
        "items": items,
    }


def _aggregated_version(name: str, version: str, all_served: Sequence[Served]) -> dict[str, Any]:
    here = [one for one in all_served if (one.group, one.version) == (name, version)]
    return {"version": version, "resources": [_aggregated(one) for one in here], "freshness": "Current"}


def _aggregated(one: Served) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "resource": one.plural,
        "responseKind": {"group": one.group, "version": one.version, "kind": one.kind},
        "scope": "Namespaced" if one.namespaced else "Cluster",
        "singularResource": one.singular,
        "verbs": list(one.verbs),
    }
    if one.short_names:
        entry["shortNames"] = list(one.short_names)
    if one.categories:
        entry["categories"] = list(one.categories)
    if one.subresources:
        entry["subresources"] = [
            {
                "subresource": part.name,
                "responseKind": {"group": part.group, "version": part.version, "kind": part.kind},
                "verbs": list(part.verbs),
            }
            for part in one.subresources
        ]
    return entry
