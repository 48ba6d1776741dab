"""A copy of all objects of one kind, kept by list and watch.

The actor holds one for each kind that it acts on or looks things up in; reading them costs no request.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator

import aiohttp

from tests.peers.supervisor.api import Api, ApiError
from tests.peers.supervisor.resources import Document, Key, Resource, key_of, owner_uids

RETRY_SECONDS = 0.5
Heard = Callable[
    [Resource, Document | None, Document | None], None
]  # (kind, before, after): None where there is none


class Mirror:
    """The objects of `resource`; `heard` is told of every change, also of what a new list shows to be gone."""

    def __init__(self, api: Api, resource: Resource, heard: Heard) -> None:
        self.api, self.resource, self.heard = api, resource, heard
        self.is_complete = asyncio.Event()  # after the first list
        self._objects: dict[str, dict[str, Document]] = defaultdict(dict)
        self._owned: dict[str, set[Key]] = defaultdict(set)

    def get(self, namespace: str, name: str) -> Document | None:
        """Not to be changed: it is the copy itself."""
        return self._objects[namespace].get(name)

    def within(self, namespace: str) -> list[Document]:
        return list(self._objects[namespace].values())

    def owned_by(self, uid: str) -> list[Document]:
        found = (self.get(*key) for key in self._owned.get(uid, ()))
        return [document for document in found if document]

    def __iter__(self) -> Iterator[Document]:
        for place in list(self._objects.values()):
            yield from list(place.values())

    async def run(self) -> None:
        """Until cancelled. A kind that the server does not serve is looked for again now and then."""
        while True:
            try:
                await self._follow()
            except ApiError as refused:
                if refused.code == 404:
                    self.is_complete.set()
                elif refused.code != 410:  # too old a version: list anew
                    logging.warning("%s: %s", self.resource.plural, refused)
            except (aiohttp.ClientError, TimeoutError, OSError) as lost:
                logging.warning("%s: %s", self.resource.plural, lost or type(lost).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        documents, version = await self.api.list(self.resource)
        gone = {key_of(document) for document in self} - {key_of(document) for document in documents}
        for key in gone:
            self._drop(key)
        for document in documents:
            self._put(document)
        self.is_complete.set()
        while True:  # a watch that ends in peace goes on where it was
            async for event in self.api.watch(self.resource, version):
                document = event["object"]
                version = document["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    self._drop(key_of(document))
                elif event["type"] != "BOOKMARK":
                    self.saw(document)

    def saw(self, document: Document) -> None:
        """Take what is newer than the copy: from the watch, or ahead of it from the answer to a write."""
        known = self.get(*key_of(document))
        if known is None or _version(known) < _version(document):
            self._put(document)

    def _put(self, document: Document) -> None:
        key = key_of(document)
        before = self.get(*key)
        if (
            before == document
        ):  # not by its version: a server restored from older data gives the same one again
            return
        self._forget_owners(key, before)
        for uid in owner_uids(document):
            self._owned[uid].add(key)
        self._objects[key.namespace][key.name] = document
        self.heard(self.resource, before, document)

    def _drop(self, key: Key) -> None:
        before = self._objects[key.namespace].pop(key.name, None)
        if before:
            self._forget_owners(key, before)
            self.heard(self.resource, before, None)

    def _forget_owners(self, key: Key, document: Document | None) -> None:
        for uid in owner_uids(document) if document else ():
            self._owned[uid].discard(key)
            if not self._owned[uid]:
                del self._owned[uid]


def _version(document: Document) -> int:
    return int(document["metadata"]["resourceVersion"])
