"""What the portal asks of groups beyond VM Operator's own rules. Put together in `groups.admission`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from groups import rules
from groups.defaults import GROUP_NAME
from groups.members import groups_of, parents
from vmportal.admission import Admitting, Policies
from vmportal.admission.deletion import guards_in_deletion
from vmportal.admission.rule import FieldWarning, Gate, invalid, policy, warn
from vmportal.errors import FieldError

DEEPEST = 3  # levels of groups that one still understands

MOVED = Gate(
    f"{GROUP_NAME} given (on update: changed), not the group itself",
    lambda group: group.text(GROUP_NAME) not in ("", group.was(GROUP_NAME), group.text("metadata.name")),
)


@policy("GRP-19", gate=MOVED)
def groups_do_not_lie_in_a_circle(group: Admitting) -> Iterator[FieldError]:
    """A group does not belong to one that belongs to it (D-11)."""
    if group.text("metadata.name") in parents(groups_of(group), group.text(GROUP_NAME)):
        yield invalid(
            "spec.groupName", f"Group {group.text(GROUP_NAME)!r} lies in this one: choose another parent."
        )


@policy("GRP-20", gate=MOVED)
def groups_are_not_nested_deeply(group: Admitting) -> Iterator[FieldWarning]:
    """More than three levels of groups are accepted with a warning."""
    if len(parents(groups_of(group), group.text(GROUP_NAME))) >= DEEPEST:
        yield warn(
            "spec.groupName", f"This is more than {DEEPEST} levels of groups: two or three are clearer."
        )


GROUP_POLICIES = Policies(
    errors=(groups_do_not_lie_in_a_circle, groups_are_not_nested_deeply),
    in_deletion=(guards_in_deletion(rules.the_time_of_the_power_state_stays),),
)
