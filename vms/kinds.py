"""The kinds of `vms`: shape, row, rules and reconcile together."""

from __future__ import annotations

from vmportal.kind import Kind
from vms import columns, models, offering, schema, tasks, waiting
from vms.admission import VIRTUAL_MACHINE as VM_ADMISSION
from vms.reconcile.names import FINALIZER
from vms.rules_of import (
    publish_request,
    replica_set,
    resource_policy,
    service,
    snapshot,
    virtual_machine_class,
    web_console_request,
)

VIRTUAL_MACHINE = Kind(
    schema.VIRTUAL_MACHINE,
    models.VirtualMachine,
    admission=VM_ADMISSION,
    row_columns=columns.virtual_machine,
    selectable={
        "spec.className": "class_name",
        "spec.groupName": "group_name",
        "spec.powerState": "power_state",
        "status.powerState": "power_state",
    },
    reconcile=tasks.reconcile_vm,
    finalizer=FINALIZER,
)
VIRTUAL_MACHINE_CLASS = Kind(
    schema.VIRTUAL_MACHINE_CLASS,
    models.VirtualMachineClass,
    admission=virtual_machine_class.ADMISSION,
    writer="portal",
    row_columns=columns.virtual_machine_class,
    waiting=waiting.for_class,
    offering=offering.CLASS,
)
VIRTUAL_MACHINE_IMAGE = Kind(
    schema.VIRTUAL_MACHINE_IMAGE,
    models.VirtualMachineImage,
    writer="portal",
    row_columns=columns.image,
    selectable={"status.name": "display_name", "status.type": "type"},
    waiting=waiting.for_image,
    offering=offering.IMAGE,
)
CLUSTER_VIRTUAL_MACHINE_IMAGE = Kind(
    schema.CLUSTER_VIRTUAL_MACHINE_IMAGE,
    models.ClusterVirtualMachineImage,
    writer="portal",
    row_columns=columns.image,
    selectable={"status.name": "display_name", "status.type": "type"},
    waiting=waiting.for_image,
)
ZONE = Kind(schema.ZONE, models.Zone, writer="portal", offering=offering.ZONE)
# It names every namespace, so it is not for everyone to read.
AVAILABILITY_ZONE = Kind(schema.AVAILABILITY_ZONE, models.AvailabilityZone, reader="portal", writer="portal")
VIRTUAL_MACHINE_CLASS_INSTANCE = Kind(
    schema.VIRTUAL_MACHINE_CLASS_INSTANCE,
    models.VirtualMachineClassInstance,
    writer="portal",
    row_columns=columns.virtual_machine_class_instance,
)
VIRTUAL_MACHINE_SNAPSHOT = Kind(
    schema.VIRTUAL_MACHINE_SNAPSHOT,
    models.VirtualMachineSnapshot,
    admission=snapshot.ADMISSION,
    row_columns=columns.snapshot,
    selectable={"spec.vmName": "vm_name"},
)
VIRTUAL_MACHINE_PUBLISH_REQUEST = Kind(
    schema.VIRTUAL_MACHINE_PUBLISH_REQUEST,
    models.VirtualMachinePublishRequest,
    admission=publish_request.ADMISSION,
    row_columns=columns.publish_request,
    selectable={"spec.source.name": "vm_name"},
)
VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST = Kind(
    schema.VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST,
    models.VirtualMachineWebConsoleRequest,
    admission=web_console_request.ADMISSION,
    reader="edit",  # who may only look at a VM gets no ticket to its keyboard
    row_columns=columns.web_console_request,
    selectable={"spec.name": "vm_name"},
)
VIRTUAL_MACHINE_SERVICE = Kind(
    schema.VIRTUAL_MACHINE_SERVICE,
    models.VirtualMachineService,
    admission=service.ADMISSION,
    row_columns=columns.service,
    selectable={"spec.type": "type"},
)
VIRTUAL_MACHINE_SET_RESOURCE_POLICY = Kind(
    schema.VIRTUAL_MACHINE_SET_RESOURCE_POLICY,
    models.VirtualMachineSetResourcePolicy,
    admission=resource_policy.ADMISSION,
)
VIRTUAL_MACHINE_REPLICA_SET = Kind(
    schema.VIRTUAL_MACHINE_REPLICA_SET,
    models.VirtualMachineReplicaSet,
    admission=replica_set.ADMISSION,
    row_columns=columns.replica_set,
)
COMPUTE_POLICY = Kind(
    schema.COMPUTE_POLICY,
    models.ComputePolicy,
    writer="portal",
    row_columns=columns.compute_policy,
    selectable={"spec.enforcementMode": "enforcement_mode"},
)
TAG_POLICY = Kind(schema.TAG_POLICY, models.TagPolicy, writer="portal")
CONTENT_LIBRARY = Kind(
    schema.CONTENT_LIBRARY,
    models.ContentLibrary,
    writer="portal",
    row_columns=columns.content_library,
    selectable={"status.name": "display_name"},
)
CLUSTER_CONTENT_LIBRARY = Kind(
    schema.CLUSTER_CONTENT_LIBRARY,
    models.ClusterContentLibrary,
    writer="portal",
    row_columns=columns.cluster_content_library,
    selectable={"status.name": "display_name"},
)
KINDS = (
    VIRTUAL_MACHINE,
    VIRTUAL_MACHINE_CLASS,
    VIRTUAL_MACHINE_CLASS_INSTANCE,
    VIRTUAL_MACHINE_IMAGE,
    CLUSTER_VIRTUAL_MACHINE_IMAGE,
    VIRTUAL_MACHINE_SNAPSHOT,
    VIRTUAL_MACHINE_PUBLISH_REQUEST,
    VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST,
    VIRTUAL_MACHINE_SERVICE,
    VIRTUAL_MACHINE_SET_RESOURCE_POLICY,
    VIRTUAL_MACHINE_REPLICA_SET,
    COMPUTE_POLICY,
    TAG_POLICY,
    CONTENT_LIBRARY,
    CLUSTER_CONTENT_LIBRARY,
    ZONE,
    AVAILABILITY_ZONE,
)
