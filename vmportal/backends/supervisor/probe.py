"""Finds out what a Supervisor is and can do: version, account, kinds, rights, capabilities.

Called by the work on a Connection, in the background. Raises what the client raises: `Away` and its kin.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from vmportal.backends.supervisor import abilities
from vmportal.backends.supervisor.abilities import Lacking, Need, Object, Seen, Served
from vmportal.backends.supervisor.answers import CredentialsRefused, Refused
from vmportal.backends.supervisor.client import Client

DISCOVERY = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
ANONYMOUS = "system:anonymous"


def probe(client: Client, namespaces: Sequence[str] = (), beat: Callable[[], None] = lambda: None) -> Seen:
    """Look at all of it. `namespaces`: where the account must have its rights; everywhere without any.

    `beat` is called before each question: there may be some hundred.
    """
    began = time.monotonic()
    version = str(client.read("/version").get("gitVersion") or "")
    lag = time.monotonic() - began
    account = _account(client)
    kinds = abilities.served(client.read("/apis", DISCOVERY))
    lacking = tuple(_lacking(client, kinds, namespaces, beat))
    return Seen(
        version=version,
        account=account,
        lag_ms=round(lag * 1000),
        kinds=kinds,
        lacking=lacking,
        capabilities=abilities.capabilities(kinds, _vm_schema(client, kinds), _reported(client, kinds)),
    )


def _account(client: Client) -> str:
    """As whom the API server knows the account; empty where it is too old to tell. Raises `CredentialsRefused`."""
    question = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        found = client.ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", question)
    except Refused:
        return ""
    name = str(((found.get("status") or {}).get("userInfo") or {}).get("username") or "")
    if name == ANONYMOUS:
        raise CredentialsRefused("The API server takes the account for nobody: it knows no such certificate.")
    return name


def _lacking(
    client: Client, kinds: Sequence[Served], namespaces: Sequence[str], beat: Callable[[], None]
) -> Iterator[Lacking]:
    if _may(client, "*", "*", "*", ""):
        return
    for need in (one.need for one in kinds if one.is_usable):
        for namespace in namespaces if need.resource.is_namespaced and namespaces else ("",):
            beat()
            verbs = tuple(_denied(client, need, namespace))
            if verbs:
                yield Lacking(need.resource, verbs, namespace)


def _denied(client: Client, need: Need, namespace: str) -> Iterator[str]:
    group, plural = need.resource.group, need.resource.plural
    if len(need.verbs) > 1 and _may(client, "*", group, plural, namespace):
        return
    for verb in need.verbs:
        if not _may(client, verb, group, plural, namespace):
            yield verb


def _may(client: Client, verb: str, group: str, plural: str, namespace: str) -> bool:
    attributes = {"verb": verb, "group": group, "resource": plural, "namespace": namespace}
    question = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = client.ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", question)
    return bool((answer.get("status") or {}).get("allowed"))


def _reported(client: Client, kinds: Sequence[Served]) -> dict[str, bool]:
    """What the Supervisor says of itself, where it has such an object."""
    if not any(one.is_usable for one in kinds if one.need.resource == abilities.CAPABILITIES):
        return {}
    try:
        return abilities.reported(client.get(abilities.CAPABILITIES, "", abilities.CAPABILITIES_NAME))
    except Refused:
        return {}


def _vm_schema(client: Client, kinds: Sequence[Served]) -> Object | None:
    if not any(one.is_usable for one in kinds if one.need.resource.plural == "virtualmachines"):
        return None
    try:
        found = client.read(f"/openapi/v3/apis/{abilities.VMOP}/{abilities.VMOP_VERSION}")
    except Refused:
        return None
    return abilities.vm_schema(found)
