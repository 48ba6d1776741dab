"""Reads Kubernetes' protobuf bodies, which kubectl sends for the kinds that it has types for.

Called by the API's parsers; pure. Answers are always JSON. The field numbers are those of Kubernetes' own
`generated.proto` files; fields that are not named here are skipped.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from vmportal.api.documents import storable
from vmportal.errors import BadRequest

MAGIC = b"k8s\x00"  # before every body; then a runtime.Unknown that holds the object

# One line a field: number, name, type. `[]` a list, `{}` a map from strings, `?` a pointer (zero counts as set).
MESSAGES = {
    "Unknown": "1 typeMeta TypeMeta, 2 raw raw, 3 contentEncoding str, 4 contentType str",
    "TypeMeta": "1 apiVersion str, 2 kind str",
    "ObjectMeta": """1 name str, 2 generateName str, 3 namespace str, 5 uid str, 6 resourceVersion str,
        7 generation int, 8 creationTimestamp time, 9 deletionTimestamp time, 10 deletionGracePeriodSeconds int?,
        11 labels {}str, 12 annotations {}str, 13 ownerReferences []OwnerReference, 14 finalizers []str,
        17 managedFields []ManagedFieldsEntry""",
    "OwnerReference": """1 kind str, 3 name str, 4 uid str, 5 apiVersion str, 6 controller bool?,
        7 blockOwnerDeletion bool?""",
    "ManagedFieldsEntry": """1 manager str, 2 operation str, 3 apiVersion str, 4 time time, 6 fieldsType str,
        7 fieldsV1 FieldsV1, 8 subresource str""",
    "FieldsV1": "1 Raw json",
    "LabelSelector": "1 matchLabels {}str, 2 matchExpressions []LabelSelectorRequirement",
    "LabelSelectorRequirement": "1 key str, 2 operator str, 3 values []str",
    "DeleteOptions": """1 gracePeriodSeconds int?, 2 preconditions Preconditions, 3 orphanDependents bool?,
        4 propagationPolicy str?, 5 dryRun []str""",
    "Preconditions": "1 uid str?, 2 resourceVersion str?",
    "ObjectReference": """1 kind str, 2 namespace str, 3 name str, 4 uid str, 5 apiVersion str,
        6 resourceVersion str, 7 fieldPath str""",
    "LocalObjectReference": "1 name str",
    "Secret": "1 metadata ObjectMeta, 2 data {}bytes, 3 type str, 4 stringData {}str, 5 immutable bool?",
    "ConfigMap": "1 metadata ObjectMeta, 2 data {}str, 3 binaryData {}bytes, 4 immutable bool?",
    "Namespace": "1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status NamespaceStatus",
    "NamespaceSpec": "1 finalizers []str",
    "NamespaceStatus": "1 phase str, 2 conditions []NamespaceCondition",
    "NamespaceCondition": "1 type str, 2 status str, 4 lastTransitionTime time, 5 reason str, 6 message str",
    "ServiceAccount": """1 metadata ObjectMeta, 2 secrets []ObjectReference,
        3 imagePullSecrets []LocalObjectReference, 4 automountServiceAccountToken bool?""",
    "ResourceQuota": "1 metadata ObjectMeta, 2 spec ResourceQuotaSpec, 3 status ResourceQuotaStatus",
    "ResourceQuotaSpec": "1 hard {}quantity, 2 scopes []str, 3 scopeSelector ScopeSelector",
    "ResourceQuotaStatus": "1 hard {}quantity, 2 used {}quantity",
    "ScopeSelector": "1 matchExpressions []ScopedResourceSelectorRequirement",
    "ScopedResourceSelectorRequirement": "1 scopeName str, 2 operator str, 3 values []str",
    "PersistentVolumeClaim": "1 metadata ObjectMeta, 2 spec PersistentVolumeClaimSpec",
    "PersistentVolumeClaimSpec": """1 accessModes []str, 2 resources VolumeResourceRequirements, 3 volumeName str,
        4 selector LabelSelector, 5 storageClassName str?, 6 volumeMode str?, 7 dataSource TypedObjectReference,
        8 dataSourceRef TypedObjectReference, 9 volumeAttributesClassName str?""",
    "VolumeResourceRequirements": "1 limits {}quantity, 2 requests {}quantity",
    "TypedObjectReference": "1 apiGroup str?, 2 kind str, 3 name str, 4 namespace str?",
    "StorageClass": """1 metadata ObjectMeta, 2 provisioner str, 3 parameters {}str, 4 reclaimPolicy str?,
        5 mountOptions []str, 6 allowVolumeExpansion bool?, 7 volumeBindingMode str?,
        8 allowedTopologies []TopologySelectorTerm""",
    "TopologySelectorTerm": "1 matchLabelExpressions []TopologySelectorLabelRequirement",
    "TopologySelectorLabelRequirement": "1 key str, 2 values []str",
    "Event": """1 metadata ObjectMeta, 2 involvedObject ObjectReference, 3 reason str, 4 message str,
        5 source EventSource, 6 firstTimestamp time, 7 lastTimestamp time, 8 count int, 9 type str,
        10 eventTime microtime, 11 series EventSeries, 12 action str, 13 related ObjectReference,
        14 reportingComponent str, 15 reportingInstance str""",
    "EventSource": "1 component str, 2 host str",
    "EventSeries": "1 count int, 2 lastObservedTime microtime",
    "RoleBinding": "1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef",
    "RoleRef": "1 apiGroup str, 2 kind str, 3 name str",
    "Subject": "1 kind str, 2 apiGroup str, 3 name str, 4 namespace str",
    "SelfSubjectAccessReview": "1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec",
    "SubjectAccessReview": "1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec",
    "LocalSubjectAccessReview": "1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec",
    "SubjectAccessReviewSpec": """1 resourceAttributes ResourceAttributes,
        2 nonResourceAttributes NonResourceAttributes, 3 user str, 4 groups []str, 6 uid str""",
    "ResourceAttributes": """1 namespace str, 2 verb str, 3 group str, 4 version str, 5 resource str,
        6 subresource str, 7 name str""",
    "NonResourceAttributes": "1 path str, 2 verb str",
    "SelfSubjectRulesReview": "1 metadata ObjectMeta, 2 spec SelfSubjectRulesReviewSpec",
    "SelfSubjectRulesReviewSpec": "1 namespace str",
    "SelfSubjectReview": "1 metadata ObjectMeta",
    "TokenReview": "1 metadata ObjectMeta, 2 spec TokenReviewSpec",
    "TokenReviewSpec": "1 token str, 2 audiences []str",
    "TokenRequest": "1 metadata ObjectMeta, 2 spec TokenRequestSpec",
    "TokenRequestSpec": "1 audiences []str, 3 boundObjectRef BoundObjectReference, 4 expirationSeconds int?",
    "BoundObjectReference": "1 kind str, 2 apiVersion str, 3 name str, 4 uid str",
    "Timestamp": "1 seconds int, 2 nanos int",
    "Quantity": "1 string str",
}

# What may be the whole of a body.
BODIES = frozenset(name for name, fields in MESSAGES.items() if fields.startswith("1 metadata ")) | {
    "DeleteOptions"
}


class Field(NamedTuple):
    name: str
    type: str
    container: str  # "", "[]" or "{}"
    is_pointer: bool


class Broken(ValueError):
    """The bytes are not what they should be."""


def decode(body: bytes) -> dict[str, Any]:
    """The object in a protobuf body, in its JSON shape. Raises `BadRequest`."""
    if not body.startswith(MAGIC):
        raise BadRequest("the protobuf body does not begin with Kubernetes' magic number")
    try:
        envelope = _message("Unknown", body[len(MAGIC) :])
        meta = envelope.get("typeMeta", {})
        if meta.get("kind") not in BODIES:
            raise BadRequest(f"objects of kind {meta.get('kind')!r} are not read as protobuf: send JSON")
        return {**meta, **_message(meta["kind"], envelope.get("raw", b""))}
    except (Broken, ValueError, OverflowError) as error:
        raise BadRequest(f"the protobuf body cannot be read: {error}") from error


@cache
def _fields(message: str) -> dict[int, Field]:
    fields = {}
    for line in MESSAGES[message].split(","):
        number, name, type_ = line.split()
        container = type_[:2] if type_[:2] in ("[]", "{}") else ""
        fields[int(number)] = Field(name, type_[len(container) :].rstrip("?"), container, type_.endswith("?"))
    return fields


def _message(message: str, data: bytes) -> dict[str, Any]:
    fields = _fields(message)
    result: dict[str, Any] = {}
    for number, value in _entries(data):
        field = fields.get(number)
        if field is None:
            continue
        if field.container == "{}":
            key, item = _map_entry(field.type, _bytes(value))
            result.setdefault(field.name, {})[key] = item
        elif field.container == "[]":
            result.setdefault(field.name, []).append(_value(field.type, value))
        else:
            item = _value(field.type, value)
            # Go writes plain fields also when they are empty; JSON leaves them out.
            if item not in ("", 0, None) or field.is_pointer:
                result[field.name] = item
    return result


def _map_entry(type_: str, data: bytes) -> tuple[str, Any]:
    entry = dict(_entries(data))
    return _text(entry.get(1, b"")), _value(type_, entry.get(2, b""))


def _value(type_: str, value: int | bytes) -> Any:
    if type_ in ("int", "bool"):
        if not isinstance(value, int):
            raise Broken("a number is missing")
        signed = value - (1 << 64) if value >= 1 << 63 else value
        return bool(value) if type_ == "bool" else signed
    data = _bytes(value)
    if type_ == "str":
        return _text(data)
    if type_ == "raw":
        return data
    if type_ == "bytes":
        return base64.b64encode(data).decode()
    if type_ == "json":
        return json.loads(data or b"null")
    if type_ == "quantity":
        return _message("Quantity", data).get("string", "0")
    if type_ in ("time", "microtime"):
        return _time(_message("Timestamp", data), is_micro=type_ == "microtime")
    found = _message(type_, data)
    return found.get("Raw") if type_ == "FieldsV1" else found


def _time(stamp: dict[str, int], is_micro: bool) -> str | None:
    """RFC 3339, or None for the zero time, which Go writes as nothing or as year 1."""
    seconds = stamp.get("seconds", 0)
    if not stamp or seconds <= -62135596800:
        return None
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    micro = f".{stamp.get('nanos', 0) // 1000:06d}" if is_micro else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{micro}Z"


def _entries(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of each field: an unsigned number, or bytes."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            length, position = _varint(data, position)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise Broken(f"wire type {wire} is not used by Kubernetes")
        if position + length > len(data):
            raise Broken("it ends too early")
        yield number, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data) and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << 64) - 1), position
        shift += 7
    raise Broken("a number does not end")


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise Broken("a number where bytes belong")
    return value


def _text(value: int | bytes) -> str:
    return storable(_bytes(value).decode())
