"""The kinds of `groups`: shape, row and rules together."""

from __future__ import annotations

from groups import admission, columns, models, schema
from vmportal.kind import Kind

VIRTUAL_MACHINE_GROUP = Kind(
    schema.VIRTUAL_MACHINE_GROUP,
    models.VirtualMachineGroup,
    admission=admission.VIRTUAL_MACHINE_GROUP,
    row_columns=columns.group,
    selectable={"spec.groupName": "group_name", "spec.powerState": "power_state"},
)
VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST = Kind(
    schema.VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST,
    models.VirtualMachineGroupPublishRequest,
    admission=admission.VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST,
    row_columns=columns.publish_request,
    selectable={"spec.source": "source"},
)
KINDS = (VIRTUAL_MACHINE_GROUP, VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST)
