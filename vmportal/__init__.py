"""VM Portal: a self-service portal for virtual machines on vSphere."""

from vmportal.celery import app as celery_app

__all__ = ["celery_app"]
