"""The conditions of a VM: set, deleted and sorted as VM Operator does. Used by the whole plan; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

READY = "Ready"
CLASS = "VirtualMachineClassReady"
IMAGE = "VirtualMachineImageReady"
RESOURCE_POLICY = "VirtualMachineConditionVMSetResourcePolicyReady"
BOOTSTRAP = "VirtualMachineBootstrapReady"
STORAGE = "VirtualMachineStorageReady"
NETWORK = "VirtualMachineNetworkReady"
PLACEMENT = "VirtualMachineConditionPlacementReady"
CREATED = "VirtualMachineCreated"
CLASS_SYNCED = "VirtualMachineClassConfigurationSynced"
POWER_SYNCED = "VirtualMachinePowerStateSynced"
NETWORK_SYNCED = "VirtualMachineGuestNetworkConfigSynced"
TOOLS = "VirtualMachineTools"
CUSTOMIZATION = "GuestCustomization"
GUEST_BOOTSTRAP = "GuestBootstrap"
GUEST_ID = "GuestIDReconfigured"
RECONCILE = "VirtualMachineReconcileReady"
BACKFILLED = "VirtualMachineUnmanagedVolumesBackfilled"
CONTROLLERS = "VirtualMachineHardwareControllersVerified"
VOLUMES = "VirtualMachineHardwareVolumesVerified"
CDROMS = "VirtualMachineHardwareCDROMVerified"
DEVICES = "VirtualMachineHardwareDeviceConfigVerified"

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


class Conditions:
    """A list of conditions under change; `now` becomes the transition time of those whose status changes."""

    def __init__(self, conditions: Iterable[dict[str, Any]], now: str) -> None:
        self._by_type = {condition["type"]: dict(condition) for condition in conditions}
        self._now = now

    def true(self, kind: str, message: str = "", reason: str = "") -> None:
        self._set(kind, TRUE, reason, message)

    def false(self, kind: str, reason: str, message: str = "") -> None:
        self._set(kind, FALSE, reason, message)

    def unknown(self, kind: str, reason: str, message: str = "") -> None:
        self._set(kind, UNKNOWN, reason, message)

    def delete(self, kind: str) -> None:
        self._by_type.pop(kind, None)

    def status(self, kind: str) -> str:
        """True, False, Unknown, or empty when there is no such condition."""
        return str(self._by_type.get(kind, {}).get("status", ""))

    def message(self, kind: str) -> str:
        return str(self._by_type.get(kind, {}).get("message", ""))

    def listed(self) -> list[dict[str, Any]]:
        """Ready first, then by type."""
        return sorted(self._by_type.values(), key=lambda item: (item["type"] != READY, item["type"]))

    def _set(self, kind: str, status: str, reason: str, message: str) -> None:
        # The schema asks for a reason; VM Operator gives the status where it has none.
        new = {"type": kind, "status": status, "reason": reason or status, "message": message}
        old = self._by_type.get(kind)
        is_same = old is not None and old["status"] == status
        new["lastTransitionTime"] = old["lastTransitionTime"] if is_same and old else self._now
        if old and "observedGeneration" in old:
            new["observedGeneration"] = old["observedGeneration"]
        self._by_type[kind] = new
