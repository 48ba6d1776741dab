"""CustomResourceDefinitions made from the shapes, as a kube-apiserver takes them, and as it shows them; pure.

Called by `manage.py crds`, and by `vmportal.api.definitions`, where clients read them.
"""

from __future__ import annotations

import copy
import uuid
from typing import Any

from vmportal.api.meta_schemas import TYPE_META
from vmportal.kind import Column, Shape

_HEAD: dict[str, Any] = {**TYPE_META, "metadata": {"type": "object"}}


def crd(shape: Shape) -> dict[str, Any]:
    """The CustomResourceDefinition of a shape, which is none of Kubernetes' own."""
    names: dict[str, Any] = {
        "kind": shape.kind,
        "listKind": f"{shape.kind}List",
        "plural": shape.plural,
        "singular": shape.singular,
    }
    if shape.short_names:
        names["shortNames"] = list(shape.short_names)
    if shape.categories:
        names["categories"] = list(shape.categories)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": shape.group_resource},
        "spec": {
            "group": shape.group,
            "names": names,
            "scope": "Namespaced" if shape.namespaced else "Cluster",
            "versions": [_version(shape)],
        },
    }


def established(shape: Shape, since: str) -> dict[str, Any]:
    """The same as a server shows it that has taken it; `since` (RFC 3339) is when it did."""
    made = copy.deepcopy(crd(shape))
    name, spec = made["metadata"]["name"], made["spec"]
    made["metadata"] |= {
        "uid": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),  # the same in every process
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": since,
    }
    spec["conversion"] = {"strategy": "None"}
    told = (
        ("NamesAccepted", "NoConflicts", "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    )
    made["status"] = {
        "conditions": [
            {
                "type": type_,
                "status": "True",
                "lastTransitionTime": since,
                "reason": reason,
                "message": message,
            }
            for type_, reason, message in told
        ],
        "acceptedNames": spec["names"],
        "storedVersions": [shape.version],
    }
    return made


def _version(shape: Shape) -> dict[str, Any]:
    version: dict[str, Any] = {
        "name": shape.version,
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {
                **shape.schema,
                "properties": {**_HEAD, **shape.schema.get("properties", {})},
            }
        },
    }
    parts = _subresources(shape)
    if parts:
        version["subresources"] = parts
    if shape.columns:
        version["additionalPrinterColumns"] = [_column(column) for column in shape.columns]
    return version


def _subresources(shape: Shape) -> dict[str, Any]:
    parts: dict[str, Any] = {"status": {}} if shape.has_status else {}
    if shape.scale:
        parts["scale"] = {
            "specReplicasPath": shape.scale.replicas,
            "statusReplicasPath": shape.scale.seen,
        }
    return parts


def _column(column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    more = {"priority": column.priority, "description": column.description, "format": column.format}
    return made | {key: value for key, value in more.items() if value}
