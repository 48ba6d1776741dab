"""What a VirtualMachine becomes before it is judged, in the order of VM Operator's own steps. Run by `admit`."""

from __future__ import annotations

from vms.defaults import identity, image, klass, network, placement, power, reading, storage

UNREADABLE = (reading.delays_are_spans_of_time,)
DEFAULTS = (
    network.an_interface_is_added,
    network.network_references_are_completed,
    power.a_vm_is_wanted_on,
    image.cdrom_images_have_a_kind,
    image.the_image_name_comes_from_the_cdrom,
    identity.an_instance_uuid_is_drawn,
    identity.a_bios_uuid_is_drawn,
    identity.cloud_init_is_identified_by_the_bios_uuid,
    image.the_image_is_resolved,
    storage.the_default_encryption_class_is_used,
    klass.class_and_instance_complete_each_other,
    storage.volumes_have_modes,
    identity.the_versions_at_birth_are_noted,
    storage.two_ide_controllers_are_added,
    # On update:
    klass.class_and_instance_complete_each_other_later,
    klass.the_class_left_behind_is_noted,
    klass.the_instance_left_behind_is_noted,
    power.a_restart_is_stamped,
    network.network_references_are_completed_later,
    power.the_group_left_owns_no_longer,
    power.a_direct_power_change_is_not_delayed,
    storage.volumes_have_modes_later,
    placement.volumes_are_placed,
    image.an_emptied_cdrom_image_kind_is_restored,
    placement.cdroms_are_placed,
    klass.a_class_completed_alone_is_not_stored,
)
