"""Three that answer alike: our pure functions, the portal and a real kube-apiserver. Used by the tests of apply."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.parse
from typing import Any

from vmportal import apply as server_side
from vmportal import managed
from vmportal.errors import ApplyConflict
from vmportal.kind import Shape
from vmportal.schema import apply_defaults, validate
from vmportal.schema.nodes import OPEN, Node, child

NOW = "2026-01-01T10:00:00Z"
HEAD = ("apiVersion", "kind", "metadata")
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
Answer = tuple[int, Any]  # the status, and the object or the conflicts


class Pure:
    """One object, kept by the pure functions alone: no admission but the schema's."""

    def __init__(self, shape: Shape, name: str) -> None:
        self.shape, self.name, self.live = shape, name, {}

    def do(self, step: str, manager: str, body: dict[str, Any]) -> Answer:
        wish = document(self.shape, self.name, body)
        if step == "put":
            return self._put(manager, wish) if self.live else (404, None)
        applier = server_side.Applier(manager, self.shape.api_version, force=step == "force")
        try:
            new = server_side.apply(self.shape.schema, self.live, wish, applier, NOW)
        except ApplyConflict as conflict:
            return 409, sorted((error.message, error.path) for error in conflict.errors)
        return self._store(new, new["metadata"]["managedFields"])

    def _put(self, manager: str, wish: dict[str, Any]) -> Answer:
        new = _complete(self.shape, wish)
        entries = managed.record(
            self.shape.schema,
            self.live,
            new,
            manager,
            api_version=self.shape.api_version,
            now=NOW,
            managed=self.live["metadata"]["managedFields"],
        )
        return self._store(new, entries)

    def _store(self, new: dict[str, Any], entries: list[dict[str, Any]]) -> Answer:
        done = _complete(self.shape, new)
        if _has_null(self.shape.schema, new) or validate(
            self.shape.schema, {key: done[key] for key in done if key not in HEAD}
        ):
            return 422, None
        code = 200 if self.live else 201
        before = self.live.get("metadata", {}).get("managedFields", [])
        if not (_same(done, self.live) and managed.same_but_times(entries, before)):
            done["metadata"] = {**done["metadata"], "managedFields": entries}
            self.live = done
        return code, seen(self.live)


def _has_null(node: Node, value: Any) -> bool:
    """Whether there is a null that a kube-apiserver refuses in what is applied; the portal leaves it out."""
    if isinstance(value, dict):
        return any(
            (item is None and "default" not in inner) or _has_null(inner, item)
            for key, item in value.items()
            if key not in HEAD and (inner := child(node, key) or OPEN).get("type")
        )
    return isinstance(value, list) and any(_has_null(node["items"], item) for item in value)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return seen(one)[0] == seen(other)[0] if other else False


def _complete(shape: Shape, obj: dict[str, Any]) -> dict[str, Any]:
    """The object as it is stored: with its schema's defaults, and without what is empty in its metadata."""
    head = {key: obj[key] for key in HEAD if key in obj}
    head["metadata"] = {key: item for key, item in obj["metadata"].items() if item}
    return head | apply_defaults(shape.schema, {key: obj[key] for key in obj if key not in head})


class Server:
    """An API server that is asked over HTTP, portal or Kubernetes: `server(shape)` are the objects of a kind."""

    def __init__(self, url: str, token: str, namespace: str, ca: str = "") -> None:
        where = urllib.parse.urlsplit(url)
        address = where.hostname or "", where.port
        self.link = (
            http.client.HTTPSConnection(*address, context=ssl.create_default_context(cafile=ca), timeout=30)
            if ca
            else http.client.HTTPConnection(*address, timeout=30)
        )
        self.token, self.namespace = token, namespace

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def __call__(self, shape: Shape) -> Objects:
        return Objects(self, shape)

    def send(self, method: str, path: str, body: Any, type_: str, **query: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": type_}
        self.link.request(method, f"{path}?{urllib.parse.urlencode(query)}", json.dumps(body), headers)
        answer = self.link.getresponse()
        return answer.status, json.loads(answer.read())


class Objects:
    """The objects of one kind in a server."""

    def __init__(self, server: Server, shape: Shape) -> None:
        root = f"/apis/{shape.api_version}" if shape.group else f"/api/{shape.version}"
        self.path = f"{root}/namespaces/{server.namespace}/{shape.plural}"
        self.shape, self.send, self.version = shape, server.send, ""

    def do(self, step: str, manager: str, body: dict[str, Any], name: str) -> Answer:
        wish = document(self.shape, name, body)
        query = {"fieldManager": manager}
        if step == "put":
            wish["metadata"]["resourceVersion"] = self.version
            status, answer = self.send("PUT", f"{self.path}/{name}", wish, "application/json", **query)
        elif step == "merge":
            status, answer = self.send("PATCH", f"{self.path}/{name}", wish, MERGE, **query)
        else:
            query["force"] = "true" if step == "force" else "false"
            status, answer = self.send("PATCH", f"{self.path}/{name}", wish, APPLY, **query)
        if status == 409:
            return status, sorted((one["message"], one["field"]) for one in answer["details"]["causes"])
        if status >= 300:
            return status, None
        self.version = answer["metadata"]["resourceVersion"]
        return status, seen(answer)

    def forget(self, name: str) -> None:
        """Take the object away, whatever holds it."""
        self.send(
            "PATCH",
            f"{self.path}/{name}",
            {"metadata": {"finalizers": None}},
            MERGE,
        )
        self.send("DELETE", f"{self.path}/{name}", None, "application/json")


def document(shape: Shape, name: str, body: dict[str, Any]) -> dict[str, Any]:
    meta = {"name": name, **body.get("metadata", {})}
    return {"apiVersion": shape.api_version, "kind": shape.kind, **body, "metadata": meta}


def seen(obj: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What must be alike: the object without what each server makes up, and whose its fields are.

    Of times only whether there is one: it also decides the order of entries.
    """
    meta = obj.get("metadata", {})
    kept = {key: meta[key] for key in ("labels", "annotations", "finalizers") if meta.get(key)}
    owners = [{**entry, "time": bool(entry.get("time"))} for entry in meta.get("managedFields") or []]
    body = {key: value for key, value in obj.items() if key not in HEAD}
    return {**body, "metadata": kept}, sorted(owners, key=managed.identity)
