"""Which VMs belong to a group, and where groups lie in one another. Used by defaults, rules and policy; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, each, text

GROUP, VIRTUAL_MACHINE = "VirtualMachineGroup", "VirtualMachine"
Groups = Mapping[str, Object]  # the groups of a namespace, by name


class NoSuchGroup(LookupError):
    """A group, or a child of one, does not exist."""


class Tangled(ValueError):
    """Groups lie in one another in a circle, or a VM belongs to two of them."""


def want_groups(namespace: str) -> Want:
    """All groups of a namespace: how deep they are nested is only known from themselves."""
    return Want(GROUP, namespace)


def groups_of(request: Admitting) -> Groups:
    """The groups of the request's namespace."""
    found = request.world.find(want_groups(request.namespace))
    return {text(group, "metadata.name"): group for group in found}


def linked_vms(groups: Groups, name: str) -> set[str]:
    """The VMs linked to a group and to the groups in it. Raises `NoSuchGroup`, `Tangled`."""
    vms: set[str] = set()
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in seen:
            raise Tangled(f"Group {name!r} is met twice.")
        if name not in groups:
            raise NoSuchGroup(f"There is no group {name!r}.")
        seen.add(name)
        for kind, member in _linked(groups[name]):
            if kind == GROUP:
                waiting.append(member)
            elif member in vms:
                raise Tangled(f"VM {member!r} is met twice.")
            else:
                vms.add(member)
    return vms


def _linked(group: Object) -> Iterator[tuple[str, str]]:
    """Kind and name of the members that are linked to the group, as its status says."""
    for _, member in each(group, "status.members"):
        if any(
            (text(condition, "type"), text(condition, "status")) == ("GroupLinked", "True")
            for _, condition in each(member, "conditions")
        ):
            yield text(member, "kind"), text(member, "name")


def parents(groups: Groups, name: str) -> list[str]:
    """The groups above: `name` itself, its own parent and so on. Ends where one is missing, or met again."""
    chain: list[str] = []
    while name and name not in chain:
        chain.append(name)
        name = text(groups.get(name), "spec.groupName")
    return chain
