"""What machines are made from, to look at: the images and the classes of a namespace."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from vmportal import access, yamltext
from vmportal.pages import enter, page, read
from vms.kinds import CLUSTER_VIRTUAL_MACHINE_IMAGE, VIRTUAL_MACHINE_CLASS, VIRTUAL_MACHINE_IMAGE
from vms.models import (
    ClusterVirtualMachineImage,
    VirtualMachine,
    VirtualMachineClass,
    VirtualMachineImage,
)
from vms.offers import ClassOffer, Offers

MACHINES_SHOWN = 20


@page
def images(request: HttpRequest, namespace: str) -> HttpResponseBase:
    enter(request, namespace)
    sought = request.GET.get("q", "").strip()
    found = [
        image
        for image in Offers(namespace).images
        if all(
            word in f"{image.label} {image.os} {image.type} {image.name}".lower()
            for word in sought.lower().split()
        )
    ]
    return render(request, "vms/images.html", {"namespace": namespace, "images": found, "q": sought})


@page
def image(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
    """One image, of the namespace or shared; who is made from it."""
    caller = enter(request, namespace)
    own = VirtualMachineImage.objects.filter(namespace=namespace, name=name).first()
    shared = None if own else ClusterVirtualMachineImage.objects.filter(name=name).first()
    kind = VIRTUAL_MACHINE_IMAGE if own else CLUSTER_VIRTUAL_MACHINE_IMAGE
    access.demand(caller, "get", kind, namespace if own else "", name)
    row = own or shared
    if row is None:
        raise access.not_found(VIRTUAL_MACHINE_IMAGE.shape, name)
    obj = read(row)
    users = VirtualMachine.objects.filter(namespace=namespace, image=name).order_by("name")
    context = {
        "namespace": namespace,
        "image": obj,
        "row": row,
        "kind": kind.shape.kind,
        "is_shared": own is None,
        "users": list(users[: MACHINES_SHOWN + 1]),
        "most": MACHINES_SHOWN,
        "yaml": yamltext.dump_object(obj),
    }
    return render(request, "vms/image.html", context)


@page
def classes(request: HttpRequest, namespace: str) -> HttpResponseBase:
    enter(request, namespace)
    return render(request, "vms/classes.html", {"namespace": namespace, "classes": Offers(namespace).classes})


@page
def vm_class(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
    """One class, and who uses it."""
    caller = enter(request, namespace)
    access.demand(caller, "get", VIRTUAL_MACHINE_CLASS, namespace, name)
    row = VirtualMachineClass.objects.filter(namespace=namespace, name=name).first()
    if row is None:
        raise access.not_found(VIRTUAL_MACHINE_CLASS.shape, name)
    obj = read(row)
    users = VirtualMachine.objects.filter(namespace=namespace, class_name=name).order_by("name")
    context = {
        "namespace": namespace,
        "row": row,
        "offer": ClassOffer.of(obj),
        "users": list(users[: MACHINES_SHOWN + 1]),
        "most": MACHINES_SHOWN,
        "yaml": yamltext.dump_object(obj),
    }
    return render(request, "vms/class.html", context)
