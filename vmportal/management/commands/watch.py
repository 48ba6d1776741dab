"""`manage.py watch`: the watcher as a process of its own, beside gunicorn and a Celery worker."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from vmportal.watcher import Watcher


class Command(BaseCommand):
    help = "Watch the backends and nudge what changed there, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        watcher = Watcher()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: watcher.stop())
        watcher.run()
