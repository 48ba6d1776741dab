"""The shapes of ContentLibrary and ClusterContentLibrary: where images come from and go to. Pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import array, boolean, conditions, obj, text, time

_LIBRARY = {
    "id": text(description="vSphere's id of the library, or of the folder of an inventory."),
    "libraryType": text(enum=("ContentLibrary", "Inventory"), default="ContentLibrary"),
    "resourceNamingStrategy": text(
        enum=("FromItemID", "PreferItemSourceID"),
        default="FromItemID",
        description="From which id the names of images are made.",
    ),
}

_STATUS = obj(
    {
        "name": text(description="vSphere's name of the library."),
        "description": text(),
        "state": text(enum=("Active", "InMaintenance")),
        "version": text(),
        "creationTime": time(),
        "lastModifiedTime": time(),
        "lastSyncTime": time(),
        "securityPolicyID": text(),
        "serverGUID": text(),
        "publishInfo": obj(
            {"published": boolean(), "url": text()},
            required=("published", "url"),
            description="Whether and where other libraries may subscribe to it.",
        ),
        "subscriptionInfo": obj(
            {"url": text(), "onDemand": boolean(), "automaticSync": boolean()},
            required=("automaticSync", "onDemand", "url"),
            description="The library that it follows.",
        ),
        "storageBacking": array(
            obj({"type": text(enum=("Datastore", "Other")), "datastoreID": text()}, required=("type",))
        ),
        "conditions": conditions(),
    }
)

_NAME = Column("DisplayName", "string", ".status.name")
_AGE = Column("Age", "date", ".metadata.creationTimestamp")

CONTENT_LIBRARY = Shape(
    group="imageregistry.vmware.com",
    version="v1alpha2",
    kind="ContentLibrary",
    plural="contentlibraries",
    singular="contentlibrary",
    short_names=("lib", "library"),
    has_status=True,
    columns=(
        _NAME,
        Column("AllowPublish", "boolean", ".spec.allowPublish"),
        Column("AllowImport", "boolean", ".spec.allowImport"),
        _AGE,
    ),
    schema=obj(
        {
            "spec": obj(
                {
                    **_LIBRARY,
                    "allowDelete": boolean(description="Whether items may be deleted."),
                    "allowImport": boolean(description="Whether items may be fetched from elsewhere."),
                    "allowPublish": boolean(description="Whether VMs may be published to it."),
                    "storageClass": text(description="The StorageClass of the items of an inventory."),
                },
                required=("id",),
            ),
            "status": _STATUS,
        },
        description="A library of images, for one namespace.",
    ),
)

CLUSTER_CONTENT_LIBRARY = Shape(
    group="imageregistry.vmware.com",
    version="v1alpha2",
    kind="ClusterContentLibrary",
    plural="clustercontentlibraries",
    singular="clustercontentlibrary",
    short_names=("clib", "clibrary"),
    namespaced=False,
    has_status=True,
    columns=(_NAME, _AGE),
    schema=obj(
        {"spec": obj(_LIBRARY, required=("id",)), "status": _STATUS},
        description="A library of images, for all namespaces.",
    ),
)
