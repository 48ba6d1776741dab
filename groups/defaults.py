"""What groups and their publish requests become before they are judged (GRM, GPM; sections 7.3, 7.4). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from groups.members import GROUP, NoSuchGroup, Tangled, groups_of, linked_vms
from groups.references import want_libraries
from vmportal.admission import Admitting
from vmportal.admission.reading import annotate, annotation, fill, label, mapping, put, text
from vmportal.admission.rule import default, feature, internal, invalid, not_found
from vmportal.errors import FieldError
from vmportal.schema import parse_duration
from vms.annotations import APPLY_POWER_STATE_TIME
from vms.times import stamp

POWER, SYNC, GROUP_NAME = "spec.powerState", "spec.nextForcePowerStateSyncTime", "spec.groupName"
SOURCE, TARGET, VMS = "spec.source", "spec.target", "spec.virtualMachines"
LAST_UPDATED = "vmoperator.vmware.com.protected/last-updated-power-state-time"
DEFAULT_LIBRARY_LABEL = "imageregistry.vmware.com/default"  # with an empty value

GROUPS = feature("VMGroups")


@default("GRP-09", gate=GROUPS)
def delays_can_be_read(group: Admitting) -> Iterator[FieldError]:
    """The delay of a boot order is a duration; a negative one is let through."""
    for path, order in group.each("spec.bootOrder"):
        if not _is_duration(order.get("powerOnDelay")):
            yield invalid(f"{path}.powerOnDelay", "Write a duration, such as 30s.")


def _is_duration(span: object) -> bool:
    try:
        return span is None or (isinstance(span, str) and parse_duration(span) is not None)
    except ValueError:
        return False


@default("GRM-01", gate=GROUPS)
def a_sync_is_stamped(group: Admitting) -> Iterator[FieldError]:
    """`now` becomes the current time. No other new time is accepted; none keeps the last."""
    wanted, before = group.text(SYNC), group.was(SYNC)
    if not wanted:
        if before:
            fill(group.new, SYNC, before)
    elif wanted.lower() == "now":
        put(group.new, SYNC, stamp(group.now))
    elif wanted != before:
        yield invalid(
            "spec.nextForcePowerStateSyncTime",
            "Write 'now' to bring all members to the power state: no other time can be given.",
        )


@default("GRM-02", gate=GROUPS)
def a_power_change_is_stamped(group: Admitting) -> None:
    """The time of a new power state, or of a forced sync, is noted."""
    if _is_powered(group):
        annotate(group.new, LAST_UPDATED, stamp(group.now))


@default("GRM-03", gate=GROUPS)
def a_direct_power_change_is_not_delayed(group: Admitting) -> None:
    """A new power state takes effect at once: the delay that the parent group had set is dropped."""
    delay = group.annotation(APPLY_POWER_STATE_TIME)
    if _is_powered(group) and delay and delay == annotation(group.old, APPLY_POWER_STATE_TIME):
        annotate(group.new, APPLY_POWER_STATE_TIME, None)


def _is_powered(group: Admitting) -> bool:
    """Whether the request changes the power state, or forces a sync."""
    return group.changed(POWER) or group.changed(SYNC)


@default("GRM-04", op="U", gate=GROUPS)
def the_parent_left_owns_no_longer(group: Admitting) -> None:
    """A group that leaves its parent loses the owner reference to it."""
    before = group.was(GROUP_NAME)
    owners = mapping(group.new, "metadata").get("ownerReferences")
    if before and group.changed(GROUP_NAME) and isinstance(owners, list):
        kept = [owner for owner in owners if (text(owner, "kind"), text(owner, "name")) != (GROUP, before)]
        put(group.new, "metadata.ownerReferences", kept)


@default("GPM-01", "GPB-01", op="C", gate=GROUPS)
def the_source_is_the_group_of_the_same_name(request: Admitting) -> None:
    """A request without source publishes the group that is called as itself."""
    fill(request.new, SOURCE, request.text("metadata.name"))


@default("GPM-02", "GPB-03", op="C", gate=GROUPS, who="admin")
def the_target_is_the_default_library(request: Admitting) -> Iterator[FieldError]:
    """A request without target publishes to the namespace's default library, of which there must be one."""
    if request.text(TARGET):
        return
    libraries = request.world.find(want_libraries(request.namespace))
    found = [library for library in libraries if label(library, DEFAULT_LIBRARY_LABEL) == ""]
    if not found:
        yield not_found("spec.target", "Name a content library: the namespace has no default one.")
    elif len(found) > 1:
        yield invalid("spec.target", "Name a content library: the namespace has several default ones.")
    else:
        fill(request.new, TARGET, text(found[0], "metadata.name"))


@default("GPM-03", "GPB-05", op="C", gate=GROUPS)
def all_vms_are_published(request: Admitting) -> Iterator[FieldError]:
    """A request without VMs publishes all that are linked to the group and the groups in it, sorted by name."""
    if request.get(VMS):
        return
    try:
        found = linked_vms(groups_of(request), request.text(SOURCE))
    except NoSuchGroup as error:
        yield not_found("spec.source", f"{error} Choose another group, or make that one.")
    except Tangled as error:
        yield internal("spec.virtualMachines", f"{error} Set the groups right, or name the VMs.")
    else:
        if not found:
            yield invalid("spec.virtualMachines", "No VM is linked to this group: choose another group.")
        fill(request.new, VMS, sorted(found))


GROUP_UNREADABLE = (delays_can_be_read,)
GROUP_DEFAULTS = (
    a_sync_is_stamped,
    a_power_change_is_stamped,
    a_direct_power_change_is_not_delayed,
    the_parent_left_owns_no_longer,
)
PUBLISH_DEFAULTS = (
    the_source_is_the_group_of_the_same_name,
    the_target_is_the_default_library,
    all_vms_are_published,
)
