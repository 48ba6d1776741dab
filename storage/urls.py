"""The addresses of the pages of storage."""

from __future__ import annotations

from django.urls import path

from storage import views

app_name = "storage"
urlpatterns = [
    path("ns/<str:namespace>/storage-classes/", views.classes, name="classes"),
    path("ns/<str:namespace>/storage-classes/<str:name>/", views.storage_class, name="class"),
]
