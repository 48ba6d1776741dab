"""The shapes of the kinds of `vms`, declared once. Used by `vms.kinds`, forms and conversion; pure."""

from __future__ import annotations

from vms.schema.classes import VIRTUAL_MACHINE_CLASS, VIRTUAL_MACHINE_CLASS_INSTANCE
from vms.schema.console import VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST
from vms.schema.images import CLUSTER_VIRTUAL_MACHINE_IMAGE, VIRTUAL_MACHINE_IMAGE
from vms.schema.libraries import CLUSTER_CONTENT_LIBRARY, CONTENT_LIBRARY
from vms.schema.policies import COMPUTE_POLICY, TAG_POLICY
from vms.schema.publishing import VIRTUAL_MACHINE_PUBLISH_REQUEST
from vms.schema.replica_sets import VIRTUAL_MACHINE_REPLICA_SET
from vms.schema.resource_policies import VIRTUAL_MACHINE_SET_RESOURCE_POLICY
from vms.schema.services import VIRTUAL_MACHINE_SERVICE
from vms.schema.snapshots import VIRTUAL_MACHINE_SNAPSHOT
from vms.schema.virtual_machine import VIRTUAL_MACHINE
from vms.schema.zones import AVAILABILITY_ZONE, ZONE

__all__ = [
    "AVAILABILITY_ZONE",
    "CLUSTER_CONTENT_LIBRARY",
    "CLUSTER_VIRTUAL_MACHINE_IMAGE",
    "COMPUTE_POLICY",
    "CONTENT_LIBRARY",
    "TAG_POLICY",
    "VIRTUAL_MACHINE",
    "VIRTUAL_MACHINE_CLASS",
    "VIRTUAL_MACHINE_CLASS_INSTANCE",
    "VIRTUAL_MACHINE_IMAGE",
    "VIRTUAL_MACHINE_PUBLISH_REQUEST",
    "VIRTUAL_MACHINE_REPLICA_SET",
    "VIRTUAL_MACHINE_SERVICE",
    "VIRTUAL_MACHINE_SET_RESOURCE_POLICY",
    "VIRTUAL_MACHINE_SNAPSHOT",
    "VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST",
    "ZONE",
]
