"""Discovery: groups, versions, resources, their ETags and forms, the version, the schemas' index."""

import json
from typing import Any

from tests.parity.language import get, scenario
from vmportal.kinds import KINDS

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
OWN_GROUP = "vmportal.dev"  # the portal's own kinds, which no real server has
CUSTOM = sorted(
    {
        (kind.shape.group, kind.shape.version)
        for kind in KINDS
        if not kind.shape.is_builtin and kind.shape.group != OWN_GROUP
    }
)
GROUPS = {group for group, _ in CUSTOM}
PLURALS = {kind.shape.plural for kind in KINDS if not kind.shape.group}


def of_ours(answer: Any) -> Any:
    """Of a list of groups those that both serve, in the order of their names."""
    kept = [group for group in answer["groups"] if group["name"] in GROUPS]
    return {**answer, "groups": sorted(kept, key=lambda group: str(group["name"]))}


def aggregated_of_ours(answer: Any) -> Any:
    kept = {
        item["metadata"]["name"]: item for item in answer["items"] if item["metadata"].get("name") in GROUPS
    }
    return [
        (name, version["version"], version["freshness"], sorted_resources(version["resources"], "resource"))
        for name, item in sorted(kept.items())
        for version in item["versions"]
    ]


def core_of_ours(answer: Any) -> Any:
    """Of the core resources those that the portal keeps."""
    return sorted_resources(one for one in answer["resources"] if one["name"].split("/")[0] in PLURALS)


def resources(answer: Any) -> Any:
    return {**answer, "resources": sorted_resources(answer["resources"])}


def sorted_resources(found: Any, key: str = "name") -> Any:
    """Neither resources nor verbs have an order; the hash of a storage version is the store's own."""
    named = {one[key]: {**one, "verbs": sorted(one["verbs"]), "storageVersionHash": ""} for one in found}
    return dict(sorted(named.items()))


def paths(answer: Any) -> Any:
    found = json.loads(answer) if isinstance(answer, str) else answer  # a kube-apiserver calls it plain text
    return sorted(
        path for path in found["paths"] if path.startswith("apis/") and path.split("/")[1] in GROUPS
    )


def version(answer: Any) -> Any:
    """Whose API it is like; the rest is the program's own."""
    return {key: answer[key] for key in ("major", "minor")}


SCENARIOS = [
    scenario("the versions of the core", get("/api")),
    scenario("all groups", get("/apis").seeing(of_ours)),
    scenario(
        "all groups with their resources", get("/apis").accepting(AGGREGATED).seeing(aggregated_of_ours)
    ),
    scenario(
        "the core with its resources",
        get("/api").accepting(AGGREGATED).seeing(lambda found: found["apiVersion"]),
    ),
    scenario("the core resources", get("/api/v1").seeing(core_of_ours)),
    *(scenario(f"the group {group}", get(f"/apis/{group}")) for group in sorted(GROUPS)),
    *(
        scenario(f"the resources of {group}/{version}", get(f"/apis/{group}/{version}").seeing(resources))
        for group, version in CUSTOM
    ),
    scenario(
        "a group that nobody serves",
        get("/apis/nobody.example.com"),
        get("/apis/vmoperator.vmware.com/v9"),
        get("/api/v9"),
    ),
    scenario("discovery with its ETag", get("/apis").having(If_None_Match='"none"').seeing(of_ours)),
    scenario(
        "discovery in a form that there is not",
        get("/apis").accepting("application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList"),
    ),
    scenario(
        "discovery in a form that there is not, or plain",
        get("/apis")
        .accepting("application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json")
        .seeing(of_ours),
    ),
    scenario("discovery as YAML", get("/apis/vmoperator.vmware.com").accepting("application/yaml")),
    scenario("discovery by nobody", get("/apis").by("").seeing(lambda found: found.get("kind"))),
    scenario(
        "discovery by an ordinary person",
        get("/apis").by("bob").seeing(of_ours),
        get("/apis/vmoperator.vmware.com").by("bob"),
    ),
    scenario("the documents of schemas", get("/openapi/v3").seeing(paths)),
    scenario("a document of schemas that is not there", get("/openapi/v3/apis/nobody.example.com/v1")),
    scenario("the version", get("/version").seeing(version), get("/version").by("").seeing(version)),
    scenario("roots with a slash", get("/apis/").seeing(of_ours), get("/api/")),
]
