"""What VMs and their snapshots take of their namespace: storage, vCPUs, memory. For `storage.ledger`; pure.

The numbers are VM Operator's (USQ-01 to USQ-07 of the catalogue, reconcile.md 17.3 and 17.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from storage.quota import Charge, Charges, Seen, policy_of, size
from vmportal.admission import Admitting, Want
from vmportal.admission.bypass import is_skipped
from vmportal.admission.reading import Object, annotation, each, get, mapping, number, text
from vmportal.errors import BadRequest, NotFound
from vms import images
from vms.defaults.klass import INSTANCE

BOOT_DISK = "spec.advanced.bootDiskCapacity"
STORAGE_CLASS = "spec.storageClass"
CLASS, CLASS_INSTANCE = "spec.className", "spec.class.name"
SYNCED = "csi.vsphere.volume.sync"  # of a snapshot: "completed" when its real size is known
MIB = 2**20


def vm_references(vm: Admitting) -> Iterator[Want]:
    """The class and the storage class; the image of a VM that is not made yet."""
    if vm.text(STORAGE_CLASS):
        yield Want("StorageClass", "", vm.text(STORAGE_CLASS))
    if vm.text(CLASS):
        yield Want("VirtualMachineClass", vm.namespace, vm.text(CLASS))
    if vm.has("ImmutableClasses") and vm.text(CLASS_INSTANCE):
        yield Want(INSTANCE, vm.namespace, vm.text(CLASS_INSTANCE))
    image = images.want_of_reference(vm)
    if vm.is_update and image is not None and seen_vm(vm.new or {}) is None:
        yield image  # on create it is looked up anyway


def ask_of_vm(vm: Admitting) -> Iterator[Charge]:
    """What a new VM asks for, or what a change asks beyond what the VM has."""
    if vm.is_create:
        yield _of_new(vm)
    elif _boot_disk(vm.old) != _boot_disk(vm.new) or _class(vm.old) != _class(vm.new):
        yield _of_changed(vm)


def _of_new(vm: Admitting) -> Charge:
    storage_class = vm.text(STORAGE_CLASS)
    policy_id = policy_of(vm, storage_class) if storage_class else ""
    cpus, memory = _hardware(vm)
    # USQ-01: not asked at all without an image; nor of a VM that is there, whose charge is only made anew.
    if vm.get("spec.image") is None or seen_vm(vm.new or {}) is not None:
        return Charge(storage_class, policy_id, cpus=cpus, memory=memory)
    asked = _disks_and_swap(vm)
    return Charge(
        storage_class,
        policy_id,
        # The catalogue leaves the growth of the boot disk out of the request (USQ-03), but it will be there.
        asked=asked + _growth(vm),
        requested=0 if is_skipped(vm, is_guarded=True) else asked,
        cpus=cpus,
        memory=memory,
        later=_growth(vm),
        later_path=BOOT_DISK,
    )


def _of_changed(vm: Admitting) -> Charge:
    storage_class = vm.text(STORAGE_CLASS)
    resized = _class(vm.old) != _class(vm.new) and _find_class(vm) is not None
    cpus, memory = _hardware(vm) if resized else (None, None)
    is_known = seen_vm(vm.new or {}) is not None or images.of_vm(vm) is None
    return Charge(
        storage_class,
        policy_of(vm, storage_class) if storage_class else "",
        asked=None if is_known else _sum_of_disks(images.of_vm(vm)) + _swap(vm) + _growth(vm),
        requested=0 if is_skipped(vm, is_guarded=True) else _asked_for_boot_disk(vm),
        cpus=cpus,
        memory=memory,
        path=BOOT_DISK,
    )


def _asked_for_boot_disk(vm: Admitting) -> int:
    """USQ-05: the growth, from the old wish or else from the first classic disk with a limit."""
    before = _first_limit(vm.old) if get(vm.old, BOOT_DISK) is None else _boot_disk(vm.old)
    return max(0, _boot_disk(vm.new) - before)


def _boot_disk(obj: Object | None) -> int:
    return size(get(obj, BOOT_DISK))


def _first_limit(vm: Object | None) -> int:
    """The size of the first classic disk that shows one."""
    classic = (volume for _, volume in each(vm, "status.volumes") if text(volume, "type") == "Classic")
    return next((size(volume["limit"]) for volume in classic if volume.get("limit") is not None), 0)


def _disks_and_swap(vm: Admitting) -> int:
    """USQ-01 to USQ-04. Raises `NotFound`, `BadRequest`."""
    if vm.world.get("StorageClass", "", vm.text(STORAGE_CLASS)) is None:
        name = vm.text(STORAGE_CLASS)
        raise NotFound(
            f'storageclasses.storage.k8s.io "{name}" not found: choose a storage class that is on offer',
            name=name,
            group="storage.k8s.io",
            kind="storageclasses",
        )
    kind, name = vm.text("spec.image.kind"), vm.text("spec.image.name")
    if kind not in (images.NAMESPACED, images.CLUSTER):
        raise BadRequest(f"unsupported image kind {kind}: use {images.NAMESPACED} or {images.CLUSTER}")
    image = images.of_vm(vm)
    if image is None:
        raise NotFound(f'{kind} "{name}" not found: choose an image that is on offer', name=name, kind=kind)
    if text(image, "status.type") == "ISO":
        return 0
    if not get(image, "status.disks"):
        raise NotFound(
            f'no disks found in image "{name}": it may not be ready yet; try again later, or ask your admin',
            name=name,
            kind=kind,
        )
    return _sum_of_disks(image) + _swap(vm)


def _sum_of_disks(image: Object | None) -> int:
    if text(image, "status.type") == "ISO":
        return 0
    return sum(size(disk.get("limit")) for _, disk in each(image, "status.disks"))


def _growth(vm: Admitting) -> int:
    """By how much the boot disk is to be larger than the image's."""
    first = next((size(disk.get("limit")) for _, disk in each(images.of_vm(vm), "status.disks")), 0)
    return max(0, _boot_disk(vm.new) - first) if first else 0


def _class(vm: Object | None) -> tuple[str, str]:
    return text(vm, CLASS), text(vm, CLASS_INSTANCE)


def _find_class(vm: Admitting) -> Object | None:
    """The class instance that a VM is made by, or else its class."""
    name = vm.text(CLASS_INSTANCE) if vm.has("ImmutableClasses") else ""
    instance = vm.world.get(INSTANCE, vm.namespace, name)
    return instance or vm.world.get("VirtualMachineClass", vm.namespace, vm.text(CLASS))


def _hardware(vm: Admitting) -> tuple[int, int]:
    """vCPUs and memory of the class; nothing of one that is not there."""
    found = _find_class(vm)
    return max(0, number(found, "spec.hardware.cpus") or 0), size(get(found, "spec.hardware.memory"))


def _swap(vm: Admitting) -> int:
    """USQ-04: the memory that a class with a reservation does not reserve. Without one there is no swap file."""
    found = _find_class(vm)
    config = mapping(found, "spec.configSpec")
    reserved = number(config, "memoryAllocation.reservation")  # MiB, as memoryMB is
    if reserved is not None:
        return max(0, (number(config, "memoryMB") or 0) - reserved) * MIB
    requested = get(found, "spec.policies.resources.requests.memory")
    return max(0, size(get(found, "spec.hardware.memory")) - size(requested)) if requested is not None else 0


def seen_vm(vm: Object) -> Seen | None:
    """What a VM takes, once it is there: what its status says, and what its boot disk has yet to grow."""
    if get(vm, "metadata.deletionTimestamp"):
        return Seen(0, 0)
    total = get(vm, "status.storage.total")
    if total is None or not _is_created(vm):
        return None
    limit = _first_limit(vm)
    return Seen(max(0, _boot_disk(vm) - limit) if limit else 0, size(total))


def _is_created(vm: Object) -> bool:
    return any(
        text(one, "type") == "VirtualMachineCreated" and text(one, "status") == "True"
        for _, one in each(vm, "status.conditions")
    )


def snapshot_references(snapshot: Admitting) -> Iterator[Want]:
    """The VM, the claims of its disks, and the storage classes of all of them."""
    if not snapshot.is_create or not snapshot.text("spec.vmName"):
        return
    want = Want("VirtualMachine", snapshot.namespace, snapshot.text("spec.vmName"))
    yield want
    for vm in snapshot.world.find(want):
        yield from _classes(text(vm, STORAGE_CLASS))
        for _, name in _claims(vm):
            claim = Want("PersistentVolumeClaim", snapshot.namespace, name)
            yield claim
            for found in snapshot.world.find(claim):
                yield from _classes(text(found, "spec.storageClassName"))


def _classes(name: str) -> Iterator[Want]:
    if name:
        yield Want("StorageClass", "", name)


def _claims(vm: Object) -> Iterator[tuple[Object, str]]:
    """The attached disks that have claims: the entry in the status, and the claim."""
    names = {
        text(volume, "name"): text(volume, "persistentVolumeClaim.claimName")
        for _, volume in each(vm, "spec.volumes")
    }
    for _, volume in each(vm, "status.volumes"):
        name = names.get(text(volume, "name"))
        if text(volume, "type") == "Managed" and name:
            yield volume, name


def ask_of_snapshot(snapshot: Admitting) -> Iterator[Charge]:
    """USQ-06: by storage class, the VM's memory if wanted, its own disks, and those of its claims."""
    if not snapshot.is_create:
        return
    vm = snapshot.world.get("VirtualMachine", snapshot.namespace, snapshot.text("spec.vmName"))
    if vm is None or not snapshot.has("VMSnapshots"):
        yield Charge()
        return
    own = text(vm, STORAGE_CLASS)
    needed = {own: _own_part(snapshot, vm)}
    for _, name in _claims(vm):
        claim = snapshot.world.get("PersistentVolumeClaim", snapshot.namespace, name)
        storage_class = text(claim, "spec.storageClassName")
        needed[storage_class] = needed.get(storage_class, 0) + size(
            get(claim, "spec.resources.requests.storage")
        )
    is_free = is_skipped(snapshot, is_guarded=True)
    for storage_class, bytes_ in needed.items():
        yield Charge(
            storage_class,
            policy_of(snapshot, storage_class) if storage_class else "",
            asked=bytes_,
            requested=0 if is_free else bytes_,
            is_own=storage_class == own,
            path="spec.vmName",
        )


def _own_part(snapshot: Admitting, vm: Object) -> int:
    disks = (volume for _, volume in each(vm, "status.volumes") if text(volume, "type") == "Classic")
    memory = size(get(vm, "status.hardware.memory.total")) if snapshot.get("spec.memory") is True else 0
    return memory + sum(size(volume.get("requested")) for volume in disks)


def seen_snapshot(snapshot: Object) -> Seen | None:
    """What a snapshot takes, once its disks are in step with vSphere; its claims' part is counted with the claims."""
    if get(snapshot, "metadata.deletionTimestamp"):
        return Seen(0, 0)
    if annotation(snapshot, SYNCED) != "completed":
        return None
    return Seen(0, size(get(snapshot, "status.storage.used")))


VM = Charges(vm_references, ask_of_vm, seen_vm)
SNAPSHOT = Charges(snapshot_references, ask_of_snapshot, seen_snapshot)
