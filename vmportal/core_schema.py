"""The shapes of Kubernetes' own kinds that the portal keeps. Used by `vmportal.core_kinds`; pure.

How kubectl prints them is in `vmportal.api.printers`, as it takes more than paths.
"""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import Schema, array, boolean, integer, mapping, obj, text, texts, time

RBAC_GROUP = "rbac.authorization.k8s.io"


def _object_reference(description: str = "") -> Schema:
    return obj(
        {
            "apiVersion": text(),
            "kind": text(),
            "namespace": text(),
            "name": text(),
            "uid": text(),
            "resourceVersion": text(),
            "fieldPath": text(description="The part of the object that is meant."),
        },
        atomic=True,
        description=description,
    )


NAMESPACE = Shape(
    group="",
    version="v1",
    kind="Namespace",
    plural="namespaces",
    singular="namespace",
    short_names=("ns",),
    namespaced=False,
    has_status=True,
    is_builtin=True,
    schema=obj(
        {
            "spec": obj({"finalizers": texts()}),
            "status": obj(
                {
                    "phase": text(description="Active or Terminating."),
                    "conditions": array(
                        obj(
                            {
                                "type": text(),
                                "status": text(),
                                "lastTransitionTime": time(),
                                "reason": text(),
                                "message": text(),
                            },
                            required=("type", "status"),
                        ),
                        keys=("type",),
                    ),
                }
            ),
        },
        description="A place for the objects of a team.",
    ),
)

SECRET = Shape(
    group="",
    version="v1",
    kind="Secret",
    plural="secrets",
    singular="secret",
    is_builtin=True,
    schema=obj(
        {
            "type": text(default="Opaque", description="What it holds; never changes."),
            "data": mapping(text(format="byte"), description="The values, each as base64."),
            "stringData": mapping(
                text(), description="Values as plain text: written into data, never read back."
            ),
            "immutable": boolean(description="Once true, data never changes."),
        },
        description="Passwords, keys and the like.",
    ),
)

CONFIG_MAP = Shape(
    group="",
    version="v1",
    kind="ConfigMap",
    plural="configmaps",
    singular="configmap",
    short_names=("cm",),
    is_builtin=True,
    schema=obj(
        {
            "data": mapping(text()),
            "binaryData": mapping(text(format="byte"), description="The values, each as base64."),
            "immutable": boolean(description="Once true, data never changes."),
        },
        description="Settings that are no secret.",
    ),
)

EVENT = Shape(
    group="",
    version="v1",
    kind="Event",
    plural="events",
    singular="event",
    short_names=("ev",),
    is_builtin=True,
    schema=obj(
        {
            "involvedObject": _object_reference("What it happened to."),
            "type": text(description="Normal or Warning."),
            "reason": text(description="One word in CamelCase."),
            "message": text(description="A sentence for people."),
            "count": integer(),
            "firstTimestamp": time(),
            "lastTimestamp": time(),
            "eventTime": time(),
            "source": obj({"component": text(), "host": text()}),
            "series": obj({"count": integer(), "lastObservedTime": time()}),
            "action": text(),
            "related": _object_reference("A second object that took part."),
            "reportingComponent": text(),
            "reportingInstance": text(),
        },
        required=("involvedObject",),
        description="Something that happened to an object.",
    ),
)

SERVICE_ACCOUNT = Shape(
    group="",
    version="v1",
    kind="ServiceAccount",
    plural="serviceaccounts",
    singular="serviceaccount",
    short_names=("sa",),
    is_builtin=True,
    schema=obj(
        {
            "secrets": array(_object_reference(), keys=("name",)),
            "imagePullSecrets": array(obj({"name": text()}, atomic=True), atomic=True),
            "automountServiceAccountToken": boolean(),
        },
        description="A user that is a machine.",
    ),
)

_SUBJECT = obj(
    {
        "kind": text(enum=("User", "Group", "ServiceAccount")),
        "apiGroup": text(description=f"{RBAC_GROUP} for users and groups, empty for service accounts."),
        "name": text(),
        "namespace": text(description="Of a service account."),
    },
    required=("kind", "name"),
    atomic=True,
)

ROLE_BINDING = Shape(
    group=RBAC_GROUP,
    version="v1",
    kind="RoleBinding",
    plural="rolebindings",
    singular="rolebinding",
    is_builtin=True,
    schema=obj(
        {
            "roleRef": obj(
                {
                    "apiGroup": text(default=RBAC_GROUP),
                    "kind": text(enum=("ClusterRole", "Role")),
                    "name": text(description="view, edit or admin."),
                },
                required=("apiGroup", "kind", "name"),
                atomic=True,
                description="What the subjects may do; never changes.",
            ),
            "subjects": array(_SUBJECT, atomic=True, description="Who."),
        },
        required=("roleRef",),
        description="Makes users members of a namespace.",
    ),
)
