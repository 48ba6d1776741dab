"""The words scenarios are written in: a scenario is a name and what is asked, one after another.

Used by tests/parity/scenarios; played by tests/parity/playing.py. `<ns>` stands for the scenario's own namespace,
`<made.metadata.uid>` for a value in the body of an earlier answer that was `called("made")`, `<token.alice>` for the
token of a user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vmportal.kinds import KINDS

JSON, YAML = "application/json", "application/yaml"
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC_PATCH, APPLY_PATCH = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

_SHAPES = {kind.shape.plural: kind.shape for kind in KINDS}
_OTHERS = {"rolebindings": "/apis/rbac.authorization.k8s.io/v1", "pods": "/api/v1"}

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request; `sees` narrows the body of its answer to what is compared, `awaits` says when it is asked enough."""

    method: str
    path: str
    query: Query = ()
    body: Any = None  # a document, or the text or the bytes themselves
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str = "admin"  # empty: nobody, without a token
    name: str = ""
    sees: Callable[[Any], Any] | None = None
    awaits: Callable[[Any], bool] | None = None

    def called(self, name: str) -> Request:
        """Later requests name values of its answer: `<name.metadata.uid>`."""
        return replace(self, name=name)

    def by(self, user: str) -> Request:
        return replace(self, user=user)

    def having(self, **headers: str) -> Request:
        """`having(If_None_Match='"1"')`: with more headers."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **given})

    def accepting(self, media: str) -> Request:
        return self.having(Accept=media)

    def seeing(self, sees: Callable[[Any], Any]) -> Request:
        return replace(self, sees=sees)

    def until(self, awaits: Callable[[Any], bool]) -> Request:
        """Asked again and again until what is seen of the body satisfies `awaits`."""
        return replace(self, awaits=awaits)


@dataclass(frozen=True)
class Watch:
    """A stream that is open while `steps` are played; it is read up to the object called `end`, or to its end.

    The steps begin when the stream has told its `first` events.
    """

    request: Request
    steps: tuple[Request, ...] = ()
    end: str = "end"
    first: int = 0

    def accepting(self, media: str) -> Watch:
        return replace(self, request=self.request.accepting(media))

    def by(self, user: str) -> Watch:
        return replace(self, request=self.request.by(user))


@dataclass(frozen=True)
class Forget:
    """The server forgets what was before now: only servers that were made for it can (tests/parity/test_expiry.py)."""


Step = Request | Watch | Forget


@dataclass(frozen=True)
class Scenario:
    name: str
    steps: tuple[Step, ...]


def scenario(name: str, *steps: Step) -> Scenario:
    return Scenario(name, steps)


def get(path: str, **query: Any) -> Request:
    return _request("GET", path, query)


def post(path: str, body: Any, **query: Any) -> Request:
    return _request("POST", path, query, body)


def put(path: str, body: Any, **query: Any) -> Request:
    return _request("PUT", path, query, body)


def delete(path: str, body: Any = None, **query: Any) -> Request:
    return _request("DELETE", path, query, body)


def patch(path: str, body: Any, media: str, **query: Any) -> Request:
    return _request("PATCH", path, query, body, media)


def merge(path: str, body: Any, **query: Any) -> Request:
    return patch(path, body, MERGE_PATCH, **query)


def json_patch(path: str, *operations: Any, **query: Any) -> Request:
    return patch(path, list(operations), JSON_PATCH, **query)


def strategic(path: str, body: Any, **query: Any) -> Request:
    return patch(path, body, STRATEGIC_PATCH, **query)


def apply(path: str, body: Any, manager: str = "applier", **query: Any) -> Request:
    return patch(path, body, APPLY_PATCH, fieldManager=manager, **query)


def send(method: str, path: str, body: Any, media: str, **query: Any) -> Request:
    """Any body in any media type."""
    return _request(method, path, query, body, media)


def watch(path: str, *steps: Request, end: str = "end", first: int = 0, **query: Any) -> Watch:
    """Watch while `steps` are played: the last makes an object called `end`, or the server's timeout ends it."""
    timed = {"watch": "true", "timeoutSeconds": "8" if steps and end else "1", **query}
    return Watch(get(path, **timed), steps, end, first)


def _request(method: str, path: str, query: Mapping[str, Any], body: Any = None, media: str = "") -> Request:
    pairs: list[tuple[str, str]] = []
    for key, value in query.items():
        pairs += [(key, one) for one in ([value] if isinstance(value, str) else value)]
    sent = {"Content-Type": media or JSON} if body is not None else {}
    return Request(method, address(path), tuple(pairs), body, sent)


def address(path: str) -> str:
    """`configmaps/a` in the scenario's namespace as a whole path; what begins with `/` is one already."""
    if path.startswith("/"):
        return path
    plural = path.split("/")[0]
    if plural in _OTHERS:
        return f"{_OTHERS[plural]}/namespaces/<ns>/{path}"
    shape = _SHAPES[plural]
    root = f"/apis/{shape.api_version}" if shape.group else f"/api/{shape.version}"
    return f"{root}/namespaces/<ns>/{path}" if shape.namespaced else f"{root}/{path}"


# Objects


def config_map(name: str, data: Mapping[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        **_meta(name, metadata),
        **({"data": data} if data else {}),
    }


def secret(name: str, metadata: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", **_meta(name, metadata or {}), **fields}


def custom(plural: str, name: str, spec: Any, **metadata: Any) -> dict[str, Any]:
    """An object of one of the portal's custom kinds."""
    shape = _SHAPES[plural]
    made = {"apiVersion": shape.api_version, "kind": shape.kind, **_meta(name, metadata)}
    return made if spec is None else {**made, "spec": spec}


def vm_class(name: str, cpus: Any = 2, memory: Any = "4Gi", **metadata: Any) -> dict[str, Any]:
    return custom("virtualmachineclasses", name, {"hardware": {"cpus": cpus, "memory": memory}}, **metadata)


def encryption_class(name: str, provider: Any = "provider-1", **metadata: Any) -> dict[str, Any]:
    return custom("encryptionclasses", name, {"keyProvider": provider}, **metadata)


def policy(name: str, folder: Any = "cluster-1", **metadata: Any) -> dict[str, Any]:
    """A VirtualMachineSetResourcePolicy."""
    return custom("virtualmachinesetresourcepolicies", name, {"folder": folder}, **metadata)


def _meta(name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {"metadata": {**({"name": name} if name else {}), **metadata}}
