"""Finds images by what users call them.

Called where a webhook, or the actor in its place, resolves `spec.imageName`.
"""

from __future__ import annotations

from itertools import chain

from tests.peers.supervisor.resources import Document
from tests.peers.supervisor.world import World


def find_images(world: World, namespace: str, name: str) -> list[Document]:
    """An object name begins with `vmi-`, and the namespace's own goes first; all else is a display name."""
    here, everywhere = world.mirrors["VirtualMachineImage"], world.mirrors["ClusterVirtualMachineImage"]
    if name.startswith("vmi-"):
        found = here.get(namespace, name) or everywhere.get("", name)
        return [found] if found else []
    images = chain(here.within(namespace), everywhere.within(""))
    return [image for image in images if image.get("status", {}).get("name") == name]
