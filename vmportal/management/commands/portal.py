"""`manage.py portal`: the whole portal in one process, made ready on the first start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

if TYPE_CHECKING:
    from vmportal.embedded import Portal


class Command(BaseCommand):
    help = "Migrate, seed the demo once, and run web server, worker, clock and watcher in this process."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            portal = self._start()
        except KeyboardInterrupt:
            self.stderr.write("Stopped before it was ready; nothing is half done.")
            self._leave(130)
        except (OSError, OperationalError) as error:
            raise CommandError(
                f"The portal cannot start: {error}. Is {settings.DATA_DIR} yours to write, and is there space?"
                if connection.vendor == "sqlite"
                else f"The portal cannot start: {error}"
            ) from error
        portal.wait()
        self.stdout.write("Stopping …")
        portal.stop()
        self._leave(0)

    def _start(self) -> Portal:
        from vmportal.embedded import Portal, PortTaken, demand_ports_free

        try:
            demand_ports_free()
        except PortTaken as error:
            raise CommandError(str(error)) from error
        call_command("migrate", verbosity=0, interactive=False)
        from vmportal import demo, work

        if settings.IS_DEMO:
            demo.seed_once()
        work.end_all_leases()
        portal = Portal()
        portal.start()
        self.stdout.write(_welcome(demo.DEMO_USERS if settings.IS_DEMO else {}))
        self.stdout.flush()
        return portal

    def _leave(self, code: int) -> NoReturn:
        """At once: threads of an embedded worker may hold the interpreter for longer than three seconds."""
        self.stdout.flush()
        self.stderr.flush()
        os._exit(code)


def _welcome(users: dict[str, str]) -> str:
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    lines = [
        "VM Portal is running.",
        f"  pages       http://{host}:{settings.PORT}/",
        f"  API (TLS)   https://{host}:{settings.TLS_PORT}/   CA: {settings.DATA_DIR / 'tls' / 'ca.crt'}",
    ]
    if users:
        lines.append("  sign in as  " + ", ".join(f"{name} / {password}" for name, password in users.items()))
        lines.append("  kubectl     .venv/bin/python manage.py kubeconfig alice > kubeconfig")
    lines.append("Ctrl-C stops it.")
    return "\n".join(lines)
