"""The shape of VirtualMachineWebConsoleRequest: a ticket to a VM's screen. Assembled in `vms.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import obj, text, time

VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST = Shape(
    group="vmoperator.vmware.com",
    version="v1alpha5",
    kind="VirtualMachineWebConsoleRequest",
    plural="virtualmachinewebconsolerequests",
    singular="virtualmachinewebconsolerequest",
    has_status=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "name": text(description="The VM; never changes."),
                    "publicKey": text(
                        description="An RSA public key as PEM, for which the answer is encrypted; never changes."
                    ),
                },
                required=("name", "publicKey"),
            ),
            "status": obj(
                {
                    "response": text(
                        description="The address of the console, encrypted for the key, as base64."
                    ),
                    "expiryTime": time("When the request is deleted."),
                    "proxyAddr": text(description="The host of the console's proxy."),
                }
            ),
        },
        description="A wish to see a VM's screen and use its keyboard.",
    ),
)
