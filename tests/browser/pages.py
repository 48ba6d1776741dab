"""Every page there is, by a name for pictures, and whom it is shown to."""

from __future__ import annotations

A_MACHINE = "/ns/team-a/vms/web-1/"
PAGES = {
    "list": "/ns/team-a/vms/",
    "list-empty-search": "/ns/team-a/vms/?q=nothing",
    "list-everywhere": "/ns/_all/vms/",
    "create": "/ns/team-a/new-vm/",
    "machine": A_MACHINE,
    "machine-blocked": "/ns/team-a/vms/report-1/",
    "machine-conditions": f"{A_MACHINE}conditions/",
    "machine-events": f"{A_MACHINE}events/",
    "machine-history": f"{A_MACHINE}history/?all=1",
    "machine-yaml": f"{A_MACHINE}yaml/",
    "machine-edit": f"{A_MACHINE}edit/",
    "machine-delete": f"{A_MACHINE}delete/",
    "images": "/ns/team-a/images/",
    "classes": "/ns/team-a/classes/",
    "class": "/ns/team-a/classes/large/",
    "storage-classes": "/ns/team-a/storage-classes/",
    "storage-class": "/ns/team-a/storage-classes/gold/",
    "activity": "/ns/team-a/activity/?all=1",
    "namespaces": "/ns/",
    "account": "/account/",
    "reference": "/reference/",
    "not-found": "/ns/nowhere/vms/",
}
ADMIN_PAGES = {
    "admin-namespaces": "/admin/namespaces/",
    "admin-new-namespace": "/admin/new-namespace/",
    "admin-namespace": "/admin/namespaces/team-a/",
    "admin-namespace-delete": "/admin/namespaces/team-a/delete/",
    "admin-offers": "/admin/offers/",
    "admin-offer": "/admin/offers/small/",
    "admin-new-offer": "/admin/new-offer/?kind=VirtualMachineClass",
    "admin-offer-edit": "/admin/offers/gold/edit/",
    "admin-offer-delete": "/admin/offers/small/delete/",
    "admin-connections": "/admin/connections/",
    "admin-new-connection": "/admin/new-connection/",
}
