"""Lets quotas tell what is used of them, soon after it has changed. Called by the worker under a lease.

Each pass sums up afresh, so what is told is right after a crash too; nothing is decided by it.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping

from django.conf import settings

from storage import quota, sums, usage
from storage.models import ResourceQuota, StorageClass, StoragePolicyQuota, StoragePolicyUsage
from vmportal import service
from vmportal.errors import AlreadyExists, ApiError, NotFound
from vmportal.kind import Kind, Object
from vmportal.work import Lease

log = logging.getLogger(__name__)


def tell_resource_quota(uid: str, lease: Lease) -> None:
    """Write down what the namespace has of all that a ResourceQuota limits."""
    row = ResourceQuota.objects.filter(uid=uid, deleting=None).first()
    if row is None:
        return
    obj = json.loads(row.body)
    used = quota.amounts(sums.booked(row.namespace)) | _counts(row.namespace, obj)
    _write("resourcequotas", obj, usage.resource_quota_status(obj, used), lease)


def tell_policy_quota(uid: str, lease: Lease) -> None:
    """Write down what each storage class of a policy has reserved and used, and by which kinds of objects."""
    row = StoragePolicyQuota.objects.filter(uid=uid, deleting=None).first()
    if row is None:
        return
    obj = json.loads(row.body)
    policy = StorageClass.objects.exclude(policy_id="").filter(policy_id=row.policy_id)
    classes = list(policy.values_list("name", flat=True))
    booked = sums.booked(row.namespace)
    for wanted in usage.policy_usages(obj, classes, booked, settings.OPERATOR_NAMESPACE):
        _write_usage(wanted)
    _write("storagepolicyquotas.cns.vmware.com", obj, usage.policy_quota_status(classes, booked), lease)


def _counts(namespace: str, obj: Object) -> dict[str, int]:
    """How many objects there are of the kinds that a ResourceQuota counts."""
    from vmportal.kinds import KINDS  # which name this file's tasks

    keys = {limit.key for limit in quota.limits_of(obj)}
    counted = [kind for kind in KINDS if quota.COUNT + kind.shape.group_resource in keys]
    return {
        quota.COUNT + kind.shape.group_resource: kind.model.objects.filter(namespace=namespace).count()
        for kind in counted
    }


def _write(kind_name: str, obj: Object, status: Object, lease: Lease | None = None) -> None:
    if obj.get("status") == status:
        return
    kind, meta = _kind(kind_name), obj["metadata"]

    def change(found: Object) -> Object:
        return {**found, "status": status}

    with contextlib.suppress(NotFound):  # it went meanwhile
        service.update(
            kind,
            meta["namespace"],
            meta["name"],
            change,
            service.operator(),
            subresource="status",
            lease=lease,
        )


def _write_usage(wanted: Mapping[str, Object]) -> None:
    """Make a StoragePolicyUsage, or bring it up to date. One that cannot be made keeps no other from being told."""
    kind_name = "storagepolicyusages.cns.vmware.com"
    kind, meta = _kind(kind_name), wanted["metadata"]
    row = StoragePolicyUsage.objects.filter(namespace=meta["namespace"], name=meta["name"]).first()
    try:
        if row is None:
            made = {key: value for key, value in wanted.items() if key != "status"}
            found = service.create(kind, meta["namespace"], made, service.operator()).object
        else:
            found = json.loads(row.body)
        _write(kind_name, found, wanted["status"])
    except AlreadyExists:
        return  # by another pass, just now
    except ApiError as error:
        log.info("usage %s/%s: %s", meta["namespace"], meta["name"], error)


def _kind(name: str) -> Kind:
    from vmportal.kinds import kind_named  # which names this file's tasks

    return kind_named(name)
