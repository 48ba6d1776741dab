"""Collects what its owner leaves behind, and empties namespaces, as Kubernetes' own controllers do.

Called by the actor when something was deleted or is being so. Owners and owned are sought among the watched kinds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from tests.peers.supervisor.api import Api, ApiError
from tests.peers.supervisor.mirror import Mirror
from tests.peers.supervisor.resources import Document, Resource, key_of

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
MANAGER = "kube-controller-manager"
PATIENCE = 0.3  # seconds between two looks at a namespace that is not empty
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Collector:
    def __init__(self, api: Api, mirrors: Mapping[str, Mirror]) -> None:
        self.api, self.mirrors = api, mirrors

    def owned_by(self, uid: str) -> Iterable[tuple[Mirror, Document]]:
        for mirror in self.mirrors.values():
            for document in mirror.owned_by(uid):
                yield mirror, document

    async def owner_has_gone(self, owner: Document) -> None:
        """Delete all that only it owned; of the others, take it from the owners."""
        await self._each(owner, is_kept=False)

    async def owner_is_going(self, owner: Document) -> float:
        """Before the owner may go: its own first (foreground), or set free (orphan). Seconds until the next look."""
        finalizers = owner["metadata"].get("finalizers") or []
        mode = next((one for one in (FOREGROUND, ORPHAN) if one in finalizers), None)
        if mode is None:
            return 0
        await self._each(owner, is_kept=mode == ORPHAN)
        if any(True for _ in self.owned_by(owner["metadata"]["uid"])):
            return PATIENCE
        rest = [one for one in finalizers if one != mode]
        await self._finalizers(owner, rest)
        return 0

    async def _each(self, owner: Document, is_kept: bool) -> None:
        uid = owner["metadata"]["uid"]
        await asyncio.gather(
            *(self._release(mirror, document, uid, is_kept) for mirror, document in self.owned_by(uid))
        )

    async def _release(self, mirror: Mirror, document: Document, uid: str, is_kept: bool) -> None:
        metadata = document["metadata"]
        others = [owner for owner in metadata["ownerReferences"] if owner["uid"] != uid]
        lives = [await self._lives(owner, metadata.get("namespace", "")) for owner in others]
        if is_kept or any(lives):
            patch = {"ownerReferences": others, "resourceVersion": metadata["resourceVersion"]}
            await self._patch(mirror.resource, document, patch)
        elif "deletionTimestamp" not in metadata:
            options = {"propagationPolicy": "Background", "preconditions": {"uid": metadata["uid"]}}
            await self.api.delete(mirror.resource, key_of(document), options)

    async def _lives(self, owner: Document, namespace: str) -> bool:
        """Asks the server of what the mirrors lack: they may be behind."""
        mirror = self.mirrors.get(owner["kind"])
        if mirror is None:
            return True  # of a kind that is not watched: nothing is known of it
        place = namespace if mirror.resource.is_namespaced else ""
        found = mirror.get(place, owner["name"])
        if found is None or found["metadata"]["uid"] != owner["uid"]:
            try:
                found = await self.api.request("GET", mirror.resource.path(place, owner["name"]))
            except ApiError as refused:
                if refused.code != 404:
                    raise
                return False
        return bool(found["metadata"]["uid"] == owner["uid"])

    async def lost(self, document: Document) -> list[Document]:
        """The owners of it that are gone."""
        metadata = document["metadata"]
        owners = metadata.get("ownerReferences") or ()
        return [one for one in owners if not await self._lives(one, metadata.get("namespace", ""))]

    async def _finalizers(self, document: Document, finalizers: list[str]) -> None:
        patch = {"finalizers": finalizers, "resourceVersion": document["metadata"]["resourceVersion"]}
        await self._patch(self.mirrors[document["kind"]].resource, document, patch)

    async def _patch(self, resource: Resource, document: Document, metadata: Document) -> None:
        try:
            await self.api.merge(resource, key_of(document), {"metadata": metadata}, MANAGER)
        except ApiError as refused:
            if refused.code not in (404, 409):  # changed meanwhile: its event brings it here again
                raise

    async def empty(self, namespace: Document) -> float:
        """Delete what is in a namespace that is being deleted, and let it go when nothing is left."""
        name = namespace["metadata"]["name"]
        left = await asyncio.gather(*(self._empty(name, kind) for kind in await self._kinds()))
        if any(left):
            return PATIENCE
        body = {**namespace, "spec": {**namespace.get("spec", {}), "finalizers": []}}
        await self.api.request("PUT", f"/api/v1/namespaces/{name}/finalize", body)
        return 0

    async def _empty(self, namespace: str, resource: Resource) -> bool:
        """Whether anything of this kind is left there."""
        path = resource.path(namespace)
        try:
            found = await self.api.request("GET", path, query={"limit": "1"})
            if found["items"]:
                await self.api.request("DELETE", path)
                found = await self.api.request("GET", path, query={"limit": "1"})
            return bool(found["items"])
        except ApiError as refused:
            if refused.code in (404, 405):  # the kind has gone, or it cannot be deleted
                return False
            raise

    async def _kinds(self) -> list[Resource]:
        """All that lies in namespaces and can be deleted, in the version that its group prefers."""
        groups = [
            group
            for path in ("/api", "/apis")
            for group in (await self.api.request("GET", path, accept=DISCOVERY))["items"]
        ]
        return [
            Resource(
                one["responseKind"]["kind"],
                one["resource"],
                group["metadata"].get("name", ""),
                version["version"],
            )
            for group in groups
            for version in group["versions"][:1]
            for one in version["resources"]
            if one["scope"] == "Namespaced" and {"list", "deletecollection"} <= set(one["verbs"])
        ]
