"""How kubectl prints Kubernetes' own kinds: their columns, and the cells of one object.

Called by `vmportal.api.table`; pure. Custom kinds name their columns by JSONPath instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from vmportal.api.ages import age
from vmportal.kind import Column, Object

UNSET = "<unset>"
ACCESS_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


class Printer(NamedTuple):
    """How a kind of Kubernetes itself is printed: columns without paths, and a function for the cells."""

    columns: tuple[Column, ...]
    cells: Callable[[Object, dt.datetime], list[Any]]


def _column(name: str, type_: str = "string", priority: int = 0, format: str = "") -> Column:
    return Column(name, type_, "", priority, f"{name} of the object", format)


NAME = Column("Name", "string", "", 0, "Name must be unique within a namespace.", "name")
_AGE_TEXT = Column("Age", "string", "", 0, "Time since the object was created")


def _created(obj: Object, now: dt.datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _namespace(obj: Object, now: dt.datetime) -> list[Any]:
    return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), _created(obj, now)]


def _secret(obj: Object, now: dt.datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or {}), _created(obj, now)]


def _config_map(obj: Object, now: dt.datetime) -> list[Any]:
    count = len(obj.get("data") or {}) + len(obj.get("binaryData") or {})
    return [obj["metadata"]["name"], count, _created(obj, now)]


def _service_account(obj: Object, now: dt.datetime) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("secrets") or []), _created(obj, now)]


def _role_binding(obj: Object, now: dt.datetime) -> list[Any]:
    role = obj.get("roleRef") or {}
    subjects = obj.get("subjects") or []

    def named(kind: str) -> str:
        return ", ".join(
            f"{one.get('namespace', '')}/{one.get('name', '')}"
            if kind == "ServiceAccount"
            else one.get("name", "")
            for one in subjects
            if one.get("kind") == kind
        )

    shown = f"{role.get('kind', '')}/{role.get('name', '')}"
    people = [named(kind) for kind in ("User", "Group", "ServiceAccount")]
    return [obj["metadata"]["name"], shown, _created(obj, now), *people]


def _event(obj: Object, now: dt.datetime) -> list[Any]:
    about = obj.get("involvedObject") or {}
    source = obj.get("source") or {}
    series = obj.get("series") or {}
    event_time = obj.get("eventTime")
    first_seen = obj.get("firstTimestamp") or event_time
    last_seen = series.get("lastObservedTime") or obj.get("lastTimestamp") or first_seen
    component = source.get("component") or obj.get("reportingComponent", "")
    host = source.get("host") or obj.get("reportingInstance", "")
    return [
        age(last_seen, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{about.get('kind', '').lower()}/{about.get('name', '')}",
        about.get("fieldPath", ""),
        f"{component}, {host}" if host else component,
        (obj.get("message") or "").strip(),
        age(first_seen, now),
        series.get("count") or obj.get("count") or 1,
        obj["metadata"]["name"],
    ]


def _storage_class(obj: Object, now: dt.datetime) -> list[Any]:
    name = obj["metadata"]["name"]
    if (obj["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true":
        name += " (default)"
    return [
        name,
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy", "Delete"),
        obj.get("volumeBindingMode", "Immediate"),
        bool(obj.get("allowVolumeExpansion")),
        _created(obj, now),
    ]


def _claim(obj: Object, now: dt.datetime) -> list[Any]:
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    phase = "Terminating" if meta.get("deletionTimestamp") else status.get("phase") or "Pending"
    is_bound = bool(spec.get("volumeName"))
    modes = ",".join(ACCESS_MODES.get(mode, mode) for mode in status.get("accessModes") or [])
    return [
        meta["name"],
        phase,
        spec.get("volumeName", ""),
        (status.get("capacity") or {}).get("storage", "") if is_bound else "",
        modes if is_bound else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName") or UNSET,
        _created(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def _resource_quota(obj: Object, now: dt.datetime) -> list[Any]:
    status = obj.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    told = {name: f"{name}: {used.get(name, 0)}/{hard[name]}" for name in sorted(hard)}
    requests, limits = (
        ", ".join(text for name, text in told.items() if name.startswith("limits.") == is_limit)
        for is_limit in (False, True)
    )
    return [obj["metadata"]["name"], requests, limits, _created(obj, now)]


def _definition(obj: Object, now: dt.datetime) -> list[Any]:
    meta, spec = obj["metadata"], obj["spec"]
    versions = [
        f"{one['name']}(storage)" if one["storage"] else one["name"]
        for one in spec["versions"]
        if one["served"]
    ]
    names, conditions = spec["names"], obj["status"]["conditions"]
    is_established = any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
    return [
        meta["name"],
        spec["scope"],
        ",".join(versions),
        meta["creationTimestamp"],
        spec["group"],
        names["kind"],
        ",".join(names.get("shortNames", ())),
        is_established,
    ]


PRINTERS: dict[tuple[str, str], Printer] = {
    ("", "Namespace"): Printer((NAME, _column("Status"), _AGE_TEXT), _namespace),
    ("", "Secret"): Printer((NAME, _column("Type"), _column("Data"), _AGE_TEXT), _secret),
    ("", "ConfigMap"): Printer((NAME, _column("Data"), _AGE_TEXT), _config_map),
    ("", "ServiceAccount"): Printer((NAME, _column("Secrets"), _AGE_TEXT), _service_account),
    ("", "PersistentVolumeClaim"): Printer(
        (
            NAME,
            _column("Status"),
            _column("Volume"),
            _column("Capacity"),
            _column("Access Modes"),
            _column("StorageClass"),
            _column("VolumeAttributesClass"),
            _AGE_TEXT,
            _column("VolumeMode", priority=1),
        ),
        _claim,
    ),
    ("", "ResourceQuota"): Printer(
        (NAME, _column("Request"), _column("Limit"), _AGE_TEXT),
        _resource_quota,
    ),
    ("", "Event"): Printer(
        (
            _column("Last Seen"),
            _column("Type"),
            _column("Reason"),
            _column("Object"),
            _column("Subobject", priority=1),
            _column("Source", priority=1),
            _column("Message"),
            _column("First Seen", priority=1),
            _column("Count", "integer", priority=1),
            _column("Name", priority=1, format="name"),
        ),
        _event,
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): Printer(
        (
            NAME,
            _column("Role"),
            _AGE_TEXT,
            _column("Users", priority=1),
            _column("Groups", priority=1),
            _column("ServiceAccounts", priority=1),
        ),
        _role_binding,
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Printer(
        (
            NAME,
            _column("Scope"),
            _column("Versions"),
            _column("Created At", "date"),
            _column("Group", priority=1),
            _column("Kind", priority=1),
            _column("ShortNames", priority=1),
            _column("Established", "boolean", priority=1),
        ),
        _definition,
    ),
    ("storage.k8s.io", "StorageClass"): Printer(
        (
            NAME,
            _column("Provisioner"),
            _column("ReclaimPolicy"),
            _column("VolumeBindingMode"),
            _column("AllowVolumeExpansion"),
            _AGE_TEXT,
        ),
        _storage_class,
    ),
}
