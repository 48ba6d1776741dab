"""What the portal asks of claims beyond VM Operator's guard. Put together in `storage.admission`; pure.

K8S-01 to K8S-03 are what a kube-apiserver itself asks of a claim; the others are requirements of the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from storage import assignment, rules
from vmportal.admission import Admitting, Policies, Want
from vmportal.admission.deletion import guards_in_deletion
from vmportal.admission.reading import Object, get, mapping, text
from vmportal.admission.rule import Gate, feature, forbidden, invalid, policy, required
from vmportal.errors import FieldError
from vmportal.schema import parse_quantity

CLASS = "spec.storageClassName"
SIZE = "spec.resources.requests.storage"
# What may change in the wish of a claim that exists.
CHANGEABLE = ("resources", "volumeAttributesClassName")


def claim_references(claim: Admitting) -> Iterator[Want]:
    """What the policies of a claim look up: its storage class, and what assigns that to the namespace."""
    if claim.is_create:
        yield from assignment.references(claim, claim.text(CLASS))
    elif claim.is_update and claim.text(CLASS):
        yield Want("StorageClass", "", claim.text(CLASS))


BY_POLICY = feature("PodVMOnStretchedSupervisor")
NAMED = Gate("a storage class is named", lambda claim: bool(claim.text(CLASS)))
GROWN = Gate("the claim has grown", lambda claim: _size(claim.new) > _size(claim.old))


def _size(obj: Object | None) -> Decimal:
    """The size a claim asks for; 0 if it is none."""
    try:
        return parse_quantity(get(obj, SIZE))
    except ValueError:
        return Decimal(0)


@policy("K8S-01", op="C")
def a_claim_says_how_it_is_mounted(claim: Admitting) -> Iterator[FieldError]:
    """A claim has at least one access mode."""
    if not claim.get("spec.accessModes"):
        yield required("spec.accessModes", "Say how the disk is to be mounted, such as ReadWriteOnce.")


@policy("K8S-02", op="C")
def a_claim_has_a_size(claim: Admitting) -> Iterator[FieldError]:
    """A claim says how large it is to be, and that is more than nothing."""
    if claim.get(SIZE) is None:
        yield required("spec.resources.requests.storage", "Say how large the disk is to be, such as 10Gi.")
    elif _size(claim.new) <= 0:
        yield invalid("spec.resources.requests.storage", "The size must be more than 0.")


@policy("K8S-03", op="U")
def the_wish_of_a_claim_stays(claim: Admitting) -> Iterator[FieldError]:
    """Only the size and the attributes class of a claim can change."""
    if _fixed(claim.new, claim.old) != _fixed(claim.old, claim.old):
        yield forbidden(
            "spec", "Only the size of a claim can change: put the rest back, or make a new claim."
        )


def _fixed(obj: Object | None, old: Object | None) -> Object:
    """What cannot change; the name of the volume can once be filled in."""
    free = CHANGEABLE if text(old, "spec.volumeName") else (*CHANGEABLE, "volumeName")
    return {key: value for key, value in mapping(obj, "spec").items() if key not in free and value}


@policy("CAT-12", op="C", gate=NAMED, who="admin")
def the_storage_class_is_for_the_namespace(claim: Admitting) -> Iterator[FieldError]:
    """The storage class of a claim exists and is assigned to the namespace."""
    name = claim.text(CLASS)
    if claim.world.get("StorageClass", "", name) is None:
        yield invalid(
            "spec.storageClassName", f"There is no storage class {name!r}: choose one that is on offer."
        )
    elif not _is_assigned(claim, name):
        yield invalid(
            "spec.storageClassName",
            "This storage class is not for this namespace: choose another, or ask your admin to assign it.",
        )


def _is_assigned(claim: Admitting, name: str) -> bool:
    if BY_POLICY.is_open(claim):
        return assignment.is_assigned_by_policy_quota(claim, name)
    return assignment.is_assigned_by_resource_quota(claim, name)


@policy("STO-105", op="U")
def a_claim_does_not_shrink(claim: Admitting) -> Iterator[FieldError]:
    """A claim only grows."""
    if _size(claim.new) < _size(claim.old):
        yield forbidden("spec.resources.requests.storage", "A disk cannot shrink: ask for its size or more.")


@policy("STO-105", op="U", gate=GROWN, who="admin")
def the_storage_class_lets_claims_grow(claim: Admitting) -> Iterator[FieldError]:
    """A claim grows only if its storage class allows it (`allowVolumeExpansion`)."""
    storage_class = claim.world.get("StorageClass", "", claim.text(CLASS))
    if get(storage_class, "allowVolumeExpansion") is not True:
        yield forbidden(
            "spec.resources.requests.storage", "Disks of this storage class cannot grow: put the size back."
        )


CLAIM_POLICIES = Policies(
    errors=(
        a_claim_says_how_it_is_mounted,
        a_claim_has_a_size,
        the_wish_of_a_claim_stays,
        the_storage_class_is_for_the_namespace,
        a_claim_does_not_shrink,
        the_storage_class_lets_claims_grow,
    ),
    in_deletion=(
        guards_in_deletion(
            rules.no_claim_becomes_one_for_instance_storage, rules.claims_for_instance_storage_stay
        ),
    ),
)
