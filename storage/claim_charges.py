"""What a claim takes of its namespace's storage: its size, from the wish on. For `storage.ledger`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from storage.quota import Charge, Charges, Seen, policy_of, size
from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, get, text

CLASS, SIZE = "spec.storageClassName", "spec.resources.requests.storage"


def references(claim: Admitting) -> Iterator[Want]:
    if claim.text(CLASS):
        yield Want("StorageClass", "", claim.text(CLASS))


def ask(claim: Admitting) -> Iterator[Charge]:
    """The size of a new claim; of one that grows, by how much (STO-105)."""
    now, before = size(claim.get(SIZE)), size(get(claim.old, SIZE))
    if claim.is_create or now != before:
        storage_class = claim.text(CLASS)
        yield Charge(
            storage_class=storage_class,
            policy_id=policy_of(claim, storage_class) if storage_class else "",
            asked=now,
            requested=max(0, now - before),
            path=SIZE,
        )


def seen(claim: Object) -> Seen:
    """All of it is used once there is a volume, and reserved before."""
    wanted = size(get(claim, SIZE))
    return Seen(0, wanted) if text(claim, "status.phase") == "Bound" else Seen(wanted, 0)


CLAIM = Charges(references, ask, seen)
