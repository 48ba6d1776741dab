"""The shapes of the kinds of `vms`, declared once. Used by `vms.kinds`, forms and conversion; pure."""

from __future__ import annotations

from vms.schema.classes import VIRTUAL_MACHINE_CLASS
from vms.schema.images import CLUSTER_VIRTUAL_MACHINE_IMAGE, VIRTUAL_MACHINE_IMAGE
from vms.schema.virtual_machine import VIRTUAL_MACHINE
from vms.schema.zones import ZONE

__all__ = [
    "CLUSTER_VIRTUAL_MACHINE_IMAGE",
    "VIRTUAL_MACHINE",
    "VIRTUAL_MACHINE_CLASS",
    "VIRTUAL_MACHINE_IMAGE",
    "ZONE",
]
