"""The list of all kinds, and look-ups in it. One of the few places that know the apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from groups.descriptions import WORDS as GROUP_WORDS
from groups.kinds import KINDS as GROUP_KINDS
from storage.claim_charges import CLAIM
from storage.descriptions import WORDS as STORAGE_WORDS
from storage.kinds import KINDS as STORAGE_KINDS
from storage.ledger import Ledger
from vmportal.connections.kinds import KINDS as CONNECTION_KINDS
from vmportal.connections.kinds import waiting_for_secret
from vmportal.core_descriptions import WORDS as CORE_WORDS
from vmportal.core_kinds import KINDS as CORE_KINDS
from vmportal.kind import Kind, Object, Shape
from vmportal.offers.kinds import KINDS as OFFER_KINDS
from vmportal.schema.describing import described
from vms import charges, offering, waiting
from vms.kinds import KINDS as VM_KINDS
from vms.schema.descriptions import WORDS as VM_WORDS


def _both(one: Callable[[Object], Any], other: Callable[[Object], Any]) -> Callable[[Object], Any]:
    return lambda obj: one(obj).union(other(obj))


# What is waited for among kinds that must not know of who does.
_WAITED_FOR = {
    "Secret": _both(waiting.for_secret, waiting_for_secret),
    "EncryptionClass": waiting.for_encryption_class,
}

# How things are offered whose users are VMs, of which their kinds must not know.
_OFFERED = {
    "EncryptionClass": offering.ENCRYPTION_CLASS,
    "StoragePolicyQuota": offering.POLICY_QUOTA,
}

# What takes storage, CPU or memory; of all others quotas only count the objects.
_CHARGED = {
    "PersistentVolumeClaim": CLAIM,
    "VirtualMachine": charges.VM,
    "VirtualMachineSnapshot": charges.SNAPSHOT,
}


def _assembled(kind: Kind) -> Kind:
    shape = kind.shape
    is_counted = shape.namespaced and shape.kind != "Event"  # as in Kubernetes: what happens is always told
    ledger = Ledger(shape.group_resource, kind.model, _CHARGED.get(shape.kind)) if is_counted else None
    return replace(
        kind,
        waiting=_WAITED_FOR.get(shape.kind, kind.waiting),
        quota=ledger,
        offering=_OFFERED.get(shape.kind, kind.offering),
    )


KINDS: tuple[Kind, ...] = tuple(
    _assembled(kind)
    for kind in (*CORE_KINDS, *OFFER_KINDS, *CONNECTION_KINDS, *STORAGE_KINDS, *VM_KINDS, *GROUP_KINDS)
)

# The shapes of all kinds as they are published: every field says what it is.
SHAPES: tuple[Shape, ...] = tuple(
    replace(kind.shape, schema=described(kind.shape.schema, words, kind.shape.kind))
    for kinds, words in (
        ((*CORE_KINDS, *OFFER_KINDS, *CONNECTION_KINDS), CORE_WORDS),
        (STORAGE_KINDS, STORAGE_WORDS),
        (VM_KINDS, VM_WORDS),
        (GROUP_KINDS, GROUP_WORDS),
    )
    for kind in kinds
)

_BY_PATH = {(kind.shape.group, kind.shape.version, kind.shape.plural): kind for kind in KINDS}
_BY_GROUP_RESOURCE = {kind.shape.group_resource: kind for kind in KINDS}


def kind_for(group: str, version: str, plural: str) -> Kind | None:
    """The kind at `/apis/<group>/<version>/…/<plural>`, if there is one."""
    return _BY_PATH.get((group, version, plural))


def assembled(kind: Kind) -> Kind:
    """The same kind, as it is in the list: an app's own does not know what others give it."""
    return _BY_GROUP_RESOURCE.get(kind.shape.group_resource, kind)


def kind_named(group_resource: str) -> Kind:
    """The kind of `virtualmachines.vmoperator.vmware.com`. Raises `KeyError`."""
    return _BY_GROUP_RESOURCE[group_resource]
