"""The kinds of Kubernetes itself that the portal keeps: shape, row and rules together."""

from __future__ import annotations

from typing import Any

from vmportal import core_rules, models
from vmportal import core_schema as schema
from vmportal.kind import Kind, Object
from vmportal.store import parse_time
from vmportal.work import Lease


def _event_columns(obj: Object) -> dict[str, Any]:
    involved = obj.get("involvedObject") or {}
    return {
        "involved_uid": involved.get("uid") or "",
        "involved_api_version": involved.get("apiVersion") or "",
        "involved_kind": involved.get("kind") or "",
        "involved_name": involved.get("name") or "",
        "involved_namespace": involved.get("namespace") or "",
        "reason": obj.get("reason") or "",
        "type": obj.get("type") or "",
        "last_seen": parse_time(obj.get("lastTimestamp") or obj["metadata"]["creationTimestamp"]),
    }


def _reconcile_namespace(uid: str, lease: Lease) -> float | None:
    from vmportal.namespaces import reconcile_namespace  # needs the list of kinds, which this file is part of

    return reconcile_namespace(uid, lease)


def _offers(_: Object) -> Any:
    """All offers: a namespace, or its labels, may be what they wait for."""
    return models.Offer.objects.values("uid")


NAMESPACE = Kind(
    schema.NAMESPACE,
    models.Namespace,
    writer="portal",
    admission=core_rules.NAMESPACE,
    row_columns=lambda obj: {"phase": (obj.get("status") or {}).get("phase", "")},
    selectable={"status.phase": "phase"},
    reconcile=_reconcile_namespace,
    waiting=_offers,
)
SECRET = Kind(
    schema.SECRET,
    models.Secret,
    reader="edit",
    admission=core_rules.SECRET,
    row_columns=lambda obj: {"type": obj.get("type") or ""},
    selectable={"type": "type"},
    is_sealed=True,
)
CONFIG_MAP = Kind(schema.CONFIG_MAP, models.ConfigMap, admission=core_rules.CONFIG_MAP)
EVENT = Kind(
    schema.EVENT,
    models.Event,
    admission=core_rules.EVENT,
    row_columns=_event_columns,
    selectable={
        "involvedObject.uid": "involved_uid",
        "involvedObject.apiVersion": "involved_api_version",
        "involvedObject.kind": "involved_kind",
        "involvedObject.name": "involved_name",
        "involvedObject.namespace": "involved_namespace",  # none: it is about a cluster-wide object
        "reason": "reason",
        "type": "type",
    },
    has_history=False,
)
SERVICE_ACCOUNT = Kind(
    schema.SERVICE_ACCOUNT, models.ServiceAccount, writer="admin", admission=core_rules.SERVICE_ACCOUNT
)
ROLE_BINDING = Kind(
    schema.ROLE_BINDING, models.RoleBinding, writer="admin", admission=core_rules.ROLE_BINDING
)
KINDS = (NAMESPACE, SECRET, CONFIG_MAP, EVENT, SERVICE_ACCOUNT, ROLE_BINDING)
