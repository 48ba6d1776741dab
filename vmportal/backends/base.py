"""The words that a plan and a backend share: whose VM, what to do, what there is. Pure.

`vms.reconcile` plans in them; `vmportal.backends.simulator` (and later a vCenter) carries them out.

Everything has vSphere's own shape, with the wire names of pyVmomi (`numCPUs`, `extraConfig`). Objects of a
polymorphic type (devices, backings, profiles) carry their type in `_typeName`, as vSphere's JSON does.
Managed objects are named by their MoID alone (`vm-42`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Spec = Mapping[str, Any]  # a vSphere data object, as JSON


class BackendUnavailable(Exception):
    """The backend cannot be asked now: try again later."""


class BackendRefused(Exception):
    """vSphere said no. `fault` is the fault's type (`DuplicateName`), `message` one sentence for people."""

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(f"{fault}: {message}")
        self.fault = fault
        self.message = message


@dataclass(frozen=True, slots=True)
class Ref:
    """The object whose VM is meant."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Hints:
    """Where to find a VM: by MoID, then by instance UUID, then by the record's own uid as instance UUID."""

    moid: str = ""
    instance_uuid: str = ""


# --- Actions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimInterfaces:
    """Have the network provider make the interfaces: an address from the pool, a MAC. Repeating it is safe.

    `interfaces` are (interface name, network name); an empty network name is the default network.
    """

    interfaces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReleaseInterfaces:
    """Give all addresses of the VM back."""


@dataclass(frozen=True, slots=True)
class CloneVM:
    """`CloneVM_Task` of a template. `config` is a ConfigSpec; the new VM stays off."""

    template: str
    name: str
    folder: str
    pool: str
    host: str
    datastore: str
    config: Spec


@dataclass(frozen=True, slots=True)
class CreateVM:
    """`CreateVM_Task`: a VM without disks of a template (ISO)."""

    name: str
    folder: str
    pool: str
    host: str
    datastore: str
    config: Spec


@dataclass(frozen=True, slots=True)
class ReconfigVM:
    moid: str
    config: Spec


@dataclass(frozen=True, slots=True)
class UpgradeVM:
    """`UpgradeVM_Task`; `version` as in `vmx-19`."""

    moid: str
    version: str


@dataclass(frozen=True, slots=True)
class PowerOnVM:
    moid: str


@dataclass(frozen=True, slots=True)
class PowerOffVM:
    moid: str


@dataclass(frozen=True, slots=True)
class SuspendVM:
    moid: str


@dataclass(frozen=True, slots=True)
class ResetVM:
    moid: str


@dataclass(frozen=True, slots=True)
class ShutdownGuest:
    """No task: the guest is asked, and the power state follows when it obeys."""

    moid: str


@dataclass(frozen=True, slots=True)
class StandbyGuest:
    moid: str


@dataclass(frozen=True, slots=True)
class RebootGuest:
    moid: str


@dataclass(frozen=True, slots=True)
class DestroyVM:
    moid: str


Action = (
    ClaimInterfaces
    | ReleaseInterfaces
    | CloneVM
    | CreateVM
    | ReconfigVM
    | UpgradeVM
    | PowerOnVM
    | PowerOffVM
    | SuspendVM
    | ResetVM
    | ShutdownGuest
    | StandbyGuest
    | RebootGuest
    | DestroyVM
)


# --- What there is to place VMs on -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Host:
    moid: str
    name: str
    cpu_mhz: int  # of one core
    memory_mb: int
    memory_free_mb: int  # not configured for VMs that are on; below zero when memory is overcommitted
    memory_unreserved_mb: int  # not reserved by VMs that are on: what admission control looks at
    is_usable: bool = True  # connected, and not in maintenance mode


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, with the resource pools that namespaces have in it."""

    moid: str
    name: str
    pools: tuple[str, ...]
    hosts: tuple[Host, ...]
    datastores: tuple[str, ...]  # MoIDs that its hosts can reach


@dataclass(frozen=True, slots=True)
class Datastore:
    moid: str
    name: str
    capacity: int  # bytes
    free: int  # bytes
    policies: tuple[str, ...]  # ids of the storage policies it satisfies


@dataclass(frozen=True, slots=True)
class Network:
    """A port group: `backing` is the device backing of a card on it."""

    name: str
    backing: Spec


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a plan must know to create or resize a VM. Capacities are of the moment: vSphere may still refuse."""

    clusters: tuple[Cluster, ...] = ()
    datastores: tuple[Datastore, ...] = ()
    networks: tuple[Network, ...] = ()  # the first is the default network
    # Library item id (`status.providerItemID` of an image) -> {"moid", "config"} of its template,
    # or {"iso": "[datastore] path.iso"}.
    items: Mapping[str, Spec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interface:
    """What the network provider gave to one interface of a VM (`NetworkInterface` of the network operator)."""

    name: str
    network: str
    backing: Spec
    mac: str
    addresses: tuple[str, ...] = ()  # CIDR
    gateway4: str = ""
    gateway6: str = ""
    dhcp4: bool = False
    dhcp6: bool = False
    nameservers: tuple[str, ...] = ()
    search_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Something of a VM, a host or a datastore changed. `ref` is None where no object stands for it.

    `gives_room`: what found no room before may find it now.
    """

    moid: str
    ref: Ref | None
    gives_room: bool = False


class Backend(Protocol):
    """A vSphere. Every call may raise `BackendUnavailable`; `apply` also `BackendRefused`.

    It translates and decides nothing. No call may be made inside a transaction of the caller.
    """

    @property
    def instance_uuid(self) -> str:
        """`content.about.instanceUuid`: which vCenter this is."""
        ...

    @property
    def owns_catalogue(self) -> bool:
        """Whether it keeps the catalogues of its namespaces itself, so that nothing can be offered there."""
        ...

    def observe(self, ref: Ref, hints: Hints) -> dict[str, Any] | None:
        """One VM as a property collector gives it; None if there is none.

        Keys: `obj` (MoID), `config` (with `hardware.device`, `extraConfig`), `guest`, `guestHeartbeatStatus`,
        `layoutEx`, `recentTask` (TaskInfos, newest last), `resourcePool`, `runtime`, `snapshot`, `summary`;
        and, from the same call, `host` ({"obj", "name"} of the runtime host) and `cluster` (MoID of the
        pool's owner). Times are RFC 3339 strings.
        """
        ...

    def create_task(self, ref: Ref) -> dict[str, Any] | None:
        """TaskInfo of the last create or clone for this object, if it is under way or has failed."""
        ...

    def interfaces(self, ref: Ref) -> tuple[Interface, ...]:
        """What `ClaimInterfaces` has made."""
        ...

    def inventory(self) -> Inventory: ...

    def apply(self, ref: Ref, action: Action) -> str | None:
        """Start the action: the id of its task, which ends later, or None for what has none."""
        ...

    def changes(self, since: int) -> tuple[int, Sequence[Change]]:
        """What changed after the number `since`, and the number to ask with next time. Never waits."""
        ...
