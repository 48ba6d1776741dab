"""The rows of the kinds of `vms`: the columns that lists filter and sort by (`vms.columns`)."""

from __future__ import annotations

from django.db import models

from vmportal.resource import Resource


class VirtualMachine(Resource):
    class_name = models.CharField(max_length=253, blank=True)
    image = models.CharField(max_length=253, blank=True)  # the image's object name
    image_name = models.CharField(max_length=253, blank=True)  # as the user wrote it
    storage_class = models.CharField(max_length=253, blank=True)
    encryption_class = models.CharField(max_length=253, blank=True)
    zone = models.CharField(max_length=253, blank=True)
    group_name = models.CharField(max_length=253, blank=True)
    power_state = models.CharField(max_length=16, blank=True)  # as observed
    address = models.CharField(max_length=64, blank=True)
    instance_uuid = models.CharField(max_length=36, blank=True, db_index=True)
    state = models.CharField(max_length=20, blank=True)  # in words, `vms.state`
    is_settling = models.BooleanField(default=True)  # work goes on: its row on a page asks again
    needs_attention = models.BooleanField(default=False)

    class Meta(Resource.Meta):
        indexes = [
            models.Index(fields=["namespace", "state"], name="vm_state"),
            models.Index(fields=["namespace", "class_name"], name="vm_class"),
            models.Index(fields=["namespace", "created"], name="vm_created"),
            models.Index(fields=["namespace", "group_name"], name="vm_group"),
        ]


class _Class(Resource):
    cpus = models.BigIntegerField(default=0)
    memory_mib = models.BigIntegerField(default=0)

    class Meta(Resource.Meta):
        abstract = True


class VirtualMachineClass(_Class):
    pass


class VirtualMachineClassInstance(_Class):
    class_name = models.CharField(max_length=253, blank=True, db_index=True)
    is_active = models.BooleanField(default=False)


class _Image(Resource):
    display_name = models.CharField(max_length=253, blank=True, db_index=True)
    type = models.CharField(max_length=20, blank=True)
    os = models.CharField(max_length=253, blank=True)

    class Meta(Resource.Meta):
        abstract = True


class VirtualMachineImage(_Image):
    pass


class ClusterVirtualMachineImage(_Image):
    pass


class Zone(Resource):
    pass


class AvailabilityZone(Resource):
    pass


class VirtualMachineSnapshot(Resource):
    vm_name = models.CharField(max_length=253, blank=True, db_index=True)
    is_ready = models.BooleanField(default=False)


class VirtualMachinePublishRequest(Resource):
    vm_name = models.CharField(max_length=253, blank=True, db_index=True)
    is_complete = models.BooleanField(default=False)


class VirtualMachineWebConsoleRequest(Resource):
    vm_name = models.CharField(max_length=253, blank=True, db_index=True)


class VirtualMachineService(Resource):
    type = models.CharField(max_length=20, blank=True)


class VirtualMachineSetResourcePolicy(Resource):
    pass


class VirtualMachineReplicaSet(Resource):
    replicas = models.IntegerField(default=0)  # as wished
    ready_replicas = models.IntegerField(default=0)  # as observed


class ComputePolicy(Resource):
    enforcement_mode = models.CharField(max_length=10, blank=True)


class TagPolicy(Resource):
    pass


class _Library(Resource):
    display_name = models.CharField(max_length=253, blank=True)

    class Meta(Resource.Meta):
        abstract = True


class ContentLibrary(_Library):
    is_default = models.BooleanField(default=False)  # where images go when nobody says where


class ClusterContentLibrary(_Library):
    pass
