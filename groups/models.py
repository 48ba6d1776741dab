"""The rows of the kinds of `groups`: the columns that lists and look-ups use (`groups.columns`)."""

from __future__ import annotations

from django.db import models

from vmportal.resource import Resource


class VirtualMachineGroup(Resource):
    group_name = models.CharField(max_length=253, blank=True)  # the group that it belongs to
    power_state = models.CharField(max_length=16, blank=True)  # as wished

    class Meta(Resource.Meta):
        indexes = [models.Index(fields=["namespace", "group_name"], name="group_group")]


class VirtualMachineGroupPublishRequest(Resource):
    source = models.CharField(max_length=253, blank=True)  # the group
    is_complete = models.BooleanField(default=False)
