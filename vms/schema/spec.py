"""`spec` of a VirtualMachine, with its small sections. Part of the VirtualMachine's shape; pure."""

from __future__ import annotations

from vmportal.schema.words import (
    array,
    boolean,
    duration,
    int_or_string,
    integer,
    label_selector,
    obj,
    quantity,
    text,
    uuid,
)
from vms.schema.bootstrap import BOOTSTRAP
from vms.schema.hardware import HARDWARE
from vms.schema.network import NETWORK
from vms.schema.power import power_mode, power_state
from vms.schema.references import image_reference, typed_reference
from vms.schema.volumes import VOLUMES

PROVISIONING_MODES = ("Thin", "Thick", "ThickEagerZero")

ADVANCED = obj(
    {
        "bootDiskCapacity": quantity("The size of the first disk; it can only grow."),
        "changeBlockTracking": boolean(description="Track changed blocks for incremental backup."),
        "defaultVolumeProvisioningMode": text(enum=PROVISIONING_MODES),
    }
)

_AFFINITY_TERMS = array(
    obj(
        {
            "labelSelector": label_selector("The VMs meant."),
            "topologyKey": text(description="The node label that says what counts as the same place."),
        },
        required=("topologyKey",),
    ),
    atomic=True,
)
_AFFINITY = obj(
    {
        "requiredDuringSchedulingPreferredDuringExecution": _AFFINITY_TERMS,
        "preferredDuringSchedulingPreferredDuringExecution": _AFFINITY_TERMS,
    }
)
AFFINITY = obj(
    {"vmAffinity": _AFFINITY, "vmAntiAffinity": _AFFINITY},
    description="Which VMs of the group belong together or apart.",
)

_BOOT_DEVICE = obj(
    {"type": text(enum=("Disk", "Network", "CDRom")), "name": text()},
    required=("type",),
)
BOOT_OPTIONS = obj(
    {
        "firmware": text(enum=("bios", "efi")),
        "efiSecureBoot": text(enum=("Enabled", "Disabled"), default="Disabled"),
        "networkBootProtocol": text(enum=("IP4", "IP6"), default="IP4"),
        "bootOrder": array(_BOOT_DEVICE, description="Devices to try, in this order."),
        "bootDelay": duration("How long the firmware waits before it boots."),
        "bootRetry": text(default="Disabled", description="Enabled or Disabled."),
        "bootRetryDelay": duration("How long to wait before a retry."),
    },
    description="How the machine boots; changed only while it is off.",
)

CRYPTO = obj(
    {
        "encryptionClassName": text(description="The EncryptionClass with the key."),
        "useDefaultKeyProvider": boolean(default=True),
        "vTPMMode": text(
            enum=("Clone", "New"), default="New", description="What becomes of the image's vTPM."
        ),
    },
    description="How the VM is encrypted.",
)

_HEARTBEAT = obj({"thresholdStatus": text(enum=("yellow", "green"), default="green")})
_GUEST_INFO = obj(
    {"key": text(description="Without guestinfo."), "value": text(description="A regular expression.")},
    required=("key",),
)
_TCP_SOCKET = obj({"host": text(), "port": int_or_string()}, required=("port",))
READINESS_PROBE = obj(
    {
        "guestHeartbeat": _HEARTBEAT,
        "guestInfo": array(_GUEST_INFO),
        "tcpSocket": _TCP_SOCKET,
        "periodSeconds": integer(1),
        "timeoutSeconds": integer(1, 60),
    },
    description="How to tell that the guest is ready; one of heartbeat, guest info or TCP port.",
)

SPEC = obj(
    {
        "className": text(description="The VirtualMachineClass; another one resizes the VM."),
        "class": typed_reference("The class instance; set from className."),
        "imageName": text(description="The image's display or object name."),
        "image": image_reference("The image; set from imageName."),
        "storageClass": text(description="The StorageClass for the VM's own files and disks."),
        "guestID": text(description="vSphere's name of the operating system, such as ubuntu64Guest."),
        "minHardwareVersion": integer(13),
        "powerState": power_state("What the VM should be."),
        "powerOffMode": power_mode("power off", default="TrySoft"),
        "suspendMode": power_mode("suspend", default="TrySoft"),
        "restartMode": power_mode("restart", default="TrySoft"),
        "nextRestartTime": text(description="Write now to restart once."),
        "network": NETWORK,
        "volumes": VOLUMES,
        "bootstrap": BOOTSTRAP,
        "hardware": HARDWARE,
        "bootOptions": BOOT_OPTIONS,
        "readinessProbe": READINESS_PROBE,
        "advanced": ADVANCED,
        "crypto": CRYPTO,
        "affinity": AFFINITY,
        "groupName": text(description="The VirtualMachineGroup it belongs to."),
        "currentSnapshotName": text(description="Name a snapshot to revert to it."),
        "promoteDisksMode": text(
            enum=("Online", "Offline", "Disabled"),
            default="Online",
            description="When linked disks become full ones.",
        ),
        "policies": array(typed_reference(), description="Policies of the VM's placement and tags."),
        "reserved": obj({"resourcePolicyName": text()}),
        "biosUUID": uuid(),
        "instanceUUID": uuid(),
    },
    description="What the VM should be.",
)
