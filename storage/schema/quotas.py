"""The shapes of what limits a namespace, and of what it has used. Assembled in `storage.schema`; pure."""

from __future__ import annotations

from vmportal.kind import Shape
from vmportal.schema.words import Schema, array, mapping, obj, quantity, text, texts

_QUOTA_USAGE = obj({"reserved": quantity("Asked for and not yet there."), "used": quantity()})


def _usage() -> Schema:
    """What one storage class has reserved and used."""
    return array(
        obj(
            {
                "storageClassName": text(max_length=64),
                "scQuotaUsage": _QUOTA_USAGE,
            },
            required=("storageClassName",),
        )
    )


STORAGE_POLICY_QUOTA = Shape(
    group="cns.vmware.com",
    version="v1alpha2",
    kind="StoragePolicyQuota",
    plural="storagepolicyquotas",
    singular="storagepolicyquota",
    has_status=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "storagePolicyId": text(max_length=128),
                    "limit": quantity("The most that the namespace may use of the policy."),
                },
                required=("storagePolicyId",),
            ),
            "status": obj(
                {
                    "total": _usage(),
                    "extensions": array(
                        obj(
                            {"extensionName": text(max_length=64), "extensionQuotaUsage": _usage()},
                            required=("extensionName",),
                        )
                    ),
                }
            ),
        }
    ),
)

STORAGE_POLICY_USAGE = Shape(
    group="cns.vmware.com",
    version="v1alpha2",
    kind="StoragePolicyUsage",
    plural="storagepolicyusages",
    singular="storagepolicyusage",
    has_status=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "storagePolicyId": text(max_length=128),
                    "storageClassName": text(max_length=64),
                    "resourceApiGroup": text(description="Of the kind that uses the storage."),
                    "resourceKind": text(max_length=64, description="The kind that uses the storage."),
                    "resourceExtensionName": text(description="The service that counts."),
                    "resourceExtensionNamespace": text(),
                    "caBundle": text(format="byte", description="The CA of that service, as base64."),
                },
                required=("resourceExtensionName", "resourceKind", "storageClassName", "storagePolicyId"),
            ),
            "status": obj({"quotaUsage": _QUOTA_USAGE}),
        },
        description="What one kind of object uses of a storage policy in the namespace.",
    ),
)

_SCOPE = obj(
    {
        "scopeName": text(),
        "operator": text(description="In, NotIn, Exists or DoesNotExist."),
        "values": texts("For In and NotIn."),
    },
    required=("operator", "scopeName"),
)

RESOURCE_QUOTA = Shape(
    group="",
    version="v1",
    kind="ResourceQuota",
    plural="resourcequotas",
    singular="resourcequota",
    short_names=("quota",),
    has_status=True,
    is_builtin=True,
    schema=obj(
        {
            "spec": obj(
                {
                    "hard": mapping(
                        quantity(),
                        description="The most of each resource, such as "
                        "count/virtualmachines.vmoperator.vmware.com: 10.",
                    ),
                    "scopes": texts(),
                    "scopeSelector": obj({"matchExpressions": array(_SCOPE, atomic=True)}, atomic=True),
                }
            ),
            "status": obj({"hard": mapping(quantity()), "used": mapping(quantity())}),
        },
        description="The most that a namespace may have.",
    ),
)
