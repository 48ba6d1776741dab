"""What a VirtualMachineSetResourcePolicy may look like (section 7.8 of the catalogue). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmportal.admission import Admission, Admitting
from vmportal.admission.reading import Object, get, text
from vmportal.admission.rule import duplicate, invalid, rule
from vmportal.errors import FieldError
from vmportal.schema import parse_quantity
from vms.rules_of.amounts import exceeds

POOL, FOLDER, MODULES = "spec.resourcePool", "spec.folder", "spec.clusterModuleGroups"
AMOUNTS = ("reservations.cpu", "reservations.memory", "limits.cpu", "limits.memory")
STAYS = "This cannot be changed: put it back, or make another policy."


@rule("SRP-01", op="C")
def the_cpu_reservation_is_within_the_limit(policy: Admitting) -> Iterator[FieldError]:
    """The pool reserves no more CPU than it allows."""
    if exceeds(policy.get(f"{POOL}.reservations.cpu"), policy.get(f"{POOL}.limits.cpu")):
        yield invalid(f"{POOL}.reservations.cpu", "Reserve no more CPU than the limit.")


@rule("SRP-02", op="C")
def the_memory_reservation_is_within_the_limit(policy: Admitting) -> Iterator[FieldError]:
    """The pool reserves no more memory than it allows."""
    if exceeds(policy.get(f"{POOL}.reservations.memory"), policy.get(f"{POOL}.limits.memory")):
        yield invalid(f"{POOL}.reservations.memory", "Reserve no more memory than the limit.")


@rule("SRP-03", op="C")
def module_groups_differ(policy: Admitting) -> Iterator[FieldError]:
    """Each cluster module group is named once."""
    seen = set()
    for path, name in policy.each_text(MODULES):
        if name in seen:
            # The list's name once more, as the reference has it (QRK-10).
            yield duplicate(f"{path}.clusterModuleGroups", f"{name!r} is named above already: take one out.")
        seen.add(name)


@rule("SRP-04", op="U")
def the_resource_pool_stays(policy: Admitting) -> Iterator[FieldError]:
    """The resource pool is immutable."""
    if _pool(policy.new) != _pool(policy.old):
        yield invalid(POOL, STAYS)


@rule("SRP-05", op="U")
def the_folder_stays(policy: Admitting) -> Iterator[FieldError]:
    """The folder is immutable."""
    if policy.changed(FOLDER):
        yield invalid(FOLDER, STAYS)


@rule("SRP-06", op="U")
def the_module_groups_stay(policy: Admitting) -> Iterator[FieldError]:
    """The cluster module groups are immutable, their order too."""
    if (policy.get(MODULES) or []) != (get(policy.old, MODULES) or []):
        yield invalid(MODULES, STAYS)


def _pool(obj: Object | None) -> tuple[Any, ...]:
    """What a pool is, amounts by value: `1Gi` is `1024Mi`, and none is 0."""
    return (text(obj, f"{POOL}.name"), *(_amount(get(obj, f"{POOL}.{place}")) for place in AMOUNTS))


def _amount(quantity: Any) -> Any:
    try:
        return parse_quantity(0 if quantity is None else quantity)
    except ValueError:  # from a store that took it before it was checked
        return quantity


ADMISSION = Admission(
    rules=(
        the_cpu_reservation_is_within_the_limit,
        the_memory_reservation_is_within_the_limit,
        module_groups_differ,
        the_resource_pool_stays,
        the_folder_stays,
        the_module_groups_stay,
    )
)
