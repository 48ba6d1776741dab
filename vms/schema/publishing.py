"""The shape of VirtualMachinePublishRequest: a VM that becomes an image. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import Schema, boolean, conditions, integer, obj, text, time


def _source(description: str) -> Schema:
    return obj(
        {
            "apiVersion": text(default="vmoperator.vmware.com/v1alpha1"),
            "kind": text(default="VirtualMachine"),
            "name": text(description="The VM; the name of the request when unset."),
        },
        description=description,
    )


def _target(description: str) -> Schema:
    location = obj(
        {
            "apiVersion": text(default="imageregistry.vmware.com/v1alpha1"),
            "kind": text(default="ContentLibrary"),
            "name": text(description="The library."),
        },
        description="Where the image goes.",
    )
    item = obj(
        {
            "name": text(description="The name of the image; the VM's name and -image when unset."),
            "description": text(),
        },
        description="What the image is called.",
    )
    return obj({"item": item, "location": location}, description=description)


_SPEC = obj(
    {
        "source": _source("What is published; never changes."),
        "target": _target("What it becomes; never changes."),
        "backoffLimit": integer(
            0, format="int64", default=3, description="How often to try again before giving up."
        ),
        "ttlSecondsAfterFinished": integer(
            0,
            format="int64",
            description="How long the request is kept when it is done; for good when unset.",
        ),
    }
)

_STATUS = obj(
    {
        "conditions": conditions(),
        "sourceRef": _source("What is published."),
        "targetRef": _target("What it becomes."),
        "imageName": text(description="The VirtualMachineImage that it became."),
        "ready": boolean(description="Whether the image may be used."),
        "attempts": integer(format="int64"),
        "lastAttemptTime": time(),
        "startTime": time(),
        "completionTime": time(),
    }
)

VIRTUAL_MACHINE_PUBLISH_REQUEST = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachinePublishRequest",
    plural="virtualmachinepublishrequests",
    singular="virtualmachinepublishrequest",
    short_names=("vmpub",),
    has_status=True,
    schema=obj(
        {"spec": _SPEC, "status": _STATUS}, description="A wish that a VM becomes an image in a library."
    ),
)
