"""The WSGI application for production servers; the embedded one makes its own."""

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from vmportal.bodies import WholeBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")

if settings.CELERY_BROKER_URL.startswith("memory"):
    # Wake-ups in this process's memory reach no worker, and nothing would say so.
    raise ImproperlyConfigured(
        "Set CELERY_BROKER_URL (redis://…): the broker in memory is for `manage.py portal`, which is one process."
    )
application = WholeBodies(get_wsgi_application(), settings.MAX_BODY_BYTES)
