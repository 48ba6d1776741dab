"""Talks to an API server: objects as JSON, one method for each verb, refusals as ApiError.

Called by the mirrors, which read, and by the actor's parts, which write.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
import orjson
import yaml

from tests.peers.supervisor.resources import Document, Key, Resource

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
PAGE = 500
CONNECTIONS = 32  # requests at once; watches come on top
SILENCE_SECONDS = 330  # a watch ends by itself before that


class ApiError(Exception):
    """The server refused: `code` is HTTP's, the text the server's own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """One API server and one identity there, while the block runs."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        self.url: str = cluster["server"]
        self._token: str = config["users"][0]["user"]["token"]
        ca = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._tls = ssl.create_default_context(cadata=ca)

    async def __aenter__(self) -> Api:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        agent = {"User-Agent": "manager/v0.0.0 (linux/amd64)"}  # the API server names managers after it

        def session(limit: int, seconds: int) -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(ssl=self._tls, limit=limit)
            timeout = aiohttp.ClientTimeout(total=None, connect=10, sock_read=seconds)
            return aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers | agent)

        self._requests, self._watches = session(CONNECTIONS, 30), session(0, SILENCE_SECONDS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._requests.close()
        await self._watches.close()

    async def request(
        self,
        method: str,
        path: str,
        body: Document | None = None,
        query: Mapping[str, str] | None = None,
        media_type: str = "application/json",
        accept: str = "application/json",
    ) -> Document:
        """The answer's object. Raises ApiError, and aiohttp.ClientError or TimeoutError without an answer."""
        data = None if body is None else orjson.dumps(body)
        headers = {"Accept": accept} | ({"Content-Type": media_type} if data else {})
        async with self._requests.request(
            method, self.url + path, data=data, params=query, headers=headers
        ) as answer:
            text = await answer.read()
            if answer.status >= 400:
                raise ApiError(answer.status, _message(text))
            return orjson.loads(text)

    async def list(self, resource: Resource, namespace: str = "") -> tuple[list[Document], str]:
        """(objects, the resourceVersion to watch from), page by page."""
        found: list[Document] = []
        query = {"limit": str(PAGE)}
        while True:
            page = await self.request("GET", resource.path(namespace), query=query)
            names = {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
            }  # lists of Kubernetes' own lack them
            found += [{**names, **item} for item in page["items"]]
            if not page["metadata"].get("continue"):
                return found, page["metadata"]["resourceVersion"]
            query["continue"] = page["metadata"]["continue"]

    async def watch(self, resource: Resource, version: str) -> AsyncIterator[Document]:
        """The events since `version`, until the server or the network ends them. Raises ApiError (410 among them)."""
        query = {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": "300",
        }
        async with self._watches.get(self.url + resource.path(), params=query) as answer:
            if answer.status >= 400:
                raise ApiError(answer.status, _message(await answer.read()))
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        raise ApiError(event["object"].get("code", 500), event["object"].get("message", ""))
                    yield event

    async def create(self, resource: Resource, document: Document, manager: str) -> Document:
        namespace = document["metadata"].get("namespace", "")
        return await self.request("POST", resource.path(namespace), document, {"fieldManager": manager})

    async def merge(
        self, resource: Resource, key: Key, patch: Document, manager: str, subresource: str = ""
    ) -> Document:
        """Send a merge patch."""
        path = resource.path(*key, subresource)
        return await self.request("PATCH", path, patch, {"fieldManager": manager}, MERGE)

    async def apply(
        self, resource: Resource, document: Document, manager: str, subresource: str = ""
    ) -> Document:
        """Apply on the server's side, whoever owns the fields."""
        metadata = document["metadata"]
        path = resource.path(metadata.get("namespace", ""), metadata["name"], subresource)
        return await self.request("PATCH", path, document, {"fieldManager": manager, "force": "true"}, APPLY)

    async def delete(self, resource: Resource, key: Key, options: Document | None = None) -> None:
        """Delete; gone already is as good."""
        try:
            await self.request("DELETE", resource.path(*key), options)
        except ApiError as refused:
            if refused.code not in (404, 409):  # 409: a precondition on the uid failed, it is another one now
                raise


def _message(text: bytes) -> str:
    try:
        return str(orjson.loads(text)["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return text[:500].decode(errors="replace")


def merge_patch(old: Any, new: Any) -> Document:
    """The merge patch that makes `new` of `old`; empty if they are alike."""
    patch: Document = {}
    for name in old.keys() | new.keys():
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            patch[name] = merge_patch(before, after)
        else:
            patch[name] = after
    return patch
