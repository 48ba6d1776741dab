"""One pass over a ResourceQuota: without a status the API server lets no claim through.

Called by the actor, in the place of Kubernetes' own controller.
"""

from __future__ import annotations

from tests.peers.supervisor.passes import Outcome
from tests.peers.supervisor.quantities import number, size
from tests.peers.supervisor.resources import Document
from tests.peers.supervisor.world import World

OF_CLASS = ".storageclass.storage.k8s.io/"


def look(quota: Document, world: World) -> Outcome:
    hard = quota["spec"].get("hard", {})
    claims = world.within("PersistentVolumeClaim", quota["metadata"]["namespace"])
    quota["status"] = {"hard": hard, "used": {name: _used(name, claims) for name in hard}}
    return Outcome()


def _used(name: str, claims: list[Document]) -> str:
    """What the claims take of one line; lines about anything else stay at 0."""
    storage_class, is_of_class, what = name.rpartition(OF_CLASS)
    counted = [
        claim for claim in claims if not is_of_class or claim["spec"].get("storageClassName") == storage_class
    ]
    if what == "persistentvolumeclaims":
        return str(len(counted))
    if what == "requests.storage":
        return size(sum(number(claim["spec"]["resources"]["requests"]["storage"]) for claim in counted))
    return "0"
