"""The addresses of the pages of machines, and of the classes and images they are made from.

Whatever is no machine's stands beside `vms/`, not in it: a machine may have any name.
"""

from __future__ import annotations

from django.urls import path

from vms.views import catalogue, changing, creating, listing, one

app_name = "vms"
urlpatterns = [
    path("ns/<str:namespace>/vms/", listing.index, name="list"),
    path("ns/<str:namespace>/vms.csv", listing.as_csv, name="csv"),
    path("ns/<str:namespace>/vm-news/", listing.news, name="news"),
    path("ns/<str:namespace>/new-vm/", creating.new, name="new"),
    path("ns/<str:namespace>/new-vm/check/", creating.check, name="check"),
    path("ns/<str:namespace>/vms/<str:name>/", one.show, name="page"),
    path("ns/<str:namespace>/vms/<str:name>/power/", one.power, name="power"),
    path("ns/<str:namespace>/vms/<str:name>/edit/", changing.edit, name="edit"),
    path("ns/<str:namespace>/vms/<str:name>/delete/", changing.delete, name="delete"),
    path("ns/<str:namespace>/vms/<str:name>/live/<str:tab>/", one.live, name="live"),
    path("ns/<str:namespace>/vms/<str:name>/<str:tab>/", one.show, name="tab"),
    path("ns/<str:namespace>/images/", catalogue.images, name="images"),
    path("ns/<str:namespace>/images/<str:name>/", catalogue.image, name="image"),
    path("ns/<str:namespace>/classes/", catalogue.classes, name="classes"),
    path("ns/<str:namespace>/classes/<str:name>/", catalogue.vm_class, name="class"),
]
