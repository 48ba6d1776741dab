"""Keys of annotations, labels and extraConfig, as VM Operator writes them. Used by the whole plan; pure."""

from __future__ import annotations

FINALIZER = "vmoperator.vmware.com/virtualmachine"
ZONE_LABEL = "topology.kubernetes.io/zone"
PAUSED = "vmoperator.vmware.com/paused"  # annotation: a request; label: who has paused it

MANAGER_ID = "vmoperator.vmware.com/manager-id"
LAST_RESIZED_CLASS = "vmoperator.vmware.com/last-resized-vm-class"
SAME_CLASS_RESIZE = "vmoperator.vmware.com/same-vm-class-resize"
FIRST_BOOT_DONE = "virtualmachine.vmoperator.vmware.com/first-boot-done"
POWER_ON_CHECK = "poweron.check.vmoperator.vmware.com/"
DELETE_CHECK = "delete.check.vmoperator.vmware.com/"
APPLY_POWER_STATE_TIME = "vmoperator.vmware.com.protected/apply-power-state-time"
SKIP_DELETE = "vmoperator.vmware.com.protected/skip-delete-platform-resource"
CONDITION = "condition.vmoperator.vmware.com.protected/"
BUILD_VERSION = "vmoperator.vmware.com/upgraded-to-build-version"
SCHEMA_VERSION = "vmoperator.vmware.com/upgraded-to-schema-version"
FEATURE_VERSION = "vmoperator.vmware.com/upgraded-to-feature-version"
BOOTSTRAP_HASH = "vmoperator.vmware.com/bootstrap-hash-configspec"
CLOUD_INIT_INSTANCE_ID = "vmoperator.vmware.com/cloud-init-instance-id"
CONFIGMAP_TRANSPORT = "vmoperator.vmware.com/v1a1-configmap-md-transport"
MMIO_SIZE = "vmoperator.vmware.com/pci-passthru-64bit-mmio-size"

EXTRA_NAMESPACED_NAME = "vmservice.namespacedName"
EXTRA_PAUSE = "vmservice.virtualmachine.pause"
EXTRA_LAST_RESTART = "vmservice.lastRestartTime"
EXTRA_PROFILE_ID = "resourcepool.vmResourceProfileId"
EXTRA_BOOTSTRAP_CONDITION = "guestinfo.vmservice.bootstrap.condition"
EVACUATION_POWEROFF = "maintenance.vm.evacuation.poweroff"

MANAGED_BY = {"extensionKey": "com.vmware.vcenter.wcp", "type": "VirtualMachine"}
ANNOTATION_TEXT = "Virtual Machine managed by the vSphere Virtual Machine service"
API_VERSION = "vmoperator.vmware.com/v1alpha5"
SCHEMA = "v1alpha5"

# Annotation of the object -> key of extraConfig.
COPIED_TO_EXTRA = {
    "mgmt.proxy.vmware.com/allowlist": "guestinfo.com.vmware.mgmt.proxy.allowlist/",
    "mgmt.proxy.vmware.com/watermark": "com.vmware.mgmt.proxy.watermark",
}

ON, OFF, SUSPENDED = "PoweredOn", "PoweredOff", "Suspended"
POWER_STATE = {"poweredOn": ON, "poweredOff": OFF, "suspended": SUSPENDED}
HARD, SOFT, TRY_SOFT = "Hard", "Soft", "TrySoft"
