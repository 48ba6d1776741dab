"""The demo: users, namespaces, a catalogue and eight machines with fixed names. Seeded once, by `portal`.

Everything is made through the service, as a user would make it; statuses of the catalogue as VM Operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth import get_user_model
from django.db import transaction

from vmportal import service
from vmportal.backends.simulator.seed import seed as seed_simulator
from vmportal.kind import Object
from vmportal.kinds import KINDS
from vmportal.models import Counter, Offer
from vmportal.object_metadata import timestamp
from vmportal.offers.tasks import reconcile_offer

FOLDER = Path(__file__).parent
NAMESPACES = ("team-a", "team-b")
ZONES = ("zone-a", "zone-b")
# Who can sign in, with which password; printed at the start, and offered with one click.
DEMO_USERS = {"admin": "admin", "alice": "alice", "bob": "bob"}
MEMBERS = (("team-a", "alice", "admin"), ("team-b", "alice", "view"), ("team-b", "bob", "edit"))
_DONE = "demo-seeded"


def seed_once() -> None:
    """Make the demo, unless it was made before: all of it, or, when it is interrupted, nothing."""
    with transaction.atomic():
        Counter.next()  # a second process waits here, and then finds it made
        if not Counter.objects.filter(name=_DONE).exists():
            seed()
            Counter.objects.create(name=_DONE, value=1)


def seed() -> None:
    _seed_users()
    catalogue = [*_read("catalogue.yaml")]
    seed_simulator(
        items=[obj for obj in catalogue if obj["kind"].endswith("VirtualMachineImage")],
        zones=ZONES,
        policies=[obj for obj in catalogue if obj["kind"] == "StoragePolicy"],
    )
    for obj in [*_namespaces(), *_members(), *catalogue]:
        _make(obj)
    for offer in Offer.objects.order_by("name"):
        reconcile_offer(offer.uid)  # now, as the machines want what is offered
    for obj in _read("machines.yaml"):
        _make(obj)


def _seed_users() -> None:
    users = get_user_model().objects
    for name, password in DEMO_USERS.items():
        if not users.filter(username=name).exists():
            users.create_user(name, password=password, is_superuser=name == "admin")


def _read(file: str) -> Iterator[Object]:
    for obj in yaml.load_all((FOLDER / file).read_text(), Loader=yaml.CSafeLoader):
        everywhere = obj["metadata"].get("namespace") == "*"
        for namespace in NAMESPACES if everywhere else (obj["metadata"].get("namespace"),):
            meta = {**obj["metadata"], "namespace": namespace} if namespace else obj["metadata"]
            yield {**obj, "metadata": meta}


def _namespaces() -> Iterator[Object]:
    for name in ("vmware-system-vmop", *NAMESPACES):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _members() -> Iterator[Object]:
    group = "rbac.authorization.k8s.io"
    for namespace, user, role in MEMBERS:
        yield {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"{user}-{role}", "namespace": namespace},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        }


def _make(obj: Object) -> None:
    kind = next(
        item
        for item in KINDS
        if (item.shape.api_version, item.shape.kind) == (obj["apiVersion"], obj["kind"])
    )
    meta = obj["metadata"]
    namespace, by = meta.get("namespace", ""), service.operator()
    service.create(kind, namespace, obj, by)
    if status := _with_ready(obj.get("status")):
        service.update(
            kind, namespace, meta["name"], lambda found: {**found, "status": status}, by, subresource="status"
        )


def _with_ready(status: dict[str, Any] | None) -> dict[str, Any] | None:
    """Images of the catalogue are ready; the time is that of the seeding."""
    if status is None or "providerItemID" not in status:
        return status
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "True",
        "message": "",
        "lastTransitionTime": timestamp(),
    }
    return {**status, "conditions": [ready]}
