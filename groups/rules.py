"""What groups and their publish requests may look like (sections 7.3, 7.4 of the catalogue). Pure.

Members and parents need not exist (GRP-08). What of a publish request is left out, its defaults have filled in or
refused (GPB-01, GPB-03, GPB-05).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from groups.defaults import GROUP_NAME, GROUPS, LAST_UPDATED, POWER, SOURCE, SYNC, TARGET, VMS
from groups.members import GROUP, NoSuchGroup, Tangled, groups_of, linked_vms
from groups.references import want_libraries
from vmportal.admission import Admitting
from vmportal.admission.reading import annotation, get, text
from vmportal.admission.rule import Gate, duplicate, forbidden, internal, invalid, not_found, rule
from vmportal.errors import FieldError
from vms.times import is_moment

STAYS = "This cannot be changed: put it back, or make another request."
SAME_POWER = Gate(
    f"{POWER} and {SYNC} unchanged", lambda group: not (group.changed(POWER) or group.changed(SYNC))
)
VMS_GIVEN = Gate("VMs given", lambda request: bool(request.get(VMS)))
VMS_DIFFER = Gate("each VM given once", lambda request: not _has_twins(request.get(VMS)))


@rule("GRP-01", gate=GROUPS & SAME_POWER, exempt="priv", who="admin")
def the_time_of_the_power_state_stays(group: Admitting) -> Iterator[FieldError]:
    """The noted time of the power state changes with the power state only."""
    if (group.annotation(LAST_UPDATED) or "") != (annotation(group.old, LAST_UPDATED) or ""):
        yield forbidden(
            f"metadata.annotations[{LAST_UPDATED}]",
            "Put this annotation back as it was: it is written for you.",
        )


@rule("GRP-02", gate=GROUPS)
def the_time_of_the_power_state_is_a_time(group: Admitting) -> Iterator[FieldError]:
    """The noted time of the power state is RFC 3339."""
    noted = group.annotation(LAST_UPDATED)
    if noted and not is_moment(noted):
        yield invalid(f"metadata.annotations[{LAST_UPDATED}]", "Write a time, such as 2026-01-02T03:04:05Z.")


@rule("GRP-03", op="U", gate=GROUPS)
def the_power_state_is_not_taken_away(group: Admitting) -> Iterator[FieldError]:
    """The power state does not become empty."""
    if group.was(POWER) and not group.text(POWER):
        yield forbidden("spec.powerState", "Say which power state the group should have: it had one before.")


@rule("GRP-05", gate=GROUPS)
def a_member_occurs_once(group: Admitting) -> Iterator[FieldError]:
    """A member occurs once over all boot orders."""
    seen = set()
    for order, index, kind, name in _members(group):
        if (kind, name) in seen:
            yield duplicate(
                f"spec.bootOrder[{order}].members[{index}]",
                "This member is there already: take one of the two out.",
            )
        seen.add((kind, name))


@rule("GRP-06", gate=GROUPS)
def a_group_is_not_its_own_member(group: Admitting) -> Iterator[FieldError]:
    """A group is not a member of itself."""
    for order, index, kind, name in _members(group):
        if (kind, name) == (GROUP, group.text("metadata.name")):
            yield invalid(
                f"spec.bootOrder[{order}].members[{index}]",
                "Take this member out: a group cannot be in itself.",
            )


def _members(group: Admitting) -> Iterator[tuple[int, int, str, str]]:
    """Of each member the index of its boot order, its own, its kind and its name."""
    for at, order in enumerate(_objects(group.get("spec.bootOrder"))):
        for index, member in enumerate(_objects(get(order, "members"))):
            yield at, index, text(member, "kind"), text(member, "name")


def _objects(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


@rule("GRP-07", gate=GROUPS)
def a_group_is_not_its_own_parent(group: Admitting) -> Iterator[FieldError]:
    """A group does not belong to itself."""
    if group.text(GROUP_NAME) == group.text("metadata.name"):
        yield invalid(
            "spec.groupName", "Choose another group, or leave this out: a group cannot be in itself."
        )


@rule("GPB-02", op="C", gate=GROUPS & VMS_GIVEN)
def the_group_exists(request: Admitting) -> Iterator[FieldError]:
    """The group exists."""
    if request.text(SOURCE) not in groups_of(request):
        yield not_found("spec.source", f"There is no group {request.text(SOURCE)!r}: choose another.")


@rule("GPB-04", op="C", gate=GROUPS)
def the_library_exists(request: Admitting) -> Iterator[FieldError]:
    """The content library exists."""
    name = request.text(TARGET)
    libraries = request.world.find(want_libraries(request.namespace))
    if name and name not in {text(library, "metadata.name") for library in libraries}:
        yield not_found(
            "spec.target", f"There is no content library {name!r} in this namespace: choose another."
        )


@rule("GPB-06", op="C", gate=GROUPS & ~VMS_DIFFER)
def each_vm_is_given_once(request: Admitting) -> Iterator[FieldError]:
    """Each VM is given once."""
    # At the list, as the reference has it.
    yield duplicate("spec.virtualMachines", "Name each VM once.")


@rule("GPB-07", op="C", gate=GROUPS & VMS_GIVEN & VMS_DIFFER)
def the_vms_belong_to_the_group(request: Admitting) -> Iterator[FieldError]:
    """The VMs are linked to the group, or to a group in it."""
    try:
        found = linked_vms(groups_of(request), request.text(SOURCE))
    except (NoSuchGroup, Tangled) as error:
        yield internal("spec.virtualMachines", f"{error} Set the groups right.")
        return
    if any(name not in found for _, name in request.each_text(VMS)):
        yield invalid(
            "spec.virtualMachines", "Name only VMs that are linked to the group, or to a group in it."
        )


@rule("GPB-08", op="U", gate=GROUPS)
def what_is_published_stays(request: Admitting) -> Iterator[FieldError]:
    """Source, target and VMs are immutable, the order of the VMs too."""
    if request.changed(SOURCE):
        yield invalid("spec.source", STAYS)
    if request.changed(TARGET):
        yield invalid("spec.target", STAYS)
    if (request.get(VMS) or []) != (get(request.old, VMS) or []):
        yield invalid("spec.virtualMachines", STAYS)


def _has_twins(names: object) -> bool:
    return isinstance(names, list) and len(set(map(str, names))) < len(names)


GROUP_RULES = (
    the_time_of_the_power_state_stays,
    the_time_of_the_power_state_is_a_time,
    the_power_state_is_not_taken_away,
    a_member_occurs_once,
    a_group_is_not_its_own_member,
    a_group_is_not_its_own_parent,
)
PUBLISH_RULES = (
    the_group_exists,
    the_library_exists,
    each_vm_is_given_once,
    the_vms_belong_to_the_group,
    what_is_published_stays,
)
