"""One pass over a VirtualMachinePublishRequest, at whose end an image appears.

Called by the actor, which creates the image.
"""

from __future__ import annotations

from tests.peers.supervisor.conditions import Conditions, moment
from tests.peers.supervisor.defaults import default_publish_request
from tests.peers.supervisor.passes import Outcome
from tests.peers.supervisor.resources import VMOP, Document
from tests.peers.supervisor.world import World

FINALIZER = f"{VMOP}/virtualmachinepublishrequest"
STEPS = ("SourceValid", "TargetValid", "Uploaded", "ImageAvailable", "Complete")
UPLOAD = 3  # seconds


def look(request: Document, world: World) -> Outcome:
    """Change the request in place as far as it goes now; at the end the image is among the outcome's others."""
    metadata, spec = request["metadata"], request["spec"]
    finalizers = metadata.setdefault("finalizers", [])
    if "deletionTimestamp" in metadata:
        finalizers[:] = [one for one in finalizers if one != FINALIZER]
        return Outcome()
    if FINALIZER not in finalizers:
        finalizers.append(FINALIZER)
    default_publish_request(None, request)
    status = request.setdefault("status", {})
    if status.get("ready"):
        return Outcome()
    status.setdefault("startTime", moment(world.now))
    conditions = Conditions(status, world.now, metadata.get("generation"))
    source, library = spec["source"]["name"], _library(request, world)
    machine = world.get("VirtualMachine", metadata["namespace"], source)
    if machine is None or not machine.get("status", {}).get("uniqueID"):
        conditions.false("SourceValid", *_no_source(machine, source))
        return Outcome(is_waiting=True)
    if library is None:
        conditions.false("TargetValid", "TargetContentLibraryNotExist", "the content library is not found")
        return Outcome(is_waiting=True)
    for step in STEPS[:2]:
        conditions.true(step)
    status |= {"sourceRef": {**spec["source"]}, "targetRef": {**spec["target"]}}
    status.setdefault("attempts", 1)
    status.setdefault("lastAttemptTime", moment(world.now))
    rest = world.left(request, "upload", UPLOAD)
    if rest:
        conditions.false("Uploaded", "Uploading", "the item is being uploaded")
        return Outcome(after=rest)
    for step in STEPS[2:]:
        conditions.true(step)
    image = _image(request, machine, world)
    status |= {"imageName": image["metadata"]["name"], "ready": True, "completionTime": moment(world.now)}
    return Outcome(others=(image,))


def _library(request: Document, world: World) -> Document | None:
    """The one that the request names, else the default of the namespace."""
    namespace = request["metadata"]["namespace"]
    name = (request["spec"]["target"].get("location") or {}).get("name")
    if name:
        return world.get("ContentLibrary", namespace, name)
    libraries = world.within("ContentLibrary", namespace)
    label = "imageregistry.vmware.com/default"
    return next((one for one in libraries if label in (one["metadata"].get("labels") or {})), None)


def _no_source(machine: Document | None, name: str) -> tuple[str, str]:
    """(reason, message)"""
    if machine is None:
        return "SourceVirtualMachineNotExist", f'virtualmachines.{VMOP} "{name}" not found'
    return "SourceVirtualMachineNotCreated", "VM hasn't been created and has no uniqueID"


def _image(request: Document, machine: Document, world: World) -> Document:
    status = machine["status"]
    disks = [one for one in status.get("volumes", ()) if one["type"] == "Classic"]
    made: Document = {"conditions": []}
    Conditions(made, world.now, None).true("Ready")
    return {
        "apiVersion": request["apiVersion"],
        "kind": "VirtualMachineImage",
        "metadata": {
            "name": f"vmi-{request['metadata']['uid'].replace('-', '')[:17]}",
            "namespace": request["metadata"]["namespace"],
        },
        "spec": {},
        "status": {
            "name": request["spec"]["target"]["item"]["name"],
            "type": "OVF",
            "hardwareVersion": status["hardwareVersion"],
            "osInfo": {"type": status["guest"]["guestID"]},
            "disks": [
                {"name": one["name"], "limit": one["limit"], "requested": one["requested"]} for one in disks
            ],
            **made,
        },
    }
