"""The feature flags, by default as on a current Supervisor. Read by rules, reconcile, pages, discovery.

They belong to a namespace's connection; simulator and vCenter start from these.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEFAULTS: Mapping[str, bool] = MappingProxyType(
    {
        "VMSharedDisks": True,
        "AllDisksArePVCs": True,
        "VMGroups": True,
        "VMPlacementPolicies": True,
        "VMSnapshots": True,
        "VSpherePolicies": True,
        "BringYourOwnEncryptionKey": True,
        "VMResizeCPUMemory": True,
        "VMResize": False,
        "MutableNetworks": False,
        "ImmutableClasses": False,
        "GuestCustomizationVCDParity": False,
        "WorkloadDomainIsolation": True,
        "PodVMOnStretchedSupervisor": True,
        "VMImportNewNet": False,
        "VMIncrementalRestore": False,
        "InstanceStorage": True,
        "K8sWorkloadMgmtAPI": True,
    }
)
