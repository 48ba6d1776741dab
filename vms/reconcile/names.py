"""Words of VM Operator and vSphere, and keys of extraConfig; those of annotations are in `vms.annotations`.

Used by the whole plan; pure.
"""

from __future__ import annotations

from vms.annotations import PROXY_ALLOWLIST, PROXY_WATERMARK

FINALIZER = "vmoperator.vmware.com/virtualmachine"

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
    PROXY_ALLOWLIST: "guestinfo.com.vmware.mgmt.proxy.allowlist/",
    PROXY_WATERMARK: "com.vmware.mgmt.proxy.watermark",
}

ON, OFF, SUSPENDED = "PoweredOn", "PoweredOff", "Suspended"
POWER_STATE = {"poweredOn": ON, "poweredOff": OFF, "suspended": SUSPENDED}
HARD, SOFT, TRY_SOFT = "Hard", "Soft", "TrySoft"
