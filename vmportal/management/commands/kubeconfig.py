"""`manage.py kubeconfig USER`: prints a kubeconfig with a new token, which works as it is."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from vmportal import yamltext
from vmportal.access import caller_for, visible
from vmportal.kinds import kind_for
from vmportal.management.commands.token import add_arguments, made_for, user_named
from vmportal.models import User
from vmportal.tls import ensure_ca

NAME = "vm-portal"


class Command(BaseCommand):
    help = (
        "Prints a kubeconfig for a user, with a new token: `manage.py kubeconfig alice > alice.kubeconfig`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser, name="kubeconfig")
        parser.add_argument("--server", default=f"https://{settings.HOST}:{settings.TLS_PORT}")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_named(options["user"])
        config = kubeconfig(user, made_for(user, options), options["server"], options["namespace"])
        self.stdout.write(yamltext.dump(config), ending="")


def kubeconfig(user: User, token: str, server: str, namespace: str = "") -> dict[str, Any]:
    """A kubeconfig as an object. `namespace` is the one it begins in: else the first of the user's."""
    name = user.get_username()
    authority = base64.b64encode(ensure_ca().read_bytes()).decode()
    context = {"cluster": NAME, "user": name, "namespace": namespace or first_namespace(user)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": context}],
        "current-context": NAME,
    }


def first_namespace(user: User) -> str:
    kind = kind_for("", "v1", "namespaces")
    assert kind is not None
    rows = visible(caller_for(user), kind, kind.model.objects.all()).order_by("name")
    return rows.values_list("name", flat=True).first() or "default"
