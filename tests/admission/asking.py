"""Builders of admission requests: a test names only what it is about. Pure, for rules of every app."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from vmportal.admission import Admission, Admitting, Installation, MemoryWorld, Outcome, User, admit, look_up
from vmportal.errors import FieldError
from vmportal.features import DEFAULTS
from vmportal.kind import Shape
from vms.admission import VIRTUAL_MACHINE as VM_ADMISSION
from vms.schema import VIRTUAL_MACHINE as VM_SHAPE

Object = dict[str, Any]

NOW = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)
BUILD = "v1.2.3"
OPERATOR = "vmware-system-vmop"
PROVIDER_CONFIG = "vsphere.provider.config.vmoperator.vmware.com"  # what the network provider lets through
INSTALLATION = Installation(build_version=BUILD, privileged_users="system:serviceaccount:backup:restorer")
ALICE = User("alice", ("system:authenticated",))
PRIVILEGED = User("system:serviceaccount:backup:restorer", ("system:authenticated",))
MASTER = User("root", ("system:masters",))

PLAIN, ENCRYPTED = "aaaaaaaa-0000-4000-8000-00000000000a", "bbbbbbbb-0000-4000-8000-00000000000b"
# The upgraded annotations of VMs of BUILD, under the default features.
UPGRADED = {
    "vmoperator.vmware.com/upgraded-to-build-version": BUILD,
    "vmoperator.vmware.com/upgraded-to-schema-version": "v1alpha5",
    "vmoperator.vmware.com/upgraded-to-feature-version": "7",
}


def thing(kind: str, name: str, namespace: str = "", *, meta: Object | None = None, **rest: Any) -> Object:
    """Any object, as rules look it up."""
    place = {"namespace": namespace} if namespace else {}
    return {"kind": kind, "metadata": {"name": name, **place, **(meta or {})}, **rest}


def image(name: str, shown_as: str, namespace: str = "team-a", type: str = "OVF") -> Object:
    kind = "VirtualMachineImage" if namespace else "ClusterVirtualMachineImage"
    content = {"providerItemID": f"item-{name}", "providerContentVersion": "1"}
    return thing(kind, name, namespace, status={"name": shown_as, "type": type, **content})


def storage_class(name: str, policy: str = "") -> Object:
    return thing("StorageClass", name, parameters={"storagePolicyID": policy} if policy else {})


WORLD = (
    thing("Zone", "zone-a", "team-a"),
    thing("Zone", "zone-old", "team-a", meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
    thing("AvailabilityZone", "az-1"),
    thing("VirtualMachineClass", "small", "team-a"),
    thing("VirtualMachineClass", "large", "team-a"),
    image("vmi-0001", "ubuntu-24.04"),
    image("vmi-0002", "photon-5", ""),
    image("golden", "golden image"),
    image("vmi-0003", "twin"),
    image("vmi-0004", "twin", ""),
    image("vmi-secret", "other team's", "team-b"),
    image("vmi-1500", "tools", type="ISO"),
    image("vmi-1501", "drivers", type="ISO"),
    thing("VirtualMachineGroup", "tier-1", "team-a"),
    thing("ComputePolicy", "backup", "team-a", spec={"enforcementMode": "Optional"}),
    storage_class("gold", PLAIN),
    storage_class("gold-encrypted", ENCRYPTED),
    storage_class("nobodys", "cccccccc-0000-4000-8000-00000000000c"),
    storage_class("no-policy"),
    thing("StoragePolicy", "pol-aaaaaaaa-800000000000000a", OPERATOR, status={"encrypted": False}),
    thing("StoragePolicy", "pol-bbbbbbbb-800000000000000b", OPERATOR, status={"encrypted": True}),
    thing("StoragePolicyQuota", "gold", "team-a", spec={"storagePolicyId": PLAIN}),
    thing("StoragePolicyQuota", "gold-encrypted", "team-a", spec={"storagePolicyId": ENCRYPTED}),
    thing("ConfigMap", PROVIDER_CONFIG, OPERATOR, data={"IsRestrictedNetwork": "false"}),
)


def vm(
    name: str = "web-1", *, meta: Object | None = None, status: Object | None = None, **spec: Any
) -> Object:
    """A VirtualMachine as a user sends it; None leaves a field out."""
    wished = {"className": "small", "imageName": "vmi-0001", "storageClass": "gold", **spec}
    return {
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": "team-a", **(meta or {})},
        "spec": {key: value for key, value in wished.items() if value is not None},
        **({"status": status} if status else {}),
    }


def stored(
    name: str = "web-1", *, meta: Object | None = None, status: Object | None = None, **spec: Any
) -> Object:
    """A VirtualMachine as it lies in the store: upgraded, running, with what admission gave it."""
    wished = {
        "image": {"kind": "VirtualMachineImage", "name": "vmi-0001"},
        "powerState": "PoweredOn",
        "biosUUID": "42081d15-9a7b-4c3f-8f22-6d1f0a5be101",
        "instanceUUID": "5008c6c1-77d0-4a0e-b1a4-2b7d5a0f9c02",
        "hardware": {"ideControllers": [{"busNumber": 0}, {"busNumber": 1}]},
        **spec,
    }
    annotations = {**UPGRADED, **(meta or {}).get("annotations", {})}
    return vm(name, meta={**(meta or {}), "annotations": annotations}, status=status, **wished)


def changed(old: Object, **spec: Any) -> Object:
    """The object with other fields in its spec; None takes one away."""
    found = {**old["spec"], **spec}
    return {**old, "spec": {key: value for key, value in found.items() if value is not None}}


def ask(
    new: Object | None,
    old: Object | None = None,
    *,
    user: User = ALICE,
    world: tuple[Object, ...] = WORLD,
    provider: str = "VSPHERE_NETWORK",
    shape: Shape = VM_SHAPE,
    admission: Admission = VM_ADMISSION,
    **features: bool,
) -> Admitting:
    """A request; what it may look up has been looked up."""
    meta = (new or old or {}).get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    admitting = Admitting(
        operation="DELETE" if new is None else "CREATE" if old is None else "UPDATE",
        kind=shape.kind,
        namespace="team-a",
        name=str(meta.get("name")),
        new=new,
        old=old,
        user=user,
        now=NOW,
        new_uuid=lambda: str(uuid.uuid4()),
        features={**DEFAULTS, **features},
        installation=Installation(
            build_version=BUILD, privileged_users=INSTALLATION.privileged_users, network_provider=provider
        ),
    )
    everything = MemoryWorld(world)
    return look_up(
        admitting,
        admission.references,
        lambda wants: [obj for want in wants for obj in everything.find(want)],
    )


def judge(
    new: Object | None,
    old: Object | None = None,
    *,
    policy: bool = False,
    policy_off: tuple[str, ...] = (),
    shape: Shape = VM_SHAPE,
    admission: Admission = VM_ADMISSION,
    **request: Any,
) -> Outcome:
    """The outcome of a request; by default as the reference alone judges it."""
    admitting = ask(new, old, shape=shape, admission=admission, **request)
    return admit(admitting, shape, admission, policy=policy, policy_off=policy_off)


def refused(*arguments: Any, **request: Any) -> list[tuple[str, str, str]]:
    """Path, type and rule of each error."""
    return [seen(error) for error in judge(*arguments, **request).errors]


def seen(error: FieldError) -> tuple[str, str, str]:
    return error.path, error.type, error.rule


def admitted(*arguments: Any, **request: Any) -> Object:
    """The object that would be stored; a refusal fails the test."""
    outcome = judge(*arguments, **request)
    assert outcome.errors == ()
    assert outcome.object is not None
    return outcome.object


def full_vm() -> Object:
    """A VM that uses every optional section of its spec that a create may use, as a user sends it."""
    return vm(
        "everything",
        meta={
            "labels": {"topology.kubernetes.io/zone": "zone-a", "app": "web"},
            "annotations": {
                "poweron.check.vmoperator.vmware.com/net": "waiting",
                "example.com/note": "a note",
            },
        },
        storageClass="gold-encrypted",
        crypto={"encryptionClassName": "keys", "vTPMMode": "New"},
        groupName="tier-1",
        affinity={
            "vmAffinity": {
                "requiredDuringSchedulingPreferredDuringExecution": [
                    {
                        "labelSelector": {"matchLabels": {"app": "web"}},
                        "topologyKey": "topology.kubernetes.io/zone",
                    }
                ]
            },
            "vmAntiAffinity": {
                "preferredDuringSchedulingPreferredDuringExecution": [
                    {
                        "labelSelector": {
                            "matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}]
                        },
                        "topologyKey": "kubernetes.io/hostname",
                    }
                ]
            },
        },
        powerState="PoweredOff",
        powerOffMode="Hard",
        suspendMode="Soft",
        restartMode="TrySoft",
        minHardwareVersion=20,
        guestID="ubuntu64Guest",
        bootstrap={
            "cloudInit": {
                "cloudConfig": {
                    "timezone": "UTC",
                    "users": [
                        {
                            "name": f"user{n}",
                            "primary_group": "users",
                            "ssh_authorized_keys": ["ssh-ed25519 AAAA"],
                            "passwd": {"name": "secret", "key": f"user{n}"},
                        }
                        for n in range(3)
                    ],
                    "runcmd": ["echo hello", ["ls", "-l", "/"]],
                    "write_files": [
                        {"path": f"/etc/portal/{n}", "content": "text", "permissions": "0600"}
                        for n in range(4)
                    ],
                },
                "sshAuthorizedKeys": ["ssh-ed25519 AAAA"],
                "useGlobalNameserversAsDefault": True,
                "waitOnNetwork4": True,
            }
        },
        network={
            "hostName": "everything",
            "domainName": "example.com",
            "interfaces": [
                {
                    "name": f"eth{n}",
                    "network": {"name": f"net-{n}"},
                    "guestDeviceName": f"eth{n}",
                    "addresses": [f"10.0.{n}.5/24", f"2001:db8:{n}::5/64"],
                    "gateway4": f"10.0.{n}.1",
                    "gateway6": f"2001:db8:{n}::1",
                    "mtu": 1500,
                    "nameservers": ["10.0.0.2"],
                    "searchDomains": ["example.com"],
                    "routes": [{"to": "192.168.0.0/16", "via": f"10.0.{n}.254", "metric": 10}],
                }
                for n in range(3)
            ],
        },
        volumes=[
            {
                "name": f"disk-{n}",
                "persistentVolumeClaim": {"claimName": f"claim-{n}"},
                "controllerType": "SCSI",
                "controllerBusNumber": 0,
                "unitNumber": n,
                "diskMode": "Persistent",
                "sharingMode": "None",
            }
            for n in range(6)
        ],
        readinessProbe={"periodSeconds": 10, "timeoutSeconds": 5, "tcpSocket": {"port": 22}},
        advanced={
            "bootDiskCapacity": "40Gi",
            "defaultVolumeProvisioningMode": "Thin",
            "changeBlockTracking": True,
        },
        reserved={"resourcePolicyName": "policy"},
        hardware={
            "cdrom": [
                {
                    "name": f"cdrom{n}",
                    "image": {"kind": "VirtualMachineImage", "name": f"vmi-150{n}"},
                    "connected": True,
                    "controllerType": "SATA",
                    "controllerBusNumber": 0,
                    "unitNumber": n,
                }
                for n in range(2)
            ],
            "scsiControllers": [
                {"busNumber": n, "type": "ParaVirtual", "sharingMode": "None"} for n in range(2)
            ],
            "ideControllers": [{"busNumber": 0}, {"busNumber": 1}],
            "sataControllers": [{"busNumber": 0}],
            "nvmeControllers": [{"busNumber": 0, "sharingMode": "None"}],
        },
        bootOptions={
            "firmware": "efi",
            "efiSecureBoot": "Enabled",
            "bootDelay": "5s",
            "bootRetry": "Enabled",
            "bootRetryDelay": "10s",
            "networkBootProtocol": "IP4",
        },
        promoteDisksMode="Disabled",
        policies=[
            {"apiVersion": "vsphere.policy.vmware.com/v1alpha1", "kind": "ComputePolicy", "name": "backup"}
        ],
    )
