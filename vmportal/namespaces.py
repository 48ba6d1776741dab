"""The life of a namespace: what a new one gets, and how one that is deleted empties, by dependency.

Called by the worker under a lease; writes and deletes through the service, as everybody does.
"""

from __future__ import annotations

import contextlib
import json
import logging

from vmportal import service
from vmportal.core_rules import NAME_LABEL
from vmportal.errors import AlreadyExists, ApiError
from vmportal.kind import Kind, Object
from vmportal.kinds import KINDS, kind_named
from vmportal.object_metadata import timestamp
from vmportal.terminating import Remains, terminating_status
from vmportal.work import Lease, wake_worker

log = logging.getLogger(__name__)

BATCH = 500  # objects that one pass deletes
LOOK_SECONDS = 1.0  # between two looks while nothing can be done but to wait
DEFAULT_ACCOUNT = "default"
# What goes after what may need it to go: disks after machines, then the catalogue, then keys and members.
CLAIMS = ("persistentvolumeclaims",)
LAST = ("secrets", "configmaps", "serviceaccounts", "rolebindings", "events")
_WISHES, _CLAIMS, _CATALOGUE, _LAST = range(4)


def reconcile_namespace(uid: str, lease: Lease) -> float | None:
    """Give a new namespace what every one has; empty one that is being deleted, and let it go when it is empty."""
    kind = kind_named("namespaces")
    row = kind.model.objects.filter(uid=uid).first()
    if row is None:
        return None
    if row.deleting is None:
        _furnish(row.name)
        return None
    remains, did_something = empty(row.name, lease)

    def change(obj: Object) -> Object:
        if not remains:
            obj["spec"]["finalizers"] = []
        obj["status"] = terminating_status(obj.get("status") or {}, remains, timestamp())
        return obj

    service.update(kind, "", row.name, change, service.operator(), lease=lease, with_status=True)
    if not remains:
        return None
    return 0.0 if did_something else LOOK_SECONDS


def _furnish(name: str) -> None:
    """The account that tools look for (`kubectl create token default`); and offers hear of the namespace at once.

    A namespace of an older portal gets the label with its name, too. There is no ConfigMap `kube-root-ca.crt`: it is
    for pods, and a namespace of machines has none.
    """
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": DEFAULT_ACCOUNT, "namespace": name},
    }
    _label(name)
    accounts = kind_named("serviceaccounts")
    if not accounts.model.objects.filter(namespace=name, name=DEFAULT_ACCOUNT).exists():
        with contextlib.suppress(AlreadyExists):
            service.create(accounts, name, account, service.operator())
    wake_worker("vmportal.tasks.resync")  # the store has made the offers due


def _label(name: str) -> None:
    def change(obj: Object) -> Object:
        labels = obj["metadata"].get("labels") or {}
        obj["metadata"]["labels"] = {**labels, NAME_LABEL: name}
        return obj

    service.update(kind_named("namespaces"), "", name, change, service.operator())


def empty(name: str, lease: Lease) -> tuple[Remains, bool]:
    """Delete what is in a terminating namespace, up to a batch; what remains, and whether there was anything to do.

    What others may need to go is left alone until those are gone.
    """
    remains, left = Remains(), BATCH
    for rank in range(_LAST + 1):
        for kind in (kind for kind in KINDS if kind.shape.namespaced and _rank(kind) == rank):
            left -= _delete_all(kind, name, left, remains, lease)
            _note_remains(kind, name, remains)
        if remains:
            break
    return remains, left < BATCH


def _rank(kind: Kind) -> int:
    plural = kind.shape.plural
    if plural in LAST:
        return _LAST
    if kind.writer == "portal":
        return _CATALOGUE
    return _CLAIMS if plural in CLAIMS else _WISHES


def _delete_all(kind: Kind, namespace: str, most: int, remains: Remains, lease: Lease) -> int:
    """Delete what is not being deleted already; how many it was."""
    rows = list(kind.model.objects.filter(namespace=namespace, deleting=None)[: max(most, 0)])
    failed = 0
    for count, row in enumerate(rows):
        if count % 50 == 0:
            lease.renew()
        try:
            service.delete(kind, row.namespace, row.name, service.operator(), uid=row.uid)
        except ApiError as error:
            log.info("%s %s: %s", kind.shape.plural, row, error)
            remains.failures.append(f"{kind.shape.plural} {row.name}: {error}")
            failed += 1
    return len(rows) - failed


def _note_remains(kind: Kind, namespace: str, remains: Remains) -> None:
    shape = kind.shape
    rows = kind.model.objects.filter(namespace=namespace)
    count = rows.count()
    if not count:
        return
    remains.objects[f"{shape.plural}.{shape.group}"] += count
    for body in rows.exclude(deleting=None).values_list("body", flat=True)[:BATCH]:
        for finalizer in json.loads(body)["metadata"].get("finalizers") or []:
            remains.finalizers[finalizer] += 1
