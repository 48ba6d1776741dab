"""One pass over a PersistentVolumeClaim: bound, grown, let go.

Called by the actor, in the place of the CSI driver and of Kubernetes' own controllers.
"""

from __future__ import annotations

from tests.peers.supervisor.passes import Outcome
from tests.peers.supervisor.quantities import number
from tests.peers.supervisor.resources import Document
from tests.peers.supervisor.world import World

PROTECTION = "kubernetes.io/pvc-protection"
PROVISION, RESIZE = 1, 1  # seconds


def look(claim: Document, world: World) -> Outcome:
    """Change the claim in place as far as it goes now."""
    metadata, spec = claim["metadata"], claim["spec"]
    status = claim.setdefault("status", {})
    users = _users(claim, world)
    if "deletionTimestamp" in metadata:
        if PROTECTION in metadata.get("finalizers", ()) and not users:
            metadata["finalizers"].remove(PROTECTION)
        return Outcome(is_waiting=bool(users))
    asked = spec["resources"]["requests"]["storage"]
    if status.get("phase") == "Bound":
        if number(asked) <= number(status["capacity"]["storage"]):
            return Outcome()
        rest = world.left(claim, f"grow to {asked}", RESIZE)
        if not rest:
            status["capacity"] = {"storage": asked}
        return Outcome(after=rest)
    storage_class = world.get("StorageClass", "", spec.get("storageClassName") or "")
    if storage_class is None:
        return Outcome(is_waiting=True)
    is_late = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
    if is_late and not any(user.get("status", {}).get("uniqueID") for user in users):
        return Outcome(is_waiting=True)
    rest = world.left(claim, "provision", PROVISION)
    if not rest:
        spec["volumeName"] = f"pvc-{metadata['uid']}"
        status |= {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": {"storage": asked}}
    return Outcome(after=rest)


def _users(claim: Document, world: World) -> list[Document]:
    """The machines that name the claim."""
    name = claim["metadata"]["name"]
    return [
        machine
        for machine in world.within("VirtualMachine", claim["metadata"]["namespace"])
        if any(
            (volume.get("persistentVolumeClaim") or {}).get("claimName") == name
            for volume in machine["spec"].get("volumes") or ()
        )
    ]
