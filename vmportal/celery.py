"""The Celery application: the worker and its clock, embedded in the portal's one process or beside it."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")

app = Celery("vmportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["vmportal"])
