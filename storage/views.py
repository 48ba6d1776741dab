"""The storage classes that a namespace may use, to look at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from storage.kinds import STORAGE_CLASS
from storage.models import StorageClass
from storage.offers import storage_offers
from vmportal import access, yamltext
from vmportal.pages import enter, page, read


@page
def classes(request: HttpRequest, namespace: str) -> HttpResponseBase:
    enter(request, namespace)
    return render(
        request, "storage/classes.html", {"namespace": namespace, "offers": storage_offers(namespace)}
    )


@page
def storage_class(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
    """One storage class, with the namespace's quota of it; 404 for one that is not offered here."""
    enter(request, namespace)
    offer = next((offer for offer in storage_offers(namespace) if offer.name == name), None)
    if offer is None:
        raise access.not_found(STORAGE_CLASS.shape, name)
    obj = read(StorageClass.objects.get(namespace="", name=name))
    context = {"namespace": namespace, "offer": offer, "object": obj, "yaml": yamltext.dump_object(obj)}
    return render(request, "storage/class.html", context)
