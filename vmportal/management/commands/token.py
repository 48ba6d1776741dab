"""`manage.py token USER`: prints a new API token of a user, this one time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vmportal.api.auth import new_token
from vmportal.api.lifetimes import lifetime
from vmportal.models import User


class Command(BaseCommand):
    help = (
        "Prints a new API token of a user. Send it as `Authorization: Bearer <token>`; only a digest is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")
        parser.add_argument(
            "--ttl", type=lifetime, default="30d", help="how long it lives: 8h, 30d (the default), never"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        token, _ = new_token(user_named(options["user"]), options["ttl"])
        self.stdout.write(token)


def user_named(name: str) -> User:
    """Raises `CommandError` naming some users that there are."""
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        known = User.objects.filter(is_active=True, service_account="").order_by("username")
        listed = ", ".join(known.values_list("username", flat=True)[:10]) or "none yet"
        raise CommandError(f"there is no active user {name!r} (there are: {listed})")
    return user
