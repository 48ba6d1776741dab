"""What the portal asks of a VirtualMachine beyond VM Operator's own rules, or does not ask. Run by `admit`.

Each entry is on by default and switched off by its id, a disagreement of the catalogue (D-nn) or a requirement.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage import volume_policy
from vmportal.admission import Admitting, Policies
from vmportal.admission.metadata import is_dns_label
from vmportal.admission.reading import fill
from vmportal.admission.rule import (
    FieldWarning,
    Gate,
    Instead,
    forbidden,
    invalid,
    lift,
    not_found,
    policy,
    required,
    warn,
)
from vmportal.errors import FieldError
from vmportal.offers.marks import is_withdrawn
from vms import (
    disk_policy,
    guard_policy,
    hardware_policy,
    images,
    network_policy,
    placement_policy,
    scheduling_policy,
)
from vms.defaults.klass import RESIZE, note_class, note_instance

POWER, RESTART = "spec.powerState", "spec.nextRestartTime"

POWER_CHANGED = Gate("spec.powerState changed", lambda vm: vm.changed(POWER))
CLASS_NAMED = Gate(
    "spec.className given (on update: changed)",
    lambda vm: bool(vm.text("spec.className")) and (vm.is_create or vm.changed("spec.className")),
)


@policy("D-43", op="C")
def an_image_is_known_by_its_object_name(vm: Admitting) -> None:
    """`spec.imageName` may also be the object name of an image that does not begin with `vmi-`, as long as no
    image is shown under that name (CAT-08)."""
    found = _image_by_object_name(vm)
    if found is not None:
        fill(vm.new, "spec.image", found)


@lift("D-43", "MC-11")
def the_image_was_known_by_its_object_name(vm: Admitting, error: FieldError) -> bool:
    """The image name is not refused as unknown when it is the object name of `spec.image`."""
    found = _image_by_object_name(vm)
    return found is not None and vm.get("spec.image") == found


def _image_by_object_name(vm: Admitting) -> dict[str, str] | None:
    name = vm.text("spec.imageName") or images.name_of_cdrom(vm)
    if not name or name.startswith(images.PREFIX) or images.displayed(vm, name):
        return None
    return next((images.reference(image) for image in images.named(vm, name)), None)


@policy("QRK-04", op="U", gate=RESIZE)
def a_class_is_noted_only_when_it_changes(vm: Admitting) -> None:
    """The class left behind is noted on a change of class or class instance only."""
    now, was = vm.text("spec.class.name"), vm.was("spec.class.name")
    is_other_instance = vm.has("ImmutableClasses") and bool(now and was and now != was)
    if vm.changed("spec.className") or is_other_instance:
        note_class(vm)
        if vm.has("ImmutableClasses"):
            note_instance(vm)


@policy("D-01", op="C", exempt="priv", who="admin")
def only_privileged_users_choose_the_bios_uuid(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users choose the BIOS UUID."""
    # A generated one is in `new` too by now, so the policy looks before the defaults.
    if vm.text("spec.biosUUID"):
        yield forbidden("spec.biosUUID", "Leave the BIOS UUID out: only privileged users may choose it.")


@policy("D-06", op="U", gate=POWER_CHANGED)
def suspended_vms_are_powered_off_hard(vm: Admitting) -> Iterator[FieldError]:
    """A suspended VM is powered off only with `spec.powerOffMode: Hard` (PWR-17)."""
    if (
        vm.text(POWER) == "PoweredOff"
        and "Suspended" in _states(vm)
        and vm.text("spec.powerOffMode") != "Hard"
    ):
        yield invalid(POWER, "The VM is suspended: resume it first, or set spec.powerOffMode to Hard.")


@policy("D-07", op="U", gate=POWER_CHANGED)
def vms_seen_off_are_not_suspended(vm: Admitting) -> Iterator[FieldError]:
    """A VM that is off is not suspended, whatever was wanted (PWR-14)."""
    # What was wanted is VW-03's.
    if (
        vm.text(POWER) == "Suspended"
        and vm.was("status.powerState") == "PoweredOff"
        and vm.was(POWER) != "PoweredOff"
    ):
        yield invalid(POWER, "The VM is powered off and cannot be suspended: wait until it is on.")


@policy("D-08", op="U")
def vms_seen_off_or_suspended_are_not_restarted(vm: Admitting) -> Iterator[FieldError]:
    """A VM that is off or suspended is not restarted, whatever was wanted (PWR-15, PWR-19)."""
    seen = vm.was("status.powerState")
    if vm.changed(RESTART) and vm.was(POWER) == "PoweredOn" and seen in ("PoweredOff", "Suspended"):
        yield invalid(RESTART, "The VM is not running and cannot be restarted: wait until it is on.")


@policy("D-17", op="C")
def a_storage_class_is_named(vm: Admitting) -> Iterator[FieldError]:
    """A VM needs a storage class (CAT-11, CAT-13)."""
    if not vm.text("spec.storageClass"):
        yield required("spec.storageClass", "Choose the storage class of the VM's disks.")


@policy("CAT-06", gate=CLASS_NAMED)
def the_class_exists(vm: Admitting) -> Iterator[FieldError]:
    """The class is one of the namespace, and has not been withdrawn from it."""
    name = vm.text("spec.className")
    found = vm.world.get("VirtualMachineClass", vm.namespace, name)
    if found is None:
        yield not_found(
            "spec.className", f"The namespace has no class {name!r}: choose one that is on offer."
        )
    elif is_withdrawn(found):
        yield invalid(
            "spec.className",
            f"The class {name!r} is on offer no more, and stays for the VMs that have it: choose another.",
        )


@policy("CAT-07", op="C")
def the_image_exists(vm: Admitting) -> Iterator[FieldError]:
    """The image of `spec.image` exists. With an image name it has been found already."""
    want = images.want_of_reference(vm)
    if want is not None and not vm.text("spec.imageName") and not vm.world.find(want):
        yield not_found(
            "spec.image.name", f"There is no image {want.name!r} for this namespace: choose another."
        )


@policy("VML-07", op="C")
def a_name_should_be_a_dns_label(vm: Admitting) -> Iterator[FieldWarning]:
    """A name with dots or of more than 63 characters is accepted with a warning."""
    if not is_dns_label(vm.name):
        yield warn(
            "metadata.name", "A name without dots, of at most 63 characters, would also do as host name."
        )


def _states(vm: Admitting) -> tuple[str, str]:
    """The power state wanted so far and the one seen; either may say no (D-07)."""
    return vm.was(POWER), vm.was("status.powerState")


POLICIES = Policies(
    complete=(
        disk_policy.a_volume_without_claim_is_a_disk_of_the_image,
        an_image_is_known_by_its_object_name,
        a_class_is_noted_only_when_it_changes,
        only_privileged_users_choose_the_bios_uuid,
        guard_policy.no_vm_begins_upgraded,
        guard_policy.the_marks_of_the_upgrade_stay,
        placement_policy.a_named_controller_is_there,
        placement_policy.a_partial_place_is_completed,
        placement_policy.a_cluster_volume_is_placed,
        placement_policy.new_volumes_and_cdroms_are_placed,
        placement_policy.volumes_are_placed_around_what_is_seen,
        placement_policy.cdroms_are_placed_around_volumes,
    ),
    errors=(
        a_storage_class_is_named,
        the_class_exists,
        the_image_exists,
        suspended_vms_are_powered_off_hard,
        vms_seen_off_are_not_suspended,
        vms_seen_off_or_suspended_are_not_restarted,
        network_policy.dns_settings_are_those_of_the_provider,
        network_policy.the_network_stays,
        network_policy.a_name_that_is_no_host_name_needs_one,
        volume_policy.many_writers_need_a_shared_claim,
        volume_policy.a_windows_cluster_shares_the_controller_only,
        volume_policy.the_name_of_a_volume_is_a_dns_label,
        volume_policy.a_volume_gets_another_disk,
        disk_policy.the_boot_disk_stays,
        hardware_policy.a_cdrom_has_an_iso_image,
        hardware_policy.a_suspended_vm_keeps_its_guest_and_cdroms,
        hardware_policy.the_hardware_version_is_known,
        hardware_policy.both_ide_controllers_are_listed,
        guard_policy.cloud_init_keeps_its_instance_id,
        guard_policy.the_instance_uuid_waits_for_the_upgrade,
        guard_policy.a_pause_holds_back_everything,
        scheduling_policy.the_group_of_affinity_exists,
        scheduling_policy.policies_are_optional_compute_policies,
        scheduling_policy.a_zone_set_by_privilege_exists,
        scheduling_policy.the_zone_is_on_offer,
        a_name_should_be_a_dns_label,
    ),
    lifts=(
        scheduling_policy.vms_may_stand_on_different_hosts,
        the_image_was_known_by_its_object_name,
        network_policy.a_host_name_is_asked_for_instead,
    ),
    in_deletion=(guard_policy.guards_hold_during_deletion,),
    instead=(
        Instead("QRK-03", ("QRK-03",), "A class that was completed is stored, whatever else changes."),
        Instead("QRK-04", ("MU-02", "MU-03"), "An update that leaves the class alone notes nothing."),
    ),
)
