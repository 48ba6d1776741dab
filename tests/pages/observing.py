"""What the backend tells of a machine, in tests of pages that show it."""

from __future__ import annotations

from tests.builders import by, kind
from vmportal import service

RUNNING = {"uniqueID": "vm-1", "powerState": "PoweredOn", "network": {"primaryIP4": "10.0.0.7"}}


def observe(name: str, **status: object) -> None:
    """The backend's news of a machine."""
    service.update(
        kind("VirtualMachine"),
        "team-a",
        name,
        lambda found: {**found, "status": {**found.get("status", {}), **status}},
        by(manager="vm-operator"),
        subresource="status",
    )
