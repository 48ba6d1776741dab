"""The keys of annotations and labels of VirtualMachines and their classes.

Used by defaults, rules, reconcile, state and pages; pure.
"""

from __future__ import annotations

ZONE_LABEL = "topology.kubernetes.io/zone"
CLUSTER_NAME_LABEL = "cluster.x-k8s.io/cluster-name"  # the VM is a node of a Kubernetes cluster
ACTIVE_LABEL = "vmoperator.vmware.com/active"  # on the current VirtualMachineClassInstance of a class

NO_DEFAULT_NIC = "vmoperator.vmware.com/no-default-nic"
CREATED_AT_BUILD = "vmoperator.vmware.com/created-at-build-version"
CREATED_AT_SCHEMA = "vmoperator.vmware.com/created-at-schema-version"
LAST_RESIZED_CLASS = "vmoperator.vmware.com/last-resized-vm-class"
LAST_RESIZED_INSTANCE = "vmoperator.vmware.com/last-resized-vm-class-instance"
APPLY_POWER_STATE_TIME = "vmoperator.vmware.com.protected/apply-power-state-time"
FAILED_OVER = "vmoperator.vmware.com/failed-over-vm"
POWER_ON_CHECKS = "poweron.check.vmoperator.vmware.com/"  # prefix of the checks that are guarded
POWER_ON_CHECK_DOMAIN = "poweron.check.vmoperator.vmware.com"  # the same where no slash is asked for (QRK-09)
DELETE_CHECKS = "delete.check.vmoperator.vmware.com/"
PAUSED = PAUSED_LABEL = "vmoperator.vmware.com/paused"  # annotation: a request; label: who has paused it
SAME_CLASS_RESIZE = "vmoperator.vmware.com/same-vm-class-resize"
MMIO_SIZE = "vmoperator.vmware.com/pci-passthru-64bit-mmio-size"
CONFIGMAP_TRANSPORT = "vmoperator.vmware.com/v1a1-configmap-md-transport"

# What reconcile remembers.
MANAGER_ID = "vmoperator.vmware.com/manager-id"
BOOTSTRAP_HASH = "vmoperator.vmware.com/bootstrap-hash-configspec"
UPGRADED_TO_BUILD = "vmoperator.vmware.com/upgraded-to-build-version"
UPGRADED_TO_SCHEMA = "vmoperator.vmware.com/upgraded-to-schema-version"
UPGRADED_TO_FEATURE = "vmoperator.vmware.com/upgraded-to-feature-version"

# Other services of a Supervisor write these.
CONDITIONS_OF_OTHERS = "condition.vmoperator.vmware.com.protected/"  # prefix
SKIP_DELETE = "vmoperator.vmware.com.protected/skip-delete-platform-resource"

# Only privileged users write these.
CLOUD_INIT_INSTANCE_ID = "vmoperator.vmware.com/cloud-init-instance-id"
FIRST_BOOT_DONE = "virtualmachine.vmoperator.vmware.com/first-boot-done"
RESTORED = "vmoperator.vmware.com/restored-vm"
IMPORTED = "vmoperator.vmware.com/imported-vm"
PROXY_ALLOWLIST = "mgmt.proxy.vmware.com/allowlist"
PROXY_WATERMARK = "mgmt.proxy.vmware.com/watermark"
CLUSTER_MODULE = "vsphere-cluster-module-group"

# On nodes of Kubernetes clusters.
CLUSTER_ROLE_LABELS = ("capw.vmware.com/cluster.role", "capv.vmware.com/cluster.role")
