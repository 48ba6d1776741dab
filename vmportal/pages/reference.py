"""The API reference: what the API can do, kind by kind, and a way to try it at once. One of the pages' addresses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from vmportal.api.published import openapi_documents
from vmportal.pages import page

FIRST = "apis/vmoperator.vmware.com/v1alpha5"  # what most come for


@ensure_csrf_cookie  # what is tried here is sent with it
@page
def reference(request: HttpRequest) -> HttpResponseBase:
    """Swagger UI for one document of `/openapi/v3`; `?document=apis/<group>/<version>` chooses it."""
    documents = openapi_documents()
    asked = request.GET.get("document", "")
    chosen = asked if asked in documents else FIRST
    address = f"/openapi/v3/{chosen}?hash={documents[chosen].tag}"
    return render(
        request, "api_reference.html", {"documents": documents, "chosen": chosen, "address": address}
    )
