"""The kinds of `groups`: shape, row and rules together."""

from __future__ import annotations

from groups import columns, models, schema
from vmportal.kind import Kind

VIRTUAL_MACHINE_GROUP = Kind(
    schema.VIRTUAL_MACHINE_GROUP,
    models.VirtualMachineGroup,
    row_columns=columns.group,
    selectable={"spec.groupName": "group_name", "spec.powerState": "power_state"},
)
VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST = Kind(
    schema.VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST,
    models.VirtualMachineGroupPublishRequest,
    row_columns=columns.publish_request,
    selectable={"spec.source": "source"},
)
KINDS = (VIRTUAL_MACHINE_GROUP, VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST)
