"""The simulated vSphere: inventory, VMs, tasks and what has changed. Used by the simulator only."""

from __future__ import annotations

from django.db import models

from vmportal.resource import BodyField


class SimulatedVCenter(models.Model):
    """The one row that numbers come from."""

    name = models.CharField(max_length=20, primary_key=True, default="vcenter")
    instance_uuid = models.CharField(max_length=36)
    last_id = models.PositiveBigIntegerField(default=1000)  # of MoIDs and MACs
    last_change = models.PositiveBigIntegerField(default=0)


class SimulatedCluster(models.Model):
    moid = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    pool = models.CharField(max_length=80, unique=True)  # MoID of its resource pool


class SimulatedHost(models.Model):
    moid = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=120, unique=True)
    cluster = models.ForeignKey(SimulatedCluster, models.CASCADE, related_name="hosts")
    cores = models.PositiveIntegerField()
    cpu_mhz = models.PositiveIntegerField()  # of one core
    memory_mb = models.PositiveIntegerField()
    is_connected = models.BooleanField(default=True)


class SimulatedDatastore(models.Model):
    moid = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    capacity = models.PositiveBigIntegerField()
    used_by_others = models.PositiveBigIntegerField(default=0)  # bytes: templates, ISO files, a filler
    policies = models.JSONField(default=list)  # ids of the storage policies it satisfies


class SimulatedNetwork(models.Model):
    moid = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    order = models.PositiveIntegerField(default=0)  # the first is the default network
    cidr = models.CharField(max_length=43)
    gateway = models.CharField(max_length=39)
    first = models.PositiveIntegerField()  # of the pool, counted from the network's own address
    last = models.PositiveIntegerField()
    nameservers = models.JSONField(default=list)
    search_domains = models.JSONField(default=list)


class SimulatedInterface(models.Model):
    """An address that one interface of one VM holds until it is released."""

    uid = models.CharField(max_length=36)  # of the object that the VM stands for
    name = models.CharField(max_length=63)
    network = models.ForeignKey(SimulatedNetwork, models.CASCADE, related_name="interfaces")
    number = models.PositiveIntegerField()  # of the address, counted from the network's own
    mac = models.CharField(max_length=17, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["uid", "name"], name="simulated_interface_once"),
            models.UniqueConstraint(fields=["network", "number"], name="simulated_address_once"),
        ]


class SimulatedItem(models.Model):
    """A library item: the template of an image, or an ISO file."""

    item_id = models.CharField(max_length=80, primary_key=True)
    moid = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    iso = models.CharField(max_length=200, blank=True)  # datastore path; empty for a template
    config = models.JSONField(default=dict)


class SimulatedVM(models.Model):
    """One VM. Its power and guest are computed from times when somebody looks."""

    moid = models.CharField(max_length=40, primary_key=True)
    ref_uid = models.CharField(max_length=36, blank=True, db_index=True)
    ref_namespace = models.CharField(max_length=63, blank=True)
    ref_name = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253)
    folder = models.CharField(max_length=80)
    instance_uuid = models.CharField(max_length=36, unique=True)
    cluster = models.ForeignKey(SimulatedCluster, models.CASCADE)
    host = models.ForeignKey(SimulatedHost, models.CASCADE, null=True)
    datastore = models.ForeignKey(SimulatedDatastore, models.CASCADE)
    config = models.JSONField(default=dict)  # VirtualMachineConfigInfo without extraConfig
    extra_config = BodyField(default="{}")  # sealed: it carries what Secrets say to the guest
    memory_mb = models.PositiveIntegerField()
    reserved_mb = models.PositiveIntegerField(default=0)
    reserved_mhz = models.PositiveIntegerField(default=0)
    space = models.PositiveBigIntegerField(default=0)  # bytes on the datastore
    is_made = models.BooleanField(default=False)  # its create or clone has ended
    has_tools = models.BooleanField(default=False)
    power_state = models.CharField(max_length=12, default="poweredOff")
    booted_at = models.DateTimeField(null=True)
    guest_op = models.CharField(
        max_length=12, blank=True
    )  # shutdown, standby or reboot, under way in the guest
    guest_op_ends_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_index=True)  # when the guest next changes by itself

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "name"], name="simulated_vm_name")]


class SimulatedTask(models.Model):
    """A task that ends by itself; `fault` is what it will die of, if it will."""

    moid = models.CharField(max_length=40, blank=True, db_index=True)  # the VM's
    ref_uid = models.CharField(max_length=36, blank=True, db_index=True)
    ref_namespace = models.CharField(max_length=63, blank=True)
    ref_name = models.CharField(max_length=253, blank=True)
    operation = models.CharField(max_length=40)  # the method's name, `PowerOnVM_Task`
    is_running = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    fault = models.CharField(max_length=80, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["ends_at"], condition=models.Q(is_running=True), name="simulated_task_due")
        ]


class SimulatedChange(models.Model):
    """One change of one VM, host or datastore, for watchers."""

    number = models.PositiveBigIntegerField(primary_key=True)
    moid = models.CharField(max_length=40)
    ref_uid = models.CharField(max_length=36, blank=True)
    ref_namespace = models.CharField(max_length=63, blank=True)
    ref_name = models.CharField(max_length=253, blank=True)
    gives_room = models.BooleanField(default=False)
    at = models.DateTimeField()
